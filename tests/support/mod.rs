//! Running the program and reading what it says.

// Each test program compiles this file for itself and uses some of it.
#![allow(dead_code)]

pub(crate) mod http;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use speedup_report::record::RunRecord;
use tempfile::TempDir;

/// A run that takes a moment.
pub(crate) const TINY: [&str; 7] = ["run", "--scale", "tiny", "--runs", "2", "--workers", "1..2"];

/// The program with these arguments, its streams captured.
pub(crate) fn speedup(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_speedup"));
    command.args(arguments).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// Runs the program to its end.
pub(crate) fn run(arguments: &[&str]) -> Output {
    speedup(arguments).output().unwrap()
}

/// Standard output.
pub(crate) fn stdout(output: &Output) -> &str {
    std::str::from_utf8(&output.stdout).unwrap()
}

/// Standard error without the remark that a debug build makes of itself.
pub(crate) fn stderr(output: &Output) -> String {
    let text = std::str::from_utf8(&output.stderr).unwrap();
    text.split_inclusive('\n').filter(|line| !line.contains("unoptimised build")).collect()
}

/// The folder of the one run in there; the link to the latest is none.
pub(crate) fn only_run(out: &Path) -> PathBuf {
    let runs = fs::read_dir(out).unwrap().map(|entry| entry.unwrap().path());
    let runs: Vec<_> = runs.filter(|path| !path.is_symlink()).collect();
    assert_eq!(runs.len(), 1, "{runs:?}");
    runs[0].clone()
}

/// Runs `speedup flags` into an empty folder.
pub(crate) fn flags(arguments: &[&str]) -> (Output, TempDir) {
    let dest = tempfile::tempdir().unwrap();
    let output = run(&[&["flags", "--dest", dest.path().to_str().unwrap()], arguments].concat());
    (output, dest)
}

/// What is in a folder, hidden files too.
pub(crate) fn names_in(folder: &Path) -> Vec<String> {
    let names = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<String> = names.collect();
    names.sort();
    names
}

/// The report without its times.
pub(crate) fn report(output: &Output) -> Vec<&str> {
    stdout(output).lines().filter(|line| !line.starts_with("Elapsed time: ")).collect()
}

/// Quick runs of `command` or `batch`.
pub(crate) struct Quick {
    pub(crate) command: &'static str,
    pub(crate) rounds: &'static str,
}

impl Quick {
    /// A run into a folder. What is given further takes the place of what is fixed.
    pub(crate) fn arguments<'a>(&self, out: &'a Path, further: &[&'a str]) -> Vec<&'a str> {
        let given = |option: &str| further.contains(&option);
        let mut arguments = vec![self.command, "--verbose", "--out", out.to_str().unwrap()];
        if !given("--workers") && !given("--grid") {
            arguments.extend(["--workers", "1,2"]);
        }
        if !given("--rounds") {
            arguments.extend(["--rounds", self.rounds]);
        }
        arguments.extend(further);
        arguments
    }

    /// Runs it, and gives what was printed with the record.
    #[track_caller]
    pub(crate) fn measured(&self, further: &[&str]) -> (String, RunRecord) {
        let out = tempfile::tempdir().unwrap();
        let output = run(&self.arguments(out.path(), further));
        assert!(output.status.success(), "{}", stderr(&output));
        (stdout(&output).to_string(), RunRecord::read(&only_run(out.path())).unwrap())
    }

    /// What is said in one line of what cannot be measured, after which no run is left.
    #[track_caller]
    pub(crate) fn refused(&self, code: i32, further: &[&str]) -> String {
        let out = tempfile::tempdir().unwrap();
        let output = run(&self.arguments(out.path(), further));
        let message = stderr(&output);
        assert_eq!(output.status.code(), Some(code), "{message}");
        assert_eq!(message.lines().count(), 1, "{message}");
        assert!(stdout(&output).is_empty(), "{}", stdout(&output));
        assert_eq!(fs::read_dir(out.path()).unwrap().count(), 0, "nothing is left");
        message
    }
}
