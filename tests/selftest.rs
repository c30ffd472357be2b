//! The account finds what is known to be wrong. Each fault is some tens of milliseconds of worker time,
//! so that it stands out on a machine that is busy with other tests; the amounts are for
//! `speedup selftest` on a quiet one.

mod support;

use support::{run, stderr, stdout};

/// The cells of the lines of the matrix.
fn lines(text: &str) -> Vec<Vec<String>> {
    let lines = text.lines().filter(|line| line.contains(" | "));
    lines.map(|line| line.split('|').map(|cell| cell.trim().to_string()).collect()).collect()
}

#[test]
fn every_fault_shows_where_it_belongs() {
    let output = run(&["selftest", "--rounds", "3", "--executor", "threads,processes"]);
    let text = stdout(&output);
    let lines = lines(text);
    assert_eq!(lines.len(), 1 + 2 * 8, "{text}{}", stderr(&output));
    for line in &lines[1..] {
        let belongs = line.iter().find(|cell| cell.starts_with('[')).expect("a place where it belongs");
        let share: f64 = belongs.trim_matches(['[', ']']).parse().unwrap();
        // A neighbour on the machine adds to run queue and the like, but nothing takes away the
        // most of what was injected.
        assert!(share > 50.0, "{line:?}\n{text}");
    }
}
