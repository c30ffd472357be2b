//! Submitted tasks together with their promises, with the types forgotten.
//!
//! Queues and workers handle [`Work`]; only this module knows which task and which output are behind
//! it.

use std::os::fd::OwnedFd;
use std::sync::Arc;

use super::attachments::{self, Attachment};
use super::error::Error;
use super::future::Future;
use super::future::promise::{self, Promise};
use super::future::state::Attend;
use super::panics::{catch_panic, report_panic};
use super::task::Task;
use super::wire::{Parts, Request, decode, encode, read_outcome};

/// What is said to have panicked where a task or a result does so when it is dropped.
const DROPPING: &str = "dropping a task or its result";

/// A submitted task, or a chunk of tasks of one type that are run one after the other.
///
/// An executor that takes it over must [`run`](Self::run) it, [`cancel`](Self::cancel) it or
/// [`fail`](Self::fail) it. Dropped, it fails with [`Error::Dropped`].
pub struct Work {
    /// Taken when it is dropped.
    unit: Option<Box<dyn Unit>>,
}

/// What can be done with submitted tasks. What settles many at once is quiet: those who are to be told
/// are told afterwards.
trait Unit: Send {
    fn run(&mut self);
    fn cancel_quietly(&mut self);
    fn fail_quietly(&mut self, error: &Error);
    fn tell(&mut self);
    fn send(&mut self, request: &mut Request<'_>, there: &Arc<dyn Attend>);
    fn receive_quietly(&mut self, reply: &mut Replies<'_>);
    fn move_to(&mut self, there: Option<&Arc<dyn Attend>>);
    fn grouping(&self) -> Grouping;
}

/// Whether work may go to a worker process together with other work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Grouping {
    /// It is one task.
    Single,
    /// It is a chunk by its caller's wish, and stays as it is.
    Chunk,
}

/// The outcomes in a reply, with the files that came along.
pub(super) struct Replies<'a> {
    parts: Parts<'a>,
    files: &'a mut dyn FnMut() -> Option<OwnedFd>,
}

impl<'a> Replies<'a> {
    pub(super) fn new(parts: Parts<'a>, files: &'a mut dyn FnMut() -> Option<OwnedFd>) -> Self {
        Self { parts, files }
    }

    /// The next outcome and its files; a file that did not come is found missing by whoever looks for it.
    fn next(&mut self) -> Option<(&'a [u8], Vec<Attachment>)> {
        let part = self.parts.next()?;
        Some((part.content, part.attached(&mut *self.files).unwrap_or_default()))
    }
}

impl Work {
    fn new(unit: impl Unit + 'static) -> Self {
        Self { unit: Some(Box::new(unit)) }
    }

    fn with(&mut self, act: impl FnOnce(&mut dyn Unit)) {
        if let Some(unit) = &mut self.unit {
            act(&mut **unit);
        }
    }

    /// Runs the tasks in the calling thread and settles their futures. A task that was cancelled is
    /// not run. A panic of a task is its future's error.
    pub fn run(mut self) {
        self.with(|unit| unit.run());
    }

    /// Cancels what has not been started.
    pub fn cancel(self) {
        Self::cancel_all([self]);
    }

    /// Settles the futures that are not settled yet with an error.
    pub fn fail(self, error: &Error) {
        Self::fail_all([self], error);
    }

    /// Cancels all of it before anyone is told: a callback of one task may wait for another.
    pub(super) fn cancel_all(work: impl IntoIterator<Item = Self>) {
        Self::settle_all(work, |unit| unit.cancel_quietly());
    }

    /// Fails all of it before anyone is told.
    pub(super) fn fail_all(work: impl IntoIterator<Item = Self>, error: &Error) {
        Self::settle_all(work, |unit| unit.fail_quietly(error));
    }

    fn settle_all(work: impl IntoIterator<Item = Self>, quietly: impl Fn(&mut dyn Unit)) {
        let mut settled = Vec::new();
        for mut work in work {
            work.with(&quietly);
            settled.push(work);
        }
        for mut work in settled {
            work.with(|unit| unit.tell());
        }
    }

