//! The result of a submitted task, when there is one.

use std::sync::{Arc, Condvar, Mutex, PoisonError};

use super::Error;

/// The result of a submitted task, now or later.
#[derive(Debug)]
pub struct Future<T> {
    shared: Arc<Shared<T>>,
}

/// The worker's end of a [`Future`]. Dropping it unresolved resolves it with [`Error::Dropped`],
/// so that nobody waits for ever.
#[derive(Debug)]
pub(super) struct Promise<T> {
    /// Taken when the promise is kept.
    shared: Option<Arc<Shared<T>>>,
}

#[derive(Debug)]
struct Shared<T> {
    outcome: Mutex<Option<Result<T, Error>>>,
    resolved: Condvar,
}

/// A promise and the future that it resolves.
pub(super) fn pair<T>() -> (Promise<T>, Future<T>) {
    let shared = Arc::new(Shared { outcome: Mutex::new(None), resolved: Condvar::new() });
    (Promise { shared: Some(Arc::clone(&shared)) }, Future { shared })
}

impl<T> Future<T> {
    /// Whether the task has finished, with a result or an error.
    #[must_use]
    pub fn done(&self) -> bool {
        self.shared.lock().is_some()
    }

    /// Waits for the task and gives its result.
    ///
    /// # Errors
    ///
    /// What kept the task from having one; see [`Error`].
    pub fn result(self) -> Result<T, Error> {
        let mut outcome = self.shared.lock();
        loop {
            if let Some(outcome) = outcome.take() {
                return outcome;
            }
            outcome = self.shared.resolved.wait(outcome).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

impl<T> Promise<T> {
    /// Gives the future its outcome.
    pub(super) fn resolve(mut self, outcome: Result<T, Error>) {
        self.settle(outcome);
    }

    fn settle(&mut self, outcome: Result<T, Error>) {
        if let Some(shared) = self.shared.take() {
            *shared.lock() = Some(outcome);
            shared.resolved.notify_all();
        }
    }
}

impl<T> Drop for Promise<T> {
    fn drop(&mut self) {
        self.settle(Err(Error::Dropped));
    }
}

impl<T> Shared<T> {
    /// A panic cannot leave the outcome half-written, so that a poisoned lock is as good as any.
    fn lock(&self) -> std::sync::MutexGuard<'_, Option<Result<T, Error>>> {
        self.outcome.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_waiter_is_woken_by_the_result() {
        let (promise, future) = pair();
        assert!(!future.done());
        let waiter = std::thread::spawn(move || future.result());
        promise.resolve(Ok(7));
        assert_eq!(waiter.join().unwrap(), Ok(7));
    }

    #[test]
    fn a_dropped_promise_is_an_error_and_not_a_hang() {
        let (promise, future) = pair::<()>();
        drop(promise);
        assert_eq!(future.result(), Err(Error::Dropped));
    }
}
