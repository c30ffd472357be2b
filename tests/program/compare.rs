//! `speedup compare` as its users meet it: two runs in, a table, a sentence and an exit code out.

use std::fs;
use std::path::{Path, PathBuf};

use crate::support::{only_run, run, stderr, stdout};
use speedup_report::record::RunRecord;

/// Times that are kept: what follows from them does not depend on the machine of the test.
const REFERENCE: &str = "results/2026-11-23-reference";

/// A small run of RC4 under one folder, with these arguments besides.
fn measure(out: &Path, name: &str, more: &[&str]) -> PathBuf {
    let out = out.join(name);
    let usual = ["run", "--scale", "tiny", "--runs", "6", "--workers", "2", "--workload", "rc4"];
    let place = ["--executor", "threads", "--name", name, "--quiet", "--out", out.to_str().unwrap()];
    let output = run(&[&usual[..], &place, more].concat());
    assert!(output.status.success(), "{}", stderr(&output));
    only_run(&out)
}

fn compare(a: &Path, b: &Path, more: &[&str]) -> (Option<i32>, String, String) {
    let output = run(&[&["compare", a.to_str().unwrap(), b.to_str().unwrap()], more].concat());
    (output.status.code(), stdout(&output).to_string(), stderr(&output))
}

/// The record at `from` with its samples' times multiplied, as if a build had become slower.
fn slowed(from: &Path, to: &Path, factor: u64) -> PathBuf {
    let mut record = RunRecord::read(from).unwrap();
    for sample in &mut record.samples {
        sample.wall_ns *= factor;
        for worker in &mut sample.workers {
            (worker.spawned_ns, worker.ready_ns) = (worker.spawned_ns * factor, worker.ready_ns * factor);
        }
        for task in &mut sample.tasks {
            for time in [&mut task.submitted_ns, &mut task.begin_ns, &mut task.end_ns, &mut task.cpu_ns] {
                *time *= factor;
            }
            task.queue_ns = task.queue_ns.map(|time| time * factor);
        }
    }
    fs::write(to, record.to_json()).unwrap();
    to.to_path_buf()
}

#[test]
fn a_run_and_itself_are_no_regression_and_twice_the_time_is_one() {
    let folder = tempfile::tempdir().unwrap();
    let a = Path::new(REFERENCE);
    let all = RunRecord::read(a).unwrap().plan.cases.iter().filter(|case| !case.again).count();
    let (code, text, errors) = compare(a, a, &["--threshold", "50%"]);
    assert_eq!((code, errors.as_str()), (Some(0), ""), "{text}");
    assert!(
        text.contains(&format!("No regression: none of {all} cases takes more than 50 % longer.")),
        "{text}"
    );
    assert!(text.contains("RC4\n") && text.contains("threads/2 | ") && text.contains("1.000x"), "{text}");

    let slow = slowed(a, &folder.path().join("slow.json"), 2);
    let (code, text, _) = compare(a, &slow, &["--threshold", "0.02"]);
    assert_eq!(code, Some(1), "{text}");
    assert!(text.contains("rc4 ") && text.contains(" takes 2.00x ["), "{text}");
    assert!(text.contains(" as long: slower tasks +"), "{text}");
    let verdict = format!("Regression: {all} of {all} cases took more than 2 % longer.");
    assert!(text.starts_with(&format!("{verdict}\n")), "{text}");
    let (code, text, _) = compare(&slow, a, &[]);
    assert_eq!(code, Some(0), "{text}");
    assert!(text.contains("improvement"), "{text}");
}

#[test]
fn every_format_says_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let a = Path::new(REFERENCE);
    let slow = slowed(a, &folder.path().join("slow.json"), 2);
    let (code, markdown, _) = compare(a, &slow, &["--format", "markdown"]);
    assert_eq!(code, Some(1));
    // The verdict first, the tables folded.
    assert!(markdown.starts_with("**Regression: "), "{markdown}");
    let (said, details) = markdown.split_once("<details>\n<summary>").unwrap();
    assert!(said.contains(" takes 2.00x [") && !said.contains('|'), "{said}");
    assert!(details.contains("**RC4**\n\n|") && details.ends_with("\n\n</details>\n"), "{details}");
    let (code, json, _) = compare(a, &slow, &["--format", "json", "--threshold", "5%"]);
    assert_eq!(code, Some(1));
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!((&json["outcome"], &json["threshold"]), (&"regression".into(), &0.05.into()));
    for case in json["workloads"][0]["cases"].as_array().unwrap() {
        assert_eq!(case["verdict"], "regression");
        let change = &case["change"];
        let rows = change["rows"].as_array().unwrap();
        let sum: f64 = rows.iter().map(|row| row["worker_seconds"]["value"].as_f64().unwrap()).sum();
        let whole = change["worker_seconds"]["value"].as_f64().unwrap();
        assert!((sum - whole).abs() < 1e-9 && whole > 0.0, "{change}");
    }
}

