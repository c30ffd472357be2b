//! `speedup command`: programs with a knob, measured from outside.

mod support;

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use speedup_report::analysis::{Analysis, Loss};
use speedup_report::record::{Ended, RunRecord, Status};
use support::{only_run, run, speedup, stderr, stdout};

/// A quick run of a command into a folder, with further arguments.
fn quick<'a>(out: &'a Path, further: &[&'a str]) -> Vec<&'a str> {
    let fixed = ["command", "--workers", "1,2", "--rounds", "2", "--verbose", "--out", out.to_str().unwrap()];
    // What is given further takes the place of what is fixed.
    let given =
        |option: &str| further.contains(&option) || (option == "--workers" && further.contains(&"--grid"));
    let [command, workers, counts, rounds, many, rest @ ..] = fixed;
    let mut arguments = vec![command];
    arguments.extend([workers, counts].into_iter().filter(|_| !given(workers)));
    arguments.extend([rounds, many].into_iter().filter(|_| !given(rounds)));
    [&arguments[..], &rest, further].concat()
}

/// Runs it, and gives what was printed with the record.
#[track_caller]
fn measured(further: &[&str]) -> (String, RunRecord) {
    let out = tempfile::tempdir().unwrap();
    let output = run(&quick(out.path(), further));
    assert!(output.status.success(), "{}", stderr(&output));
    (stdout(&output).to_string(), RunRecord::read(&only_run(out.path())).unwrap())
}

/// What is said in one line of a command that cannot be measured, after which no run is left.
#[track_caller]
fn refused(code: i32, further: &[&str]) -> String {
    let out = tempfile::tempdir().unwrap();
    let output = run(&quick(out.path(), further));
    let message = stderr(&output);
    assert_eq!(output.status.code(), Some(code), "{message}");
    assert_eq!(message.lines().count(), 1, "{message}");
    assert!(stdout(&output).is_empty(), "{}", stdout(&output));
    assert_eq!(fs::read_dir(out.path()).unwrap().count(), 0, "nothing is left");
    message
}

fn script(folder: &Path, name: &str, text: &str) -> PathBuf {
    use std::os::unix::fs::PermissionsExt;
    let path = folder.join(name);
    fs::write(&path, text).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    path
}

/// Waits until no process has a text in its command line.
fn all_gone(marker: &str) -> bool {
    let deadline = Instant::now() + Duration::from_secs(20);
    let there = || {
        let processes = fs::read_dir("/proc").into_iter().flatten().filter_map(Result::ok);
        let lines = processes.filter_map(|process| fs::read(process.path().join("cmdline")).ok());
        lines.into_iter().any(|line| String::from_utf8_lossy(&line).contains(marker))
    };
    while there() {
        if Instant::now() > deadline {
            return false;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    true
}

#[test]
fn a_command_is_measured_at_every_number_of_workers() {
    let (said, record) =
        measured(&["--rounds", "5", "sh -c 'i=0; while [ $i -lt 2000 ]; do i=$((i+1)); done' {n}"]);
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
    let (_, record) = measured(&["sleep 0.{n}"]);
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
    let (said, record) = measured(&["--serial", "true", "sh -c : {n}"]);
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
    measured(&[
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
    let (_, record) = measured(&["--check", "stdout", "--cpus", "follow", "--", "printf", "%s", "a b;$HOME"]);
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
    let (said, _) = measured(&["--cpus", "follow", "--warmup", "0", &command]);
    assert!(said.contains("N workers had N CPUs"), "{said}");
    let allowed = std::thread::available_parallelism().unwrap().get();
    let text = fs::read_to_string(log).unwrap();
    let mut counts: Vec<usize> = text.lines().map(|line| line.parse().unwrap()).collect();
    counts.sort_unstable();
    assert_eq!(counts, [1, 1, 1, 1, 2.min(allowed), 2.min(allowed)]);
}

#[test]
fn the_start_of_the_shell_is_taken_off_where_that_is_asked_for() {
    let (said, record) = measured(&["--subtract-shell", "sleep 0.02 # {n}"]);
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
    let message = refused(2, &["--subtract-shell", "--", "true", "{n}"]);
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
    let (said, record) = measured(&further[..]);
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
    assert!(refused(2, &["--grid", "1,2x1", "true {p}"]).contains("--grid needs {p} and {t}"));
    assert!(refused(2, &["--grid", "2", "true {p} {t}"]).contains("such as 1,2x1..4"));
    assert!(refused(2, &["true {p} {n}"]).contains("{p}: it goes with --grid"));
}

#[test]
fn a_grid_goes_on() {
    let out = tempfile::tempdir().unwrap();
    assert!(run(&quick(out.path(), &["--grid", "1,2x1,2", "true {p} {t}"])).status.success());
    let folder = only_run(out.path());
    let before = RunRecord::read(&folder).unwrap();
    let output = run(&["command", "--resume", folder.to_str().unwrap(), "--rounds", "3"]);
    assert!(output.status.success(), "{}", stderr(&output));
    assert_eq!(RunRecord::read(&folder).unwrap().plan.cases, before.plan.cases);
    let refused = run(&["command", "--resume", folder.to_str().unwrap(), "--env", "A=b"]);
    assert_eq!(refused.status.code(), Some(2), "what a run goes on with stands in its record");
}

#[test]
fn what_cannot_be_measured_is_refused_before_anything_runs() {
    assert!(refused(2, &["xz -T2 f"]).contains("does not say where its number of workers goes"));
    assert!(refused(2, &["xz -T{cores} f"]).contains("unknown placeholder {cores}: there are {n},"));
    assert!(refused(2, &["--env", "T", "prog"]).contains("--env 'T': must be of the form NAME=VALUE"));
    assert!(refused(2, &["--workers", "0", "prog {n}"]).contains("must be a whole number from 1"));
    assert!(refused(2, &["--workers", "1", "prog {n}"]).contains("one worker alone"));
    assert!(refused(2, &["--output", "inherit", "--check", "stdout", "echo {n}"]).contains("--check stdout"));
    assert!(refused(2, &["--input", "/nowhere/in", "cat {n}"]).contains("--input /nowhere/in: No such file"));
    assert!(refused(2, &["--timeout", "soon", "prog {n}"]).contains("--timeout"));
    assert!(refused(2, &["--label", " ", "prog {n}"]).contains("--label"));
    assert!(refused(2, &["-N", "prog 'a {n}"]).contains("is not closed"));
    assert!(refused(2, &[" "]).contains("the command is empty"));
}

#[test]
fn what_the_first_execution_finds_is_one_line_and_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let plain = folder.path().join("plain");
    fs::write(&plain, "text").unwrap();
    let plain = plain.to_str().unwrap();
    let of_shell = refused(1, &["no-such-program-here {n}"]);
    assert!(
        of_shell.contains("command not found (exit code 127)") && of_shell.contains("no-such-program-here")
    );
    assert!(
        refused(1, &["--", "no-such-program-here", "{n}"])
            .contains("no-such-program-here: command not found")
    );
    assert!(refused(1, &[&format!("{plain} {{n}}")]).contains("not executable (exit code 126)"));
    assert!(refused(1, &["--", plain, "{n}"]).contains("not executable"));
    assert!(refused(1, &["echo at the end >&2; exit 3 # {n}"]).contains("exit code 3: at the end"));
    assert!(refused(1, &["kill -SEGV $$ # {n}"]).contains("killed by SIGSEGV"));
    assert!(refused(1, &["--prepare", "exit 4", "true {n}"]).contains("--prepare 'exit 4': exit code 4"));
    assert!(refused(1, &["--setup", "exit 5", "true {n}"]).contains("--setup 'exit 5': exit code 5"));
    assert!(refused(1, &["--check", "false", "true {n}"]).contains("--check 'false': exit code 1"));
    assert!(refused(1, &["--timeout", "100ms", "sleep 60 # {n}"]).contains("timed out after 0.100 s"));
    assert!(
        refused(1, &["--output", "/nowhere/out", "true {n}"]).contains("standard output to /nowhere/out")
    );
    assert!(refused(1, &["--output", "/dev/full", "echo {n}"]).contains("exit code"), "the disk is full");
}

#[test]
fn a_failure_at_one_number_of_workers_is_kept_with_what_was_measured() {
    let out = tempfile::tempdir().unwrap();
    let output = run(&quick(out.path(), &["test {n} -lt 2"]));
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("test command/2: exit code 1"), "{}", stderr(&output));
    let record = RunRecord::read(&only_run(out.path())).unwrap();
    assert_eq!((record.status, record.samples.len()), (Status::Failed, 2));
    let (said, record) = measured(&["--ignore-failure", "test {n} -lt 2"]);
    assert!(record.samples.iter().any(|s| s.outside.as_ref().unwrap().exit == Ended::Code(1)));
    assert!(said.contains("ended with another exit code than 0"), "{said}");
}

#[test]
fn a_faster_wrong_answer_is_a_failure() {
    let out = tempfile::tempdir().unwrap();
    let output = run(&quick(out.path(), &["--check", "stdout", "echo answer {n}"]));
    assert_eq!(output.status.code(), Some(1));
    assert!(
        stderr(&output)
            .contains("command/2: --check stdout: its output of 9 bytes is not that of the baseline")
    );
    let (_, record) = measured(&["--check", "stdout", "echo answer # {n}"]);
    assert!(record.plan.workloads[0].command.as_ref().unwrap().stdout.is_some());
}

#[test]
fn a_large_output_is_counted_and_not_kept() {
    let (_, record) = measured(&[
        "--output",
        "pipe",
        "--rounds",
        "1",
        "--warmup",
        "0",
        "head -c 300000000 /dev/zero # {n}",
    ]);
    let stdout = record.samples[0].outside.as_ref().unwrap().stdout.clone().unwrap();
    assert_eq!(stdout.bytes, 300_000_000);
}

#[test]
fn a_program_that_closes_its_output_and_goes_on_is_waited_for() {
    let (_, record) = measured(&["--output", "pipe", "exec >&- 2>&-; sleep 0.05 # {n}"]);
    assert!(record.samples.iter().all(|sample| sample.wall_ns >= 50_000_000));
}

#[test]
fn what_a_program_leaves_running_is_ended_and_said() {
    let marker = "0.000917 99917";
    let (said, _) = measured(&[&format!("sleep {marker} & setsid sleep {marker} & true {{n}}")]);
    assert!(said.contains("processes running, which were ended"), "{said}");
    assert!(all_gone("99917"));
}

#[test]
fn nothing_survives_a_kill_a_timeout_or_ctrl_c() {
    let out = tempfile::tempdir().unwrap();
    let program = script(out.path(), "waits", "#!/bin/sh\nsetsid sleep $1 &\nsleep $1\n");
    let program = program.to_str().unwrap();
    for (index, signal) in [(1, rustix::process::Signal::KILL), (2, rustix::process::Signal::INT)] {
        let marker = format!("7770{index}");
        let results = out.path().join(&marker);
        let command = format!("{program} {marker} {{n}}");
        let mut child = speedup(&quick(&results, &[&command])).spawn().unwrap();
        let started = Instant::now();
        let both = || {
            let lines = fs::read_dir("/proc").unwrap().filter_map(Result::ok);
            let lines = lines.filter_map(|process| fs::read(process.path().join("cmdline")).ok());
            lines.filter(|line| line.starts_with(format!("sleep\0{marker}").as_bytes())).count() == 2
        };
        while !both() {
            assert!(started.elapsed() < Duration::from_secs(60), "the program did not start");
            std::thread::sleep(Duration::from_millis(10));
        }
        let pid = rustix::process::Pid::from_child(&child);
        rustix::process::kill_process(pid, signal).unwrap();
        let status = child.wait().unwrap();
        if signal == rustix::process::Signal::INT {
            assert_eq!(status.code(), Some(130));
        }
        assert!(all_gone(&marker), "something is left after {signal:?}");
    }
    let message = refused(1, &["--timeout", "200ms", &format!("{program} 77703 {{n}}")]);
    assert!(message.contains("timed out"), "{message}");
    assert!(all_gone("77703"));
}

#[test]
fn an_interrupted_run_keeps_what_it_has_and_goes_on() {
    let out = tempfile::tempdir().unwrap();
    let path = out.path().to_str().unwrap();
    let arguments = [
        "command",
        "--workers",
        "2",
        "--rounds",
        "9999",
        "--precision",
        "0",
        "--out",
        path,
        "sleep 0.01 # {n}",
    ];
    let mut child = speedup(&arguments).spawn().unwrap();
    let started = Instant::now();
    let folder = loop {
        assert!(started.elapsed() < Duration::from_secs(60), "no round in a minute");
        let folder = fs::read_dir(out.path()).into_iter().flatten().find_map(Result::ok);
        let record = folder.as_ref().and_then(|folder| RunRecord::read(&folder.path()).ok());
        if record.is_some_and(|record| record.samples.iter().any(|sample| !sample.warmup)) {
            break folder.unwrap().path();
        }
        std::thread::sleep(Duration::from_millis(5));
    };
    rustix::process::kill_process(rustix::process::Pid::from_child(&child), rustix::process::Signal::INT)
        .unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(130));
    let before = RunRecord::read(&folder).unwrap();
    assert!(before.status == Status::Interrupted && before.failures.is_empty(), "{:?}", before.failures);
    let other = run(&["run", "--resume", folder.to_str().unwrap()]);
    assert!(stderr(&other).contains("is a run of a command"), "{}", stderr(&other));
    let rounds = before.samples.iter().map(|sample| sample.round).max().unwrap() + 3;
    let output = run(&["command", "--resume", folder.to_str().unwrap(), "--rounds", &rounds.to_string()]);
    assert!(output.status.success(), "{}", stderr(&output));
    let after = RunRecord::read(&folder).unwrap();
    assert_eq!(after.samples[..before.samples.len()], before.samples[..]);
    assert_eq!((after.status, after.plan.warmup_rounds), (Status::Complete, 2));
    assert_eq!(after.plan.workloads, before.plan.workloads);
}

#[test]
fn reports_and_comparisons_read_such_runs() {
    let out = tempfile::tempdir().unwrap();
    assert!(run(&quick(out.path(), &["sleep 0.01 # {n}"])).status.success());
    let folder = only_run(out.path());
    let path = folder.to_str().unwrap();
    for format in ["table", "markdown", "csv", "json", "html", "trace"] {
        let output = run(&["report", path, "--format", format]);
        assert!(output.status.success() && !stdout(&output).is_empty(), "{format}: {}", stderr(&output));
    }
    let csv = run(&["report", path, "--format", "csv"]);
    assert!(stdout(&csv).lines().next().unwrap().contains("loss_serial"), "{}", stdout(&csv));
    let compared = run(&["compare", path, path]);
    assert!(matches!(compared.status.code(), Some(0 | 4)), "{}", stderr(&compared));
    assert!(stdout(&compared).contains("command/2"), "{}", stdout(&compared));
    assert!(folder.join("report.html").exists() && folder.join("speedup.svg").exists());
}
