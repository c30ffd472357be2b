//! The executors by name.

use super::{Error, Executor, process, rayon, serial, thread};

/// A way to run tasks that can be chosen by name.
pub trait ExecutorKind: Sync {
    /// Name on the command line and in records.
    fn name(&self) -> &'static str;

    /// What it is, in a few words.
    fn summary(&self) -> &'static str;

    /// Starts one with at most that many workers.
    ///
    /// # Errors
    ///
    /// Whatever keeps the pool from starting.
    fn start(&self, workers: usize) -> Result<Box<dyn Executor>, Error>;
}

/// Every executor. A new one is one file and one line here.
pub static EXECUTORS: &[&dyn ExecutorKind] = &[&serial::Kind, &thread::Kind, &process::Kind, &rayon::Kind];

/// The executor of that name.
#[must_use]
pub fn find(name: &str) -> Option<&'static dyn ExecutorKind> {
    EXECUTORS.iter().copied().find(|kind| kind.name() == name)
}
