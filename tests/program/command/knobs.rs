//! What a number of workers does to a program, and what is measured of it.

use super::*;

#[test]
fn a_command_is_measured_at_every_number_of_workers() {
    let (said, record) =
        QUICK.measured(&["--rounds", "5", "sh -c 'i=0; while [ $i -lt 2000 ]; do i=$((i+1)); done' {n}"]);
    let cases: Vec<String> = record.plan.cases.iter().map(ToString::to_string).collect();
    assert_eq!(cases, ["sh serial", "sh serial again", "sh command/2"]);
    assert_eq!(record.status, Status::Complete);
    for sample in &record.samples {
        let outside = sample.outside.as_ref().unwrap();
        assert!(sample.tasks.is_empty() && outside.cpu_ns > 0 && outside.exit == Ended::Code(0));
        if let Some(occupancy) = outside.occupancy.value() {
            assert_eq!(occupancy.iter().map(|at| at.ns).sum::<u64>(), sample.wall_ns);
        }
    }
    let analysis = Analysis::of(&record);
    let rows = &analysis.executors[0].rows;
    assert_eq!(rows.iter().map(|row| row.workers).collect::<Vec<_>>(), [1, 2], "the baseline has a row");
    for row in rows {
        let estimate = row.cells[0].estimate().unwrap();
        let account = estimate.account.as_ref().unwrap();
        let sum: f64 = account.rows.iter().map(|row| row.speedup.value).sum();
        assert!((account.speedup + sum - row.workers as f64).abs() < 1e-6, "{account:?}");
        assert!(estimate.timeline.is_none() && estimate.outside.is_some());
    }
    for expected in ["against one worker", "CPUs used", "sh: best with", "residual", "seen from outside by"] {
        assert!(said.contains(expected), "no {expected} in {said}");
    }
    assert!(said.lines().filter(|line| line.contains('|')).all(|line| line.chars().count() <= 100), "{said}");
}

#[test]
fn a_program_that_sleeps_has_its_loss_where_no_thread_could_run() {
    // With two workers it sleeps for 0.2 s more than with one.
    let (_, record) = QUICK.measured(&["sleep 0.{n}"]);
    let analysis = Analysis::of(&record);
    let estimate = analysis.executors[0].rows[1].cells[0].estimate().unwrap();
    let account = estimate.account.as_ref().unwrap();
    let row = |loss| account.rows.iter().find(|row| row.loss == loss).map(|row| row.worker_seconds);
    // Two lanes idle for 0.2 s, less one for 0.1 s; without a trace it is in the row of all that is untold.
    let idle = row(Loss::Idle).or(row(Loss::Untold)).unwrap();
    assert!((0.25..0.6).contains(&idle), "{account:?}");
}

#[test]
fn a_serial_program_is_the_baseline_and_one_worker_a_case() {
    let (said, record) = QUICK.measured(&["--serial", "true", "sh -c : {n}"]);
    let cases: Vec<String> = record.plan.cases.iter().map(ToString::to_string).collect();
    assert_eq!(cases, ["sh serial", "sh serial again", "sh command/1", "sh command/2"]);
    assert!(said.contains("against 'true'"), "{said}");
}

#[test]
fn the_number_of_workers_arrives_wherever_it_was_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("log");
    let log = log.to_str().unwrap();
    let note = |what: &str| format!("echo {what} >> {log}");
    let (prepare, conclude, check) = (note("prepare {n}"), note("conclude {workers}"), note("check {n}"));
    let (setup, cleanup, command) = (note("setup"), note("cleanup"), note("run {threads} $T"));
    QUICK.measured(&[
        "--setup",
        &setup,
        "--prepare",
        &prepare,
        "--conclude",
        &conclude,
        "--check",
        &check,
        "--cleanup",
        &cleanup,
        "--env",
        "T={n}",
        "--warmup",
        "0",
        &command,
    ]);
    let text = fs::read_to_string(log).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!((lines[0], lines[lines.len() - 1]), ("setup", "cleanup"));
    for one in lines[1..lines.len() - 1].chunks(4) {
        let n = one[0].strip_prefix("prepare ").unwrap();
        assert_eq!(one[1..], [format!("run {n} {n}"), format!("check {n}"), format!("conclude {n}")]);
    }
    // Two rounds of three cases.
    assert_eq!(lines.len(), 2 + 4 * 6);
}

