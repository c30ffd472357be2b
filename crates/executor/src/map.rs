//! A batch of tasks in, their results out in the same order.

use std::collections::VecDeque;
use std::fmt;
use std::iter::{Fuse, FusedIterator};
use std::time::Duration;

use super::Executor;
use super::error::Error;
use super::future::Future;
use super::future::deadline::Deadline;
use super::task::Task;
use super::work::{chunk, submission};

/// How [`map_with`](Executor::map_with) treats its tasks.
///
/// ```
/// use std::time::Duration;
///
/// use speedup_executor::MapOptions;
///
/// let options = MapOptions::new().timeout(Duration::from_secs(60)).chunksize(100).buffersize(1000);
/// ```
#[derive(Debug, Clone, Copy)]
#[must_use = "it is to be handed to map_with"]
pub struct MapOptions {
    timeout: Option<Duration>,
    chunksize: usize,
    buffersize: Option<usize>,
}

impl MapOptions {
    /// No timeout, each task by itself, and all of them submitted at once.
    pub fn new() -> Self {
        Self { timeout: None, chunksize: 1, buffersize: None }
    }

    /// How long after the call the last result must have come.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    /// How many tasks a worker gets at a time. They share one way there and back, and one fate if the
    /// worker dies; each still has its own result or error, and can be cancelled until the first of
    /// them begins.
    ///
    /// With 0 there is one result, [`Error::InvalidSetting`], and no task is submitted.
    pub fn chunksize(mut self, tasks: usize) -> Self {
        self.chunksize = tasks;
        self
    }

    /// How many tasks may be submitted whose results have not been asked for. The tasks' iterator is
    /// then read as the results are, so that it can be longer than memory, or endless.
    ///
    /// With 0 there is one result, [`Error::InvalidSetting`], and no task is submitted.
    pub fn buffersize(mut self, tasks: usize) -> Self {
        self.buffersize = Some(tasks);
        self
    }
}

impl MapOptions {
    /// # Errors
    ///
    /// [`Error::InvalidSetting`] for a number that is 0.
    fn check(self) -> Result<(), Error> {
        let invalid = |setting| Err(Error::InvalidSetting { setting });
        match (self.chunksize, self.buffersize) {
            (0, _) => invalid("chunksize"),
            (_, Some(0)) => invalid("buffersize"),
            _ => Ok(()),
        }
    }
}

impl Default for MapOptions {
    fn default() -> Self {
        Self::new()
    }
}

/// The results of a batch in input order; see [`map`](Executor::map).
///
/// An error stands in its task's place, and those after it still come. If the time is over, the next
/// result is [`Error::Timeout`], the last one, and what has not begun is cancelled. So it is when the
/// results are dropped before the last of them; only if the first has never been asked for, the
/// tasks are left to run.
#[must_use = "the tasks run, but their results and errors are lost"]
pub struct Map<'a, E: ?Sized, I: Iterator<Item: Task>> {
    executor: &'a E,
    tasks: Fuse<I>,
    chunksize: usize,
    buffersize: usize,
    deadline: Deadline,
    futures: VecDeque<Submission<I::Item>>,
    given: usize,
}

/// The future of a task, or why it could not be submitted.
type Submission<T> = Result<Future<<T as Task>::Output>, Box<Error>>;

impl<'a, E: Executor + ?Sized, I: Iterator<Item: Task>> Map<'a, E, I> {
    pub(super) fn new(executor: &'a E, tasks: I, options: MapOptions) -> Self {
        let mut map = Map {
            executor,
            tasks: tasks.fuse(),
            chunksize: options.chunksize,
            buffersize: options.buffersize.unwrap_or(usize::MAX),
            deadline: Deadline::after(options.timeout),
            futures: VecDeque::new(),
            given: 0,
        };
        match options.check() {
            Ok(()) => map.fill(),
            Err(error) => {
                map.futures.push_back(Err(Box::new(error)));
                map.buffersize = 0;
            }
        }
        map
    }

    /// Submits as many tasks as the buffer holds. A chunk is not split for the buffer's sake unless
    /// the buffer is smaller than a chunk.
    fn fill(&mut self) {
        if self.buffersize == 0 {
            return; // the options were not valid
        }
        let size = self.chunksize.min(self.buffersize);
        while self.futures.len() <= self.buffersize - size && self.submit(size) {}
    }

    /// Submits a chunk; `false` if there was no task left.
    fn submit(&mut self, size: usize) -> bool {
        if size == 1 {
            let Some(task) = self.tasks.next() else { return false };
            let (work, future) = submission(task);
            self.futures.push_back(self.executor.execute(work).map(|()| future).map_err(Box::new));
            return true;
        }
        let (work, futures) = chunk(self.tasks.by_ref().take(size));
        if futures.is_empty() {
            return false;
        }
        let submitted = self.executor.execute(work).map_err(Box::new);
        self.futures.extend(futures.into_iter().map(|future| submitted.clone().map(|()| future)));
        true
    }
}

impl<E: ?Sized, I: Iterator<Item: Task>> Map<'_, E, I> {
    fn cancel_the_rest(&mut self) {
        // From the last to the first, so that no worker gets to a task that is about to be cancelled.
        for future in self.futures.drain(..).rev().flatten() {
            future.cancel();
        }
    }
}

impl<E: Executor + ?Sized, I: Iterator<Item: Task>> Iterator for Map<'_, E, I> {
    type Item = Result<<I::Item as Task>::Output, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        let result = match self.futures.front()? {
            Ok(future) => future.take_until(self.deadline),
            Err(error) => Err(Error::clone(error)),
        };
        if matches!(result, Err(Error::Timeout { .. })) {
            let total = self.given + self.futures.len();
            let done = |future: &&Submission<I::Item>| future.as_ref().map_or(true, Future::done);
            let unfinished = self.futures.len() - self.futures.iter().filter(done).count();
            self.cancel_the_rest();
            return Some(Err(Error::Timeout { unfinished, total }));
        }
        self.futures.pop_front();
        self.given += 1;
        self.fill();
        Some(result)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let (least, most) = self.tasks.size_hint();
        let waiting = self.futures.len();
        if self.buffersize == 0 {
            return (waiting, Some(waiting));
        }
        // A timeout may end it early.
        let least = if self.deadline.is_never() { waiting.saturating_add(least) } else { 0 };
        (least, most.and_then(|most| most.checked_add(waiting)))
    }
}

impl<E: Executor + ?Sized, I: Iterator<Item: Task>> FusedIterator for Map<'_, E, I> {}

impl<E: ?Sized, I: Iterator<Item: Task>> Drop for Map<'_, E, I> {
    fn drop(&mut self) {
        if self.given > 0 {
            self.cancel_the_rest();
        }
    }
}

/// `<Map at 0x7ffe8f0a3c10, 2 given, 3 submitted>`.
impl<E: ?Sized, I: Iterator<Item: Task>> fmt::Debug for Map<'_, E, I> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<Map at {self:p}, {} given, {} submitted>", self.given, self.futures.len())
    }
}
