//! `speedup predict`: what would be, from kept runs and job logs.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use crate::support::{run, stderr, stdout};
use serde_json::Value;
use speedup_report::analysis::predict::model::Tried;
use speedup_report::analysis::predict::predict;
use speedup_report::record::RunRecord;

/// The run that the README shows.
fn reference() -> String {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("results/2026-11-23-reference").display().to_string()
}

/// Every run that is kept, with its path below the folder of results.
fn kept() -> Vec<(String, RunRecord)> {
    fn find(folder: &Path, found: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() && !path.is_symlink() {
                find(&path, found);
            } else if path.ends_with("run.json") {
                found.push(path);
            }
        }
    }
    let results = Path::new(env!("CARGO_MANIFEST_DIR")).join("results");
    let mut paths = Vec::new();
    find(&results, &mut paths);
    paths.sort();
    let name = |path: &Path| path.parent().unwrap().strip_prefix(&results).unwrap().display().to_string();
    paths.iter().map(|path| (name(path), RunRecord::read(path).unwrap())).collect()
}

/// What is committed must hold: at least 85 of 100 intervals of what can be predicted hold what was measured.
#[test]
fn intervals_hold_over_all_kept_runs() {
    let mut table = String::new();
    let (mut pairs, mut covered, mut refused) = (0, 0, 0);
    for (name, record) in kept() {
        for forecast in predict(&record, &[]).forecasts {
            for one in &forecast.held_out {
                let case = format!("{name}: {} {}/{}", forecast.label, forecast.executor, one.workers);
                match &one.outcome {
                    Tried::Refused { reason } => {
                        refused += 1;
                        writeln!(table, "{case}: {reason}").unwrap();
                    }
                    Tried::Predicted { speedup, error, covered: held } => {
                        pairs += 1;
                        covered += usize::from(*held);
                        let ends = speedup.interval.unwrap();
                        writeln!(
                            table,
                            "{case}: {:.2} [{:.2}, {:.2}], measured {:.2}, {:+.1} %{}",
                            speedup.value,
                            ends.low,
                            ends.high,
                            one.measured.value,
                            100.0 * error,
                            if *held { "" } else { ", missed" }
                        )
                        .unwrap();
                    }
                }
            }
        }
    }
    writeln!(table, "{covered} of {pairs} held; {refused} not predicted").unwrap();
    assert!(pairs >= 30 && covered * 100 >= 85 * pairs, "{table}");
    insta::assert_snapshot!(table);
}

/// A download waits; from few connections follows what many do, as long as a job is there for each.
#[test]
fn few_connections_tell_of_many() {
    let (_, whole) = kept().into_iter().find(|(name, _)| name == "2026-11-23-io").unwrap();
    let mut few = whole.clone();
    let kept = |case: usize| whole.plan.cases[case].workers <= 5;
    few.samples.retain(|sample| kept(sample.case));
    let full = predict(&whole, &[]);
    for forecast in predict(&few, &[10, 20, 200]).forecasts {
        let measured = full.forecasts.iter().find(|other| other.executor == forecast.executor).unwrap();
        let of = |workers: usize| measured.measured.iter().find(|point| point.workers == workers).unwrap();
        for asked in &forecast.predicted[..2] {
            let (value, low, high) = asked.here.ends().unwrap();
            let truth = of(asked.workers).speedup.value;
            // The start of processes is the one cost that does not follow from so few.
            let near = forecast.executor == "processes" || (low..=high).contains(&truth);
            assert!(near, "{}/{}: {value} [{low}, {high}], not {truth}", forecast.executor, asked.workers);
        }
        let (twenty, many) =
            (forecast.predicted[1].here.ends().unwrap(), forecast.predicted[2].here.ends().unwrap());
        assert!((twenty.0 / many.0 - 1.0).abs() < 0.05, "twenty jobs keep twenty connections busy");
        assert!(forecast.notes.iter().any(|note| note.contains("At most 20 connections have a job")));
        assert!(forecast.notes.iter().any(|note| note.contains("so that these are not the limit")));
    }
}

