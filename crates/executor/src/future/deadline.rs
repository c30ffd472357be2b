//! The end of a wait: some time from now, or never.

use std::sync::PoisonError;
use std::time::{Duration, Instant};

use crate::sync::{Condvar, MutexGuard, thread};

/// A moment after which no one waits any more.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Deadline {
    Passed,
    At(Instant),
    Never,
}

impl Deadline {
    /// That long from now. A time too long for the clock is never.
    pub(crate) fn after(timeout: Option<Duration>) -> Self {
        match timeout {
            Some(Duration::ZERO) => Self::Passed,
            Some(timeout) => Instant::now().checked_add(timeout).map_or(Self::Never, Self::At),
            None => Self::Never,
        }
    }

    /// How much is left; `None` is for ever.
    pub(crate) fn left(self) -> Option<Duration> {
        match self {
            Self::Passed => Some(Duration::ZERO),
            Self::At(end) => Some(end.saturating_duration_since(Instant::now())),
            Self::Never => None,
        }
    }

    /// Whether it never comes.
    pub(crate) fn is_never(self) -> bool {
        matches!(self, Self::Never)
    }

    /// Whether the time is over. Of one that never comes, and of one that had come from the start, no
    /// clock need be read.
    pub(crate) fn has_passed(self) -> bool {
        self.left() == Some(Duration::ZERO)
    }

    /// Parks the calling thread until it is unparked or the deadline has passed. It may wake for no
    /// reason.
    pub(crate) fn park(self) {
        match self.left() {
            None => thread::park(),
            Some(left) => thread::park_timeout(left),
        }
    }

    /// Waits once for the condition variable, and gives the guard back; `Err` once the deadline has
    /// passed. It may wake for no reason.
    pub(crate) fn wait<'a, T>(
        self,
        changed: &Condvar,
        guard: MutexGuard<'a, T>,
    ) -> Result<MutexGuard<'a, T>, MutexGuard<'a, T>> {
        // None of the locks here guards a state that a panic can leave half-changed.
        match self.left() {
            None => Ok(changed.wait(guard).unwrap_or_else(PoisonError::into_inner)),
            Some(Duration::ZERO) => Err(guard),
            Some(left) => Ok(changed.wait_timeout(guard, left).unwrap_or_else(PoisonError::into_inner).0),
        }
    }
}
