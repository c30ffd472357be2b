//! Locks, atomics and threads, as the code takes them that a model checks.
//!
//! The test `model` compiles the very files of the process pool, with a module of shuttle's in place of
//! this one, and runs them under many schedules. So they take these from here and not from `std`.
//!
//! * this file: what the standard library has; `futex`: a word in shared memory to sleep on
//! * [`Step`]: what the model leaves out, one at a time, to show that it is needed

pub(crate) mod futex;

pub(crate) use std::sync::atomic;
pub(crate) use std::sync::{Condvar, Mutex, MutexGuard};
pub(crate) use std::{thread, thread_local};

/// A step of a protocol without which something would be lost, under some schedule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step {
    /// Who opens a gate looks again for a reply that was left to him.
    LookAfterOpening,
    /// Who no longer polls looks again for a reply of which no one was told.
    LookAfterPolling,
    /// A worker that says that it sleeps looks again for a request.
    LookBeforeSleep,
    /// It looks again for the end of its channel, too.
    LookForEnd,
    /// Who has news for those who poll wakes those of them who sleep.
    WakePollers,
    /// Who settles a future wakes the threads that wait for it.
    WakeWaiters,
    /// Who has settled futures wakes those who still poll for them.
    WakeSettled,
}

/// Whether the model leaves this step out. Nothing is left out of a program.
pub(crate) const fn left_out(_: Step) -> bool {
    false
}
