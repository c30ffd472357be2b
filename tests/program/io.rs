//! Work that waits, measured: `speedup run --workload flags` as its users meet it.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::support::{only_run, run, stderr, stdout};
use speedup_report::analysis::Analysis;
use speedup_report::record::{RunRecord, Status};

fn arguments<'a>(out: &'a Path, more: &[&'a str]) -> Vec<&'a str> {
    let usual = ["run", "--scale", "tiny", "--runs", "2", "--verbose", "--out", out.to_str().unwrap()];
    [&usual[..], more].concat()
}

/// The record of a run, and what it printed.
fn measure(out: &Path, more: &[&str]) -> (RunRecord, String) {
    let output = run(&arguments(out, more));
    assert!(output.status.success(), "{}", stderr(&output));
    (RunRecord::read(&only_run(out)).unwrap(), stdout(&output).to_string())
}

fn usage_error(more: &[&str]) -> String {
    let out = tempfile::tempdir().unwrap();
    let output = run(&arguments(out.path(), more));
    assert_eq!(output.status.code(), Some(2), "{}", stderr(&output));
    assert_eq!(fs::read_dir(out.path()).unwrap().count(), 0);
    let error = stderr(&output);
    assert_eq!(error.lines().count(), 1, "{error}");
    error
}

#[test]
fn every_style_is_measured_and_checked_against_serial() {
    let out = tempfile::tempdir().unwrap();
    let (record, printed) = measure(
        out.path(),
        &["--workload", "flags,flags-local", "--workers", "3", "--executor", "threads,processes,rayon,async"],
    );
    assert_eq!(record.status, Status::Complete);
    assert!(record.failures.is_empty() && record.ceilings.is_empty());
    // Both arms of the serial baseline and four executors with 1 and 3 workers, of two workloads.
    assert_eq!(record.plan.cases.len(), 2 * (2 + 4 * 2));
    assert_eq!(record.samples.len(), 3 * record.plan.cases.len());
    let [flags, local] = &record.plan.workloads[..] else { panic!("{:?}", record.plan.workloads) };
    assert_eq!(flags.waits.as_ref().unwrap().on, "a server that waits 2 ms before each answer");
    assert_eq!((flags.digests.len(), local.digests.len()), (20, 52));
    let missing = |digests: &[String]| digests.iter().filter(|digest| *digest == "not found").count();
    assert_eq!((missing(&flags.digests), missing(&local.digests)), (0, 24));
    for sample in &record.samples {
        let case = &record.plan.cases[sample.case];
        assert_eq!(sample.tasks.len(), record.workload(&case.workload).unwrap().sizes.len());
        let serial = case.executor == "serial";
        assert_eq!(sample.workers.len(), if serial { 0 } else { case.workers }, "{case}");
        for task in &sample.tasks {
            assert!(
                task.end_ns <= sample.wall_ns && task.begin_ns + task.generate_ns <= task.end_ns,
                "{case}"
            );
            assert!(task.cpu_ns > 0 && task.cpu_ns <= task.end_ns - task.begin_ns, "{case}: {task:?}");
            if case.workload == "flags" {
                assert!(task.generate_ns >= 2_000_000, "{case}: {task:?}");
            }
        }
    }

    for expected in [
        "Flags: 20 flags from a server that waits 2 ms before each answer; 2 rounds: not a measurement\n",
        "Flags, no delay: 52 flags from a server without delay; 2 rounds: not a measurement\n",
        "style | connections |",
        " | flags/s",
        " | waiting |",
        "    serial |           1 |",
        "     async |           3 |",
    ] {
        assert!(printed.contains(expected), "{expected} is missing in\n{printed}");
    }
    for about_cpus in ["efficiency", "Karp", "ceiling", "bound", "missing", "law", "more workers than CPUs"] {
        assert!(!printed.contains(about_cpus), "{about_cpus} is said in\n{printed}");
    }
    let folder = only_run(out.path());
    let mut files: Vec<_> = fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    files.sort();
    assert_eq!(
        files,
        ["drift.png", "drift.svg", "io.png", "io.svg", "report.html", "run.json", "table.csv", "table.md"],
        "a trace would have no timelines"
    );
    let csv = fs::read_to_string(folder.join("table.csv")).unwrap();
    assert!(csv.lines().next().unwrap().contains(",jobs_per_s,waiting,waiting_low,waiting_high,"));
    let page = fs::read_to_string(folder.join("report.html")).unwrap();
    assert!(page.contains("flags/s") && page.contains("Work that waits: time, factor and throughput"));
}

#[test]
fn what_waits_is_estimated_as_that() {
    let out = tempfile::tempdir().unwrap();
    let (record, _) = measure(out.path(), &["--workload", "flags,rc4", "--executor", "threads"]);
    let analysis = Analysis::of(&record);
    let (waiting, computing) = (analysis.waiting(), analysis.computing());
    assert_eq!((waiting.workloads[0].name.as_str(), computing.workloads[0].name.as_str()), ("flags", "rc4"));
    let counts: Vec<usize> = waiting.executors[0].rows.iter().map(|row| row.workers).collect();
    assert_eq!(counts, [1, 2, 5, 10, 20]);
    assert!(waiting.executors[0].rows.iter().all(|row| !row.oversubscribed));
    for estimate in waiting.estimates() {
        let waiting = estimate.waiting.as_ref().unwrap();
        assert!(
            (0.0..=1.0).contains(&waiting.least)
                && waiting.least <= waiting.greatest
                && waiting.greatest <= 1.0
        );
        assert!((waiting.least..=waiting.greatest).contains(&waiting.share.value), "{waiting:?}");
        assert!((waiting.jobs_per_s * estimate.mean_s - 20.0).abs() < 1e-9);
        assert!(estimate.account.is_none() && estimate.efficiency.is_none() && estimate.speedup.is_some());
    }
    assert!(computing.estimates().all(|estimate| estimate.waiting.is_none() && estimate.account.is_some()));
}

#[test]
fn warm_pools_and_the_default_styles_work_as_well() {
    let out = tempfile::tempdir().unwrap();
    let (record, _) = measure(out.path(), &["--workload", "flags-local", "--workers", "2", "--pool", "warm"]);
    let mut styles: Vec<&str> = record.plan.cases.iter().map(|case| case.executor.as_str()).collect();
    styles.dedup();
    assert_eq!(styles, ["serial", "threads", "processes", "async"]);
    assert!(record.failures.is_empty() && record.samples.len() == 3 * record.plan.cases.len());
}

#[test]
fn a_run_goes_on_with_the_numbers_of_workers_that_each_workload_had() {
    let out = tempfile::tempdir().unwrap();
    let (record, _) = measure(out.path(), &["--workload", "flags,rc4"]);
    let folder = only_run(out.path());
    let output = run(&["run", "--quiet", "--resume", folder.to_str().unwrap(), "--rounds", "3"]);
    assert!(output.status.success(), "{}", stderr(&output));
    let resumed = RunRecord::read(&folder).unwrap();
    assert_eq!(resumed.plan.cases, record.plan.cases);
    assert_eq!(resumed.samples.len(), 5 * record.plan.cases.len());
}

#[test]
fn two_runs_are_compared_without_a_word_on_cpus() {
    let outs = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    for out in &outs {
        let flags = ["run", "--workload", "flags", "--scale", "tiny", "--rounds", "6", "--executor", "async"];
        let output = run(&[&flags[..], &["--workers", "10", "--out", out.path().to_str().unwrap()]].concat());
        assert!(output.status.success(), "{}", stderr(&output));
    }
    let [one, other] = outs.each_ref().map(|out| only_run(out.path()));
    let output = run(&["compare", "--force", one.to_str().unwrap(), other.to_str().unwrap()]);
    let compared = stdout(&output);
    assert!(compared.contains("async/10") && compared.contains("serial"), "{compared}");
    for loss in [
        "granularity",
        "blocking",
        "waiting",
        "spawn",
        "dispatch",
        "slower tasks",
        "teardown",
        "none significant",
    ] {
        assert!(!compared.contains(loss), "{loss} is said in\n{compared}");
    }
}

#[test]
fn more_processes_than_make_sense_are_left_out() {
    let out = tempfile::tempdir().unwrap();
    let (record, _) = measure(
        out.path(),
        &["--workload", "flags-local", "--workers", "65", "--executor", "processes,async"],
    );
    let cases: Vec<String> = record.plan.cases.iter().map(ToString::to_string).collect();
    let expected = ["serial", "serial again", "processes/1", "async/1", "async/65"];
    assert_eq!(cases, expected.map(|case| format!("flags-local {case}")));
}

#[test]
fn what_cannot_be_is_said_in_a_line() {
    for (arguments, expected) in [
        (
            &["--workload", "rc4", "--executor", "async"][..],
            "--executor 'async': async is one thread, which helps only where jobs wait, and those of rc4 compute",
        ),
        (&["--workload", "flags,rc4", "--executor", "threads,async"], "and those of rc4 compute"),
        (
            &["--workload", "flags", "--data", "copy"],
            "--data 'copy': the jobs of flags wait for their arrays",
        ),
        (
            &["--workload", "flags", "--workers", "1001"],
            "--workers '1001': flags can have at most 1000 workers",
        ),
        (&["--workload", "flags", "--executor", "fibers"], "there are threads, processes, rayon, async"),
    ] {
        let error = usage_error(arguments);
        assert!(error.contains(expected), "{error}");
    }
}

#[test]
fn too_few_open_files_are_named_before_the_first_sample() {
    let out = tempfile::tempdir().unwrap();
    let program = env!("CARGO_BIN_EXE_speedup");
    let arguments = arguments(out.path(), &["--workload", "flags-local"]).join(" ");
    let limited =
        Command::new("sh").arg("-c").arg(format!("ulimit -n 500 && exec {program} {arguments}")).output();
    let output = limited.unwrap();
    assert_eq!(output.status.code(), Some(1));
    let error = stderr(&output);
    assert!(error.contains("needs 1400 open files, and the system allows 500; see 'ulimit -n'"), "{error}");
}

#[cfg(target_os = "linux")]
#[test]
fn ctrl_c_keeps_what_was_measured_and_leaves_no_server() {
    use std::time::{Duration, Instant};

    use crate::support::speedup;
    use rustix::process::{Pid, Signal, kill_process};

    let out = tempfile::tempdir().unwrap();
    let (path, endless) = (out.path().to_str().unwrap(), ["--rounds", "10000", "--precision", "0"]);
    let usual = ["run", "--workload", "flags", "--scale", "tiny", "--quiet", "--out", path];
    let child = speedup(&[&usual[..], &endless].concat()).spawn().unwrap();
    let start = Instant::now();
    // Once the record has a sample the server is there.
    let sampled = || {
        let folder = fs::read_dir(out.path()).ok()?.next()?.ok()?.path();
        Some(!RunRecord::read(&folder).ok()?.samples.is_empty())
    };
    while sampled() != Some(true) {
        assert!(start.elapsed() < Duration::from_secs(60));
        std::thread::sleep(Duration::from_millis(20));
    }
    let pid = Pid::from_raw(child.id().cast_signed()).unwrap();
    let server = children(child.id());
    assert!(!server.is_empty());
    kill_process(pid, Signal::INT).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(130), "{}", stderr(&output));
    assert_eq!(RunRecord::read(&only_run(out.path())).unwrap().status, Status::Interrupted);
    assert!(server.iter().all(|process| !Path::new(&format!("/proc/{process}")).exists()), "{server:?}");
}

/// The processes that a process has started.
#[cfg(target_os = "linux")]
fn children(of: u32) -> Vec<u32> {
    let parent = |process: u32| -> Option<u32> {
        let stat = fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
        stat.rsplit(") ").next()?.split(' ').nth(1)?.parse().ok()
    };
    let processes = fs::read_dir("/proc").unwrap().flatten();
    let processes = processes.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    processes.filter(|&process| parent(process) == Some(of)).collect()
}
