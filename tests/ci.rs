//! What a job in continuous integration builds on: exact folders, the latest run, baselines, forms for programs.

mod support;

use std::fs;
use std::path::Path;
use std::process::Output;

use serde_json::Value;
use speedup_report::record::RunRecord;
use support::{only_run, run, stderr, stdout};

/// A run of RC4 that takes a moment, with these arguments besides.
fn measure(more: &[&str]) -> Output {
    let usual = ["run", "--scale", "tiny", "--rounds", "5", "--workers", "1", "--workload", "rc4"];
    run(&[&usual[..], &["--passes", "2", "--executor", "threads"], more].concat())
}

#[track_caller]
fn refused(output: &Output, code: i32, expected: &str) {
    let message = stderr(output);
    assert_eq!((output.status.code(), message.lines().count()), (Some(code), 1), "{message}");
    assert!(message.contains(expected), "{message}");
}

#[test]
fn a_run_goes_into_the_very_folder_that_is_named_and_replaces_another_only_when_asked() {
    let folder = tempfile::tempdir().unwrap();
    let into = folder.path().join("a/b");
    let into = into.to_str().unwrap();
    assert!(measure(&["--into", into, "-q", "--name", "one"]).status.success());
    let name = || RunRecord::read(Path::new(into)).unwrap().name;
    assert_eq!(name(), "one");
    assert_eq!(support::names_in(&folder.path().join("a")), ["b"], "no link and no other folder");
    refused(&measure(&["--into", into, "-q"]), 2, "it holds a run already; --overwrite replaces it");
    fs::write(Path::new(into).join("stack.svg"), "of the run before").unwrap();
    fs::write(Path::new(into).join("notes.txt"), "mine").unwrap();
    let output = measure(&["--into", into, "-q", "--overwrite", "--name", "two"]);
    assert!(output.status.success(), "{}", stderr(&output));
    assert_eq!(name(), "two");
    assert_ne!(fs::read(Path::new(into).join("stack.svg")).unwrap_or_default(), b"of the run before");
    assert!(Path::new(into).join("notes.txt").exists());

    fs::write(Path::new(into).join("run.json"), "{\"tool\": \"another\"}").unwrap();
    refused(&measure(&["--into", into, "-q", "--overwrite"]), 2, "is no run of speedup, and is not replaced");
    refused(&measure(&["--overwrite"]), 2, "--into <DIR> is missing");
    refused(&measure(&["--into", into, "--out", into]), 2, "cannot be combined with --out");
    let file = Path::new(into).join("notes.txt");
    refused(&measure(&["--into", file.to_str().unwrap(), "-q"]), 1, "notes.txt: cannot write");
}

#[test]
fn the_latest_run_is_found_under_that_name() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().to_str().unwrap();
    for name in ["one", "two"] {
        assert!(measure(&["--out", out, "-q", "--name", name]).status.success());
        assert_eq!(RunRecord::read(&folder.path().join("latest")).unwrap().name, name);
    }
    fs::remove_file(folder.path().join("latest")).unwrap();
    fs::create_dir(folder.path().join("latest")).unwrap();
    let output = measure(&["--out", out, "-q", "--name", "three"]);
    assert!(output.status.success() && stderr(&output).contains("latest: cannot write: it is no link"));
}

#[test]
fn what_is_printed_for_programs_stands_alone() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().to_str().unwrap();
    let printed = |form: &str| {
        let output = measure(&["--out", out, "-q", "--format", form]);
        assert!(output.status.success() && stderr(&output).contains("saved in "), "{}", stderr(&output));
        stdout(&output).to_string()
    };
    let json: Value = serde_json::from_str(&printed("json")).unwrap();
    assert_eq!(json.as_array().unwrap().len(), 1);
    assert!(printed("csv").starts_with("run,"));
    assert!(printed("markdown").contains("\n|--"));
    refused(&measure(&["--out", out, "--format", "html"]), 2, "there are table, markdown, csv, json");
    let tail = ["--format", "json", "--rounds", "1", "-q", "--out", out, "true {n}"];
    let output = run(&[&["command", "--workers", "1,2"], &tail[..]].concat());
    assert!(serde_json::from_str::<Value>(stdout(&output)).is_ok(), "{}", stderr(&output));
}

#[test]
fn progress_is_a_json_object_a_line() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().to_str().unwrap();
    let output = measure(&["--out", out, "--progress", "json"]);
    let steps: Vec<Value> =
        stderr(&output).lines().map(|line| serde_json::from_str(line).expect(line)).collect();
    let phases: Vec<&str> = steps.iter().map(|step| step["phase"].as_str().unwrap()).collect();
    assert_eq!((phases[0], phases[1], phases[phases.len() - 1]), ("setup", "warm-up", "end"), "{phases:?}");
    let measured = steps.iter().find(|step| step["phase"] == "measure").unwrap();
    assert!(measured["case"].as_str().unwrap().starts_with("rc4 ") && measured["eta_s"].is_null());
    let end = steps.last().unwrap();
    assert_eq!(
        (&end["status"], &end["stop"], &end["round"]),
        (&"complete".into(), &"rounds".into(), &5.into())
    );
    refused(&measure(&["--progress", "json", "-q"]), 2, "cannot be combined with --quiet");
    refused(&measure(&["--progress", "yaml"]), 2, "there are bar, json");
}

#[test]
fn a_baseline_is_kept_apart_from_dated_folders() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().to_str().unwrap();
    assert!(measure(&["--out", out, "-q", "--save-baseline", "main"]).status.success());
    let baseline = RunRecord::read(&folder.path().join("baselines/main")).unwrap();
    assert_eq!(baseline.samples, RunRecord::read(&folder.path().join("latest")).unwrap().samples);
    for wrong in ["..", ".", "a/b", "-x", ""] {
        let given = format!("--save-baseline={wrong}");
        refused(&measure(&["--out", out, &given]), 2, &format!("--save-baseline '{wrong}': must "));
    }
    fs::remove_dir_all(folder.path().join("baselines")).unwrap();
    fs::remove_file(folder.path().join("latest")).unwrap();
    // A run that goes on has its baseline next to it.
    let path = only_run(folder.path());
    let resume = ["run", "--resume", path.to_str().unwrap(), "--rounds", "6", "-q", "--save-baseline", "on"];
    let output = run(&resume);
    assert!(output.status.success(), "{}", stderr(&output));
    assert!(RunRecord::read(&folder.path().join("baselines/on")).is_ok());
    assert!(!folder.path().join("latest").exists(), "which run is the latest is not for an old one to say");
}
