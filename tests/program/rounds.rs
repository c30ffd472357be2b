//! Runs that stop by a rule, are killed, and go on.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use crate::support::{only_run, run, speedup, stderr, stdout};
use speedup_report::analysis::Analysis;
use speedup_report::record::{Failure, RunRecord, Status, Stop};

/// A quick run of one workload into a folder, with further arguments.
fn tiny<'a>(out: &'a Path, further: &[&'a str]) -> Vec<&'a str> {
    let fixed = ["run", "--scale", "tiny", "--workload", "rc4", "--executor", "threads", "--workers", "2"];
    [&fixed[..], &["--out", out.to_str().unwrap()], further].concat()
}

fn counted(record: &RunRecord) -> usize {
    record.samples.iter().filter(|sample| !sample.warmup).count()
}

#[test]
fn a_run_stops_at_its_rounds_its_time_or_its_precision_and_says_which() {
    for (further, stop, said) in [
        (
            &["--rounds", "3", "--precision", "0"][..],
            Stop::Rounds,
            "3 rounds plus 1 warm-up round (excluded), as many as requested",
        ),
        (
            &["--max-time", "300ms", "--precision", "0"],
            Stop::Time,
            " plus 1 warm-up round (excluded), until the time limit",
        ),
        (&["--precision", "100%", "--passes", "rc4=20"], Stop::Precision, "goal ±100.0 %"),
    ] {
        let out = tempfile::tempdir().unwrap();
        let output = run(&tiny(out.path(), further));
        assert!(output.status.success(), "{}", stderr(&output));
        let record = RunRecord::read(&only_run(out.path())).unwrap();
        assert_eq!((record.status, record.stop), (Status::Complete, Some(stop)));
        assert!(stdout(&output).contains(said), "{}", stdout(&output));
    }
}

#[test]
fn a_goal_that_was_not_reached_is_said_to_be() {
    let out = tempfile::tempdir().unwrap();
    let output = run(&tiny(out.path(), &["--rounds", "3", "--precision", "0.0001%"]));
    let said = stdout(&output);
    assert!(
        said.contains("(excluded), as many as requested") && said.contains("the goal of ±0.0001 % was not"),
        "{said}"
    );
}

#[test]
fn every_account_sums_in_every_round() {
    let out = tempfile::tempdir().unwrap();
    let executors = ["--executor", "threads,processes,rayon", "--workers", "1,2,3", "--rounds", "3"];
    let path = out.path().to_str().unwrap();
    let output = run(&[&["run", "--scale", "tiny", "--out", path], &executors[..]].concat());
    assert!(output.status.success(), "{}", stderr(&output));
    let record = RunRecord::read(&only_run(out.path())).unwrap();
    for round in 0..3 {
        let mut one = record.clone();
        one.samples.retain(|sample| !sample.warmup && sample.round == round);
        let analysis = Analysis::of(&one);
        let accounts: Vec<_> =
            analysis.estimates().map(|estimate| estimate.account.as_ref().unwrap()).collect();
        assert_eq!(accounts.len(), 18);
        for account in accounts {
            assert!(account.residual.abs() < 1e-9 * account.workers as f64, "{account:?}");
            let sum: f64 = account.rows.iter().map(|row| row.speedup.value).sum();
            let workers = account.workers as f64;
            assert!((account.speedup + sum - workers).abs() < 1e-9 * workers, "{account:?}");
        }
    }
}

#[test]
fn a_warm_pool_starts_and_ends_outside_the_times() {
    let out = tempfile::tempdir().unwrap();
    let output = run(&tiny(out.path(), &["--rounds", "2", "--pool", "warm", "--executor=processes"][..3]));
    assert_eq!(output.status.code(), Some(2), "an option without its value");
    let warm = ["--rounds", "2", "--pool", "warm"];
    assert!(run(&tiny(out.path(), &warm)).status.success());
    let record = RunRecord::read(&only_run(out.path())).unwrap();
    for sample in record.samples.iter().filter(|sample| !sample.workers.is_empty()) {
        assert!(
            sample.workers.iter().all(|worker| worker.ready_ns == 0 && worker.ended_ns == sample.wall_ns)
        );
    }
    assert!(record.samples.iter().any(|sample| sample.workers.len() == 2));
}

#[test]
fn a_killed_run_goes_on_and_ends_whole() {
    let out = tempfile::tempdir().unwrap();
    let further = ["--passes", "rc4=200", "--rounds", "10000", "--precision", "0"];
    let mut child = speedup(&tiny(out.path(), &further)).spawn().unwrap();
    let start = Instant::now();
    let rounds = loop {
        assert!(start.elapsed() < Duration::from_secs(60), "waited for a minute");
        let folder = fs::read_dir(out.path()).into_iter().flatten().find_map(Result::ok);
        let record = folder.and_then(|folder| RunRecord::read(&folder.path()).ok());
        match record.map(|record| counted(&record)) {
            Some(samples) if samples >= 8 => break samples,
            _ => std::thread::sleep(Duration::from_millis(5)),
        }
    };
    let folder = only_run(out.path());
    let path = folder.to_str().unwrap();
    let second = run(&["run", "--resume", path]);
    assert_eq!(second.status.code(), Some(1));
    assert!(stderr(&second).contains("another process is writing this run"), "{}", stderr(&second));
    child.kill().unwrap();
    child.wait().unwrap();
    let killed = RunRecord::read(&folder).unwrap();
    assert_eq!(killed.status, Status::Running);

    let wanted = (counted(&killed) / killed.plan.cases.len() + 3).to_string();
    let output = run(&["run", "--resume", path, "--rounds", &wanted]);
    assert!(output.status.success(), "{}", stderr(&output));
    let record = RunRecord::read(&folder).unwrap();
    assert_eq!((record.status, record.stop), (Status::Complete, Some(Stop::Rounds)));
    assert_eq!(record.samples[..killed.samples.len()], killed.samples[..]);
    assert!(counted(&record) >= rounds && record.plan.warmup_rounds == 2);
    assert_eq!(
        record.plan.order.len(),
        record.plan.warmup_rounds as usize + wanted.parse::<usize>().unwrap()
    );
    let starts: Vec<u64> = record.samples.iter().map(|sample| sample.start_ns).collect();
    assert!(starts.windows(2).all(|pair| pair[0] < pair[1]), "time runs on");
    assert!(folder.join("report.html").exists() && folder.join("stack.svg").exists());
}

#[test]
fn a_complete_run_stays_as_it_is_until_more_is_asked_for() {
    let out = tempfile::tempdir().unwrap();
    assert!(run(&tiny(out.path(), &["--rounds", "2"])).status.success());
    let folder = only_run(out.path());
    let file = folder.join("run.json");
    let before = RunRecord::read(&folder).unwrap();
    let again = run(&["run", "--resume", file.to_str().unwrap()]);
    assert!(again.status.success() && stderr(&again).contains("the run was complete"), "{}", stderr(&again));
    let after = RunRecord::read(&folder).unwrap();
    assert_eq!((after.samples, after.status, after.stop), (before.samples, before.status, before.stop));
    let more = run(&["run", "--resume", folder.to_str().unwrap(), "--rounds", "3"]);
    assert!(more.status.success() && stderr(&more).is_empty(), "{}", stderr(&more));
    assert_eq!(counted(&RunRecord::read(&folder).unwrap()), 3 * after.plan.cases.len());
}

#[test]
fn a_run_goes_on_with_the_kernel_that_it_began_with() {
    let out = tempfile::tempdir().unwrap();
    let begun = run(&tiny(out.path(), &["--rounds", "1", "--kernel", "paired"]));
    assert!(begun.status.success(), "{}", stderr(&begun));
    let folder = only_run(out.path());
    let path = folder.to_str().unwrap();
    let more = run(&["run", "--resume", path, "--rounds", "2"]);
    assert!(more.status.success() && stderr(&more).is_empty(), "{}", stderr(&more));
    let record = RunRecord::read(&folder).unwrap();
    let kernels: Vec<&str> = record.plan.workloads.iter().map(|workload| workload.kernel.as_str()).collect();
    assert_eq!((kernels, counted(&record)), (vec!["paired"], 2 * record.plan.cases.len()));

    let other = run(&["run", "--resume", path, "--kernel", "rc4=tuned"]);
    assert_eq!(other.status.code(), Some(2));
    assert!(stderr(&other).contains("--resume: cannot be combined with --kernel"), "{}", stderr(&other));
    let text = fs::read_to_string(folder.join("run.json")).unwrap();
    fs::write(folder.join("run.json"), text.replace("\"kernel\": \"paired\"", "\"kernel\": \"gone\""))
        .unwrap();
    let gone = run(&["run", "--resume", path]);
    assert!(
        stderr(&gone).contains("rc4 has no kernel gone; it has textbook, tuned, paired"),
        "{}",
        stderr(&gone)
    );
}

#[test]
fn a_failure_before_a_resumption_is_history() {
    let out = tempfile::tempdir().unwrap();
    assert!(run(&tiny(out.path(), &["--rounds", "2"])).status.success());
    let folder = only_run(out.path());
    let mut record = RunRecord::read(&folder).unwrap();
    let failure = |round, warmup| Failure { case: 2, round, warmup, message: "it broke".to_string() };
    record.failures.push(failure(0, true));
    let cell = |record: &RunRecord| Analysis::of(record).executors[0].rows[0].cells[0].clone();
    assert!(cell(&record).estimate().is_some(), "measured after it");
    assert_eq!(record.fatal_failure(), None);
    record.failures.push(failure(2, false));
    record.status = Status::Failed;
    assert!(cell(&record).estimate().is_none(), "nothing came after it");
    assert!(record.fatal_failure().unwrap().contains("it broke"));
}

#[test]
fn what_cannot_go_on_is_refused_in_a_line() {
    let out = tempfile::tempdir().unwrap();
    assert!(run(&tiny(out.path(), &["--rounds", "1"])).status.success());
    let folder = only_run(out.path());
    let path = folder.to_str().unwrap();
    let text = fs::read_to_string(folder.join("run.json")).unwrap();
    let edits = [
        ("\"version\": \"", "\"version\": \"9", "was measured by speedup 9"),
        ("\"sizes\": [1536", "\"sizes\": [1537", "has another batch of rc4"),
        (", \"again\": true", "", "has cases that"),
        (
            "\"design\": \"interleaved-rounds\"",
            "\"design\": \"case-by-case\"",
            "only a run that was measured in rounds",
        ),
    ];
    for (from, to, expected) in edits {
        fs::write(folder.join("run.json"), text.replacen(from, to, 1)).unwrap();
        let output = run(&["run", "--resume", path]);
        assert_eq!(output.status.code(), Some(1), "{expected}");
        let message = stderr(&output);
        assert!(message.contains(path) && message.contains(expected), "{message}");
        assert_eq!(message.lines().count(), 1, "{message}");
    }
    let missing = run(&["run", "--resume", "/nowhere"]);
    assert!(stderr(&missing).contains("--resume /nowhere: holds no run"), "{}", stderr(&missing));
}
