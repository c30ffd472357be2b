//! `speedup compare --live` as its users meet it: two commands or two programs in, three runs of the same rounds and a
//! verdict out. What the times are is the machine's affair.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use crate::support::{names_in, only_run, run, speedup, stderr, stdout};
use speedup_report::record::{RunRecord, Status, Stop};

const SPEEDUP: &str = env!("CARGO_BIN_EXE_speedup");

/// A comparison into a folder: its exit code, and what it said on both streams.
fn live(out: &Path, arguments: &[&str]) -> (Option<i32>, String, String) {
    let output = run(&[&["compare", "--live", "--out", out.to_str().unwrap()], arguments].concat());
    (output.status.code(), stdout(&output).to_string(), stderr(&output))
}

/// The records of the three arms.
fn arms(folder: &Path) -> [RunRecord; 3] {
    ["old", "new", "old-again"].map(|arm| RunRecord::read(&folder.join(arm)).unwrap())
}

/// Two programs on this library, which is this one twice, with a run of a moment.
const TINY: [&str; 9] = ["--", "--scale", "tiny", "--workload", "rc4", "--passes", "2", "--workers", "1"];

#[test]
fn two_commands_without_a_knob_are_three_runs_of_the_same_rounds() {
    let out = tempfile::tempdir().unwrap();
    let (code, text, errors) =
        live(out.path(), &["--rounds", "6", "--precision", "0", "--name", "try", "true", "sleep 0.02"]);
    assert!(matches!(code, Some(0 | 1 | 4)), "{code:?}: {errors}");
    let folder = only_run(out.path());
    assert!(folder.file_name().unwrap().to_str().unwrap().ends_with("-try"), "{folder:?}");
    assert_eq!(names_in(&folder), ["new", "old", "old-again"]);
    for expected in ["Both ran in the same rounds", "A / A", "with floor", "command of command: true, then"] {
        let squeezed = text.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(squeezed.contains(expected), "{expected}: {text}");
    }
    assert!(text.ends_with(&format!("Saved in {}\n", folder.display())), "{text}");

    let records = arms(&folder);
    let [old, new, again] = &records;
    for record in &records {
        assert_eq!((record.status, record.stop), (Status::Complete, Some(Stop::Rounds)));
        let cases: Vec<String> = record.plan.cases.iter().map(ToString::to_string).collect();
        assert_eq!(cases, ["command serial"]);
        let counted = record.samples.iter().filter(|sample| !sample.warmup);
        assert_eq!(counted.map(|sample| sample.round).collect::<Vec<_>>(), [0, 1, 2, 3, 4, 5]);
        assert_eq!((record.plan.warmup_rounds, record.plan.order.len()), (1, 7));
        assert!(record.plan.turns.is_some() && record.plan.turns == old.plan.turns);
        assert!(record.plan.invocation_rounds.is_none(), "each execution is a process");
    }
    let line = |record: &RunRecord| record.plan.workloads[0].command.as_ref().unwrap().line();
    assert_eq!([line(old), line(new), line(again)], ["true", "sleep 0.02", "true"]);
    // Within a round, another order than in the one before: the old side is not always first.
    let start = |record: &RunRecord, round: u32| {
        record.samples.iter().find(|sample| !sample.warmup && sample.round == round).unwrap().start_ns
    };
    let first = (0..6).map(|round| start(old, round) < start(new, round)).collect::<Vec<_>>();
    assert!(first.contains(&true) && first.contains(&false), "{first:?}");

    // The same once more from what was kept.
    let (kept, path) = (run(&["compare", folder.to_str().unwrap()]), folder.join("new"));
    assert_eq!(kept.status.code(), code);
    assert!(text.starts_with(stdout(&kept)), "{text}\n{}", stdout(&kept));
    let report = run(&["report", path.to_str().unwrap()]);
    assert!(report.status.success(), "{}", stderr(&report));
    let pair = [folder.join("old"), path].map(|path| path.to_str().unwrap().to_string());
    let pair = run(&["compare", &pair[0], &pair[1], "--format", "json"]);
    let json: serde_json::Value = serde_json::from_str(stdout(&pair)).unwrap();
    assert_eq!(
        (&json["same_rounds"], &json["workloads"][0]["cases"][0]["again"]),
        (&true.into(), &serde_json::Value::Null)
    );
}