#[test]
fn several_words_are_run_without_a_shell() {
    let (_, record) =
        QUICK.measured(&["--check", "stdout", "--cpus", "follow", "--", "printf", "%s", "a b;$HOME"]);
    let command = record.plan.workloads[0].command.as_ref().unwrap();
    assert!(!command.shell && command.words.len() == 3, "{command:?}");
    let outside = record.samples[0].outside.as_ref().unwrap();
    assert_eq!(outside.stdout.as_ref().unwrap().bytes, "a b;$HOME".len() as u64);
}

#[test]
fn n_workers_can_be_kept_to_n_cpus() {
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("log");
    let command = format!("nproc >> {}", log.display());
    let (said, _) = QUICK.measured(&["--cpus", "follow", "--warmup", "0", &command]);
    assert!(said.contains("N workers had N CPUs"), "{said}");
    let allowed = std::thread::available_parallelism().unwrap().get();
    let text = fs::read_to_string(log).unwrap();
    let mut counts: Vec<usize> = text.lines().map(|line| line.parse().unwrap()).collect();
    counts.sort_unstable();
    assert_eq!(counts, [1, 1, 1, 1, 2.min(allowed), 2.min(allowed)]);
}

#[test]
fn the_start_of_the_shell_is_taken_off_where_that_is_asked_for() {
    let (said, record) = QUICK.measured(&["--subtract-shell", "sleep 0.02 # {n}"]);
    let start = record.plan.workloads[0].command.as_ref().unwrap().shell_start.unwrap();
    assert!(start.wall_ns > 0 && said.contains("the shell's start is taken off each execution"), "{said}");
    // The samples stay as they were measured; the figures are less.
    let samples: Vec<_> = record.samples.iter().filter(|s| !s.warmup).collect();
    let two: Vec<u64> =
        samples.iter().filter(|s| record.plan.cases[s.case].workers == 2).map(|s| s.wall_ns).collect();
    let measured_s = two.iter().sum::<u64>() as f64 / two.len() as f64 / 1e9;
    let analysis = Analysis::of(&record);
    let estimate = analysis.executors[0].rows[1].cells[0].estimate().unwrap();
    let expected_s = measured_s - start.wall_ns as f64 / 1e9;
    assert!((estimate.mean_s - expected_s).abs() < 1e-6, "{} {expected_s}", estimate.mean_s);
    let account = estimate.account.as_ref().unwrap();
    assert!(account.residual.abs() < 1e-6, "{account:?}");
    let message = QUICK.refused(2, &["--subtract-shell", "--", "true", "{n}"]);
    assert!(message.contains("--subtract-shell: no shell"), "{message}");
}

#[test]
fn every_pair_of_processes_and_threads_is_a_case_of_a_grid() {
    let further = [
        "--rounds",
        "5",
        "--grid",
        "1,2x1,3",
        "--check",
        "stdout",
        "--env",
        "T={t}",
        "test {n} = $(({p} * $T))",
    ];
    let (said, record) = QUICK.measured(&further[..]);
    let cases: Vec<String> = record.plan.cases.iter().map(ToString::to_string).collect();
    let expected = ["test serial", "test serial again", "test p=1/3", "test p=2/2", "test p=2/6"];
    assert_eq!(cases, expected);
    for expected in ["by processes (p) and threads of each (t)", "t=3", "2×3", "best with"] {
        assert!(said.contains(expected), "no {expected} in {said}");
    }
    let analysis = Analysis::of(&record);
    let best = analysis.workloads[0].command.as_ref().unwrap().best.unwrap();
    let [(p, t), (fewest_p, fewest_t)] = best.pairs.unwrap();
    assert!(p * t == best.workers && fewest_p * fewest_t == best.enough);
    assert!(QUICK.refused(2, &["--grid", "1,2x1", "true {p}"]).contains("--grid needs {p} and {t}"));
    assert!(QUICK.refused(2, &["--grid", "2", "true {p} {t}"]).contains("such as 1,2x1..4"));
    assert!(QUICK.refused(2, &["true {p} {n}"]).contains("{p}: it goes with --grid"));
}

#[test]
fn a_grid_goes_on() {
    let out = tempfile::tempdir().unwrap();
    assert!(run(&QUICK.arguments(out.path(), &["--grid", "1,2x1,2", "true {p} {t}"])).status.success());
    let folder = only_run(out.path());
    let before = RunRecord::read(&folder).unwrap();
    let output = run(&["command", "--resume", folder.to_str().unwrap(), "--rounds", "3"]);
    assert!(output.status.success(), "{}", stderr(&output));
    assert_eq!(RunRecord::read(&folder).unwrap().plan.cases, before.plan.cases);
    let refused = run(&["command", "--resume", folder.to_str().unwrap(), "--env", "A=b"]);
    assert_eq!(refused.status.code(), Some(2), "what a run goes on with stands in its record");
}
