//! The queue between those who submit and the workers: first in, first out.

use std::collections::VecDeque;
use std::sync::PoisonError;

use crate::error::Error;
use crate::pool::policy::CancelFutures;
use crate::sync::atomic::{AtomicBool, Ordering};
use crate::sync::{Condvar, Mutex, MutexGuard, thread};
use crate::work::Work;

/// A queue that many submit to and many take from.
#[derive(Default)]
pub(crate) struct Queue {
    state: Mutex<State>,
    changed: Condvar,
    /// Whether there is work, for a worker that looks without the lock. What it says may be out of date.
    filled: AtomicBool,
    /// How often an idle worker looks again before it sleeps.
    looks: u32,
}

#[derive(Default)]
struct State {
    pending: VecDeque<Work>,
    /// Workers that sleep and have not been called.
    idle: usize,
    /// Calls that no worker has heard yet. Each is for one of those that sleep: to call nobody still
    /// takes the system's time, and so does to call the same one twice.
    called: usize,
    /// The worker, if any, that is still looking before it sleeps. It will find what comes in.
    looking: Looking,
    /// Set once: why nothing more is taken.
    closed: Option<Error>,
}

/// Whether a worker is looking: one at a time, so that idle workers never take more than one CPU.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Looking {
    One,
    #[default]
    Nobody,
}

/// Looks before a worker sleeps. Between two of them it gives its CPU to whoever wants it, the submitter
/// perhaps; if nobody does, they take about ten microseconds together. To sleep and to be woken costs
/// the two sides about as much.
const LOOKS: u32 = 32;

/// What is left of a broken queue.
#[must_use = "what was queued is to be failed"]
pub(crate) struct Broken {
    reason: Error,
    queued: VecDeque<Work>,
}

impl Broken {
    /// Settles what was queued with the reason, and returns that. It calls foreign code, and must not
    /// be called under a lock.
    pub(crate) fn fail_queued(self) -> Error {
        Work::fail_all(self.queued, &self.reason);
        self.reason
    }
}

impl Queue {
    /// A queue whose idle workers look for new work a while before they sleep: for those that have
    /// CPUs of their own.
    pub(crate) fn with_looks() -> Self {
        Self { looks: LOOKS, ..Self::default() }
    }

    /// Adds work, and says whether there is now more than the idle workers can take. Work that is
    /// refused comes back: to drop it is to call foreign code, which callers with locks of their own
    /// must not do under them.
    pub(crate) fn push(&self, work: Work) -> Result<bool, (Error, Work)> {
        let mut state = self.lock();
        if let Some(reason) = &state.closed {
            return Err((reason.clone(), work));
        }
        state.pending.push_back(work);
        self.filled.store(true, Ordering::Relaxed);
        let awake = state.called + usize::from(state.looking == Looking::One);
        let short_of_workers = state.pending.len() > state.idle + awake;
        let call = state.idle > 0 && state.pending.len() > awake;
        if call {
            state.idle -= 1;
            state.called += 1;
        }
        drop(state);
        if call {
            self.changed.notify_one();
        }
        Ok(short_of_workers)
    }

    /// Waits for work; `None` once the queue is closed and empty.
    pub(crate) fn pop(&self) -> Option<Work> {
        let mut state = self.lock();
        let mut may_look = self.looks > 0;
        loop {
            if let Some(work) = self.take(&mut state) {
                return Some(work);
            }
            if state.closed.is_some() {
                return None;
            }
            if may_look && state.looking == Looking::Nobody {
                may_look = false;
                state.looking = Looking::One;
                drop(state);
                self.look();
                state = self.lock();
                state.looking = Looking::Nobody;
                continue;
            }
            state.idle += 1;
            // One that wakes for no reason goes on sleeping: whoever calls counts on it.
            while state.called == 0 && state.closed.is_none() {
                state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
            }
            if state.called > 0 {
                state.called -= 1;
            } else {
                state.idle -= 1;
            }
        }
    }

    fn take(&self, state: &mut State) -> Option<Work> {
        let work = state.pending.pop_front();
        if state.pending.is_empty() {
            self.filled.store(false, Ordering::Relaxed);
        }
        work
    }

    /// Looks for work without the lock, for a while.
    fn look(&self) {
        for _ in 0..self.looks {
            if self.filled.load(Ordering::Relaxed) {
                return;
            }
            thread::yield_now();
        }
    }

    /// Work, if there is some now.
    #[cfg(feature = "rayon")]
    pub(crate) fn try_pop(&self) -> Option<Work> {
        self.take(&mut self.lock())
    }

    /// Takes no more work. What is queued still comes out, or is cancelled.
    pub(crate) fn close(&self, queued: CancelFutures) {
        let mut state = self.lock();
        state.closed.get_or_insert(Error::Shutdown);
        let abandoned = match queued {
            CancelFutures::Yes => std::mem::take(&mut state.pending),
            CancelFutures::No => VecDeque::new(),
        };
        // Cancelling calls foreign code, which may submit again: not under the lock.
        drop(state);
        self.changed.notify_all();
        Work::cancel_all(abandoned);
    }

    /// Takes no more work, and gives out what is queued, to be failed. The first error stays as the
    /// reason.
    pub(crate) fn break_with(&self, error: Error) -> Broken {
        let mut state = self.lock();
        if matches!(state.closed, None | Some(Error::Shutdown)) {
            state.closed = Some(error);
        }
        let reason = state.closed.clone().unwrap_or(Error::Shutdown);
        let queued = std::mem::take(&mut state.pending);
        drop(state);
        self.changed.notify_all();
        Broken { reason, queued }
    }

    /// A panic cannot leave the state half-changed, so that a poisoned lock is as good as any.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
