//! No pool: every task runs at once, in the thread that submits it.

use super::{Error, Executor, ExecutorKind, Work, WorkerLife};

/// Runs each task inside `submit`. A batch through it is a plain loop: the serial baseline.
#[derive(Debug, Clone, Copy, Default)]
pub struct SerialExecutor;

impl Executor for SerialExecutor {
    fn execute(&self, work: Box<dyn Work>) -> Result<(), Error> {
        work.run();
        Ok(())
    }

    fn max_workers(&self) -> usize {
        1
    }

    fn shutdown(&self) {}

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
        Ok(Box::new(SerialExecutor))
    }
}
