//! How far a task has come, and where a thread that waits for it can fetch the result.

use std::sync::Arc;

use super::deadline::Deadline;
use crate::error::Error;

/// Where a thread that waits for a task can fetch the result itself instead of sleeping.
pub(crate) trait Poller: Send + Sync {
    /// Receives the results that come from there until the task is done or elsewhere, as the closure
    /// says, or the deadline has passed. It may return sooner: then another thread receives them.
    fn poll(&self, done: &dyn Fn() -> bool, deadline: Deadline);

    /// Whether a worker has the task, which may still lie where it is to be run.
    fn has_begun(&self) -> bool {
        true
    }

    /// Fetches a task back that no worker has. True where that is done, and it is pending again or elsewhere.
    fn give_back(&self) -> bool {
        false
    }
}

/// How far a task has come.
pub(super) enum Phase<T> {
    Pending,
    /// With the poller by which a waiting thread can receive the result itself.
    Running(Option<Arc<dyn Poller>>),
    Cancelled,
    CancelledAndNotified,
    /// Errors are rare and large: where they are elsewhere, a pending task takes less memory.
    Finished(Result<T, Box<Error>>),
    /// The result has been moved out.
    Taken,
}

impl<T> Phase<T> {
    /// What a caller calls done.
    pub(super) fn done(&self) -> bool {
        !matches!(self, Self::Pending | Self::Running(_))
    }

    /// How a waiting thread can receive the result itself.
    pub(super) fn poller(&self) -> Option<&Arc<dyn Poller>> {
        match self {
            Self::Running(poller) => poller.as_ref(),
            _ => None,
        }
    }

    /// Whether a worker has the task, as far as a caller is told.
    pub(super) fn has_begun(&self) -> bool {
        matches!(self, Self::Running(poller) if poller.as_ref().is_none_or(|poller| poller.has_begun()))
    }

    /// What those call done who wait for several futures: nothing can change any more.
    pub(super) fn notified(&self) -> bool {
        self.done() && !matches!(self, Self::Cancelled)
    }
}
