//! The thread in which a pool runs what users have made: callbacks, wakers, and drops of results.
//!
//! Such code may wait for anything, other tasks of the same pool included. Here it keeps no one: replies are
//! received, and deaths are seen, by other threads; and before it waits for a future, another thread takes
//! over what is still to be run.

use std::collections::VecDeque;
use std::sync::PoisonError;

use crate::sync::{Condvar, Mutex, MutexGuard};
use crate::work::Deferred;

/// User code that waits to be run, and whether there is a thread for it.
#[derive(Default)]
pub(super) struct Callbacks {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    waiting: VecDeque<Deferred>,
    thread: Thread,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Thread {
    #[default]
    NotStarted,
    Runs,
    /// It ends when nothing waits.
    Leaves,
    /// There is none, and will be none.
    Ended,
}

/// What is to be done with user code that was handed in.
pub(super) enum Handed {
    /// Nothing: the thread has it.
    Over,
    /// The thread is to be started.
    First,
    /// It is to be run by who handed it in: there is no thread any more.
    Back(Deferred),
}

impl Callbacks {
    /// Takes user code in.
    pub(super) fn hand_over(&self, deferred: Deferred) -> Handed {
        let mut state = self.lock();
        if state.thread == Thread::Ended {
            return Handed::Back(deferred);
        }
        state.waiting.push_back(deferred);
        if state.thread == Thread::NotStarted {
            state.thread = Thread::Runs;
            return Handed::First;
        }
        drop(state);
        self.changed.notify_one();
        Handed::Over
    }

    /// The next that is to be run; `None` when the thread was told to leave and nothing waits.
    pub(super) fn next(&self) -> Option<Deferred> {
        let mut state = self.lock();
        while state.waiting.is_empty() && state.thread == Thread::Runs {
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        let next = state.waiting.pop_front();
        if next.is_none() {
            state.thread = Thread::Ended;
        }
        next
    }

    /// Says that no more is to come, but by threads that can run it themselves.
    pub(super) fn leave(&self) {
        let mut state = self.lock();
        state.thread = match state.thread {
            Thread::NotStarted | Thread::Ended => Thread::Ended,
            Thread::Runs | Thread::Leaves => Thread::Leaves,
        };
        drop(state);
        self.changed.notify_all();
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
