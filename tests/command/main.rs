//! `speedup command`: programs with a knob, measured from outside.

mod ends;
mod knobs;
#[path = "../support/mod.rs"]
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
