//! Whether a pool takes work, and if not, why: kept with the pool's queue, under the same lock.

use super::policy::CancelFutures;
use crate::error::Error;
use crate::work::{Deferred, Work};

/// ```text
/// open ──→ shut down ──→ broken
///   └───────────────────↗
/// ```
#[derive(Debug, Default)]
pub(crate) struct Door {
    /// Why nothing more is taken.
    reason: Option<Error>,
    /// Whether what has not been begun is to be cancelled.
    cancelling: bool,
}

impl Door {
    /// Takes no more work.
    pub(crate) fn close(&mut self, queued: CancelFutures) {
        self.reason.get_or_insert(Error::Shutdown);
        self.cancelling |= queued == CancelFutures::Yes;
    }

    /// Takes no more work, for that reason, and gives the reason that counts: the first.
    pub(crate) fn break_with(&mut self, error: Error) -> Error {
        if self.broken().is_none() {
            self.reason = Some(error.clone());
        }
        self.broken().cloned().unwrap_or(error)
    }

    /// Why no work is taken, if so.
    pub(crate) fn closed(&self) -> Option<&Error> {
        self.reason.as_ref()
    }

    /// What has broken the pool, if it is broken.
    pub(crate) fn broken(&self) -> Option<&Error> {
        self.reason.as_ref().filter(|reason| **reason != Error::Shutdown)
    }

    /// Whether what has not been begun is to be cancelled.
    pub(crate) fn is_cancelling(&self) -> bool {
        self.cancelling
    }
}

/// What becomes of submitted work.
#[derive(Debug)]
pub(crate) enum Pushed<C> {
    /// An idle worker is to have it, as the pool knows.
    Claimed(C),
    /// It is queued. `short` tells that there is more than the idle workers can take.
    Queued { short: bool },
}

/// What a queue gives out that takes no more work.
#[must_use = "futures wait for it"]
pub(crate) struct Closed<I> {
    /// What is to be cancelled.
    pub(crate) cancelled: Vec<Work>,
    /// Idle workers that are to leave.
    pub(crate) idle: I,
}

/// What is left of a broken queue.
#[must_use = "what was queued is to be failed"]
pub(crate) struct Broken<I> {
    /// Why it is broken: the first reason that there was.
    pub(crate) reason: Error,
    pub(crate) queued: Vec<Work>,
    /// Idle workers that are to leave.
    pub(crate) idle: I,
}

impl<I> Broken<I> {
    /// Settles what was queued with the reason.
    pub(crate) fn fail_queued(self) -> Deferred {
        Work::fail_all(self.queued, &self.reason)
    }
}

/// The queue of a pool, as what all pools have in common knows it.
pub(crate) trait Intake {
    /// What is queued.
    type Item;
    /// An idle worker and what it is to have.
    type Claim;
    /// Idle workers, as the pool tells them to leave.
    type Idle;

    /// Takes work in, or refuses it. What is refused comes back: to drop it is to run user code, which
    /// callers with locks of their own must not do under them.
    fn push(&self, item: Self::Item) -> Result<Pushed<Self::Claim>, (Error, Self::Item)>;

    /// Takes no more work. What is queued still comes out, or is given out here to be cancelled.
    fn close(&self, queued: CancelFutures) -> Closed<Self::Idle>;

    /// Takes no more work, and gives out what is queued, to be failed. The first error stays as the reason.
    fn break_with(&self, error: Error) -> Broken<Self::Idle>;
}