    /// Marks the tasks as running, but for those that were cancelled, and adds them to a request; a
    /// thread that waits for one can see to its result there. A task that cannot be encoded has that
    /// error at once and is left out.
    pub(super) fn send(&mut self, request: &mut Request<'_>, there: &Arc<dyn Attend>) {
        self.with(|unit| unit.send(request, there));
    }

    /// Says where a thread that waits can see to the results of the running tasks from now on, if
    /// anywhere.
    pub(super) fn move_to(&mut self, there: Option<&Arc<dyn Attend>>) {
        self.with(|unit| unit.move_to(there));
    }

    /// Settles the futures of the tasks that were sent, each with its part of the reply, and tells
    /// nobody before [`tell`](Self::tell).
    pub(super) fn receive_quietly(&mut self, reply: &mut Replies<'_>) {
        self.with(|unit| unit.receive_quietly(reply));
    }

    /// Cancels what has not been started, as quietly.
    pub(super) fn cancel_quietly(&mut self) {
        self.with(|unit| unit.cancel_quietly());
    }

    /// Settles the futures that are not settled yet with an error, as quietly.
    pub(super) fn fail_quietly(&mut self, error: &Error) {
        self.with(|unit| unit.fail_quietly(error));
    }

    /// Tells those who are concerned that the futures are settled.
    pub(super) fn tell(mut self) {
        self.with(|unit| unit.tell());
    }

    /// Whether it may go together with other work.
    pub(super) fn grouping(&self) -> Grouping {
        self.unit.as_ref().map_or(Grouping::Chunk, |unit| unit.grouping())
    }
}

impl Drop for Work {
    /// Where nobody holds a future any more, its output is dropped here, and a task that was never
    /// run with it. A panic in that is nobody's result.
    fn drop(&mut self) {
        let unit = self.unit.take();
        report_panic(|| DROPPING.to_string(), || drop(unit));
    }
}

/// A task as a piece of work, and its future.
pub(super) fn submission<T: Task>(task: T) -> (Work, Future<T::Output>) {
    let (submitted, future) = Submitted::new(ATask(task));
    (Work::new(submitted), future)
}

/// Several tasks as one piece of work, and their futures.
pub(super) fn chunk<T: Task>(tasks: impl Iterator<Item = T>) -> (Work, Vec<Future<T::Output>>) {
    let (chunk, futures) = tasks.map(|task| Submitted::new(ATask(task))).unzip();
    (Work::new(Chunk(chunk)), futures)
}

/// A closure as a piece of work for threads, and its future.
pub(super) fn closure<F, R>(run: F) -> (Work, Future<R>)
where
    F: FnOnce() -> R + Send + 'static,
    R: Send + 'static,
{
    let (submitted, future) = Submitted::new(AClosure(run));
    (Work::new(submitted), future)
}

/// What can be submitted.
trait Runnable: Send {
    type Output: Send;

    fn run(self) -> Self::Output;

    /// Adds it to a request for a worker process.
    fn send(self, request: &mut Request<'_>) -> Result<(), Error>;

    /// Its output from the part of the reply that is about it.
    fn receive(part: &[u8]) -> Result<Self::Output, Error>;
}

struct ATask<T>(T);

impl<T: Task> ATask<T> {
    fn transfer(reason: String) -> Error {
        Error::Transfer { task: T::NAME.to_string(), reason }
    }
}

impl<T: Task> Runnable for ATask<T> {
    type Output = T::Output;

    fn run(self) -> T::Output {
        self.0.run()
    }

    fn send(self, request: &mut Request<'_>) -> Result<(), Error> {
        request.add(T::NAME, |buffer| {
            // Encoding and dropping are code of the task's author too, and may panic like `run`.
            let encoded = catch_panic(|| encode(&self.0, buffer));
            let dropped = catch_panic(|| drop(self));
            encoded?.map_err(|e| Self::transfer(format!("its argument cannot be encoded: {e}")))?;
            dropped
        })
    }

    fn receive(part: &[u8]) -> Result<T::Output, Error> {
        let output = read_outcome(T::NAME, part)?;
        catch_panic(|| decode(output))?
            .map_err(|e| Self::transfer(format!("its result cannot be decoded: {e}")))
    }
}

struct AClosure<F>(F);

impl<F: FnOnce() -> R + Send, R: Send> Runnable for AClosure<F> {
    type Output = R;

