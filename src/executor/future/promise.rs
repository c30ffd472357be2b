//! The worker's end of a future.

use std::sync::Arc;

use super::Future;
use super::state::{Attend, Phase, Shared};
use crate::executor::error::Error;

/// The worker's end of a [`Future`]: settles it, once.
///
/// Executors of this crate do that themselves. It is public for code that has results of another
/// source to hand out as futures.
///
/// Dropped unsettled, it settles its future with [`Error::Dropped`], so that nobody waits for ever.
#[derive(Debug)]
pub struct Promise<T> {
    future: Future<T>,
}

/// A promise and its future, which is pending.
///
/// ```
/// use speedup::executor::{Error, future};
///
/// let (promise, future) = future::promise::pair();
/// assert_eq!(promise.set_running_or_notify_cancel(), Ok(true));
/// assert!(future.running());
/// assert_eq!(promise.set_result(42), Ok(()));
/// assert_eq!(future.result(None), Ok(42));
/// // The first value stays.
/// assert!(matches!(promise.set_result(43), Err(Error::InvalidState { .. })));
/// assert_eq!(future.result(None), Ok(42));
/// ```
#[must_use]
pub fn pair<T>() -> (Promise<T>, Future<T>) {
    let future = Future::new(Arc::new(Shared::new()));
    (Promise { future: future.clone() }, future)
}

impl<T> Promise<T> {
    /// Says that the task is about to run. `false` if it was cancelled: then it must not run, and
    /// those who wait for it are told.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidState`] if that was said before or the future is settled.
    pub fn set_running_or_notify_cancel(&self) -> Result<bool, Error> {
        self.future.set_running(None)
    }

    /// As [`set_running_or_notify_cancel`](Self::set_running_or_notify_cancel), and says where a thread
    /// that waits can see to the result.
    pub(in crate::executor) fn set_running_there(&self, there: &Arc<dyn Attend>) -> Result<bool, Error> {
        self.future.set_running(Some(Arc::clone(there)))
    }

    /// Settles the future with a result.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidState`] if it is settled already, or cancelled. What it was settled with
    /// stays.
    pub fn set_result(&self, output: T) -> Result<(), Error> {
        self.settle(Ok(output))
    }

    /// Settles the future with an error.
    ///
    /// # Errors
    ///
    /// As [`set_result`](Self::set_result).
    pub fn set_exception(&self, error: Error) -> Result<(), Error> {
        self.settle(Err(error))
    }

    fn settle(&self, outcome: Result<T, Error>) -> Result<(), Error> {
        self.settle_quietly(outcome)?;
        self.future.tell_all();
        Ok(())
    }

    /// Settles the future, and tells nobody before [`tell`](Self::tell).
    pub(in crate::executor) fn settle_quietly(&self, outcome: Result<T, Error>) -> Result<(), Error> {
        self.future.finish_quietly(outcome)
    }

    /// Says where a thread that waits can see to the result of the running task from now on, if anywhere.
    pub(in crate::executor) fn move_to(&self, there: Option<&Arc<dyn Attend>>) {
        self.future.move_to(there.cloned());
    }

    /// Settles the future with an error if it is not settled yet, and tells nobody before
    /// [`tell`](Self::tell). Of many futures all are settled first: those who are told of one may wait
    /// for another.
    pub(in crate::executor) fn fail_quietly(&self, error: &Error) {
        if !self.future.shared.look(Phase::done) {
            let _ = self.future.finish_quietly(Err(error.clone()));
        }
    }

    /// Cancels the future if it is pending, as quietly; it will not be run.
    pub(in crate::executor) fn cancel_quietly(&self) {
        self.future.cancel_quietly();
    }

    /// Tells those who have not been told that the future is done.
    pub(in crate::executor) fn tell(&self) {
        self.future.tell_all();
    }

    /// Whether the task is running.
    pub(in crate::executor) fn is_running(&self) -> bool {
        self.future.running()
    }
}

impl<T> Drop for Promise<T> {
    fn drop(&mut self) {
        if !self.future.shared.look(Phase::notified) {
            self.fail_quietly(&Error::Dropped);
            // It may have been cancelled, and the queue that held it is gone: nobody else will tell
            // those who wait.
            self.cancel_quietly();
            self.tell();
        }
    }
}
