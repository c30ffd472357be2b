//! One submitted task, or closure: what is to be run and the state of its future in one piece of memory.

use std::sync::Arc;

use super::runnable::{AClosure, ATask, Runnable};
use super::unit::{Grouping, Replies, Unit};
use super::{Deferred, Work};
use crate::attachments;
use crate::error::Error;
use crate::future::Future;
use crate::future::phase::Poller;
use crate::future::state::{Begun, Shared, Start, notify};
use crate::panics::{catch_panic, report_panic};
use crate::table::Registered;
use crate::task::Task;
use crate::wire::Encoder;

/// What is to be run is taken when it is run or encoded.
pub(super) type Submitted<W> = Shared<<W as Runnable>::Output, Option<W>>;

/// A task as a piece of work, and its future.
pub(crate) fn submission<T: Task>(task: T) -> (Work, Future<T::Output>) {
    single(ATask(task))
}

/// A closure as a piece of work for threads, and its future.
pub(crate) fn closure<F, R>(run: F) -> (Work, Future<R>)
where
    F: FnOnce() -> R + Send + 'static,
    R: Send + 'static,
{
    single(AClosure(run))
}

fn single<W: Runnable + 'static>(what: W) -> (Work, Future<W::Output>) {
    let (submitted, future) = submitted(what);
    (Work::new(submitted), future)
}

pub(super) fn submitted<W: Runnable + 'static>(what: W) -> (Arc<Submitted<W>>, Future<W::Output>) {
    let submitted = Arc::new(Shared::new(Some(what)));
    let own: Arc<Submitted<W>> = Arc::clone(&submitted);
    (own, Future::new(submitted))
}

/// Where no one holds a future any more, its output is dropped here. A panic in that is no one's result,
/// and so it is with a task that was never run.
pub(super) fn drop_carefully<T>(dropped: Option<T>) {
    if dropped.is_some() {
        report_panic(|| "dropping a task or its result".to_string(), || drop(dropped));
    }
}

impl<W: Runnable + 'static> Unit for Submitted<W> {
    fn registered(&self) -> Result<Registered, Error> {
        W::registered()
    }

    fn name(&self) -> &'static str {
        W::NAME
    }

    fn grouping(&self) -> Grouping {
        Grouping::Single
    }

    fn is_awaited(&self) -> bool {
        self.has_listeners()
    }

    fn run(self: Arc<Self>) {
        match self.start(Option::take) {
            Ok(Start::Run(Some(what))) => {
                // Refused only where an error has come before: that one stays.
                if let Ok(told) = self.finish(catch_panic(|| what.run())) {
                    notify(&self, told);
                }
            }
            Ok(Start::Cancelled(what, told)) => {
                notify(&self, told);
                drop_carefully(what);
            }
            Ok(Start::Run(None)) | Err(_) => {}
        }
        drop_carefully(Arc::into_inner(self));
    }

    fn encode(&self, registered: Registered, encoder: &mut Encoder<'_>) {
        if let Some(what) = self.with_payload(Option::take)
            && let Err(error) = what.encode(registered, encoder)
        {
            let _ = self.finish_quietly(Err(error));
        }
    }

    fn begin(&self, poller: &Arc<dyn Poller>, each: &mut dyn FnMut(Begun)) {
        each(Shared::begin(self, poller));
    }

    fn take_back(&self) {
        Shared::take_back(self);
    }

    fn unsend(&self) {
        Shared::take_back(self);
    }

    fn receive_quietly(&self, reply: &mut Replies<'_>) {
        if let Some((outcome, came, files)) = reply.next() {
            let outcome = attachments::deliver(files, || W::receive(outcome, &came));
            // Refused only where an error has come before: that one stays.
            let _ = self.finish_quietly(outcome);
        }
    }

    fn cancel_quietly(&self) {
        Shared::cancel_quietly(self);
    }

    fn fail_quietly(&self, error: &Error) {
        Shared::fail_quietly(self, error);
    }

    fn release(self: Arc<Self>, deferred: &mut Deferred) {
        if self.has_user_code(Option::is_some) {
            deferred.let_go_later(Work::new(self));
        } else if let Some(last) = Arc::into_inner(self)
            && std::mem::needs_drop::<W::Output>()
        {
            // No one has a future of it any more, and its output goes with it.
            deferred.drop_later(last);
        }
    }

    fn let_go(self: Arc<Self>) {
        notify(&self, self.abandon());
        drop_carefully(self.with_payload(Option::take));
        drop_carefully(Arc::into_inner(self));
    }
}