#[test]
fn commands_with_a_knob_are_compared_at_every_number_of_workers() {
    let out = tempfile::tempdir().unwrap();
    let (code, json, errors) = live(
        out.path(),
        &[
            "--rounds",
            "3",
            "--workers",
            "1..3",
            "--warmup",
            "0",
            "--format",
            "json",
            "--progress",
            "json",
            "--threshold",
            "50%",
            "--inconclusive",
            "pass",
            "sleep 0.01 # {n}",
            "sleep 0.01; : {n}",
        ],
    );
    assert!(matches!(code, Some(0 | 1)), "{code:?}: {errors}");
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    let cases = json["workloads"][0]["cases"].as_array().unwrap();
    let name =
        |case: &serde_json::Value| format!("{}/{}", case["executor"].as_str().unwrap(), case["workers"]);
    assert_eq!(cases.iter().map(name).collect::<Vec<_>>(), ["serial/1", "command/2", "command/3"]);
    for case in cases {
        assert_eq!((&case["a_rounds"], &case["b_rounds"]), (&3.into(), &3.into()));
        let rows = case["change"]["rows"].as_array().unwrap();
        let sum: f64 = rows.iter().map(|row| row["worker_seconds"]["value"].as_f64().unwrap()).sum();
        let whole = case["change"]["worker_seconds"]["value"].as_f64().unwrap();
        assert!((sum - whole).abs() < 1e-9, "{case}");
        assert!(case["again"]["value"].as_f64().unwrap() > 0.0 && case["drift"]["clock"].is_null());
    }
    let lines: Vec<&str> = errors.lines().filter(|line| line.starts_with('{')).collect();
    let last: serde_json::Value = serde_json::from_str(lines.last().unwrap()).unwrap();
    assert_eq!(
        (&last["phase"], &last["status"], &last["round"]),
        (&"end".into(), &"complete".into(), &3.into())
    );
    // Lines follow each other no faster than a tenth of a second, so that only some cases have one.
    let arms = ["old", "new", "old again"].map(|arm| format!("\"case\":\"{arm} sleep "));
    let measuring: Vec<_> = lines.iter().filter(|line| line.contains("\"measure\"")).collect();
    assert!(measuring.iter().all(|line| arms.iter().any(|arm| line.contains(arm))), "{errors}");
    assert!(errors.contains("saved in "), "{errors}");
}

#[test]
fn two_programs_on_this_library_measure_by_themselves() {
    let out = tempfile::tempdir().unwrap();
    let usual =
        ["--rounds", "2", "--invocation-rounds", "2", "--force", "--inconclusive", "pass", SPEEDUP, SPEEDUP];
    let (code, text, errors) = live(out.path(), &[&usual[..], &TINY].concat());
    assert!(matches!(code, Some(0 | 1)), "{code:?}: {errors}");
    assert!(text.contains("threads/1") && text.contains("processes/1"), "{text}");
    let folder = only_run(out.path());
    assert_eq!(names_in(&folder), ["new", "old", "old-again"], "what processes left is gone");
    for record in arms(&folder) {
        assert_eq!(record.plan.invocation_rounds.map(std::num::NonZeroU32::get), Some(2));
        let counted = record.samples.iter().filter(|sample| !sample.warmup && sample.case == 2);
        assert_eq!(counted.map(|sample| sample.round).collect::<Vec<_>>(), [0, 1, 2, 3]);
        assert_eq!((record.plan.warmup_rounds, record.plan.rounds), (2, 4));
    }
    let kept = run(&["compare", folder.to_str().unwrap(), "--inconclusive", "pass"]);
    assert!(text.starts_with(stdout(&kept)), "{text}\n{}", stdout(&kept));
    assert!(run(&["report", folder.join("old").to_str().unwrap()]).status.success());
}