    fn run(self) -> R {
        self.0()
    }

    /// Those who take closures have threads for workers; another executor could still try.
    fn send(self, _: &mut Request<'_>) -> Result<(), Error> {
        let reason = "it cannot leave its process".to_string();
        Err(Error::Transfer { task: "a closure".to_string(), reason })
    }

    fn receive(_: &[u8]) -> Result<R, Error> {
        Err(Error::Dropped)
    }
}

/// One task, or one closure, and the promise of its output.
struct Submitted<W: Runnable> {
    /// Taken when it is run or sent.
    what: Option<W>,
    promise: Promise<W::Output>,
}

impl<W: Runnable> Submitted<W> {
    fn new(what: W) -> (Self, Future<W::Output>) {
        let (promise, future) = promise::pair();
        (Self { what: Some(what), promise }, future)
    }

    /// Takes what is to be run, unless it was cancelled.
    fn start(&mut self) -> Option<W> {
        if self.promise.set_running_or_notify_cancel() == Ok(true) { self.what.take() } else { None }
    }

    fn settle(&self, outcome: Result<W::Output, Error>) {
        // Refused only where an error has come before: that one stays.
        let _ = match outcome {
            Ok(output) => self.promise.set_result(output),
            Err(error) => self.promise.set_exception(error),
        };
    }
}

impl<W: Runnable> Unit for Submitted<W> {
    fn run(&mut self) {
        if let Some(what) = self.start() {
            self.settle(catch_panic(|| what.run()));
        }
    }

    fn cancel_quietly(&mut self) {
        self.promise.cancel_quietly();
    }

    fn fail_quietly(&mut self, error: &Error) {
        self.promise.fail_quietly(error);
    }

    fn tell(&mut self) {
        self.promise.tell();
    }

    fn send(&mut self, request: &mut Request<'_>, there: &Arc<dyn Attend>) {
        if self.promise.set_running_there(there) == Ok(true)
            && let Some(what) = self.what.take()
            && let Err(error) = what.send(request)
        {
            let _ = self.promise.settle_quietly(Err(error));
        }
    }

    fn receive_quietly(&mut self, reply: &mut Replies<'_>) {
        // One that was cancelled, or could not be encoded, has not been sent.
        if self.promise.is_running()
            && let Some((outcome, files)) = reply.next()
        {
            let outcome = attachments::deliver(files, || W::receive(outcome));
            // Refused only where an error has come before: that one stays.
            let _ = self.promise.settle_quietly(outcome);
        }
    }

    fn move_to(&mut self, there: Option<&Arc<dyn Attend>>) {
        self.promise.move_to(there);
    }

    fn grouping(&self) -> Grouping {
        Grouping::Single
    }
}

struct Chunk<W: Runnable>(Vec<Submitted<W>>);

impl<W: Runnable> Unit for Chunk<W> {
    fn run(&mut self) {
        self.0.iter_mut().for_each(Unit::run);
    }

    fn cancel_quietly(&mut self) {
        self.0.iter_mut().for_each(Unit::cancel_quietly);
    }

    fn fail_quietly(&mut self, error: &Error) {
        self.0.iter_mut().for_each(|submitted| submitted.fail_quietly(error));
    }

    fn tell(&mut self) {
        self.0.iter_mut().for_each(Unit::tell);
    }

    fn send(&mut self, request: &mut Request<'_>, there: &Arc<dyn Attend>) {
        self.0.iter_mut().for_each(|submitted| submitted.send(request, there));
    }

    fn receive_quietly(&mut self, reply: &mut Replies<'_>) {
        self.0.iter_mut().for_each(|submitted| submitted.receive_quietly(reply));
    }

    fn move_to(&mut self, there: Option<&Arc<dyn Attend>>) {
        self.0.iter_mut().for_each(|submitted| submitted.move_to(there));
    }

    fn grouping(&self) -> Grouping {
        Grouping::Chunk
    }
}

impl<W: Runnable> Drop for Chunk<W> {
    /// One by one, because two panics in the drop of one vector would end the program.
    fn drop(&mut self) {
        for submitted in self.0.drain(..) {
            report_panic(|| DROPPING.to_string(), || drop(submitted));
        }
    }
}
