//! The queue between those who submit and the workers: first in, first out.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use super::{Error, Work};

/// A queue that many submit to and many take from.
#[derive(Default)]
pub(super) struct Queue {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    pending: VecDeque<Box<dyn Work>>,
    /// Workers that wait for work.
    idle: usize,
    /// Set once: why nothing more is taken.
    closed: Option<Error>,
}

impl Queue {
    /// Adds work, and says whether there is now more than the idle workers can take.
    pub(super) fn push(&self, work: Box<dyn Work>) -> Result<bool, Error> {
        let mut state = self.lock();
        if let Some(reason) = &state.closed {
            return Err(reason.clone());
        }
        state.pending.push_back(work);
        let short_of_workers = state.pending.len() > state.idle;
        drop(state);
        self.changed.notify_one();
        Ok(short_of_workers)
    }

    /// Waits for work; `None` once the queue is closed and empty.
    pub(super) fn pop(&self) -> Option<Box<dyn Work>> {
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

    /// Takes no more work; what is queued still comes out.
    pub(super) fn close(&self) {
        self.lock().closed.get_or_insert(Error::Shutdown);
        self.changed.notify_all();
    }

    /// Takes no more work, and resolves what is queued with the given error. The first error
    /// stays; it is returned.
    pub(super) fn break_with(&self, error: Error) -> Error {
        let mut state = self.lock();
        if matches!(state.closed, None | Some(Error::Shutdown)) {
            state.closed = Some(error);
        }
        let reason = state.closed.clone().unwrap_or(Error::Shutdown);
        let abandoned = std::mem::take(&mut state.pending);
        // Resolving wakes foreign code, which may submit again: not under the lock.
        drop(state);
        self.changed.notify_all();
        for work in abandoned {
            work.resolve(Err(reason.clone()));
        }
        reason
    }

    /// A panic cannot leave the state half-changed, so that a poisoned lock is as good as any.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