#[test]
fn other_batches_are_not_comparable_unless_forced() {
    let out = tempfile::tempdir().unwrap();
    let more = out.path().join("more");
    fs::write(&more, format!("#!/bin/sh\nfor a; do shift; [ \"$a\" = 2 ] && a=3; set -- \"$@\" \"$a\"; done\nexec '{SPEEDUP}' \"$@\"\n"))
        .unwrap();
    fs::set_permissions(&more, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    let into = out.path().join("kept");
    let into = into.to_str().unwrap();
    let arguments = ["compare", "--live", "--rounds", "1", "--into", into, SPEEDUP, more.to_str().unwrap()];
    let output = run(&[&arguments[..], &TINY].concat());
    assert_eq!(output.status.code(), Some(3), "{}", stderr(&output));
    assert!(stderr(&output).contains("passes of rc4: 2, then 3"), "{}", stderr(&output));
    assert_eq!(arms(Path::new(into))[1].plan.workloads[0].passes, 3, "what was measured is kept");
    let again = run(&[&arguments[..], &TINY].concat());
    assert_eq!(again.status.code(), Some(2));
    assert!(stderr(&again).contains("--into '") && stderr(&again).contains("it holds a comparison already"));
    let forced = run(&["compare", into, "--force"]);
    assert!(stdout(&forced).contains("Not the same: passes of rc4: 2, then 3."), "{}", stdout(&forced));
}

/// What is said in one line of what cannot be compared, after which nothing is left.
#[track_caller]
fn refused(code: i32, arguments: &[&str]) -> String {
    let out = tempfile::tempdir().unwrap();
    let (found, text, message) = live(out.path(), arguments);
    assert_eq!(
        (found, text.as_str(), message.lines().count()),
        (Some(code), "", 1),
        "{arguments:?}: {message}"
    );
    assert_eq!(fs::read_dir(out.path()).unwrap().count(), 0, "{arguments:?}: something is left");
    message
}

#[test]
fn a_side_that_fails_is_named_with_its_exit_code() {
    let of = |old: &str, new: &str| refused(1, &["--rounds", "2", old, new]);
    assert!(
        of("true", "echo at the end >&2; exit 7").contains("new command serial: exit code 7: at the end")
    );
    assert!(of("exit 5", "true").contains("old command serial: exit code 5"));
    assert!(
        of("true", "no-such-program-here").contains("new command serial: command not found (exit code 127)")
    );
    assert!(
        refused(1, &["--check", "stdout", "echo one", "echo two; :"])
            .contains("new echo serial: --check stdout")
    );
    let tools = |new: &str| refused(1, &[&["--rounds", "2", SPEEDUP, new], &TINY[..]].concat());
    assert!(tools("false").contains("new: exit code 1"), "{}", tools("false"));
    assert!(tools("/nowhere/speedup").contains("/nowhere/speedup"));
    assert!(tools("true").contains("new: it has left no run; a program on this library"));
    let message = refused(1, &["--rounds", "2", SPEEDUP, SPEEDUP, "--", "--workload", "nothing"]);
    assert!(
        message.contains("exit code 2: ") && message.contains("there is no workload nothing"),
        "{message}"
    );
}

#[test]
fn a_failure_later_keeps_the_rounds_before() {
    let out = tempfile::tempdir().unwrap();
    let count = out.path().join("count");
    let fails = format!("echo >> {0}; test $(wc -l < {0}) -lt 5", count.display());
    let results = out.path().join("results");
    let (code, text, message) = live(&results, &["--rounds", "9", "true", &fails]);
    assert_eq!((code, text.as_str(), message.lines().count()), (Some(1), "", 1), "{message}");
    assert!(message.contains("new command serial: exit code 1; the rounds before are kept in "), "{message}");
    let records = arms(&only_run(&results));
    for record in &records {
        let counted = record.samples.iter().filter(|sample| !sample.warmup).count();
        assert_eq!((record.status, counted), (Status::Failed, 3));
    }
    assert_eq!(records.map(|record| record.failures.len()), [0, 1, 0]);
}

#[test]
fn ctrl_c_keeps_whole_rounds() {
    let out = tempfile::tempdir().unwrap();
    let path = out.path().to_str().unwrap();
    let arguments =
        ["compare", "--live", "--rounds", "9999", "--precision", "0", "--out", path, "true", "true"];
    let child = speedup(&arguments).spawn().unwrap();
    let started = Instant::now();
    let folder: PathBuf = loop {
        assert!(started.elapsed() < Duration::from_secs(60), "nothing was measured");
        let folder = fs::read_dir(out.path()).unwrap().next().map(|entry| entry.unwrap().path());
        let record = folder.as_ref().and_then(|folder| RunRecord::read(&folder.join("old-again")).ok());
        if record.is_some_and(|record| record.samples.iter().any(|sample| sample.round > 0)) {
            break folder.unwrap();
        }
        std::thread::sleep(Duration::from_millis(5));
    };
    rustix::process::kill_process(rustix::process::Pid::from_child(&child), rustix::process::Signal::INT)
        .unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(130), "{}", stderr(&output));
    assert!(stdout(&output).contains("serial | "), "{}", stdout(&output));
    assert!(stderr(&output).contains("interrupted"), "{}", stderr(&output));
    let records = arms(&folder);
    assert!(records.iter().all(|record| record.status == Status::Interrupted));
    let counts = records.map(|record| record.samples.len());
    assert!(counts[0] > 2 && counts == [counts[0]; 3], "{counts:?}");
}