#[test]
fn other_batches_are_not_comparable_unless_forced() {
    let folder = tempfile::tempdir().unwrap();
    let a = measure(folder.path(), "a", &[]);
    let b = measure(folder.path(), "b", &["--passes", "rc4=32", "--seed", "3"]);
    let (code, text, message) = compare(&a, &b, &[]);
    assert_eq!((code, text.as_str()), (Some(3), ""), "{message}");
    assert_eq!(message.lines().count(), 1, "{message}");
    for expected in ["are not comparable: ", "seed: 17, then 3", "passes of rc4: 8, then 32", "--force"] {
        assert!(message.contains(expected), "{expected}: {message}");
    }
    let (code, text, _) = compare(&a, &b, &["--force"]);
    assert!(matches!(code, Some(1 | 4)), "{code:?}: {text}");
    assert!(text.contains("Not the same: passes of rc4: 8, then 32."), "{text}");

    let platform = format!("\"{}-{}\"", std::env::consts::ARCH, std::env::consts::OS);
    let record = fs::read_to_string(a.join("run.json")).unwrap();
    assert!(record.contains(&platform), "{platform}");
    let elsewhere = folder.path().join("elsewhere.json");
    fs::write(&elsewhere, record.replace(&platform, "\"vax-vms\"")).unwrap();
    let (code, _, message) = compare(&a, &elsewhere, &[]);
    assert_eq!(code, Some(3));
    assert!(message.contains("platform: ") && message.contains("then vax-vms"), "{message}");
}

#[test]
fn another_kernel_is_another_batch_unless_forced_and_is_overlaid_in_a_report() {
    let folder = tempfile::tempdir().unwrap();
    let textbook = measure(folder.path(), "textbook", &[]);
    let paired = measure(folder.path(), "paired", &["--kernel", "paired"]);
    let (code, text, message) = compare(&textbook, &paired, &[]);
    assert_eq!((code, text.as_str()), (Some(3), ""), "{message}");
    assert!(message.contains("kernel of rc4: textbook, then paired"), "{message}");
    let (code, text, _) = compare(&textbook, &paired, &["--force"]);
    assert_ne!(code, Some(3), "{text}");
    assert!(text.contains("Not the same: kernel of rc4: textbook, then paired."), "{text}");

    let charts = folder.path().join("charts");
    let [one, other] = [&textbook, &paired].map(|path| path.to_str().unwrap());
    let output = run(&["report", one, other, "--charts", charts.to_str().unwrap()]);
    let text = stdout(&output);
    for expected in ["RC4 time", "RC4 (paired) time"] {
        assert!(text.contains(expected), "{expected}: {text}");
    }
    assert!(charts.join("engines.svg").is_file() && charts.join("engines.png").is_file());
    let engines = stdout(&run(&["report", one, other, "--engines"])).to_string();
    for expected in ["by program and kernel", "textbook", "paired"] {
        assert!(engines.contains(expected), "{expected}: {engines}");
    }
    let alone = run(&["report", one, one, "--engines"]);
    assert_eq!(alone.status.code(), Some(1));
    assert!(stderr(&alone).contains("--engines: the first run has no batch in common"), "{}", stderr(&alone));
    let csv = run(&["report", one, other, "--format", "csv"]);
    assert!(
        stdout(&csv).contains(",rc4,textbook,,generate,") && stdout(&csv).contains(",rc4,paired,,generate,")
    );
}

#[test]
fn nothing_in_common_cannot_be_forced() {
    let folder = tempfile::tempdir().unwrap();
    let a = Path::new(REFERENCE);
    let mut other = RunRecord::read(a).unwrap();
    for workload in &mut other.plan.workloads {
        workload.name.push_str("-another");
    }
    for ceiling in &mut other.ceilings {
        ceiling.workload.push_str("-another");
    }
    for case in &mut other.plan.cases {
        case.workload.push_str("-another");
    }
    let path = folder.path().join("other.json");
    fs::write(&path, other.to_json()).unwrap();
    let (code, text, message) = compare(a, &path, &["--force"]);
    assert_eq!((code, text.as_str()), (Some(3), ""));
    assert!(message.ends_with("have measured no case in common\n"), "{message}");
}

