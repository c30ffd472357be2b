//! `speedup batch`: one command for each of many inputs.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::io::Write;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::process::Stdio;

use crate::support::{Quick, only_run, run, speedup, stderr, stdout};
use speedup_report::analysis::Analysis;
use speedup_report::record::{BASELINE, Ended, Inputs, RunRecord, Status};

/// Runs of a moment.
const QUICK: Quick = Quick { command: "batch", rounds: "1" };

fn inputs(record: &RunRecord) -> Vec<OsString> {
    let batch = record.plan.workloads[0].command.as_ref().unwrap().batch.clone().unwrap();
    batch.texts().iter().map(speedup_report::record::Text::to_os).collect()
}

#[test]
fn jobs_are_accounted_for_one_by_one() {
    let (said, record) = QUICK.measured(&["sleep 0.0{}", ":::", "1", "2", "1"]);
    let cases: Vec<String> = record.plan.cases.iter().map(ToString::to_string).collect();
    assert_eq!(cases, ["sleep serial", "sleep serial again", "sleep command/1", "sleep command/2"]);
    for sample in &record.samples {
        assert!(sample.outside.is_none() && sample.tasks.len() == 3);
        let workers = record.plan.cases[sample.case].workers;
        assert!(sample.tasks.iter().all(|task| task.worker < workers));
        assert!(sample.tasks.iter().all(|task| task.process.as_ref().unwrap().exit == Ended::Code(0)));
        assert!(sample.tasks[1].end_ns - sample.tasks[1].begin_ns >= 20_000_000);
        assert_eq!(sample.workers.is_empty(), record.plan.cases[sample.case].executor == BASELINE);
    }
    let analysis = Analysis::of(&record);
    let row = analysis.executors[0].rows.last().unwrap();
    let account = row.cells[0].estimate().unwrap().account.as_ref().unwrap();
    assert!(account.residual.abs() < 1e-9, "{account:?}");
    assert!(said.contains("granularity") && said.contains("dispatch"), "{said}");
}

#[test]
fn inputs_come_from_arguments_files_and_standard_input() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("inputs");
    fs::write(&file, "one\ntwo words\n").unwrap();
    let path = file.to_str().unwrap();
    let (_, record) = QUICK.measured(&["-a", path, "test -n {}"]);
    assert_eq!(inputs(&record), ["one", "two words"]);
    fs::write(&file, b"with\nline\0-x\0").unwrap();
    let (_, record) = QUICK.measured(&["-0", "-a", path, "test -n {}"]);
    assert_eq!(inputs(&record), ["with\nline", "-x"]);
    let out = tempfile::tempdir().unwrap();
    let mut child =
        speedup(&QUICK.arguments(out.path(), &["test -n"])).stdin(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(b"a\nb\n").unwrap();
    assert!(child.wait().unwrap().success());
    let record = RunRecord::read(&only_run(out.path())).unwrap();
    assert_eq!(inputs(&record), ["a", "b"]);
    fs::write(&file, "true\nsh -c 'exit 0'\n").unwrap();
    let (said, record) = QUICK.measured(&["--jobs", path]);
    let batch = record.plan.workloads[0].command.as_ref().unwrap().batch.clone().unwrap();
    assert!(matches!(batch, Inputs::Commands(commands) if commands.len() == 2));
    assert!(said.contains("jobs"), "{said}");
}

#[test]
fn placeholders_are_gnu_parallels() {
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("log");
    let command = format!("echo {{}} {{.}} {{/}} {{//}} {{/.}} {{#}} >> {}", log.display());
    QUICK.measured(&["--warmup", "0", &command, ":::", "a/b c.d", "it's"]);
    let text = fs::read_to_string(&log).unwrap();
    let lines: std::collections::BTreeSet<&str> = text.lines().collect();
    assert_eq!(
        lines.into_iter().collect::<Vec<_>>(),
        ["a/b c.d a/b c b c.d a b c 1", "it's it's it's . it's 2"]
    );
}

