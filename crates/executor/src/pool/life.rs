//! When workers started and ended, and which of them is the calling thread.

use std::cell::Cell;
use std::ptr;
use std::sync::PoisonError;

use crate::error::Error;
use crate::ipc::origin::Origin;
use crate::sync::thread::JoinHandle;
use crate::sync::{Mutex, thread_local};

/// When a worker started, was ready and ended, in nanoseconds on the monotonic clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WorkerLife {
    /// Number of the worker, from 0. One that takes the place of another has its number.
    pub worker: usize,
    /// When the pool began to start it.
    pub spawned_ns: u64,
    /// When it could take its first task, by its own reading of the clock.
    pub ready_ns: u64,
    /// When the pool had seen it end.
    pub ended_ns: u64,
}

thread_local! {
    static WORKER: Cell<usize> = const { Cell::new(0) };
    /// Which pool the thread belongs to.
    static POOL: Cell<*const Lives> = const { Cell::new(ptr::null()) };
}

/// Number of the worker that the calling task runs on; 0 outside any worker.
#[must_use]
pub fn current_worker() -> usize {
    WORKER.with(Cell::get)
}

/// Makes the calling thread the worker of that number.
pub(crate) fn enter_worker(worker: usize) {
    WORKER.with(|current| current.set(worker));
}

/// The lives of a pool's workers, written down as each ends.
#[derive(Debug, Default)]
pub(crate) struct Lives {
    ended: Mutex<Vec<WorkerLife>>,
    /// Held by whoever waits for the workers, so that a second one returns no sooner than the first.
    waiting: Mutex<()>,
    origin: Origin,
}

impl Lives {
    /// Whether the pool is this process's own. In a copy that a fork has made its threads and workers are
    /// not there, locks may be shut for ever, and nothing must be done that the original would notice.
    pub(crate) fn are_here(&self) -> bool {
        self.origin.is_here()
    }

    /// That the pool is this process's own.
    ///
    /// # Errors
    ///
    /// [`Error::Forked`].
    pub(crate) fn check(&self) -> Result<(), Error> {
        if self.are_here() { Ok(()) } else { Err(Error::Forked { pid: self.origin.id() }) }
    }

    pub(crate) fn add(&self, life: WorkerLife) {
        self.ended.lock().unwrap_or_else(PoisonError::into_inner).push(life);
    }

    /// The lives so far, by the worker's number.
    pub(crate) fn get(&self) -> Vec<WorkerLife> {
        if !self.are_here() {
            return Vec::new();
        }
        let mut lives = self.ended.lock().unwrap_or_else(PoisonError::into_inner).clone();
        lives.sort_by_key(|life| (life.worker, life.spawned_ns));
        lives
    }

    /// Makes the calling thread one of the pool's.
    pub(crate) fn enter(&self) {
        POOL.with(|pool| pool.set(self));
    }

    /// Waits until the pool's threads have ended, which the closure takes from where they are kept.
    ///
    /// One of those threads does not wait: a task or a callback may hold the last handle to its own
    /// pool, and cannot wait for itself. The threads then end by themselves.
    pub(crate) fn join(&self, take: impl FnOnce() -> Vec<JoinHandle<()>>) {
        if ptr::eq(POOL.with(Cell::get), self) {
            return;
        }
        let _waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        for thread in take() {
            // What such a thread does is caught there.
            let _ = thread.join();
        }
    }
}
