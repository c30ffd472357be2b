//! `speedup import`: numbers measured elsewhere, as a record like any other.

use std::fs;
use std::path::Path;

use crate::support::{only_run, run, stderr, stdout};
use speedup_report::record::{Design, RunRecord};

const SCAN: &str = r#"{"results": [
  {"command": "xz -T1 f", "mean": 2.0, "times": [2.0, 2.1, 2.05, 2.02], "exit_codes": [0,0,0,0], "parameters": {"threads": "1"}},
  {"command": "xz -T2 f", "mean": 1.1, "times": [1.1, 1.12, 1.09, 1.1], "exit_codes": [0,0,0,0], "parameters": {"threads": "2"}}]}"#;

/// Imports a text as a file of that name.
fn import(form: &str, name: &str, text: &str, out: &Path) -> std::process::Output {
    let file = out.join(name);
    fs::write(&file, text).unwrap();
    run(&["import", form, file.to_str().unwrap(), "--out", out.join("results").to_str().unwrap()])
}

#[test]
fn a_scan_of_hyperfine_becomes_a_run_with_intervals() {
    let out = tempfile::tempdir().unwrap();
    let output = import("hyperfine", "xz.json", SCAN, out.path());
    assert!(output.status.success(), "{}", stderr(&output));
    let said = stdout(&output);
    assert!(
        said.contains("xz -T1 f") && said.contains("1.85x") && said.contains("best with 2 workers"),
        "{said}"
    );
    let folder = only_run(&out.path().join("results"));
    assert!(folder.file_name().unwrap().to_str().unwrap().ends_with("-xz"), "{folder:?}");
    let record = RunRecord::read(&folder).unwrap();
    assert_eq!((record.design, record.tool.peer.as_deref()), (Design::CaseByCase, Some("hyperfine")));
    assert!(record.environment.note.as_ref().unwrap().contains("xz.json"));
    let path = folder.to_str().unwrap();
    for arguments in [&["report", path][..], &["report", path, "--format", "html"], &["compare", path, path]]
    {
        let output = run(arguments);
        assert!(output.status.code() != Some(1) && output.status.code() != Some(2), "{}", stderr(&output));
        assert!(!stdout(&output).is_empty(), "{arguments:?}");
    }
    let resumed = run(&["command", "--resume", path]);
    assert_eq!(resumed.status.code(), Some(1));
    assert!(folder.join("speedup.svg").exists() && !folder.join("timeline.svg").exists());
}

#[test]
fn a_table_of_two_programs_becomes_two_columns() {
    let out = tempfile::tempdir().unwrap();
    let output =
        import("csv", "t.csv", "workers,seconds,label\n1,2,a\n2,1.1,a\n1,4,b\n2,2.1,b\n", out.path());
    assert!(output.status.success(), "{}", stderr(&output));
    assert!(stdout(&output).contains("1.82x") && stdout(&output).contains("1.90x"), "{}", stdout(&output));
    let bad = import("csv", "bad.csv", "1,2\ntwo,1\n", out.path());
    assert_eq!(bad.status.code(), Some(1));
    assert!(stderr(&bad).contains("bad.csv:2: workers 'two' is no number"), "{}", stderr(&bad));
}

#[test]
fn job_logs_become_a_run() {
    let out = tempfile::tempdir().unwrap();
    let head = "Seq\tHost\tStarttime\tJobRuntime\tSend\tReceive\tExitval\tSignal\tCommand\n";
    let line = |begin: f64, time: f64| format!("1\t:\t{begin:.3}\t{time:10.3}\t0\t0\t0\t0\tgzip x\n");
    let log = format!("{head}{}{}", line(1e9, 1.0), line(1e9, 1.5));
    let output = import("gnu-parallel", "two.log", &log, out.path());
    assert!(output.status.success(), "{}", stderr(&output));
    let record = RunRecord::read(&only_run(&out.path().join("results"))).unwrap();
    assert!(record.environment.note.unwrap().contains("the sum of the jobs' times"));
    assert!(stdout(&output).contains("1.67x"), "{}", stdout(&output));
}

#[test]
fn what_cannot_be_imported_is_refused_in_a_line() {
    let out = tempfile::tempdir().unwrap();
    for (form, text, said) in [
        ("hyperfine", "[]", "is no export of hyperfine's"),
        ("csv", "", "there are no lines"),
        ("gnu-parallel", "x", "is no job log"),
    ] {
        let output = import(form, "f", text, out.path());
        assert_eq!(output.status.code(), Some(1));
        let message = stderr(&output);
        assert!(message.contains(said) && message.lines().count() == 1, "{message}");
    }
    let missing = run(&["import", "csv", "/nowhere"]);
    assert!(stderr(&missing).contains("/nowhere: No such file"), "{}", stderr(&missing));
    let wrong = run(&["import", "csv", "x", "--parameter", "n"]);
    assert_eq!(wrong.status.code(), Some(2));
}
