//! An executor that can be chosen by name.

use super::Executor;
use super::error::Error;

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
