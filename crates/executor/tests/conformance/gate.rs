//! Something to hold a task up until the test lets it go, in this process or another.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use crate::tasks::{Hold, Note};

/// A folder in which tasks wait for a file to go, and leave others. It opens when it is dropped, so
/// that a test that fails does not wait for its pool; it must be dropped before the pool is.
pub(crate) struct Gate {
    folder: tempfile::TempDir,
}

impl Gate {
    pub(crate) fn new() -> Self {
        let gate = Self { folder: tempfile::tempdir().unwrap() };
        File::create(gate.path()).unwrap();
        gate
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.folder.path().join("closed")
    }

    /// A task that waits for the gate, notes that it has run, and gives the number.
    pub(crate) fn hold(&self, number: u64) -> Hold {
        Hold(self.path(), number)
    }

    /// A task that notes that it has run, and gives the number.
    pub(crate) fn note(&self, number: u64) -> Note {
        Note(self.folder.path().to_path_buf(), number)
    }

    /// Whether the task of that number stands at the gate, or has passed it.
    pub(crate) fn begun(&self, number: u64) -> bool {
        self.process(number).is_some()
    }

    /// The process of the task of that number, once it stands at the gate.
    pub(crate) fn process(&self, number: u64) -> Option<u32> {
        fs::read_to_string(begun_path(self.folder.path(), number)).ok()?.parse().ok()
    }

    /// Whether a task with that number has noted that it ran.
    pub(crate) fn noted(&self, number: u64) -> bool {
        note_path(self.folder.path(), number).exists()
    }

    /// How many tasks have noted that they ran.
    pub(crate) fn notes(&self) -> usize {
        let names = fs::read_dir(self.folder.path()).unwrap().map(|entry| entry.unwrap().file_name());
        names.filter(|name| name.to_string_lossy().starts_with("note-")).count()
    }

    /// Lets go of every task that waits.
    pub(crate) fn open(&self) {
        let _ = fs::remove_file(self.path());
    }
}

impl Drop for Gate {
    fn drop(&mut self) {
        self.open();
    }
}

/// What a task does that waits for a gate. It gives up after a minute.
pub(crate) fn wait_at(path: &Path, number: u64) {
    let start = Instant::now();
    stand_at(path, number);
    while path.exists() && start.elapsed() < Duration::from_secs(60) {
        std::thread::sleep(Duration::from_millis(1));
    }
    note(path.parent().unwrap(), number);
}

/// Says that the task of that number stands at the gate.
pub(crate) fn stand_at(path: &Path, number: u64) {
    let _ = fs::write(begun_path(path.parent().unwrap(), number), std::process::id().to_string());
}

fn begun_path(folder: &Path, number: u64) -> PathBuf {
    folder.join(format!("begun-{number}"))
}

/// Notes that a task has run. One that runs twice leaves two.
pub(crate) fn note(folder: &Path, number: u64) {
    let path = note_path(folder, number);
    let path = if path.exists() { note_path(folder, number + 1_000_000) } else { path };
    // The folder is gone where the test has ended before the task.
    let _ = File::create(path);
}

fn note_path(folder: &Path, number: u64) -> PathBuf {
    folder.join(format!("note-{number}"))
}