#[test]
fn the_reference_in_every_form() {
    let path = reference();
    let output = run(&["predict", &path, "--workers", "4,8,16"]);
    assert!(output.status.success(), "{}", stderr(&output));
    let said = stdout(&output).to_string();
    let tables = said.lines().filter(|line| line.contains('|') || line.contains("-+-"));
    for line in tables {
        assert!(line.chars().count() <= 80, "{line}");
    }
    insta::assert_snapshot!("table", said);
    let markdown = run(&["predict", &path, "--format", "markdown"]);
    assert!(stdout(&markdown).contains("|-------"), "{}", stdout(&markdown));
    let csv = stdout(&run(&["predict", &path, "--format", "csv"])).to_string();
    let columns = |line: &str| {
        csv::ReaderBuilder::new()
            .has_headers(false)
            .from_reader(line.as_bytes())
            .records()
            .next()
            .unwrap()
            .unwrap()
            .len()
    };
    assert!(csv.lines().count() > 40 && csv.lines().all(|line| columns(line) == 14), "{csv}");
    let json: Value = serde_json::from_str(stdout(&run(&["predict", &path, "--format", "json"]))).unwrap();
    let forecast = &json["forecasts"][0];
    assert_eq!((&json["cpus"], &forecast["executor"]), (&2.into(), &"threads".into()));
    assert!(forecast["held_out"][0]["outcome"]["speedup"]["interval"]["low"].is_number(), "{forecast}");
}

#[test]
fn charts_of_a_prediction() {
    let folder = tempfile::tempdir().unwrap();
    let charts = folder.path().join("charts");
    let output = run(&["predict", &reference(), "--charts", charts.to_str().unwrap()]);
    assert!(output.status.success(), "{}", stderr(&output));
    assert_eq!(crate::support::names_in(&charts), ["predict.png", "predict.svg"]);
    let svg = fs::read_to_string(charts.join("predict.svg")).unwrap();
    for words in ["measured", "predicted on this machine", "with a CPU each", "more workers than CPUs"] {
        assert!(svg.contains(words), "{words}");
    }
    let io = reference().replace("reference", "io");
    assert!(run(&["predict", &io, "--charts", charts.to_str().unwrap()]).status.success());
    assert!(charts.join("predict-io.svg").exists());
}

#[test]
fn a_job_log_says_what_more_at_a_time_would_do() {
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("jobs.log");
    let head = "Seq\tHost\tStarttime\tJobRuntime\tSend\tReceive\tExitval\tSignal\tCommand\n";
    let line = |job: u32| {
        format!("{job}\t:\t{}.000\t     1.000\t0\t0\t0\t0\tgzip f{job}\n", 1_000_000_000 + (job - 1) / 2)
    };
    fs::write(&log, (1..=8).map(line).fold(head.to_string(), |text, line| text + &line)).unwrap();
    let output = run(&["predict", "--joblog", log.to_str().unwrap(), "--workers", "4,16"]);
    assert!(output.status.success(), "{}", stderr(&output));
    insta::assert_snapshot!("joblog", stdout(&output));
    fs::write(&log, "Seq\n").unwrap();
    let output = run(&["predict", "--joblog", log.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("jobs.log:1: is no job log"), "{}", stderr(&output));
}

#[test]
fn what_cannot_be_predicted_says_why() {
    let folder = reference().replace("2026-11-23-reference", "2026-11-26-xz");
    let output = run(&["predict", &folder]);
    assert!(output.status.success(), "{}", stderr(&output));
    assert!(stdout(&output).contains("not timed one by one"), "{}", stdout(&output));
    let book = run(&["predict", &reference().replace("2026-11-23-reference", "book-table-17-1")]);
    assert_eq!(book.status.code(), Some(1));
    assert!(stderr(&book).contains("nothing can be predicted"), "{}", stderr(&book));
    let none = run(&["predict", "no-such-run"]);
    assert_eq!(none.status.code(), Some(1));
    assert!(stderr(&none).contains("no-such-run"), "{}", stderr(&none));
}
