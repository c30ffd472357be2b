//! Workers that are threads of this process.

use std::sync::Arc;

use super::lanes::{Lanes, enter_worker};
use super::queue::Queue;
use super::{Error, Executor, ExecutorKind, Work, WorkerLife};
use crate::sys::clock;

/// A pool of threads that take tasks from one queue in the order of submission.
pub struct ThreadPoolExecutor {
    lanes: Lanes,
}

impl ThreadPoolExecutor {
    /// A pool of at most `max_workers` threads; they start as tasks come in.
    ///
    /// # Panics
    ///
    /// If `max_workers` is 0.
    #[must_use]
    pub fn new(max_workers: usize) -> Self {
        Self { lanes: Lanes::new(max_workers, Arc::new(|worker, queue| Some(work_through(worker, queue)))) }
    }
}

/// A worker's life: gives the time at which it was ready.
fn work_through(worker: usize, queue: &Queue) -> u64 {
    enter_worker(worker);
    let ready_ns = clock::monotonic_ns();
    while let Some(work) = queue.pop() {
        work.run();
    }
    ready_ns
}

impl Executor for ThreadPoolExecutor {
    fn execute(&self, work: Box<dyn Work>) -> Result<(), Error> {
        self.lanes.push(work)
    }

    fn max_workers(&self) -> usize {
        self.lanes.max()
    }

    fn shutdown(&self) {
        self.lanes.shutdown();
    }

    fn worker_lives(&self) -> Vec<WorkerLife> {
        self.lanes.lives()
    }
}

/// Entry in the registry.
#[derive(Debug)]
pub(super) struct Kind;

impl ExecutorKind for Kind {
    fn name(&self) -> &'static str {
        "threads"
    }

    fn summary(&self) -> &'static str {
        "a pool of threads around one queue"
    }

    fn start(&self, workers: usize) -> Result<Box<dyn Executor>, Error> {
        Ok(Box::new(ThreadPoolExecutor::new(workers)))
    }
}