#[test]
fn wrong_arguments_are_one_line_and_exit_2() {
    for (arguments, expected) in [
        (&["true"][..], "--live compares two commands"),
        (&["a", "b", "c"], "--live compares two commands"),
        (&["true", "true", "--workers", "2"], "OLD: 'true' does not say where its number of workers goes"),
        (
            &["true {n}", "true", "--workers", "2"],
            "NEW: 'true' does not say where its number of workers goes",
        ),
        (&["true", "true {cores}"], "NEW: unknown placeholder {cores}"),
        (&["true", "true", "--invocation-rounds", "2"], "--invocation-rounds: each execution of a command"),
        (&["true", "true", "--rounds", "0"], "--rounds '0': must be a whole number from 1"),
        (&["true", "true", "--across-machines"], "cannot be combined with"),
        (&["true", "true", "--old", "x", "--new", "y"], "cannot be combined with"),
        (&["true", "true", "--env", "T"], "OLD: --env 'T': must be of the form NAME=VALUE"),
        (&["a", "b", "--workers", "2", "--", "--seed", "3"], "options of 'run' stand after '--'"),
        (&["a", "b", "--prepare", "x", "--", "--seed", "3"], "options of 'run' stand after '--'"),
        (&["a", "b", "--", "--rounds", "3"], "--rounds: is not for the runs of a comparison"),
        (&["a", "b", "--", "run", "--into=x"], "--into=x: is not for the runs of a comparison"),
        (&["a", "b", "--progress", "json", "--quiet"], "cannot be combined with"),
    ] {
        let message = refused(2, arguments);
        assert!(message.contains(expected), "{arguments:?}: {message}");
    }
    for (arguments, expected) in [
        (&["compare", "a", "b", "--rounds", "3"][..], "--live is missing"),
        (&["compare", "a", "b", "--prepare", "x"], "--live is missing"),
        (&["compare", "a", "b", "--quiet"], "--live is missing"),
        (&["compare", "a", "b", "--", "c"], "--live is missing"),
        (&["compare", "a", "b", "--out", "x"], "--out: goes with --baseline or --live"),
    ] {
        let output = run(arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(stderr(&output).contains(expected), "{arguments:?}: {}", stderr(&output));
        assert_eq!(stderr(&output).lines().count(), 1);
    }
}
