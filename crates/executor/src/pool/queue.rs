//! The queue between those who submit and the workers: first in, first out.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::sync::PoisonError;

use super::door::{Broken, Closed, Door, Intake, Pushed};
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
    /// Calls that no worker has heard yet. Each is for one of those that sleep: to call no one still
    /// takes the system's time, and so does to call the same one twice.
    called: usize,
    /// The worker, if any, that is still looking before it sleeps. It will find what comes in.
    looking: Looking,
    door: Door,
}

/// Whether a worker is looking: one at a time, so that idle workers never take more than one CPU.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Looking {
    One,
    #[default]
    None,
}

/// Looks before a worker sleeps. Between two of them it gives its CPU to any thread that wants it, the submitter
/// perhaps; if none does, they take about ten microseconds together. To sleep and to be woken costs
/// the two sides about as much.
const LOOKS: u32 = 32;

impl Queue {
    /// A queue whose idle workers look for new work a while before they sleep: for those that have
    /// CPUs of their own.
    pub(crate) fn with_looks() -> Self {
        Self { looks: LOOKS, ..Self::default() }
    }

    /// Waits for work; `None` once the queue is closed and empty.
    pub(crate) fn pop(&self) -> Option<Work> {
        let mut state = self.lock();
        let mut may_look = self.looks > 0;
        loop {
            if let Some(work) = self.take(&mut state) {
                return Some(work);
            }
            if state.door.closed().is_some() {
                return None;
            }
            if may_look && state.looking == Looking::None {
                may_look = false;
                state.looking = Looking::One;
                drop(state);
                self.look();
                state = self.lock();
                state.looking = Looking::None;
                continue;
            }
            state.idle += 1;
            // One that wakes for no reason goes on sleeping: who calls counts on it.
            while state.called == 0 && state.door.closed().is_none() {
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

    /// A panic cannot leave the state half-changed, so that a poisoned lock is as good as any.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Intake for Queue {
    type Item = Work;
    type Claim = Infallible;
    type Idle = ();

    fn push(&self, work: Work) -> Result<Pushed<Infallible>, (Error, Work)> {
        let mut state = self.lock();
        if let Some(reason) = state.door.closed() {
            return Err((reason.clone(), work));
        }
        state.pending.push_back(work);
        self.filled.store(true, Ordering::Relaxed);
        let awake = state.called + usize::from(state.looking == Looking::One);
        let short = state.pending.len() > state.idle + awake;
        let call = state.idle > 0 && state.pending.len() > awake;
        if call {
            state.idle -= 1;
            state.called += 1;
        }
        drop(state);
        if call {
            self.changed.notify_one();
        }
        Ok(Pushed::Queued { short })
    }

    fn close(&self, queued: CancelFutures) -> Closed<()> {
        let mut state = self.lock();
        state.door.close(queued);
        let cancelled = match queued {
            CancelFutures::Yes => std::mem::take(&mut state.pending).into(),
            CancelFutures::No => Vec::new(),
        };
        drop(state);
        self.changed.notify_all();
        Closed { cancelled, idle: () }
    }

    fn break_with(&self, error: Error) -> Broken<()> {
        let mut state = self.lock();
        let reason = state.door.break_with(error);
        let queued = std::mem::take(&mut state.pending).into();
        drop(state);
        self.changed.notify_all();
        Broken { reason, queued, idle: () }
    }
}
