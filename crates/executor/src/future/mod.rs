//! The result of a submitted task, now or later.
//!
//! * this file: [`Future`], what the caller holds
//! * [`promise`]: the worker's end
//! * `state`: what the two share; `listeners`, `notify`: those who are told when it changes; `trampoline`:
//!   callbacks within callbacks
//! * `wait`, `watch`: waiting for many futures at once; `deadline`: when a wait ends

pub(super) mod deadline;
mod listeners;
mod notify;
pub(crate) mod phase;
pub mod promise;
pub(super) mod state;
mod trampoline;
pub(super) mod wait;
mod watch;

use std::fmt;
use std::hash::{Hash, Hasher};
use std::num::NonZeroU64;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use self::deadline::Deadline;
use self::phase::Phase;
use self::state::Shared;
use super::error::Error;

/// The result of a submitted task, now or later.
///
/// A future is a handle: clones are the same future, and are equal to it. It can be asked
/// ([`done`](Self::done)), waited for ([`result`](Self::result)), told to call back
/// ([`add_done_callback`](Self::add_done_callback)), and awaited.
///
/// Awaiting moves the result out, as [`take`](Self::take) does. An await works on any runtime: it
/// needs none of its own, and the task runs on the executor that it was submitted to.
///
/// ```
/// use speedup_executor::{Error, ThreadPoolExecutor};
///
/// # fn main() -> Result<(), Error> {
/// let executor = ThreadPoolExecutor::new(1)?;
/// let future = executor.spawn(|| 6 * 7)?;
/// assert_eq!(future.result(None), Ok(42));
/// assert!(future.done());
/// assert!(future.to_string().ends_with("state=finished returned i32>"));
///
/// let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
/// assert_eq!(runtime.block_on(future), Ok(42));
/// # Ok(())
/// # }
/// ```
pub struct Future<T> {
    shared: Arc<Shared<T>>,
    /// Number under which this handle's waker is kept, once it has been polled.
    polled: Option<NonZeroU64>,
}

/// Handles that have been polled, each of which has the number at its turn.
static POLLED: AtomicU64 = AtomicU64::new(0);

impl<T> Future<T> {
    /// The future of that state.
    pub(super) fn new(shared: Arc<Shared<T>>) -> Self {
        Self { shared, polled: None }
    }

    /// Whether the task has finished, with a result or an error, or was cancelled.
    #[must_use]
    pub fn done(&self) -> bool {
        self.shared.look(Phase::done)
    }

    /// Whether a worker has the task.
    #[must_use]
    pub fn running(&self) -> bool {
        self.shared.look(Phase::has_begun)
    }

    /// Whether the future was cancelled.
    #[must_use]
    pub fn cancelled(&self) -> bool {
        self.shared.look(|phase| matches!(phase, Phase::Cancelled | Phase::CancelledAndNotified))
    }

    /// Keeps a task that no worker has yet from being run. `true` if it is or was cancelled, `false`
    /// if it is running or has finished: then nothing happens.
    #[allow(clippy::must_use_candidate)] // it is called for what it does
    pub fn cancel(&self) -> bool {
        self.cancel_pending()
    }

    /// Waits for the task and gives a copy of its result: for ever, or that long.
    ///
    /// The copy is made while the future is locked; [`take`](Self::take) makes none.
    ///
    /// # Errors
    ///
    /// What kept the task from having a result; [`Error::Cancelled`]; [`Error::Timeout`], and then
    /// the task goes on.
    pub fn result(&self, timeout: impl Into<Option<Duration>>) -> Result<T, Error>
    where
        T: Clone,
    {
        self.shared.wait_until_done(Deadline::after(timeout.into()), |phase| match phase {
            Phase::Finished(Ok(output)) => Ok(output.clone()),
            Phase::Finished(Err(error)) => Err(Error::clone(error)),
            unavailable => Err(why_no_result(unavailable)),
        })?
    }

    /// As [`result`](Self::result), but moves the result out. From then on it is
    /// [`Error::Taken`]; an error stays.
    ///
    /// # Errors
    ///
    /// As [`result`](Self::result).
    pub fn take(&self, timeout: impl Into<Option<Duration>>) -> Result<T, Error> {
        self.take_until(Deadline::after(timeout.into()))
    }

    pub(super) fn take_until(&self, deadline: Deadline) -> Result<T, Error> {
        self.shared.wait_until_done(deadline, |phase| match std::mem::replace(phase, Phase::Taken) {
            Phase::Finished(Ok(output)) => Ok(output),
            Phase::Finished(Err(error)) => {
                *phase = Phase::Finished(Err(error.clone()));
                Err(*error)
            }
            unavailable => {
                *phase = unavailable;
                Err(why_no_result(phase))
            }
        })?
    }

