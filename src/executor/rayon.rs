//! Workers that are threads of a rayon pool of its own.

use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use super::lanes::enter_worker;
use super::{Error, Executor, ExecutorKind, Work, WorkerLife};
use crate::sys::clock;

/// A [`rayon::ThreadPool`] behind the executor's contract. All its threads start with it.
pub struct RayonExecutor {
    max: usize,
    /// Taken at shutdown: dropping the pool is what ends its threads.
    pool: Mutex<Option<::rayon::ThreadPool>>,
    threads: Arc<Mutex<Vec<JoinHandle<WorkerLife>>>>,
    lives: Mutex<Vec<WorkerLife>>,
}

impl RayonExecutor {
    /// A pool of `max_workers` threads.
    ///
    /// # Errors
    ///
    /// [`Error::Spawn`] if the system gives no more threads.
    ///
    /// # Panics
    ///
    /// If `max_workers` is 0.
    pub fn new(max_workers: usize) -> Result<Self, Error> {
        assert!(max_workers > 0, "a pool needs at least one worker");
        let threads = Arc::new(Mutex::new(Vec::with_capacity(max_workers)));
        let handles = Arc::clone(&threads);
        // Rayon's own threads are detached; ours can be joined, so that shutdown means what it
        // says and the end of the last one lies within the timing.
        let built = ::rayon::ThreadPoolBuilder::new()
            .num_threads(max_workers)
            .spawn_handler(move |thread| {
                let worker = thread.index();
                let spawned_ns = clock::monotonic_ns();
                let handle =
                    std::thread::Builder::new().name(format!("rayon-{worker}")).spawn(move || {
                        enter_worker(worker);
                        let ready_ns = clock::monotonic_ns();
                        thread.run();
                        WorkerLife { worker, spawned_ns, ready_ns, ended_ns: clock::monotonic_ns() }
                    })?;
                handles.lock().unwrap_or_else(PoisonError::into_inner).push(handle);
                Ok(())
            })
            .build();
        match built {
            Ok(pool) => {
                let pool = Mutex::new(Some(pool));
                Ok(Self { max: max_workers, pool, threads, lives: Mutex::default() })
            }
            // Rayon has told those that did start to leave.
            Err(error) => {
                let worker = join(&threads).len();
                Err(Error::Spawn { worker, reason: error.to_string() })
            }
        }
    }
}

/// Waits for every thread to end.
fn join(threads: &Mutex<Vec<JoinHandle<WorkerLife>>>) -> Vec<WorkerLife> {
    let threads = std::mem::take(&mut *threads.lock().unwrap_or_else(PoisonError::into_inner));
    let mut lives: Vec<_> = threads.into_iter().filter_map(|thread| thread.join().ok()).collect();
    lives.sort_by_key(|life| life.worker);
    lives
}

impl Executor for RayonExecutor {
    fn execute(&self, work: Box<dyn Work>) -> Result<(), Error> {
        let pool = self.pool.lock().unwrap_or_else(PoisonError::into_inner);
        // The batch's order is part of the experiment, so it is kept where rayon can keep it.
        pool.as_ref().ok_or(Error::Shutdown)?.spawn_fifo(move || work.run());
        Ok(())
    }

    fn max_workers(&self) -> usize {
        self.max
    }

    fn shutdown(&self) {
        drop(self.pool.lock().unwrap_or_else(PoisonError::into_inner).take());
        // Held to the end, so that a second caller returns no sooner than the first.
        self.lives.lock().unwrap_or_else(PoisonError::into_inner).extend(join(&self.threads));
    }

    fn worker_lives(&self) -> Vec<WorkerLife> {
        self.lives.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Drop for RayonExecutor {
    fn drop(&mut self) {
        self.shutdown();
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