#[test]
fn means_without_samples_are_inconclusive() {
    let folder = tempfile::tempdir().unwrap();
    let (book, twin) = (Path::new("results/book-table-17-1"), folder.path().join("twin.json"));
    let mut record = RunRecord::read(book).unwrap();
    record.name = "twin".to_string();
    fs::write(&twin, record.to_json()).unwrap();
    let (code, text, _) = compare(book, &twin, &[]);
    assert_eq!(code, Some(4), "{text}");
    assert!(text.contains("Inconclusive: 8 of 8 cases may take"), "{text}");
}

#[test]
fn wrong_arguments_are_one_line_and_exit_2() {
    let book = "results/book-table-17-1";
    for (arguments, expected) in [
        (&["compare", book][..], "<RUN>: one run alone has nothing to be compared with"),
        (&["compare", book, book, "--threshold", "2"], "--threshold '2': must be a share"),
        (&["compare", book, book, "--threshold", "-1%"], "--threshold '-1%': must be a share"),
        (
            &["compare", book, book, "--format", "csv"],
            "--format 'csv': there is no format csv; there are table, markdown, json",
        ),
        (&["compare", book, "missing"], "missing: cannot read it"),
        (&["compare", "results", book], "run.json: cannot read it"),
    ] {
        let output = run(arguments);
        let message = stderr(&output);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {message}");
        assert!(message.starts_with("speedup: ") && message.contains(expected), "{arguments:?}: {message}");
        assert_eq!((message.lines().count(), stdout(&output)), (1, ""), "{arguments:?}: {message}");
    }
}

/// The record of the reference at `to`, under this name and begun in this minute, with its times multiplied.
fn renamed(to: &Path, (name, minute): (&str, u32), factor: u64) -> PathBuf {
    let path = slowed(Path::new(REFERENCE), to, factor);
    let mut record = RunRecord::read(&path).unwrap();
    (record.name, record.created) = (name.to_string(), format!("2026-11-23T05:{minute:02}:00Z"));
    fs::write(&path, record.to_json()).unwrap();
    path
}

fn said(arguments: &[&str]) -> (Option<i32>, String, String) {
    let output = run(&[&["compare"], arguments].concat());
    (output.status.code(), stdout(&output).to_string(), stderr(&output))
}

#[test]
fn a_folder_compared_with_itself_is_no_regression_at_any_threshold() {
    for threshold in ["2%", "0"] {
        let (code, text, _) = said(&[REFERENCE, REFERENCE, "--threshold", threshold]);
        assert_eq!(code, Some(0), "{text}");
        assert!(text.contains("A and B are one and the same run."), "{text}");
    }
}

#[test]
fn what_is_inconclusive_says_what_would_decide_it_and_ends_as_the_user_likes() {
    let folder = tempfile::tempdir().unwrap();
    let twin = renamed(&folder.path().join("twin.json"), ("twin", 0), 1);
    let twin = twin.to_str().unwrap();
    let (code, text, _) = said(&[REFERENCE, twin, "--threshold", "3%"]);
    assert_eq!(code, Some(4), "{text}");
    assert!(text.contains(" more rounds in each run would decide it."), "{text}");
    let (code, amount, _) = said(&[REFERENCE, twin, "--threshold", "3%", "--rounds-needed"]);
    let (number, unit) = amount.trim_end().split_once(' ').unwrap();
    assert_eq!((code, unit), (Some(4), "rounds"), "{amount}");
    assert!(text.contains(&format!("About {number} more rounds")), "{text}");
    // Where the ratio is the threshold itself, no number of rounds tells.
    let (_, amount, _) = said(&[REFERENCE, twin, "--threshold", "0", "--rounds-needed"]);
    assert_eq!(amount, "2 runs\n");
    assert_eq!(said(&[REFERENCE, REFERENCE, "--rounds-needed"]).1, "0\n");
    for (ending, expected) in [("pass", 0), ("fail", 1)] {
        let (code, ..) = said(&[REFERENCE, twin, "--threshold", "3%", "--inconclusive", ending]);
        assert_eq!(code, Some(expected));
    }
    let (code, json, _) = said(&[REFERENCE, twin, "--threshold", "3%", "--format", "json"]);
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!((code, &json["outcome"]), (Some(4), &"inconclusive".into()));
    assert_eq!(json["needed"]["rounds"].to_string(), number);
}

