//! Workers that are threads of this process.

use std::sync::Arc;

use super::Executor;
use super::error::Error;
use super::future::Future;
use super::kind::ExecutorKind;
use super::pool::builder::Builder;
use super::pool::initializer::Initializer;
use super::pool::lanes::{Lane, Lanes};
use super::pool::life::{WorkerLife, enter_worker};
use super::pool::policy::{CancelFutures, Wait};
use super::work::{Work, closure};
use crate::system::{clock, machine};

/// A pool of threads that take tasks from one queue in the order of submission.
pub struct ThreadPoolExecutor {
    lanes: Lanes,
}

impl ThreadPoolExecutor {
    /// A pool of at most `max_workers` threads; they start as tasks come in.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidSetting`] if `max_workers` is 0.
    pub fn new(max_workers: usize) -> Result<Self, Error> {
        Self::builder().max_workers(max_workers).build()
    }

    /// The settings of a pool. The default is four workers more than the CPUs that this process may
    /// use, but at most 32, since threads are often for tasks that wait.
    pub fn builder() -> Builder<Self> {
        Builder::new()
    }

    /// Schedules a closure, which only a thread can run.
    ///
    /// # Errors
    ///
    /// As [`execute`](Executor::execute).
    pub fn spawn<R: Send + 'static>(
        &self,
        run: impl FnOnce() -> R + Send + 'static,
    ) -> Result<Future<R>, Error> {
        let (work, future) = closure(run);
        self.execute(work)?;
        Ok(future)
    }
}

impl Builder<ThreadPoolExecutor> {
    /// Makes the pool.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidSetting`] if `max_workers` is 0.
    pub fn build(self) -> Result<ThreadPoolExecutor, Error> {
        let (max, prefix) = (self.workers(default_workers)?, self.prefix("worker"));
        let initializer = self.initializer;
        let body = move |lane: &Lane| work_through(lane, initializer.as_ref());
        Ok(ThreadPoolExecutor { lanes: Lanes::new(max, prefix, Arc::new(body)).looking() })
    }
}

fn default_workers() -> usize {
    machine::cpus_available().saturating_add(4).min(32)
}

/// A worker's life.
fn work_through(lane: &Lane, initializer: Option<&Initializer>) {
    enter_worker(lane.worker);
    if let Some(Err(error)) = initializer.map(|initializer| initializer.run(lane.worker)) {
        lane.queue.break_with(error).fail_queued();
        return;
    }
    let ready_ns = clock::monotonic_ns();
    while let Some(work) = lane.queue.pop() {
        work.run();
    }
    let (worker, spawned_ns) = (lane.worker, lane.spawned_ns);
    lane.lives.add(WorkerLife { worker, spawned_ns, ready_ns, ended_ns: clock::monotonic_ns() });
}

impl Executor for ThreadPoolExecutor {
    fn execute(&self, work: Work) -> Result<(), Error> {
        self.lanes.push(work)
    }

    fn max_workers(&self) -> usize {
        self.lanes.max()
    }

    fn shutdown(&self, wait: Wait, queued: CancelFutures) {
        self.lanes.shutdown(wait, queued);
    }

    fn worker_lives(&self) -> Vec<WorkerLife> {
        self.lanes.lives().get()
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
        Ok(Box::new(ThreadPoolExecutor::new(workers)?))
    }
}
