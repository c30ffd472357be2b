//! When workers started and ended, and which of them is the calling thread.

use std::cell::Cell;
use std::ptr;
use std::sync::PoisonError;

use serde::{Deserialize, Serialize};

use crate::error::Error;
use crate::ipc::origin::Origin;
use crate::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use crate::sync::thread::JoinHandle;
use crate::sync::{Condvar, Mutex, thread_local};

/// When a worker started, was ready and ended, in nanoseconds on the monotonic clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
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

impl WorkerLife {
    /// The same life with each of its times as the closure has it, such as by another machine's clock.
    #[must_use]
    pub fn map_times(self, time: impl Fn(u64) -> u64) -> Self {
        Self {
            worker: self.worker,
            spawned_ns: time(self.spawned_ns),
            ready_ns: time(self.ready_ns),
            ended_ns: time(self.ended_ns),
        }
    }
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
    /// Held by who waits for the workers, so that a second one returns no sooner than the first.
    waiting: Mutex<()>,
    /// Threads of others that settle futures of the pool.
    visitors: AtomicUsize,
    /// Whether someone waits for them to leave.
    is_waited_for: AtomicBool,
    /// Told when the last of them has left.
    left: Condvar,
    origin: Origin,
}

/// A thread of another's that settles futures of the pool, until it is dropped.
#[must_use = "it leaves at once"]
pub(crate) struct Visit<'a>(&'a Lives);

impl Visit<'_> {
    /// Runs user code, which may end the pool: it does not wait for this visit then.
    pub(crate) fn run<R>(&self, user_code: impl FnOnce() -> R) -> R {
        let outer = POOL.with(|pool| pool.replace(self.0));
        let done = user_code();
        POOL.with(|pool| pool.set(outer));
        done
    }
}

impl Drop for Visit<'_> {
    fn drop(&mut self) {
        let lives = self.0;
        if lives.visitors.fetch_sub(1, SeqCst) == 1 && lives.is_waited_for.load(SeqCst) {
            // Who waits has looked, or will: behind the lock it cannot be between the two.
            drop(lives.ended.lock());
            lives.left.notify_all();
        }
    }
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

    /// The calling thread settles futures of the pool; who waits for the pool's end waits for it too.
    pub(crate) fn visit(&self) -> Visit<'_> {
        self.visitors.fetch_add(1, SeqCst);
        Visit(self)
    }

    /// Waits until the pool's threads have ended, which the closure takes from where they are kept.
    ///
    /// One of those threads does not wait: a task or a callback may hold the last handle to its own
    /// pool, and cannot wait for itself. The threads then end by themselves.
    pub(crate) fn join(&self, take: impl Fn() -> Vec<JoinHandle<()>>) {
        if ptr::eq(POOL.with(Cell::get), self) {
            return;
        }
        let _waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            let threads = take();
            if threads.is_empty() {
                break;
            }
            for thread in threads {
                // What such a thread does is caught there.
                let _ = thread.join();
            }
            // One of them may have started another before it ended.
        }
        self.is_waited_for.store(true, SeqCst);
        let mut ended = self.ended.lock().unwrap_or_else(PoisonError::into_inner);
        while self.visitors.load(SeqCst) > 0 {
            ended = self.left.wait(ended).unwrap_or_else(PoisonError::into_inner);
        }
    }
}
