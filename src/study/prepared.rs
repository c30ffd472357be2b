//! Workloads made ready for runs, and the batch of each in a study, with their types forgotten: what is outside
//! sees times and texts.

use std::sync::Arc;

use super::execute::{Measured, Pool, Start};
use super::hosts::{OverHosts, StartOver};
use crate::workload::{Digest, Execution, Fault, Repeated};
use speedup_executor::ExecutorKind;
use speedup_report::record::{Pinned, PoolMode, Waits};

/// A workload that is set up in this process, with its jobs.
pub trait Prepared: Send + Sync {
    /// The weights of its jobs, in the order of the batch: of arrays their bytes.
    fn weights(&self) -> Vec<usize>;

    /// Whether there is something to do in a process or worker before its first job.
    fn sets_up(&self) -> bool;

    /// What its jobs wait for, where they do that.
    fn waits(&self) -> Option<Waits>;

    /// Parameters with their values.
    fn parameters(&self) -> &[(String, String)];

    /// Work for a thread that does nothing else, which is set up as a worker for it.
    ///
    /// # Errors
    ///
    /// [`Fault`] if there is no such work, or the thread cannot be set up.
    fn repeated(&self, lane: usize) -> Result<Repeated<'_>, Fault>;

    /// Its batch in a study that begins now.
    fn study(self: Arc<Self>) -> Box<dyn Studied>;
}

/// The batch of a workload in a study: executed again and again, each time with the results of the first serial
/// execution.
pub trait Studied {
    /// Whether the results of the serial baseline are known.
    fn is_known(&self) -> bool;

    /// The digests of the first serial execution, as far as every serial execution has given the same.
    fn digests(&self) -> &[Digest];

    /// Takes over digests that an earlier part of the run has found.
    fn adopt(&mut self, digests: &[Digest]);

    /// How a pool for this batch is started, whose workers stay on these CPUs if they are to.
    fn start(&self, kind: &'static dyn ExecutorKind, workers: usize, pin: Option<Pinned>) -> Start;

    /// The same of a pool on other hosts.
    fn start_over(&self, over: &OverHosts, workers: usize) -> StartOver;

    /// Executes the batch once on a pool, and checks the results.
    ///
    /// # Errors
    ///
    /// One line on what went wrong.
    fn on_pool(&mut self, pool: &Pool, execution: Execution) -> Result<Measured, String>;

    /// Executes the batch once in this thread with so many jobs under way, and checks the results.
    ///
    /// # Errors
    ///
    /// One line on what went wrong.
    fn in_one_thread(&mut self, places: usize, pool: PoolMode, number: u32) -> Result<Measured, String>;

    /// Runs the batch in its own process where a job could end it.
    ///
    /// # Errors
    ///
    /// One line on the job that has ended it.
    fn probe(&self) -> Result<(), String>;
}
