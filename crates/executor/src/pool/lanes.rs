//! The threads of a pool of threads: one per worker around one queue.

use std::sync::{Arc, PoisonError};

use super::life::Lives;
use super::queue::Queue;
use crate::error::Error;
use crate::panics::catch_panic;
use crate::pool::policy::{CancelFutures, Wait};
use crate::sync::atomic::{AtomicBool, Ordering};
use crate::sync::thread::{self, JoinHandle};
use crate::sync::{Mutex, MutexGuard};
use crate::system::affinity::allowed_cpus;
use crate::system::clock;
use crate::work::Work;

/// What a lane knows while it works.
pub(crate) struct Lane {
    /// Number of the worker.
    pub(crate) worker: usize,
    /// When the pool began to start it.
    pub(crate) spawned_ns: u64,
    pub(crate) queue: Arc<Queue>,
    /// Where it writes down the lives of its workers.
    pub(crate) lives: Arc<Lives>,
}

/// What a lane does: take work until there is none.
pub(crate) type Body = dyn Fn(&Lane) + Send + Sync;

/// The lanes of a pool. They start on demand, one for each piece of work that finds no idle
/// worker, up to the maximum.
pub(crate) struct Lanes {
    max: usize,
    names: String,
    queue: Arc<Queue>,
    body: Arc<Body>,
    started: Mutex<Started>,
    /// Set once all lanes have started: from then on queueing needs no look at them.
    complete: AtomicBool,
    lives: Arc<Lives>,
}

#[derive(Default)]
struct Started {
    threads: Vec<JoinHandle<()>>,
    count: usize,
}

impl Lanes {
    /// Lanes up to that number, their threads' names beginning with the prefix.
    pub(crate) fn new(max: usize, prefix: String, body: Arc<Body>) -> Self {
        let (queue, lives) = Default::default();
        Self {
            max,
            names: prefix,
            queue,
            body,
            started: Mutex::default(),
            complete: AtomicBool::new(false),
            lives,
        }
    }

    /// Lets workers look for new work a while before they sleep, if each can have a CPU of its own. None
    /// may have started.
    pub(crate) fn looking(mut self) -> Self {
        if self.max <= allowed_cpus().len() {
            self.queue = Arc::new(Queue::with_looks());
        }
        self
    }

    pub(crate) fn max(&self) -> usize {
        self.max
    }

    /// Queues work, and starts a lane for it if no worker is idle.
    pub(crate) fn push(&self, work: Work) -> Result<(), Error> {
        self.lives.check()?;
        if self.complete.load(Ordering::Relaxed) {
            return self.queue.push(work).map(drop).map_err(|(reason, _)| reason);
        }
        let started = self.started();
        let short_of_workers = match self.queue.push(work) {
            Ok(short) => short,
            Err((reason, refused)) => {
                drop(started);
                drop(refused);
                return Err(reason);
            }
        };
        if short_of_workers && started.count < self.max {
            self.start_one(started)
                // The workers there are could do the work, but a pool of N with fewer than N would
                // be measured, and paid for, as what it is not.
                .map_err(|error| self.queue.break_with(error).fail_queued())?;
        }
        Ok(())
    }

    /// Held while work is queued and a lane started for it, and while the queue is closed, so that no
    /// lane starts after that.
    fn started(&self) -> MutexGuard<'_, Started> {
        self.started.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn start_one(&self, mut started: MutexGuard<'_, Started>) -> Result<(), Error> {
        let worker = started.count;
        let body = Arc::clone(&self.body);
        let (queue, lives) = (Arc::clone(&self.queue), Arc::clone(&self.lives));
        let lane = Lane { worker, spawned_ns: clock::monotonic_ns(), queue, lives };
        let thread = thread::Builder::new().name(format!("{}_{worker}", self.names));
        let spawned = thread.spawn(move || {
            lane.lives.enter();
            // A lane that panicked would leave the queue to nobody, and whoever waits for a task in
            // it would wait for ever.
            if let Err(error) = catch_panic(|| body(&lane)) {
                lane.queue.break_with(error).fail_queued();
            }
        });
        let thread = spawned.map_err(|error| Error::Spawn { worker, reason: error.to_string() })?;
        started.threads.push(thread);
        started.count += 1;
        self.complete.store(started.count == self.max, Ordering::Relaxed);
        Ok(())
    }

    /// Takes no more work. What is queued is finished or cancelled; waiting is until every lane has
    /// ended.
    pub(crate) fn shutdown(&self, wait: Wait, queued: CancelFutures) {
        if !self.lives.are_here() {
            return;
        }
        let started = self.started();
        self.queue.close(CancelFutures::No);
        drop(started);
        // Not under the lock: it calls foreign code.
        self.queue.close(queued);
        if wait == Wait::Yes {
            self.lives.join(|| std::mem::take(&mut self.started().threads));
        }
    }

    /// The lives of the workers that have ended.
    pub(crate) fn lives(&self) -> &Lives {
        &self.lives
    }
}

impl Drop for Lanes {
    fn drop(&mut self) {
        self.shutdown(Wait::Yes, CancelFutures::No);
    }
}