    /// Waits for the task and gives its error; `None` if it has a result.
    ///
    /// # Errors
    ///
    /// [`Error::Cancelled`] or [`Error::Timeout`]: there is neither result nor error.
    pub fn exception(&self, timeout: impl Into<Option<Duration>>) -> Result<Option<Error>, Error> {
        self.shared.wait_until_done(Deadline::after(timeout.into()), |phase| match phase {
            Phase::Finished(Err(error)) => Ok(Some(Error::clone(error))),
            Phase::Finished(Ok(_)) | Phase::Taken => Ok(None),
            unavailable => Err(why_no_result(unavailable)),
        })?
    }

    /// Calls back once when the task is done: finished or cancelled, in the thread where that
    /// happens, callbacks in the order in which they were added. Of a task that a process pool runs it is
    /// a thread of the pool that calls, one callback after the other, and a callback may wait for other
    /// tasks of the same pool. If the future is done already the callback runs now, in the calling thread;
    /// 32 callbacks deep it runs when the outermost one has returned. A callback's panic is reported on
    /// standard error.
    ///
    /// ```
    /// use std::sync::mpsc;
    ///
    /// use speedup_executor::{Error, ThreadPoolExecutor};
    ///
    /// # fn main() -> Result<(), Error> {
    /// let executor = ThreadPoolExecutor::new(1)?;
    /// let (sender, results) = mpsc::channel();
    /// let future = executor.spawn(|| "done")?;
    /// future.add_done_callback(move |future| sender.send(future.result(None)).expect("a receiver"));
    /// assert_eq!(results.recv(), Ok(Ok("done")));
    /// # Ok(())
    /// # }
    /// ```
    pub fn add_done_callback(&self, callback: impl FnOnce(&Self) + Send + 'static)
    where
        T: 'static,
    {
        self.call_when_done(Box::new(|future| {
            let (named, future) = (future.clone(), future.clone());
            trampoline::call(move || format!("a callback of {named}"), move || callback(&future));
        }));
    }

    /// Whether the task has an error. Done and cancelled is none.
    pub(super) fn failed(&self) -> bool {
        self.shared.look(|phase| matches!(phase, Phase::Finished(Err(_))))
    }

    /// Where the shared state is: one place for each task.
    pub(super) fn address(&self) -> *const () {
        self.shared.address()
    }
}

/// Why a future that is done has nothing to give.
fn why_no_result<T>(phase: &Phase<T>) -> Error {
    match phase {
        Phase::Taken => Error::Taken,
        _ => Error::Cancelled,
    }
}

impl<T> std::future::Future for Future<T> {
    type Output = Result<T, Error>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let handle = self.get_mut();
        let polled = || NonZeroU64::MIN.saturating_add(POLLED.fetch_add(1, Ordering::Relaxed));
        let number = *handle.polled.get_or_insert_with(polled);
        if handle.wake_when_done(number.get(), context.waker()) {
            Poll::Pending
        } else {
            Poll::Ready(handle.take(None))
        }
    }
}

impl<T> Drop for Future<T> {
    /// A handle that is no longer awaited keeps no waker.
    fn drop(&mut self) {
        if let Some(number) = self.polled {
            self.forget_waker(number.get());
        }
    }
}

impl<T> Clone for Future<T> {
    fn clone(&self) -> Self {
        Self::new(Arc::clone(&self.shared))
    }
}

/// Two handles are equal if they are of the same task.
impl<T> PartialEq for Future<T> {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.shared, &other.shared)
    }
}

impl<T> Eq for Future<T> {}

impl<T> Hash for Future<T> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.address().hash(state);
    }
}

/// `<Future at 0x7f35c4001b30 state=pending>`, `state=running`, `state=cancelled`,
/// `state=finished returned u64`, `state=finished raised Panicked`.
impl<T> fmt::Display for Future<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&*self.shared, f)
    }
}

impl<T> fmt::Debug for Future<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A type's name without the modules: `Vec<String>` of `alloc::vec::Vec<alloc::string::String>`.
fn short_name(name: &str) -> String {
    let mut short = String::new();
    for part in name.split_inclusive(|c: char| !c.is_alphanumeric() && c != '_' && c != ':') {
        short.push_str(part.rsplit("::").next().unwrap_or(part));
    }
    short
}

#[cfg(test)]
mod tests {
    use std::any::type_name;

    use super::*;

    #[test]
    fn type_names_lose_their_modules_only() {
        assert_eq!(short_name(type_name::<Vec<(String, Option<u8>)>>()), "Vec<(String, Option<u8>)>");
        assert_eq!(short_name(type_name::<&'static str>()), "&str");
        assert_eq!(short_name(type_name::<()>()), "()");
    }
}