#[test]
fn many_runs_are_told_apart_by_name_or_as_the_user_says() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_string();
    let mut runs = Vec::new();
    for (minute, name) in
        ["main-1", "branch-1", "main-2", "branch-2", "main-3", "branch-3"].iter().enumerate()
    {
        let slower = if name.starts_with("branch") { 2 } else { 1 };
        renamed(Path::new(&path(name)), (name, minute as u32), slower);
        runs.push(path(name));
    }
    let given: Vec<&str> = runs.iter().map(String::as_str).collect();
    let (code, text, errors) = said(&given);
    assert_eq!((code, errors.as_str()), (Some(1), ""), "{text}");
    assert!(text.contains("\n\nA: 3 runs · main-1 ") && text.contains("\nB: 3 runs · branch-1 "), "{text}");
    assert!(text.contains("how the 3 pairs of runs differ"), "{text}");
    let [old, new] = [0, 1].map(|side| given.iter().copied().skip(side).step_by(2).collect::<Vec<_>>());
    let (code, same, _) = said(&[&["--old"], &old[..], &["--new"], &new[..]].concat());
    assert_eq!((code, same), (Some(1), text));
    // Sorted by name, they are the same runs; begun one side after the other, they are not in turns.
    let twin = renamed(Path::new(&path("twin")), ("main-4", 9), 1);
    let (_, text, _) = said(&[given[0], given[2], twin.to_str().unwrap(), given[1]]);
    assert!(text.contains("The runs did not take turns"), "{text}");

    for (arguments, expected) in [
        (vec![given[0]], "one run alone has nothing to be compared with"),
        (vec![given[0], given[2], given[4]], "the 3 runs are not told apart by two names, builds, folders"),
        (vec![given[0], given[1], given[0]], "are one and the same run"),
        (vec!["--old", given[0]], "--new <RUN>... is missing"),
        (vec![given[0], "--old", given[0], "--new", given[1]], "cannot be combined with"),
        (vec!["--baseline", "none", given[0]], "--baseline 'none': there is none of that name"),
        (vec!["--baseline", "../x", given[0]], "--baseline '../x': must "),
        (vec![given[0], given[1], "--out", "x"], "--out: goes with --baseline or --live"),
        (vec![given[0], given[1], "--inconclusive", "maybe"], "there are pass, fail"),
        (vec![given[0], given[1], "--rounds-needed", "--format", "json"], "cannot be combined with"),
        (vec![], "is missing"),
    ] {
        let (code, text, message) = said(&arguments);
        assert_eq!(
            (code, text.as_str(), message.lines().count()),
            (Some(2), "", 1),
            "{arguments:?}: {message}"
        );
        assert!(message.contains(expected), "{arguments:?}: {message}");
    }
}

#[test]
fn another_machine_is_a_warning_where_only_speedups_are_compared() {
    let folder = tempfile::tempdir().unwrap();
    let there = renamed(&folder.path().join("there.json"), ("there", 1), 3);
    let mut record = RunRecord::read(&there).unwrap();
    record.environment.cpu_model = speedup_report::record::Known::Value("Another CPU".to_string());
    fs::write(&there, record.to_json()).unwrap();
    let there = there.to_str().unwrap();
    let (code, json, message) = said(&[REFERENCE, there, "--format", "json"]);
    assert_eq!(code, Some(3), "{message}");
    assert!(message.contains("--across-machines compares speedups"), "{message}");
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["outcome"], "not-comparable");
    assert_eq!(json["differences"][0]["what"], "cpu model");
    let (code, text, message) = said(&[REFERENCE, there, "--across-machines", "--threshold", "30%"]);
    assert_eq!(code, Some(0), "three times the time, the same speedups: {text}");
    assert!(message.contains("warning: different machines: cpu model: "), "{message}");
    assert!(text.contains("A speedup") && text.contains("Note: cpu model: "), "{text}");
    assert!(text.contains("longer relative to the serial baseline."), "{text}");
}

#[test]
fn a_baseline_is_compared_with_the_latest_run() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().to_str().unwrap();
    fs::create_dir_all(folder.path().join("baselines/main")).unwrap();
    renamed(&folder.path().join("baselines/main/run.json"), ("main", 0), 1);
    fs::create_dir_all(folder.path().join("2026-11-23-head")).unwrap();
    renamed(&folder.path().join("2026-11-23-head/run.json"), ("head", 1), 2);
    std::os::unix::fs::symlink("2026-11-23-head", folder.path().join("latest")).unwrap();
    let (code, text, _) = said(&["--baseline", "main", "--out", out]);
    assert_eq!(code, Some(1), "{text}");
    assert!(text.contains("\n\nA: main ") && text.contains("\nB: head "), "{text}");
    let (code, ..) = said(&["--baseline", "main", "--out", out, &format!("{out}/baselines/main")]);
    assert_eq!(code, Some(0));
}
