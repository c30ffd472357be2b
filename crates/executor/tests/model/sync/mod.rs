//! `src/sync`, of shuttle's primitives.

pub(crate) mod futex;

use std::cell::Cell;

pub(crate) use shuttle::sync::atomic;
pub(crate) use shuttle::sync::{Condvar, Mutex, MutexGuard};
pub(crate) use shuttle::thread_local;

pub(crate) mod thread {
    pub(crate) use shuttle::thread::*;

    /// Who yields before it sleeps hopes that the others get on. Here it has no such luck: else they
    /// always would, and nobody would ever sleep.
    pub(crate) fn yield_now() {}
}

/// As there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step {
    LookAfterOpening,
    LookAfterPolling,
    LookBeforeSleep,
    LookForEnd,
    WakePollers,
    WakeWaiters,
    WakeSettled,
}

std::thread_local! {
    /// All threads of a model run in one of the system's.
    static LEFT_OUT: Cell<Option<Step>> = const { Cell::new(None) };
}

pub(crate) fn left_out(step: Step) -> bool {
    LEFT_OUT.get() == Some(step)
}

/// Leaves that step out from now on.
pub(crate) fn leave_out(step: Option<Step>) {
    LEFT_OUT.set(step);
}
