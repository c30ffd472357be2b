//! Workers that are threads of a rayon pool of its own.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;

use super::Executor;
use super::error::Error;
use super::future::Future;
use super::kind::ExecutorKind;
use super::pool::builder::Builder;
use super::pool::door::Intake;
use super::pool::initializer::Initializer;
use super::pool::life::{Lives, WorkerLife, enter_worker};
use super::pool::policy::{CancelFutures, Wait};
use super::pool::queue::Queue;
use super::work::{Work, closure};
use crate::system::{clock, machine};

/// A [`rayon::ThreadPool`] behind the executor's contract. All its threads start with it.
///
/// The work itself stands in a queue of ours, where it can be cancelled; rayon gets one job for each
/// piece, which takes the first that is there.
pub struct RayonExecutor {
    max: usize,
    queue: Arc<Queue>,
    /// Taken at shutdown: dropping the pool is what ends its threads.
    pool: Mutex<Option<::rayon::ThreadPool>>,
    threads: Threads,
    lives: Arc<Lives>,
}

type Threads = Arc<Mutex<Vec<JoinHandle<()>>>>;

impl RayonExecutor {
    /// A pool of `max_workers` threads.
    ///
    /// # Errors
    ///
    /// As [`build`](Builder::<Self>::build).
    pub fn new(max_workers: usize) -> Result<Self, Error> {
        Self::builder().max_workers(max_workers).build()
    }

    /// The settings of a pool. The default is as many workers as CPUs that this process may use.
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

    /// Held while work is queued and handed to rayon, and while the queue is closed: what is in the
    /// queue has a job that will take it.
    fn pool(&self) -> MutexGuard<'_, Option<::rayon::ThreadPool>> {
        self.pool.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn take(threads: &Threads) -> Vec<JoinHandle<()>> {
    std::mem::take(&mut *threads.lock().unwrap_or_else(PoisonError::into_inner))
}

impl Builder<RayonExecutor> {
    /// Starts the pool.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidSetting`] if `max_workers` is 0, [`Error::Spawn`] if the system gives no more
    /// threads.
    pub fn build(self) -> Result<RayonExecutor, Error> {
        let (max, prefix) = (self.workers(machine::cpus_available)?, self.prefix("rayon"));
        let initializer = self.initializer.map(Arc::new);
        let (queue, lives, threads): (Arc<Queue>, Arc<Lives>, Threads) = Default::default();
        let handles = Arc::clone(&threads);
        let (pool_queue, pool_lives) = (Arc::clone(&queue), Arc::clone(&lives));
        // Rayon's own threads are detached; ours can be joined, so that shutdown means what it
        // says and the end of the last one lies within the timing.
        let built = ::rayon::ThreadPoolBuilder::new()
            .num_threads(max)
            .spawn_handler(move |thread| {
                let name = format!("{prefix}_{}", thread.index());
                let (initializer, spawned_ns) = (initializer.clone(), clock::monotonic_ns());
                let (queue, lives) = (Arc::clone(&queue), Arc::clone(&lives));
                let handle = std::thread::Builder::new().name(name).spawn(move || {
                    work_through(thread, spawned_ns, initializer.as_deref(), &queue, &lives);
                })?;
                handles.lock().unwrap_or_else(PoisonError::into_inner).push(handle);
                Ok(())
            })
            .build();
        match built {
            Ok(pool) => {
                // Rayon has a limit of its own.
                let (max, pool) = (pool.current_num_threads(), Mutex::new(Some(pool)));
                Ok(RayonExecutor { max, queue: pool_queue, pool, threads, lives: pool_lives })
            }
            // Rayon has told those that did start to leave.
            Err(error) => {
                let worker = threads.lock().unwrap_or_else(PoisonError::into_inner).len();
                pool_lives.join(|| take(&threads));
                Err(Error::Spawn { worker, reason: error.to_string() })
            }
        }
    }
}

/// A worker's life.
fn work_through(
    thread: ::rayon::ThreadBuilder,
    spawned_ns: u64,
    initializer: Option<&Initializer>,
    queue: &Queue,
    lives: &Lives,
) {
    let worker = thread.index();
    enter_worker(worker);
    lives.enter();
    if let Some(Err(error)) = initializer.map(|initializer| initializer.run(worker)) {
        // Rayon counts on the thread; with the queue broken it has nothing to run.
        queue.break_with(error).fail_queued().run();
    }
    let ready_ns = clock::monotonic_ns();
    thread.run();
    lives.add(WorkerLife { worker, spawned_ns, ready_ns, ended_ns: clock::monotonic_ns() });
}

impl Executor for RayonExecutor {
    fn execute(&self, work: Work) -> Result<(), Error> {
        self.lives.check()?;
        let pool = self.pool();
        let pushed = self.queue.push(work);
        if let (Ok(_), Some(pool)) = (&pushed, &*pool) {
            let queue = Arc::clone(&self.queue);
            // The batch's order is part of the experiment, so it is kept: first in, first out.
            pool.spawn_fifo(move || queue.try_pop().into_iter().for_each(Work::run));
        }
        drop(pool);
        pushed.map(drop).map_err(|(reason, _)| reason)
    }

    fn max_workers(&self) -> usize {
        self.max
    }

    fn shutdown(&self, wait: Wait, queued: CancelFutures) {
        if !self.lives.are_here() {
            return;
        }
        let mut pool = self.pool();
        let closed = self.queue.close(CancelFutures::No);
        let ending = pool.take();
        drop(pool);
        for closed in [closed, self.queue.close(queued)] {
            Work::cancel_all(closed.cancelled).run();
        }
        drop(ending);
        if wait == Wait::Yes {
            self.lives.join(|| take(&self.threads));
        }
    }

    fn worker_lives(&self) -> Vec<WorkerLife> {
        self.lives.get()
    }
}

impl Drop for RayonExecutor {
    fn drop(&mut self) {
        self.shutdown(Wait::Yes, CancelFutures::No);
    }
}

/// Entry in the registry.
#[derive(Debug)]
pub(super) struct Kind;

impl ExecutorKind for Kind {
    fn name(&self) -> &'static str {
        "rayon"
    }

    fn summary(&self) -> &'static str {
        "a rayon thread pool"
    }

    fn start(&self, workers: usize) -> Result<Box<dyn Executor>, Error> {
        Ok(Box::new(RayonExecutor::new(workers)?))
    }
}
