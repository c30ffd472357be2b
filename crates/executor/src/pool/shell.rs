//! What pools have in common: a queue, workers that start as work comes in, and an end.

use std::io;
use std::sync::PoisonError;

use super::door::{Broken, Closed, Intake, Pushed};
use super::life::Lives;
use super::policy::CancelFutures;
use crate::error::Error;
use crate::sync::atomic::{AtomicBool, Ordering};
use crate::sync::thread::{self, JoinHandle};
use crate::sync::{Mutex, MutexGuard};

/// A queue and the threads around it. Workers start on demand, one for each piece of work that finds no
/// idle worker, up to the maximum.
pub(crate) struct Shell<Q> {
    max: usize,
    pub(crate) queue: Q,
    pub(crate) lives: Lives,
    threads: Mutex<Threads>,
    /// Set once all workers have started: from then on queueing needs no look at them.
    complete: AtomicBool,
}

#[derive(Default)]
struct Threads {
    handles: Vec<JoinHandle<()>>,
    workers: usize,
}

/// A thread that is to be started.
pub(crate) struct Launch {
    pub(crate) name: String,
    /// Bytes of stack, where it is not the usual.
    pub(crate) stack: Option<usize>,
    pub(crate) body: Box<dyn FnOnce() + Send>,
}

/// Why work was not taken in.
pub(crate) enum Refused {
    /// The pool takes none.
    Closed(Error),
    /// The system gives no thread for a worker. The work is queued, and the pool is to be broken: the
    /// workers there are could do it, but a pool of N with fewer than N would be measured, and paid for, as
    /// what it is not.
    NoThread(Error),
}

impl<Q: Intake> Shell<Q> {
    /// At most that many workers around that queue.
    pub(crate) fn new(max: usize, queue: Q) -> Self {
        let (lives, threads) = Default::default();
        Self { max, queue, lives, threads, complete: AtomicBool::new(false) }
    }

    /// The greatest number of workers.
    pub(crate) fn max(&self) -> usize {
        self.max
    }

    /// Queues work, and starts a worker for it if none is idle; or claims an idle worker for it.
    pub(crate) fn push(
        &self,
        item: Q::Item,
        launch: impl FnOnce(usize) -> Launch,
    ) -> Result<Option<Q::Claim>, Refused> {
        self.lives.check().map_err(Refused::Closed)?;
        // Held while work is queued and a worker started for it, and while the queue is closed, so that no
        // worker starts after that.
        let threads = (!self.complete.load(Ordering::Relaxed)).then(|| self.threads());
        match (self.queue.push(item), threads) {
            (Ok(Pushed::Claimed(claim)), _) => Ok(Some(claim)),
            (Ok(Pushed::Queued { short: true }), Some(threads)) if threads.workers < self.max => {
                self.start_worker(threads, launch).map_err(Refused::NoThread)?;
                Ok(None)
            }
            (Ok(Pushed::Queued { .. }), _) => Ok(None),
            (Err((reason, refused)), threads) => {
                drop(threads);
                drop(refused);
                Err(Refused::Closed(reason))
            }
        }
    }

    fn start_worker(
        &self,
        mut threads: MutexGuard<'_, Threads>,
        launch: impl FnOnce(usize) -> Launch,
    ) -> Result<(), Error> {
        let worker = threads.workers;
        threads.handles.push(spawn(launch(worker)).map_err(|error| self.not_started(worker, &error))?);
        threads.workers += 1;
        self.complete.store(threads.workers == self.max, Ordering::Relaxed);
        Ok(())
    }

    /// That the system gives no thread or process for that worker.
    pub(crate) fn not_started(&self, worker: usize, error: &io::Error) -> Error {
        let limit = match error.kind() {
            io::ErrorKind::WouldBlock => " (see ulimit -u)",
            _ => "",
        };
        let max = self.max;
        Error::Spawn { worker, reason: format!("{error}{limit}; the pool was to have {max} workers") }
    }

    /// Starts a thread that is no worker; false where the system gives none.
    pub(crate) fn start_helper(&self, launch: Launch) -> bool {
        let started = spawn(launch);
        let is_started = started.is_ok();
        self.threads().handles.extend(started);
        is_started
    }

    /// Takes no more work, and gives out what follows from that. `None` in a process that was forked from
    /// the pool's own.
    pub(crate) fn close(&self, queued: CancelFutures) -> Option<[Closed<Q::Idle>; 2]> {
        if !self.lives.are_here() {
            return None;
        }
        let threads = self.threads();
        let closed = self.queue.close(CancelFutures::No);
        drop(threads);
        Some([closed, self.queue.close(queued)])
    }

    /// Takes no more work, and gives out what is queued, to be failed.
    pub(crate) fn break_with(&self, error: Error) -> Broken<Q::Idle> {
        self.queue.break_with(error)
    }

    /// Waits until every thread has ended.
    pub(crate) fn join(&self) {
        self.lives.join(|| std::mem::take(&mut self.threads().handles));
    }

    fn threads(&self) -> MutexGuard<'_, Threads> {
        self.threads.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn spawn(launch: Launch) -> io::Result<JoinHandle<()>> {
    let Launch { name, stack, body } = launch;
    let thread = thread::Builder::new().name(name);
    match stack {
        Some(bytes) => thread.stack_size(bytes),
        None => thread,
    }
    .spawn(body)
}
