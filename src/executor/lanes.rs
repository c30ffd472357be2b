//! The part that thread and process pools share: one thread per worker around one queue.
//!
//! A lane is a thread of this process. In the thread pool it is the worker; in the process pool it
//! stands before the worker process, hands it tasks and waits for replies.

use std::cell::Cell;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use super::queue::Queue;
use super::work::catch_panic;
use super::{Error, Work};
use crate::sys::clock;

/// When a worker started, was ready and ended, in nanoseconds on the monotonic clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WorkerLife {
    /// Number of the worker, from 0.
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
}

/// Number of the worker that the calling task runs on; 0 outside any worker.
#[must_use]
pub fn current_worker() -> usize {
    WORKER.get()
}

/// Makes the calling thread the worker of that number.
pub(super) fn enter_worker(worker: usize) {
    WORKER.set(worker);
}

/// What a lane does: take work until there is none, and say when the worker was ready.
pub(super) type Body = dyn Fn(usize, &Queue) -> Option<u64> + Send + Sync;

/// The lanes of a pool. They start on demand, one for each piece of work that finds no idle
/// worker, up to the maximum.
pub(super) struct Lanes {
    max: usize,
    queue: Arc<Queue>,
    body: Arc<Body>,
    started: Mutex<Started>,
    lives: Mutex<Vec<WorkerLife>>,
}

#[derive(Default)]
struct Started {
    threads: Vec<JoinHandle<Option<WorkerLife>>>,
    count: usize,
}

impl Lanes {
    pub(super) fn new(max: usize, body: Arc<Body>) -> Self {
        assert!(max > 0, "a pool needs at least one worker");
        Self { max, queue: Arc::default(), body, started: Mutex::default(), lives: Mutex::default() }
    }

    pub(super) fn max(&self) -> usize {
        self.max
    }

    /// Queues work, and starts a lane for it if no worker is idle.
    pub(super) fn push(&self, work: Box<dyn Work>) -> Result<(), Error> {
        if self.queue.push(work)? {
            self.start_one()?;
        }
        Ok(())
    }

    fn start_one(&self) -> Result<(), Error> {
        let mut started = self.started.lock().unwrap_or_else(PoisonError::into_inner);
        if started.count == self.max {
            return Ok(());
        }
        let worker = started.count;
        let (queue, body) = (Arc::clone(&self.queue), Arc::clone(&self.body));
        let spawned_ns = clock::monotonic_ns();
        let thread = std::thread::Builder::new().name(format!("worker-{worker}")).spawn(move || {
            // A lane that panicked would leave the queue to nobody, and whoever waits for a task in
            // it would wait for ever.
            let ready_ns = catch_panic(|| body(worker, &queue)).unwrap_or_else(|error| {
                queue.break_with(error);
                None
            })?;
            Some(WorkerLife { worker, spawned_ns, ready_ns, ended_ns: clock::monotonic_ns() })
        });
        match thread {
            Ok(thread) => {
                started.threads.push(thread);
                started.count += 1;
                Ok(())
            }
            // The workers there are could do the work, but a pool of N with fewer than N would be
            // measured, and paid for, as what it is not.
            Err(error) => {
                drop(started);
                Err(self.queue.break_with(Error::Spawn { worker, reason: error.to_string() }))
            }
        }
    }

    /// Lets queued work finish and joins every lane.
    pub(super) fn shutdown(&self) {
        self.queue.close();
        // Held to the end, so that a second caller returns no sooner than the first.
        let mut lives = self.lives.lock().unwrap_or_else(PoisonError::into_inner);
        let threads =
            std::mem::take(&mut self.started.lock().unwrap_or_else(PoisonError::into_inner).threads);
        lives.extend(threads.into_iter().filter_map(|thread| thread.join().ok().flatten()));
    }

    /// The lives of the workers that have been joined.
    pub(super) fn lives(&self) -> Vec<WorkerLife> {
        self.lives.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Drop for Lanes {
    fn drop(&mut self) {
        self.shutdown();
    }
}