#[test]
fn names_that_are_no_utf_8_arrive_as_they_are() {
    let folder = tempfile::tempdir().unwrap();
    let name = OsStr::from_bytes(b"caf\xe9 \n x");
    let path = folder.path().join(name);
    fs::write(&path, "x").unwrap();
    for words in [&["test -f {}"][..], &["--", "test", "-f", "{}"]] {
        let out = tempfile::tempdir().unwrap();
        let mut command = speedup(&QUICK.arguments(out.path(), words));
        let output = command.arg(":::").arg(&path).output().unwrap();
        assert!(output.status.success(), "{}", stderr(&output));
        let record = RunRecord::read(&only_run(out.path())).unwrap();
        assert_eq!(inputs(&record), [path.as_os_str()]);
    }
}

#[test]
fn a_failing_job_fails_its_case_and_is_named() {
    let message = QUICK.refused(1, &["test {} != b", ":::", "a", "b", "c"]);
    assert!(message.contains("input 'b': exit code 1"), "{message}");
    let message = QUICK.refused(1, &["kill -TERM $$; :", ":::", "a"]);
    assert!(message.contains("input 'a': killed by SIGTERM"), "{message}");
    let message = QUICK.refused(1, &["--timeout", "50ms", "sleep", ":::", "60"]);
    assert!(message.contains("input '60': timed out after 0.050 s"), "{message}");
    let (_, record) = QUICK.measured(&["--ignore-failure", "test {} != b", ":::", "a", "b"]);
    assert_eq!(record.status, Status::Complete);
    let exits = record.samples[0].tasks.iter().map(|task| task.process.clone().unwrap().exit);
    assert_eq!(exits.collect::<Vec<_>>(), [Ended::Code(0), Ended::Code(1)]);
}

#[test]
fn what_cannot_be_a_batch_is_refused() {
    assert!(QUICK.refused(2, &["gzip {n}", ":::", "a"]).contains("unknown placeholder {n}: there are {}"));
    assert!(QUICK.refused(2, &["gzip {file}", ":::", "a"]).contains("unknown placeholder {file}"));
    assert!(QUICK.refused(2, &["gzip", ":::"]).contains(":::: there are no inputs"));
    assert!(QUICK.refused(2, &["gzip", ":::", "a", ""]).contains("input 2 is empty"));
    assert!(QUICK.refused(2, &["gzip", ":::", "a", ":::", "b"]).contains("':::' twice"));
    assert!(QUICK.refused(2, &["-a", "/nowhere", "gzip"]).contains("--arg-file /nowhere: No such file"));
    assert!(QUICK.refused(2, &["gzip"]).contains("standard input: there are no inputs"));
    assert!(
        QUICK
            .refused(1, &["no-such-program-here", ":::", "a"])
            .contains("input 'a': no-such-program-here: command not found")
    );
    assert!(QUICK.refused(2, &["--workers", "0", "gzip", ":::", "a"]).contains("whole number from 1"));
}

#[test]
fn outputs_stand_in_the_order_of_the_inputs_and_are_never_mixed() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("all");
    let path = file.to_str().unwrap();
    let command = "sleep {}; echo {} begins; echo {} ends";
    QUICK.measured(&["--keep-order", "--output", path, command, ":::", "0.2", "0.1", "0"]);
    let expected: String = ["0.2", "0.1", "0"].map(|i| format!("{i} begins\n{i} ends\n")).concat();
    assert_eq!(fs::read_to_string(&file).unwrap(), expected);
    let out = tempfile::tempdir().unwrap();
    let further = ["--output", "inherit", "--keep-order", "--warmup", "0", "echo", ":::", "x", "y"];
    let output = run(&QUICK.arguments(out.path(), &further));
    assert!(stdout(&output).starts_with("x\ny\nx\ny\n"), "{}", stdout(&output));
}

#[test]
fn outputs_are_checked_against_the_baseline() {
    let folder = tempfile::tempdir().unwrap();
    let count = folder.path().join("count");
    fs::write(&count, "").unwrap();
    let (_, record) = QUICK.measured(&["--check", "stdout", "echo", ":::", "a", "b"]);
    assert_eq!(record.plan.workloads[0].digests.len(), 2);
    let command = format!("echo >> {0}; wc -l < {0}; :", count.display());
    // Found by comparing two executions, so that there is a run, which is kept.
    let output = run(&QUICK.arguments(folder.path(), &["--check", "stdout", &command, ":::", "a"]));
    let message = stderr(&output);
    assert_eq!((output.status.code(), message.lines().count()), (Some(1), 1), "{message}");
    assert!(
        message.contains("--check stdout: the output of input 'a' is not that of the baseline"),
        "{message}"
    );
}

