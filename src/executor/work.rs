//! Submitted tasks together with their promises, with the types forgotten.
//!
//! Queues and workers handle [`Work`]; only this module knows which task and which output are behind
//! it.

use super::error::Error;
use super::future::Future;
use super::future::promise::{self, Promise};
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
    fn send(&mut self, request: &mut Request);
    fn receive(&mut self, reply: &mut Parts<'_>);
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

    /// Marks the tasks as running, but for those that were cancelled, and adds them to a request. A
    /// task that cannot be encoded has that error at once and is left out.
    pub(super) fn send(&mut self, request: &mut Request) {
        self.with(|unit| unit.send(request));
    }

    /// Settles the futures of the tasks that were sent, each with its part of the reply.
    pub(super) fn receive(mut self, mut reply: Parts<'_>) {
        self.with(|unit| unit.receive(&mut reply));
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
    fn send(self, request: &mut Request) -> Result<(), Error>;

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

    fn send(self, request: &mut Request) -> Result<(), Error> {
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
    fn send(self, _: &mut Request) -> Result<(), Error> {
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

    fn send(&mut self, request: &mut Request) {
        let added = self.start().map(|what| what.send(request));
        if let Some(Err(error)) = added {
            self.settle(Err(error));
        }
    }

    fn receive(&mut self, reply: &mut Parts<'_>) {
        // One that was cancelled, or could not be encoded, has not been sent.
        if self.promise.is_running()
            && let Some(part) = reply.next()
        {
            self.settle(W::receive(part));
        }
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

    fn send(&mut self, request: &mut Request) {
        self.0.iter_mut().for_each(|submitted| submitted.send(request));
    }

    fn receive(&mut self, reply: &mut Parts<'_>) {
        self.0.iter_mut().for_each(|submitted| submitted.receive(reply));
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
