//! What a job in continuous integration builds on: exact folders, the latest run, baselines, forms for programs.

use std::fs;
use std::path::Path;
use std::process::Output;

use crate::support::{only_run, run, stderr, stdout};
use serde_json::Value;
use speedup_report::record::RunRecord;

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
    assert_eq!(crate::support::names_in(&folder.path().join("a")), ["b"], "no link and no other folder");
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

#[test]
fn the_history_of_a_batch_is_a_line_a_run() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path();
    let mut record = RunRecord::read(Path::new("results/2026-11-23-reference")).unwrap();
    let mut keep = |name: &str, created: &str, change: &dyn Fn(&mut RunRecord)| {
        (record.name, record.created) = (name.to_string(), created.to_string());
        let mut record = record.clone();
        change(&mut record);
        fs::create_dir_all(out.join(name)).unwrap();
        fs::write(out.join(name).join("run.json"), record.to_json()).unwrap();
    };
    let another = |record: &mut RunRecord| {
        record.environment.cpu_model = speedup_report::record::Known::Value("Another CPU".to_string());
    };
    keep("third", "2026-11-26T05:00:00Z", &|_| {});
    keep("first", "2026-11-24T05:00:00Z", &|_| {});
    keep("second", "2026-11-25T05:00:00Z", &another);
    keep("lacking", "2026-11-27T05:00:00Z", &|record| {
        let last = record.plan.cases.len() - 1;
        record.samples.retain(|sample| sample.case != last);
    });
    keep("elsewhere", "2026-11-22T05:00:00Z", &|record| record.plan.seed += 1);
    fs::create_dir_all(out.join("damaged")).unwrap();
    fs::write(out.join("damaged/run.json"), "{").unwrap();
    fs::write(out.join("notes.txt"), "mine").unwrap();
    std::os::unix::fs::symlink("third", out.join("latest")).unwrap();

    let history = |more: &[&str]| {
        let output = run(&[&["history", out.to_str().unwrap()], more].concat());
        (output.status.code(), stdout(&output).to_string(), stderr(&output))
    };
    let (code, table, errors) = history(&[]);
    assert_eq!(code, Some(0), "{errors}");
    let at = |name: &str| table.find(name).unwrap_or_else(|| panic!("no {name} in {table}"));
    assert!(
        at("first") < at("second*") && at("second*") < at("third") && !table.contains("elsewhere"),
        "{table}"
    );
    assert!(table.contains("4 runs of one batch") && table.contains("* Another machine, such as cpu model"));
    assert!(
        errors.contains("1 run of another batch is left out") && errors.contains("it is left out"),
        "{errors}"
    );

    let (_, csv, errors) = history(&["--format", "csv"]);
    assert!(errors.contains("1 of 4 runs lack a case and are no line of the CSV"), "{errors}");
    let lines: Vec<&str> = csv.lines().collect();
    assert_eq!(lines.len(), 4, "{csv}");
    assert!(lines[0].starts_with("time,name,commit,program,machine,rc4 serial time_s,rc4 threads/1 time_s,"));
    assert!(lines[2].starts_with("2026-11-25T05:00:00Z,second,") && lines[2].contains(",another,"), "{csv}");
    let columns = lines[0].matches(',').count();
    assert!(lines.iter().all(|line| line.matches(',').count() == columns), "{csv}");

    let (_, json, _) = history(&["--format", "bencher"]);
    let json: Value = serde_json::from_str(&json).unwrap();
    let metric = &json["rc4 threads/2"]["speedup"];
    let [low, value, high] = ["lower_value", "value", "upper_value"].map(|end| metric[end].as_f64().unwrap());
    assert!(low < value && value < high, "{metric}");
    assert!(json["rc4 serial"]["latency"]["value"].as_f64().unwrap() > 1e6, "in nanoseconds");

    let charts = out.join("charts");
    let (code, _, errors) =
        history(&["--like", out.join("elsewhere").to_str().unwrap(), "--charts", charts.to_str().unwrap()]);
    assert_eq!(code, Some(0), "{errors}");
    assert!(errors.contains("4 runs of other batches are left out"), "{errors}");
    assert_eq!(crate::support::names_in(&charts), ["history.png", "history.svg"]);

    let empty = tempfile::tempdir().unwrap();
    let of = |folder: &Path, more: &[&str]| run(&[&["history", folder.to_str().unwrap()], more].concat());
    refused(&of(empty.path(), &[]), 1, "there is no run in it");
    refused(&of(&empty.path().join("none"), &[]), 1, "No such file or directory");
    refused(&of(&out.join("notes.txt"), &[]), 1, "Not a directory");
    refused(&of(out, &["--format", "otava"]), 2, "there are table, markdown, csv, bencher");
    refused(&of(out, &["--like", "none"]), 1, "none: cannot read it");
    refused(&run(&["history"]), 2, "<DIR> is missing");
}

#[test]
fn the_forms_of_what_programs_read_have_schemas() {
    for (of, title) in [("run", "RunRecord"), ("compare", "ComparisonDocument")] {
        let schema: Value = serde_json::from_str(stdout(&run(&["schema", of]))).unwrap();
        assert_eq!(schema["title"], title);
    }
    assert_eq!(stdout(&run(&["schema"])), stdout(&run(&["schema", "run"])));
    refused(&run(&["schema", "csv"]), 2, "there are run, compare");
}

#[test]
fn inputs_without_end_are_refused() {
    for option in ["--arg-file", "--jobs"] {
        let rest: &[&str] = if option == "--jobs" { &[] } else { &["true"] };
        let output = run(&[&["batch", option, "/dev/zero"], rest].concat());
        refused(&output, 2, "/dev/zero: it begins with zeros, not with text");
    }
}
