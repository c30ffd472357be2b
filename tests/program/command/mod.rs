//! `speedup command`: programs with a knob, measured from outside.

mod ends;
mod knobs;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use crate::support::{Quick, only_run, run, speedup, stderr, stdout};
use speedup_report::analysis::{Analysis, Loss};
use speedup_report::record::{Ended, RunRecord, Status};

/// Runs of a moment.
const QUICK: Quick = Quick { command: "command", rounds: "2" };

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
