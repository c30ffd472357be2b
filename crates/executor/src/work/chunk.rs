//! Several tasks as one piece of work.

use std::sync::Arc;

use super::runnable::{ATask, Runnable};
use super::submitted::{Submitted, submitted};
use super::unit::{Grouping, Replies, Unit};
use super::{Deferred, Work};
use crate::error::Error;
use crate::future::Future;
use crate::future::phase::Poller;
use crate::future::state::Begun;
use crate::table::Registered;
use crate::task::Task;
use crate::wire::Encoder;

/// Several tasks as one piece of work, and their futures.
pub(crate) fn chunk<T: Task>(tasks: impl Iterator<Item = T>) -> (Work, Vec<Future<T::Output>>) {
    let (chunk, futures): (Vec<_>, Vec<_>) = tasks.map(|task| submitted(ATask(task))).unzip();
    (Work::new(Arc::new(Chunk(chunk))), futures)
}

/// Held by one piece of work alone.
struct Chunk<W: Runnable>(Vec<Arc<Submitted<W>>>);

impl<W: Runnable + 'static> Chunk<W> {
    /// Its tasks, each of which is let go of by itself.
    fn into_each(self: Arc<Self>) -> impl Iterator<Item = Arc<Submitted<W>>> {
        Arc::into_inner(self).into_iter().flat_map(|chunk| chunk.0)
    }

    fn each(&self, act: impl FnMut(&Submitted<W>)) {
        self.0.iter().map(|submitted| &**submitted).for_each(act);
    }
}

impl<W: Runnable + 'static> Unit for Chunk<W> {
    fn registered(&self) -> Result<Registered, Error> {
        W::registered()
    }

    fn name(&self) -> &'static str {
        W::NAME
    }

    fn grouping(&self) -> Grouping {
        Grouping::Chunk
    }

    fn is_awaited(&self) -> bool {
        true
    }

    fn run(self: Arc<Self>) {
        self.into_each().for_each(Unit::run);
    }

    fn encode(&self, registered: Registered, encoder: &mut Encoder<'_>) {
        self.each(|submitted| Unit::encode(submitted, registered, encoder));
    }

    fn begin(&self, poller: &Arc<dyn Poller>, each: &mut dyn FnMut(Begun)) {
        self.each(|submitted| Unit::begin(submitted, poller, each));
    }

    fn take_back(&self) {
        self.each(Submitted::<W>::detach);
    }

    fn unsend(&self) {
        self.each(Submitted::<W>::take_back);
    }

    fn receive_quietly(&self, reply: &mut Replies<'_>) {
        // One that was cancelled, or could not be encoded, has not been sent.
        self.each(|submitted| {
            if submitted.is_running() {
                submitted.receive_quietly(reply);
            }
        });
    }

    fn cancel_quietly(&self) {
        self.each(Unit::cancel_quietly);
    }

    fn fail_quietly(&self, error: &Error) {
        self.each(|submitted| Unit::fail_quietly(submitted, error));
    }

    fn release(self: Arc<Self>, deferred: &mut Deferred) {
        self.into_each().for_each(|submitted| submitted.release(deferred));
    }

    fn let_go(self: Arc<Self>) {
        self.into_each().for_each(Unit::let_go);
    }
}
