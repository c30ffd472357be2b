//! Programs that fail, are refused, killed or interrupted; and runs that go on after that.

use super::*;

#[test]
fn what_cannot_be_measured_is_refused_before_anything_runs() {
    assert!(QUICK.refused(2, &["xz -T2 f"]).contains("does not say where its number of workers goes"));
    assert!(QUICK.refused(2, &["xz -T{cores} f"]).contains("unknown placeholder {cores}: there are {n},"));
    assert!(QUICK.refused(2, &["--env", "T", "prog"]).contains("--env 'T': must be of the form NAME=VALUE"));
    assert!(QUICK.refused(2, &["--workers", "0", "prog {n}"]).contains("must be a whole number from 1"));
    assert!(QUICK.refused(2, &["--workers", "1", "prog {n}"]).contains("one worker alone"));
    assert!(
        QUICK
            .refused(2, &["--output", "inherit", "--check", "stdout", "echo {n}"])
            .contains("--check stdout")
    );
    assert!(
        QUICK
            .refused(2, &["--input", "/nowhere/in", "cat {n}"])
            .contains("--input /nowhere/in: No such file")
    );
    assert!(QUICK.refused(2, &["--timeout", "soon", "prog {n}"]).contains("--timeout"));
    assert!(QUICK.refused(2, &["--label", " ", "prog {n}"]).contains("--label"));
    assert!(QUICK.refused(2, &["-N", "prog 'a {n}"]).contains("is not closed"));
    assert!(QUICK.refused(2, &[" "]).contains("the command is empty"));
}

#[test]
fn what_the_first_execution_finds_is_one_line_and_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let plain = folder.path().join("plain");
    fs::write(&plain, "text").unwrap();
    let plain = plain.to_str().unwrap();
    let of_shell = QUICK.refused(1, &["no-such-program-here {n}"]);
    assert!(
        of_shell.contains("command not found (exit code 127)") && of_shell.contains("no-such-program-here")
    );
    assert!(
        QUICK
            .refused(1, &["--", "no-such-program-here", "{n}"])
            .contains("no-such-program-here: command not found")
    );
    assert!(QUICK.refused(1, &[&format!("{plain} {{n}}")]).contains("not executable (exit code 126)"));
    assert!(QUICK.refused(1, &["--", plain, "{n}"]).contains("not executable"));
    assert!(QUICK.refused(1, &["echo at the end >&2; exit 3 # {n}"]).contains("exit code 3: at the end"));
    assert!(QUICK.refused(1, &["kill -SEGV $$ # {n}"]).contains("killed by SIGSEGV"));
    assert!(
        QUICK.refused(1, &["--prepare", "exit 4", "true {n}"]).contains("--prepare 'exit 4': exit code 4")
    );
    assert!(QUICK.refused(1, &["--setup", "exit 5", "true {n}"]).contains("--setup 'exit 5': exit code 5"));
    assert!(QUICK.refused(1, &["--check", "false", "true {n}"]).contains("--check 'false': exit code 1"));
    assert!(QUICK.refused(1, &["--timeout", "100ms", "sleep 60 # {n}"]).contains("timed out after 0.100 s"));
    assert!(
        QUICK
            .refused(1, &["--output", "/nowhere/out", "true {n}"])
            .contains("standard output to /nowhere/out")
    );
    assert!(
        QUICK.refused(1, &["--output", "/dev/full", "echo {n}"]).contains("exit code"),
        "the disk is full"
    );
}

#[test]
fn a_failure_at_one_number_of_workers_is_kept_with_what_was_measured() {
    let out = tempfile::tempdir().unwrap();
    let output = run(&QUICK.arguments(out.path(), &["test {n} -lt 2"]));
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("test command/2: exit code 1"), "{}", stderr(&output));
    let record = RunRecord::read(&only_run(out.path())).unwrap();
    assert_eq!((record.status, record.samples.len()), (Status::Failed, 2));
    let (said, record) = QUICK.measured(&["--ignore-failure", "test {n} -lt 2"]);
    assert!(record.samples.iter().any(|s| s.outside.as_ref().unwrap().exit == Ended::Code(1)));
    assert!(said.contains("ended with another exit code than 0"), "{said}");
}

#[test]
fn a_faster_wrong_answer_is_a_failure() {
    let out = tempfile::tempdir().unwrap();
    let output = run(&QUICK.arguments(out.path(), &["--check", "stdout", "echo answer {n}"]));
    assert_eq!(output.status.code(), Some(1));
    assert!(
        stderr(&output)
            .contains("command/2: --check stdout: its output of 9 bytes is not that of the baseline")
    );
    let (_, record) = QUICK.measured(&["--check", "stdout", "echo answer # {n}"]);
    assert!(record.plan.workloads[0].command.as_ref().unwrap().stdout.is_some());
}

#[test]
fn a_large_output_is_counted_and_not_kept() {
    let (_, record) = QUICK.measured(&[
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
    let (_, record) = QUICK.measured(&["--output", "pipe", "exec >&- 2>&-; sleep 0.05 # {n}"]);
    assert!(record.samples.iter().all(|sample| sample.wall_ns >= 50_000_000));
}

#[test]
fn what_a_program_leaves_running_is_ended_and_said() {
    let marker = "0.000917 99917";
    let (said, _) = QUICK.measured(&[&format!("sleep {marker} & setsid sleep {marker} & true {{n}}")]);
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
        let mut child = speedup(&QUICK.arguments(&results, &[&command])).spawn().unwrap();
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
    let message = QUICK.refused(1, &["--timeout", "200ms", &format!("{program} 77703 {{n}}")]);
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
    assert!(run(&QUICK.arguments(out.path(), &["sleep 0.01 # {n}"])).status.success());
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
