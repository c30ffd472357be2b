//! Workers that are threads of this process.

use std::sync::Arc;

use super::Executor;
use super::error::Error;
use super::future::Future;
use super::kind::ExecutorKind;
use super::pool::builder::Builder;
use super::pool::initializer::Initializer;
use super::pool::life::{WorkerLife, enter_worker};
use super::pool::policy::{CancelFutures, Wait};
use super::pool::queue::Queue;
use super::pool::shell::{Launch, Refused, Shell};
use super::work::{Work, closure};
use crate::panics::catch_panic;
use crate::system::{clock, machine};

/// A pool of threads that take tasks from one queue in the order of submission.
pub struct ThreadPoolExecutor {
    shell: Arc<Shell<Queue>>,
    prefix: String,
    initializer: Option<Arc<Initializer>>,
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
    /// As [`submit`](Executor::submit).
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
        let initializer = self.initializer.map(Arc::new);
        Ok(ThreadPoolExecutor { shell: Arc::new(Shell::new(max, Queue::default())), prefix, initializer })
    }
}

fn default_workers() -> usize {
    machine::cpus_available().saturating_add(4).min(32)
}

/// The life of the worker of that number, which the pool began to start then.
fn run(shell: &Shell<Queue>, worker: usize, spawned_ns: u64, initializer: Option<&Initializer>) {
    enter_worker(worker);
    shell.lives.enter();
    // A worker that panicked would leave the queue without anyone, and who waits for a task in it would wait
    // for ever.
    let ran = catch_panic(|| {
        initializer.map_or(Ok(()), |initializer| initializer.run(worker))?;
        let ready_ns = clock::monotonic_ns();
        while let Some(work) = shell.queue.pop() {
            work.run();
        }
        shell.lives.add(WorkerLife { worker, spawned_ns, ready_ns, ended_ns: clock::monotonic_ns() });
        Ok(())
    });
    if let Err(error) = ran.and_then(|ran| ran) {
        shell.break_with(error).fail_queued().run();
    }
}

impl Executor for ThreadPoolExecutor {
    fn execute(&self, work: Work) -> Result<(), Error> {
        let launch = |worker| {
            let (shell, initializer) = (Arc::clone(&self.shell), self.initializer.clone());
            let spawned_ns = clock::monotonic_ns();
            let body = Box::new(move || run(&shell, worker, spawned_ns, initializer.as_deref()));
            Launch { name: format!("{}_{worker}", self.prefix), stack: None, body }
        };
        match self.shell.push(work, launch) {
            Ok(_) => Ok(()),
            Err(Refused::Closed(reason)) => Err(reason),
            Err(Refused::NoThread(error)) => {
                let broken = self.shell.break_with(error);
                let reason = broken.reason.clone();
                broken.fail_queued().run();
                Err(reason)
            }
        }
    }

    fn max_workers(&self) -> usize {
        self.shell.max()
    }

    fn shutdown(&self, wait: Wait, queued: CancelFutures) {
        let Some(closed) = self.shell.close(queued) else { return };
        for closed in closed {
            Work::cancel_all(closed.cancelled).run();
        }
        if wait == Wait::Yes {
            self.shell.join();
        }
    }

    fn worker_lives(&self) -> Vec<WorkerLife> {
        self.shell.lives.get()
    }
}

impl Drop for ThreadPoolExecutor {
    fn drop(&mut self) {
        self.shutdown(Wait::Yes, CancelFutures::No);
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
