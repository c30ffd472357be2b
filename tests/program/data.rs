//! Ways of passing data as `speedup run` measures them: one record, several serial baselines, the same
//! results, a chart over the sizes.

use std::fs;
use std::path::Path;

use crate::support::{only_run, run, stderr, stdout};
use speedup_report::analysis::Analysis;
use speedup_report::record::{Data, RunRecord, Status};

fn measure(out: &Path, more: &[&str]) -> RunRecord {
    let usual = ["run", "--scale", "tiny", "--runs", "2", "--quiet", "--out", out.to_str().unwrap()];
    let output = run(&[&usual[..], more].concat());
    assert!(output.status.success(), "{}", stderr(&output));
    RunRecord::read(&only_run(out)).unwrap()
}

#[test]
fn every_way_is_measured_and_gives_the_same_results() {
    let out = tempfile::tempdir().unwrap();
    let executors = ["--executor", "threads,processes,rayon", "--workers", "2"];
    let record = measure(out.path(), &[&executors[..], &["--data", "generate,copy,shared"]].concat());
    let workloads = &record.plan.workloads;
    let named: Vec<_> =
        workloads.iter().map(|of| (of.name.as_str(), of.workload.as_str(), of.data)).collect();
    let expected = |name: &'static str, names: [&'static str; 3]| {
        names.into_iter().zip(Data::ALL).map(move |(plan, data)| (plan, name, data))
    };
    let rc4 = expected("rc4", ["rc4", "rc4 copy", "rc4 shared"]);
    let sha256 = expected("sha256", ["sha256", "sha256 copy", "sha256 shared"]);
    assert_eq!(named, rc4.chain(sha256).collect::<Vec<_>>());
    for ways in workloads.chunks(3) {
        assert!(ways.iter().all(|way| way.digests == ways[0].digests && !way.digests.is_empty()), "{ways:?}");
    }
    assert!(record.failures.is_empty() && record.status == Status::Complete);
    // Every way has a baseline, and every case of every way a sample in each round.
    assert_eq!(record.plan.cases.len(), 6 * (2 + 3 * 2));
    assert_eq!(record.samples.iter().filter(|sample| !sample.warmup).count(), 2 * record.plan.cases.len());
}

#[test]
fn the_chart_over_sizes_is_drawn_with_the_record_alone() {
    let out = tempfile::tempdir().unwrap();
    let record = measure(
        out.path(),
        &["--workload", "read", "--data", "copy,shared", "--executor", "threads,processes", "--workers", "1"],
    );
    let times = &Analysis::of(&record).task_times;
    assert_eq!((times.len(), times[0].workload.as_str(), times[0].workers), (1, "read", 1));
    let curves: Vec<_> = times[0].curves.iter().map(|curve| (curve.executor.as_str(), curve.data)).collect();
    let both = [Data::Copy, Data::Shared];
    let expected =
        ["threads", "processes"].into_iter().flat_map(|executor| both.map(|data| (executor, data)));
    assert_eq!(curves, expected.collect::<Vec<_>>());
    assert!(times[0].curves.iter().all(|curve| curve.points.len() == 8), "{times:?}");
    assert_eq!(times[0].crossings.iter().map(|crossing| crossing.data).collect::<Vec<_>>(), both);

    let folder = only_run(out.path());
    assert!(folder.join("data.svg").exists() && folder.join("data.png").exists());
    let charts = tempfile::tempdir().unwrap();
    let arguments = ["report", folder.to_str().unwrap(), "--charts", charts.path().to_str().unwrap()];
    let output = run(&arguments);
    assert!(output.status.success(), "{}", stderr(&output));
    let svg = fs::read_to_string(charts.path().join("data.svg")).unwrap();
    assert!(svg.contains("threads, copy") && svg.contains("processes, shared"), "{svg}");
}

#[test]
fn a_run_that_is_taken_up_again_keeps_its_ways() {
    let out = tempfile::tempdir().unwrap();
    let before = measure(
        out.path(),
        &["--workload", "read", "--data", "shared,copy", "--executor", "processes", "--workers", "1"],
    );
    let folder = only_run(out.path());
    let output = run(&["run", "--resume", folder.to_str().unwrap(), "--runs", "3", "--quiet"]);
    assert!(output.status.success(), "{}", stderr(&output));
    let after = RunRecord::read(&folder).unwrap();
    assert_eq!((&after.plan.cases, &after.plan.workloads), (&before.plan.cases, &before.plan.workloads));
    assert!(after.samples.len() > before.samples.len());
}

#[test]
fn ways_are_not_compared_with_one_another() {
    let out = tempfile::tempdir().unwrap();
    let of = |data: &str| {
        let out = out.path().join(data);
        let case = ["--workload", "rc4", "--executor", "threads", "--workers", "1", "--data", data];
        measure(&out, &case);
        only_run(&out).to_str().unwrap().to_string()
    };
    let output = run(&["compare", &of("copy"), &of("shared")]);
    assert_eq!(output.status.code(), Some(3), "{}{}", stdout(&output), stderr(&output));
}

#[test]
fn reading_is_measured_only_where_it_is_named() {
    let output = run(&["list"]);
    assert!(stdout(&output).contains("read (1)"), "{}", stdout(&output));
    let out = tempfile::tempdir().unwrap();
    let record = measure(out.path(), &["--executor", "threads", "--workers", "1"]);
    let names: Vec<_> = record.plan.workloads.iter().map(|workload| workload.name.as_str()).collect();
    assert_eq!(names, ["rc4", "sha256"]);
}
