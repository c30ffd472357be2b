//! Submitted tasks together with their promises, with the types forgotten.
//!
//! Queues and workers handle [`Work`]; only this module knows which task and which output are behind
//! it. A submitted task is one allocation: the task, the state of its future, and its result in time.
//!
//! * this file: [`Work`]
//! * `unit`: what can be done with it; `submitted`: one task; `chunk`: several as one
//! * `runnable`: tasks and closures
//! * `deferred`: user code that is to run when every lock is open

mod chunk;
mod deferred;
mod runnable;
mod submitted;
mod unit;

use std::sync::Arc;

pub(crate) use self::chunk::chunk;
pub(crate) use self::deferred::Deferred;
pub(crate) use self::submitted::{closure, submission};
pub(crate) use self::unit::{Grouping, Replies, Unit};
use super::error::Error;
use super::future::phase::Poller;
use super::future::state::Begun;
use super::table::Registered;
use super::wire::{Encoded, Encoder};

/// A submitted task, or a chunk of tasks of one type that are run one after the other.
///
/// An executor that takes it over must [`run`](Self::run) it, [`cancel`](Self::cancel) it or
/// [`fail`](Self::fail) it. Dropped, it fails with [`Error::Dropped`].
///
/// Each of these runs code of the user's: the task, the callbacks of its future, the drop of an argument or
/// a result. Call them where this thread has no lock that such code could wait for.
pub struct Work {
    /// Taken when it is run, settled or dropped.
    unit: Option<Arc<dyn Unit>>,
}

impl Work {
    pub(crate) fn new(unit: Arc<dyn Unit>) -> Self {
        Self { unit: Some(unit) }
    }

    /// Runs the tasks in the calling thread and settles their futures. A task that was cancelled is
    /// not run. A panic of a task is its future's error.
    pub fn run(mut self) {
        if let Some(unit) = self.unit.take() {
            unit.run();
        }
    }

    /// Cancels what has not been started.
    pub fn cancel(self) {
        Self::cancel_all([self]).run();
    }

    /// Settles the futures that are not settled yet with an error.
    pub fn fail(self, error: &Error) {
        Self::fail_all([self], error).run();
    }

    /// Cancels all of it, and leaves those to be told who would be told: a callback of one task may wait for
    /// another.
    pub(crate) fn cancel_all(work: impl IntoIterator<Item = Self>) -> Deferred {
        Self::settle_all(work, Self::cancel_quietly)
    }

    /// Fails all of it, likewise.
    pub(crate) fn fail_all(work: impl IntoIterator<Item = Self>, error: &Error) -> Deferred {
        Self::settle_all(work, |work| work.fail_quietly(error))
    }

    fn settle_all(work: impl IntoIterator<Item = Self>, quietly: impl Fn(&Self)) -> Deferred {
        let work: Vec<Self> = work.into_iter().inspect(quietly).collect();
        let mut deferred = Deferred::default();
        for work in work {
            deferred.release(work);
        }
        deferred
    }

    /// What a worker process knows the tasks as; an error where it knows none.
    pub(crate) fn registered(&self) -> Result<Registered, Error> {
        self.unit.as_ref().ok_or(Error::Dropped)?.registered()
    }

    /// Encodes the tasks, which drops them: user code. One that cannot be encoded has that error at once.
    pub(crate) fn encode(&self, registered: Registered, mut encoder: Encoder<'_>) -> Encoded {
        self.with(|unit| unit.encode(registered, &mut encoder));
        encoder.finish()
    }

    /// Marks the encoded tasks as running, where a thread that waits for one can receive its result by that
    /// poller, and tells of each that was encoded whether it is to be sent: not if it was cancelled.
    pub(crate) fn begin(&self, poller: &Arc<dyn Poller>, mut each: impl FnMut(bool)) {
        self.with(|unit| {
            unit.begin(poller, &mut |begun| match begun {
                Begun::Runs => each(true),
                Begun::Cancelled => each(false),
                Begun::Settled => {}
            });
        });
    }

    /// Says that the tasks that were sent have not been begun, and are to be sent again. A single one is
    /// pending until then; those of a chunk, which share one fate, are not.
    pub(crate) fn take_back(&self) {
        self.with(|unit| unit.take_back());
    }

    /// Says that nothing of what was sent has been begun, and all of it is pending again.
    pub(crate) fn unsend(&self) {
        self.with(|unit| unit.unsend());
    }

    /// Settles the futures of the tasks that were sent, each with its part of the reply, which is decoded:
    /// user code. Callbacks are left for later.
    pub(crate) fn receive_quietly(&self, reply: &mut Replies<'_>) {
        self.with(|unit| unit.receive_quietly(reply));
    }

    /// Cancels what has not been started, without callbacks.
    pub(crate) fn cancel_quietly(&self) {
        self.with(|unit| unit.cancel_quietly());
    }

    /// Settles the futures that are not settled yet with an error, without callbacks.
    pub(crate) fn fail_quietly(&self, error: &Error) {
        self.with(|unit| unit.fail_quietly(error));
    }

    /// Whether someone waits for it, or is to be told of it. Of a chunk it is not known.
    pub(crate) fn is_awaited(&self) -> bool {
        self.unit.as_ref().is_none_or(|unit| unit.is_awaited())
    }

    /// Whether it may go together with other work.
    pub(crate) fn grouping(&self) -> Grouping {
        self.unit.as_ref().map_or(Grouping::Chunk, |unit| unit.grouping())
    }

    /// Name of the task's type.
    pub(crate) fn name(&self) -> &'static str {
        self.unit.as_ref().map_or("", |unit| unit.name())
    }

    fn with(&self, act: impl FnOnce(&dyn Unit)) {
        if let Some(unit) = &self.unit {
            act(&**unit);
        }
    }
}

impl Drop for Work {
    fn drop(&mut self) {
        if let Some(unit) = self.unit.take() {
            unit.let_go();
        }
    }
}
