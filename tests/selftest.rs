//! The account finds what is known to be wrong. Another program can take more from an execution without a fault
//! than the fault is worth, so that nothing is left of it in one self-test; what is attributed to the wrong row is
//! missing in all of them. The amounts are for `speedup selftest` on a quiet machine.

mod support;

use support::{run, stderr, stdout};

/// Self-tests at most until each fault was seen.
const ATTEMPTS: usize = 6;

const OUTSIDE: &[&str] = &["selftest", "--outside", "--rounds", "1"];
const POOLS: &[&str] = &["selftest", "--rounds", "3", "--executor", "threads,processes"];

#[test]
fn faults_of_programs_are_found_from_outside() {
    let output = run(OUTSIDE);
    let text = stdout(&output);
    let source = text.lines().next().unwrap();
    if !source.contains("switch records and ptrace") {
        assert_eq!(output.status.code(), Some(1), "{text}");
        println!("skipped: {source}");
        return;
    }
    let lines = lines(text);
    // Two tables with their heads: faults, and serial fractions.
    assert_eq!(lines.len(), 1 + 11 + 1 + 4, "{text}{}", stderr(&output));
    all_are_seen(11, lines[1..12].to_vec(), || self::lines(stdout(&run(OUTSIDE)))[1..12].to_vec());
    let injected: Vec<&str> = lines[13..].iter().map(|line| line[0].as_str()).collect();
    assert_eq!(injected, ["serial-0", "serial-10", "serial-30", "serial-50"]);
    assert_eq!(output.status.success(), text.contains("11 of 11") && text.contains("4 of 4"));
}

#[test]
fn what_makes_no_sense_together_is_refused() {
    let output = run(&["selftest", "--outside", "--executor", "threads"]);
    assert_eq!(output.status.code(), Some(2), "{}", stderr(&output));
    let output = run(&["inject", "no-such-fault", "1", "yes"]);
    assert_eq!((output.status.code(), stderr(&output).contains("no such fault")), (Some(1), true));
}

/// The cells of the lines of the matrix.
fn lines(text: &str) -> Vec<Vec<String>> {
    let lines = text.lines().filter(|line| line.contains(" | "));
    lines.map(|line| line.split('|').map(|cell| cell.trim().to_string()).collect()).collect()
}

#[test]
fn every_fault_shows_where_it_belongs() {
    let output = run(POOLS);
    let lines = lines(stdout(&output));
    assert_eq!(lines.len(), 1 + 2 * 8, "{}{}", stdout(&output), stderr(&output));
    all_are_seen(16, lines[1..].to_vec(), || self::lines(stdout(&run(POOLS)))[1..].to_vec());
}

/// Each of so many faults shows more than half of what was injected in the row where it belongs, in one of several
/// self-tests: the first, and as many more as it takes.
fn all_are_seen(faults: usize, first: Vec<Vec<String>>, again: impl FnMut() -> Vec<Vec<String>>) {
    let mut hidden: Vec<usize> = (0..faults).collect();
    let mut attempts = std::iter::once(first).chain(std::iter::repeat_with(again)).take(ATTEMPTS);
    let all = attempts.any(|attempt| {
        hidden.retain(|&fault| {
            let belongs = attempt[fault].iter().find(|cell| cell.starts_with('[')).expect("where it belongs");
            belongs.trim_matches(['[', ']']).parse::<f64>().unwrap() <= 50.0
        });
        hidden.is_empty()
    });
    assert!(all, "lines of faults that were never seen: {hidden:?}");
}
