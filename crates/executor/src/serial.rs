//! No pool: every task runs at once, in the thread that submits it.

use std::sync::atomic::{AtomicBool, Ordering};

use super::Executor;
use super::error::Error;
use super::kind::ExecutorKind;
use super::pool::life::WorkerLife;
use super::pool::policy::{CancelFutures, Wait};
use super::work::Work;

/// Runs each task inside `submit`. A batch through it is a plain loop: the serial baseline.
#[derive(Debug, Default)]
pub struct SerialExecutor {
    shut_down: AtomicBool,
}

impl SerialExecutor {
    /// An executor with no worker of its own.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }
}

impl Executor for SerialExecutor {
    fn execute(&self, work: Work) -> Result<(), Error> {
        if self.shut_down.load(Ordering::Relaxed) {
            return Err(Error::Shutdown);
        }
        work.run();
        Ok(())
    }

    fn max_workers(&self) -> usize {
        1
    }

    fn shutdown(&self, _: Wait, _: CancelFutures) {
        self.shut_down.store(true, Ordering::Relaxed);
    }

    fn worker_lives(&self) -> Vec<WorkerLife> {
        Vec::new()
    }
}

/// Entry in the registry.
#[derive(Debug)]
pub(super) struct Kind;

impl ExecutorKind for Kind {
    fn name(&self) -> &'static str {
        "serial"
    }

    fn summary(&self) -> &'static str {
        "a plain loop in the measuring thread: the baseline, always measured"
    }

    fn start(&self, _workers: usize) -> Result<Box<dyn Executor>, Error> {
        Ok(Box::new(SerialExecutor::new()))
    }
}
