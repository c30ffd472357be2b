//! The queue between those who submit and the workers: first in, first out.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use crate::executor::error::Error;
use crate::executor::pool::policy::CancelFutures;
use crate::executor::work::Work;

/// A queue that many submit to and many take from.
#[derive(Default)]
pub(in crate::executor) struct Queue {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    pending: VecDeque<Work>,
    /// Workers that wait for work.
    idle: usize,
    /// Set once: why nothing more is taken.
    closed: Option<Error>,
}

/// What is left of a broken queue.
#[must_use = "what was queued is to be failed"]
pub(in crate::executor) struct Broken {
    reason: Error,
    queued: VecDeque<Work>,
}

impl Broken {
    /// Settles what was queued with the reason, and returns that. It calls foreign code, and must not
    /// be called under a lock.
    pub(in crate::executor) fn fail_queued(self) -> Error {
        Work::fail_all(self.queued, &self.reason);
        self.reason
    }
}

impl Queue {
    /// Adds work, and says whether there is now more than the idle workers can take. Work that is
    /// refused comes back: to drop it is to call foreign code, which callers with locks of their own
    /// must not do under them.
    pub(in crate::executor) fn push(&self, work: Work) -> Result<bool, (Error, Work)> {
        let mut state = self.lock();
        if let Some(reason) = &state.closed {
            return Err((reason.clone(), work));
        }
        state.pending.push_back(work);
        let short_of_workers = state.pending.len() > state.idle;
        drop(state);
        self.changed.notify_one();
        Ok(short_of_workers)
    }

    /// Waits for work; `None` once the queue is closed and empty.
    pub(in crate::executor) fn pop(&self) -> Option<Work> {
        let mut state = self.lock();
        loop {
            if let Some(work) = state.pending.pop_front() {
                return Some(work);
            }
            if state.closed.is_some() {
                return None;
            }
            state.idle += 1;
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
            state.idle -= 1;
        }
    }

    /// Work, if there is some now.
    pub(in crate::executor) fn try_pop(&self) -> Option<Work> {
        self.lock().pending.pop_front()
    }

    /// Takes no more work. What is queued still comes out, or is cancelled.
    pub(in crate::executor) fn close(&self, queued: CancelFutures) {
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
    pub(in crate::executor) fn break_with(&self, error: Error) -> Broken {
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
