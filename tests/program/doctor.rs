//! `speedup doctor` as its users meet it.

use crate::support::{run, stderr, stdout};
use serde_json::Value;
use speedup_report::view::units::count;

#[test]
fn a_person_reads_findings_the_cpus_and_the_floor() {
    let output = run(&["doctor"]);
    assert_eq!((output.status.code(), stderr(&output).as_str()), (Some(0), ""));
    let text = stdout(&output);
    assert!(text.lines().all(|line| line.chars().count() <= 100), "{text}");
    for head in ["\nCPUs      ", "\nfloor     The same work (rc4, "] {
        assert_eq!(text.matches(head).count(), 1, "{head:?} in\n{text}");
    }
    // The one finding that can be had on every machine.
    let unoptimized = text.contains("\nwarning   Unoptimized build (opt-level 1)\n          Tasks take ");
    assert_eq!(unoptimized, cfg!(debug_assertions), "{text}");
    let warnings = text.lines().filter(|line| line.starts_with("warning   ")).count();
    let notes = text.lines().filter(|line| line.starts_with("note      ")).count();
    let last = text.lines().last().unwrap();
    assert_eq!(last, format!("{}, {}.", count(warnings, "warning"), count(notes, "note")));
    let last_warning = text.rfind("\nwarning   ");
    assert!(text.find("\nnote      ").is_none_or(|note| last_warning < Some(note)), "{text}");
}

#[test]
fn a_program_reads_the_same_as_json() {
    let output = run(&["doctor", "--json"]);
    assert_eq!((output.status.code(), stderr(&output).as_str()), (Some(0), ""));
    let json: Value = serde_json::from_str(stdout(&output)).unwrap();
    let findings = json["diagnosis"]["findings"].as_array().unwrap();
    for finding in findings {
        assert!(["warning", "note"].contains(&finding["severity"].as_str().unwrap()), "{finding}");
        for part in ["what", "consequence", "remedy"] {
            assert!(!finding[part].as_str().unwrap().is_empty(), "{finding}");
        }
    }
    let says = |words: &str| findings.iter().any(|finding| finding["what"].as_str().unwrap().contains(words));
    let facts = &json["facts"];
    // What is found follows from the facts, whatever machine the test runs on.
    assert_eq!(says("no hardware counters"), facts["environment"]["counters"].get("missing").is_some());
    assert_eq!(says("virtual machine ("), facts["environment"]["host"]["value"].get("hypervisor").is_some());
    let stolen = facts["after"]["steal_ns"]["value"].as_u64();
    assert_eq!(says("steal: "), stolen.is_some_and(|steal_ns| steal_ns > 0), "{stolen:?} {findings:#?}");

    let floor = &json["diagnosis"]["floor"]["value"];
    let number = |name: &str| floor[name].as_f64().unwrap();
    assert!(number("low") <= number("ratio") && number("ratio") <= number("high"), "{floor}");
    assert!(number("pairs") >= 10.0 && number("piece_ns") > 0.0 && number("resolution") > 0.0, "{floor}");
    assert!(facts["elapsed_s"].as_f64().unwrap() >= 2.0);
    let cpus = json["diagnosis"]["cpus"].as_array().unwrap();
    let probed = cfg!(any(target_arch = "x86_64", target_arch = "aarch64"));
    assert_eq!(!cpus.is_empty(), probed, "{cpus:?}");
}

#[test]
fn what_it_does_not_know_is_a_usage_error() {
    let output = run(&["doctor", "--yaml"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(
        stderr(&output).starts_with("speedup: --yaml: there is no such option; see 'speedup doctor --help'"),
        "{}",
        stderr(&output)
    );
    assert!(stdout(&run(&["doctor", "--help"])).contains("--json"));
}