#[test]
fn the_job_log_is_gnu_parallels_and_can_be_imported() {
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("log");
    let path = log.to_str().unwrap();
    QUICK.measured(&["--joblog", path, "sleep 0.05; : {}", ":::", "a", "b c"]);
    let text = fs::read_to_string(&log).unwrap();
    let lines: Vec<Vec<&str>> = text.lines().map(|line| line.split('\t').collect()).collect();
    assert_eq!(lines[0].join(" "), "Seq Host Starttime JobRuntime Send Receive Exitval Signal Command");
    assert_eq!(lines.len(), 3);
    for line in &lines[1..] {
        assert!(line.len() == 9 && line[1] == ":" && line[6] == "0", "{line:?}");
        assert!(line[3].trim().parse::<f64>().unwrap() >= 0.05, "{line:?}");
    }
    assert!(text.contains("\tsleep 0.05; : 'b c'\n"), "{text}");
    let out = tempfile::tempdir().unwrap();
    let output =
        run(&["import", "gnu-parallel", path, "--workers", "2", "--out", out.path().to_str().unwrap()]);
    assert!(output.status.success(), "{}", stderr(&output));
}

#[test]
fn a_batch_goes_on() {
    let out = tempfile::tempdir().unwrap();
    assert!(
        run(&QUICK.arguments(out.path(), &["--check", "stdout", "echo", ":::", "a", "b"])).status.success()
    );
    let folder = only_run(out.path());
    let before = RunRecord::read(&folder).unwrap();
    let output = run(&["batch", "--resume", folder.to_str().unwrap(), "--rounds", "2"]);
    assert!(output.status.success(), "{}", stderr(&output));
    let after = RunRecord::read(&folder).unwrap();
    assert_eq!(after.plan.workloads, before.plan.workloads);
    assert!(after.samples.len() > before.samples.len());
}

#[test]
fn an_order_that_costs_is_said_with_a_better_one() {
    let (said, _) = QUICK.measured(&["sleep", ":::", "0.05", "0.05", "0.3"]);
    assert!(said.contains("the order of the inputs costs 0."), "{said}");
    assert!(said.contains("begin with those that take longest, such as '0.3'"), "{said}");
}

#[test]
fn nothing_survives_a_kill() {
    let out = tempfile::tempdir().unwrap();
    let marker = "0.000918 99918";
    let command = format!("setsid sleep {marker} & sleep {marker}; : {{}}");
    let mut child = speedup(&QUICK.arguments(out.path(), &[&command, ":::", "a", "b"])).spawn().unwrap();
    let running = || {
        let processes = fs::read_dir("/proc").unwrap().filter_map(Result::ok);
        let lines = processes.filter_map(|process| fs::read(process.path().join("cmdline")).ok());
        lines.filter(|line| line.starts_with(b"sleep\0") && line.ends_with(b"\x0099918\0")).count()
    };
    let waited = |until: &dyn Fn(usize) -> bool| {
        (0..3000).any(|_| {
            std::thread::sleep(std::time::Duration::from_millis(10));
            until(running())
        })
    };
    assert!(waited(&|count| count == 2), "the job did not start");
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(waited(&|count| count == 0), "something is left");
}

#[test]
fn many_inputs_are_no_trouble() {
    let out = tempfile::tempdir().unwrap();
    let path = out.path().to_str().unwrap();
    let text = (0..3000).map(|index| index.to_string()).collect::<Vec<_>>().join("\n");
    let arguments =
        ["batch", "--workers", "2", "--rounds", "1", "--warmup", "0", "--out", path, "--", "true", "{}"];
    let mut child = speedup(&arguments).stdin(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{}", stderr(&output));
    assert_eq!(RunRecord::read(&only_run(out.path())).unwrap().samples[0].tasks.len(), 3000);
}

#[test]
fn bytes_of_any_kind_are_inputs() {
    let name = OsString::from_vec(vec![0xff, 0xfe]);
    let out = tempfile::tempdir().unwrap();
    let output =
        speedup(&QUICK.arguments(out.path(), &["--", "true"])).arg(":::").arg(&name).output().unwrap();
    assert!(output.status.success(), "{}", stderr(&output));
    let json = fs::read_to_string(only_run(out.path()).join("run.json")).unwrap();
    assert!(json.contains("[255, 254]"), "bytes are kept as they are");
}
