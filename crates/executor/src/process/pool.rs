//! What the lanes of a process pool share, and how it is filled, emptied and broken.

use std::sync::{Arc, PoisonError};
use std::time::Duration;

use super::dispatch::{Broken, Dispatch, Pushed, let_go};
use super::lane;
use super::link::Link;
use super::roster::{Roster, Stop};
use crate::error::{Error, Exit};
use crate::ipc::channel::Ending;
use crate::panics::catch_panic;
use crate::pool::initializer::Initializer;
use crate::pool::life::Lives;
use crate::pool::policy::{CancelFutures, OnCrash, Wait};
use crate::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use crate::sync::thread::{self, JoinHandle};
use crate::sync::{Mutex, MutexGuard};
use crate::system::clock;
use crate::work::Work;

/// Stack of a lane: more than the main thread of a process usually has, since what that one can encode
/// in its depth is decoded here. It is taken as it is used.
const DEEP_STACK: usize = 16 << 20;

/// What was chosen for the workers of a pool.
pub(super) struct Crew {
    pub(super) prefix: String,
    pub(super) initializer: Option<Initializer>,
    /// Pieces of work after which a worker is replaced.
    pub(super) task_limit: usize,
    pub(super) on_crash: OnCrash,
    /// How long workers, and threads that wait for them, may keep a CPU busy before they sleep.
    pub(super) spin: Duration,
    /// CPUs that this process may use.
    pub(super) cpus: usize,
}

/// What the lanes of a pool share.
pub(super) struct Pool {
    pub(super) max: usize,
    pub(super) crew: Crew,
    pub(super) dispatch: Dispatch,
    pub(super) roster: Arc<Roster>,
    pub(super) lives: Lives,
    /// Workers that have work.
    pub(super) occupied: AtomicUsize,
    /// Whether the steward has been started.
    stewarded: AtomicBool,
    started: Mutex<Started>,
}

#[derive(Default)]
struct Started {
    threads: Vec<JoinHandle<()>>,
    /// Lanes.
    count: usize,
}

impl Pool {
    pub(super) fn new(max: usize, crew: Crew) -> Arc<Self> {
        let (dispatch, roster, lives, occupied, stewarded, started) = Default::default();
        Arc::new(Self { max, crew, dispatch, roster, lives, occupied, stewarded, started })
    }

    /// Gives work to an idle worker or queues it, and starts a lane for it if there is none.
    pub(super) fn push(self: &Arc<Self>, work: Work) -> Result<(), Error> {
        self.lives.check()?;
        let started = self.started();
        match self.dispatch.push(work) {
            Ok(Pushed::Claimed(link, item)) => {
                drop(started);
                link.serve(item);
                Ok(())
            }
            Ok(Pushed::Queued { short: true }) if started.count < self.max => {
                self.start_one(started)
                    // The workers there are could do the work, but a pool of N with fewer than N would
                    // be measured, and paid for, as what it is not.
                    .map_err(|error| self.dispatch.break_with(error).fail_queued())
            }
            Ok(Pushed::Queued { .. }) => Ok(()),
            Err((reason, refused)) => {
                drop(started);
                drop(refused);
                Err(reason)
            }
        }
    }

    /// Held while work is queued and a lane started for it, and while the queue is closed, so that no
    /// lane starts after that.
    fn started(&self) -> MutexGuard<'_, Started> {
        self.started.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn start_one(self: &Arc<Self>, mut started: MutexGuard<'_, Started>) -> Result<(), Error> {
        let (worker, spawned_ns) = (started.count, clock::monotonic_ns());
        let pool = Arc::clone(self);
        // The threads in the parent are named for what they are, the processes as the user wishes.
        let thread = thread::Builder::new().name(format!("lane_{worker}")).stack_size(DEEP_STACK);
        let spawned = thread.spawn(move || {
            pool.lives.enter();
            // A lane that panicked would leave the queue to nobody, and whoever waits for a task in it
            // would wait for ever.
            if let Err(error) = catch_panic(|| lane::drive(&pool, worker, spawned_ns)) {
                pool.dispatch.break_with(error).fail_queued();
            }
        });
        let thread = spawned.map_err(|error| Error::Spawn { worker, reason: error.to_string() })?;
        started.threads.push(thread);
        started.count += 1;
        Ok(())
    }

    /// Starts the thread that looks after laden workers, if it is not there. Where the system gives no
    /// thread, what is with one of them waits for what it has begun.
    pub(super) fn have_steward(self: &Arc<Self>) {
        if self.stewarded.load(Ordering::Relaxed) || self.stewarded.swap(true, Ordering::Relaxed) {
            return;
        }
        let pool = Arc::clone(self);
        let thread = thread::Builder::new().name("steward".to_string()).stack_size(DEEP_STACK);
        let spawned = thread.spawn(move || {
            pool.lives.enter();
            while let Some(laden) = pool.dispatch.wait_for_laden() {
                laden.iter().for_each(Link::relieve);
            }
        });
        self.started().threads.extend(spawned);
    }

    /// Takes no more work. What is queued is finished or cancelled; waiting is until every lane has
    /// ended.
    pub(super) fn shutdown(&self, wait: Wait, queued: CancelFutures) {
        if !self.lives.are_here() {
            return;
        }
        let started = self.started();
        let idle = self.dispatch.close(CancelFutures::No);
        drop(started);
        let mut afterwards = let_go(&idle);
        // Not under the lock: it calls foreign code.
        afterwards.add(let_go(&self.dispatch.close(queued)));
        afterwards.see_to_it();
        if wait == Wait::Yes {
            self.lives.join(|| std::mem::take(&mut self.started().threads));
        }
    }

    /// Breaks the pool: the other workers are stopped. What was queued is to be failed as soon as what the
    /// caller has is settled, because a callback may wait for that.
    pub(super) fn break_with(&self, error: Error) -> Broken {
        let broken = self.dispatch.break_with(error);
        self.roster.close_all();
        broken
    }

    /// The error of the work that a worker took with it.
    pub(super) fn death(&self, worker: usize, pid: u32, exit: Exit) -> Error {
        match self.crew.on_crash {
            OnCrash::BreakPool => Error::BrokenPool { worker, pid, exit },
            OnCrash::FailTaskAndReplace => Error::WorkerDied { worker, pid, exit },
        }
    }

    /// How the user has ended the workers, if so.
    pub(super) fn signalled(&self) -> Option<Ending> {
        match self.roster.stopped() {
            Some(Stop::Signalled(ending)) => Some(ending),
            _ => None,
        }
    }
}
