//! Waiting for several futures, of one executor or of many.

use std::collections::HashSet;
use std::iter::FusedIterator;
use std::sync::Arc;
use std::time::Duration;

use super::Future;
use super::deadline::Deadline;
use super::watch::Watch;
use crate::error::Error;

/// When [`wait`] returns.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ReturnWhen {
    /// When any future is done.
    FirstCompleted,
    /// When any future has an error; being cancelled is none. If none has one, when all are done.
    FirstException,
    /// When all are done.
    #[default]
    AllCompleted,
}

/// What [`wait`] found, each in the order in which the futures were given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waited<T> {
    /// Finished, or cancelled and let go of by the executor.
    pub done: Vec<Future<T>>,
    /// The others.
    pub not_done: Vec<Future<T>>,
}

/// Waits for futures until some or all of them are done, or the time is over.
///
/// A future that is given twice counts once. One that is cancelled but still in its executor's
/// queue is not done yet.
///
/// ```
/// use std::time::Duration;
///
/// use speedup_executor::{Error, Executor, ReturnWhen, SerialExecutor, ThreadPoolExecutor, wait};
///
/// # fn main() -> Result<(), Error> {
/// let pool = ThreadPoolExecutor::new(2)?;
/// let quick = pool.spawn(|| 1)?;
/// let slow = pool.spawn(|| { std::thread::sleep(Duration::from_millis(200)); 2 })?;
/// let waited = wait([&quick, &slow], None, ReturnWhen::FirstCompleted);
/// assert_eq!((waited.done, waited.not_done), (vec![quick], vec![slow]));
/// # Ok(())
/// # }
/// ```
pub fn wait<'a, T: 'a>(
    futures: impl IntoIterator<Item = &'a Future<T>>,
    timeout: impl Into<Option<Duration>>,
    return_when: ReturnWhen,
) -> Waited<T> {
    let deadline = Deadline::after(timeout.into());
    let futures: Vec<&Future<T>> = unique(futures);
    let watch = Arc::new(Watch::default());
    let mut done = vec![false; futures.len()];
    let mut left = futures.len();
    // Notes that a future is done, and says whether that is enough.
    let mut settle = |number: usize| {
        done[number] = true;
        left -= 1;
        left == 0
            || match return_when {
                ReturnWhen::FirstCompleted => true,
                ReturnWhen::FirstException => futures[number].failed(),
                ReturnWhen::AllCompleted => false,
            }
    };
    let mut enough = futures.is_empty();
    for (number, future) in futures.iter().enumerate() {
        if !future.watch(&watch, number) {
            enough |= settle(number);
        }
    }
    while !enough {
        let Some(number) = watch.next(deadline) else { break };
        enough = settle(number);
    }
    // What else has finished by now is done as well.
    while let Some(number) = watch.next(Deadline::Passed) {
        settle(number);
    }
    let mut waited = Waited { done: Vec::new(), not_done: Vec::new() };
    for (future, done) in futures.into_iter().zip(done) {
        if done {
            waited.done.push(future.clone());
        } else {
            future.unwatch(&watch);
            waited.not_done.push(future.clone());
        }
    }
    waited
}

/// The futures without those that were there before.
fn unique<T, F: std::borrow::Borrow<Future<T>>>(futures: impl IntoIterator<Item = F>) -> Vec<F> {
    let mut seen = HashSet::new();
    futures.into_iter().filter(|future| seen.insert(future.borrow().address())).collect()
}

/// Gives futures as they are done, those first that are done already. A future that is given twice
/// comes once. If the time is over before all have come, the last item is [`Error::Timeout`].
///
/// The iterator lets go of each future that it gives.
///
/// ```
/// use std::time::Duration;
///
/// use speedup_executor::{Error, ThreadPoolExecutor, as_completed};
///
/// # fn main() -> Result<(), Error> {
/// let pool = ThreadPoolExecutor::new(3)?;
/// let pause = |ms| pool.spawn(move || { std::thread::sleep(Duration::from_millis(ms)); ms });
/// let futures = [pause(120)?, pause(0)?, pause(60)?];
/// let results: Result<Vec<_>, _> =
///     as_completed(futures, None).map(|future| future?.result(None)).collect();
/// assert_eq!(results?, [0, 60, 120]);
/// # Ok(())
/// # }
/// ```
pub fn as_completed<T>(
    futures: impl IntoIterator<Item = Future<T>>,
    timeout: impl Into<Option<Duration>>,
) -> AsCompleted<T> {
    let deadline = Deadline::after(timeout.into());
    let futures = unique(futures);
    let watch = Arc::new(Watch::default());
    for (number, future) in futures.iter().enumerate() {
        if !future.watch(&watch, number) {
            watch.tell(number);
        }
    }
    let left = futures.len();
    AsCompleted { futures: futures.into_iter().map(Some).collect(), watch, deadline, left }
}

/// Iterator over futures as they are done; see [`as_completed`].
#[derive(Debug)]
#[must_use = "futures come out as it is iterated over"]
pub struct AsCompleted<T> {
    /// Those that have not come yet, at their number.
    futures: Vec<Option<Future<T>>>,
    watch: Arc<Watch>,
    deadline: Deadline,
    left: usize,
}

impl<T> Iterator for AsCompleted<T> {
    type Item = Result<Future<T>, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.left == 0 {
            return None;
        }
        if let Some(number) = self.watch.next(self.deadline) {
            self.left -= 1;
            return self.futures[number].take().map(Ok);
        }
        let timeout = Error::Timeout { unfinished: self.left, total: self.futures.len() };
        self.left = 0;
        Some(Err(timeout))
    }
}

impl<T> FusedIterator for AsCompleted<T> {}

impl<T> Drop for AsCompleted<T> {
    fn drop(&mut self) {
        for future in self.futures.iter().flatten() {
            future.unwatch(&self.watch);
        }
    }
}
