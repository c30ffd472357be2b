//! The worker's end of a future.

use std::fmt;
use std::sync::Arc;

use super::Future;
use super::state::{Shared, Start, notify};
use crate::error::Error;

/// The worker's end of a [`Future`]: settles it, once.
///
/// Executors of this crate do that themselves. It is public for code that has results of another
/// source to hand out as futures.
///
/// Dropped unsettled, it settles its future with [`Error::Dropped`], so that no one waits for ever.
pub struct Promise<T> {
    /// There is nothing to be run.
    shared: Arc<Shared<T, ()>>,
}

/// A promise and its future, which is pending.
///
/// ```
/// use speedup_executor::{Error, future};
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
    let shared = Arc::new(Shared::new(()));
    let own: Arc<Shared<T, ()>> = Arc::clone(&shared);
    (Promise { shared: own }, Future::new(shared))
}

impl<T> Promise<T> {
    /// Says that the task is about to run. `false` if it was cancelled: then it must not run, and
    /// those who wait for it are told.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidState`] if that was said before or the future is settled.
    pub fn set_running_or_notify_cancel(&self) -> Result<bool, Error> {
        match self.shared.start(|()| ())? {
            Start::Run(()) => Ok(true),
            Start::Cancelled((), told) => {
                notify(&self.shared, told);
                Ok(false)
            }
        }
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
        notify(&self.shared, self.shared.finish(outcome)?);
        Ok(())
    }
}

impl<T> fmt::Debug for Promise<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Promise").field("future", &format_args!("{}", self.shared)).finish()
    }
}

impl<T> Drop for Promise<T> {
    fn drop(&mut self) {
        notify(&self.shared, self.shared.abandon());
    }
}
