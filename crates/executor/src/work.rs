//! Submitted tasks together with their promises, with the types forgotten.
//!
//! Queues and workers handle [`Work`]; only this module knows which task and which output are behind
//! it. A submitted task is one allocation: the task, the state of its future, and its result in time.

use std::os::fd::OwnedFd;
use std::sync::Arc;

use super::attachments::{self, Attachment};
use super::error::Error;
use super::future::Future;
use super::future::state::{Attend, Shared, Start, tell};
use super::panics::{catch_panic, report_panic};
use super::table;
use super::task::Task;
use super::wire::{Parts, Request, decode, encode, read_outcome};

/// What is said to have panicked where a task or a result does so when it is dropped.
const DROPPING: &str = "dropping a task or its result";

/// A submitted task, or a chunk of tasks of one type that are run one after the other.
///
/// An executor that takes it over must [`run`](Self::run) it, [`cancel`](Self::cancel) it or
/// [`fail`](Self::fail) it. Dropped, it fails with [`Error::Dropped`].
pub struct Work {
    /// Taken when it is run, settled or dropped.
    unit: Option<Arc<dyn Unit>>,
}

/// What can be done with submitted tasks. What settles many at once is quiet: those who are to be told
/// are told afterwards.
trait Unit: Send + Sync {
    fn check_registered(&self) -> Result<(), Error>;
    fn run(self: Arc<Self>);
    fn cancel_quietly(&self);
    fn fail_quietly(&self, error: &Error);
    /// Tells those who have not been told, settles what nobody else will, and drops what was never run.
    fn let_go(self: Arc<Self>);
    fn send(self: Arc<Self>, request: &mut Request<'_>, there: &Arc<dyn Attend>);
    fn receive_quietly(&self, reply: &mut Replies<'_>);
    fn take_back(&self);
    fn send_again(&self, there: &Arc<dyn Attend>) -> bool;
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
        Self { unit: Some(Arc::new(unit)) }
    }

    /// Runs the tasks in the calling thread and settles their futures. A task that was cancelled is
    /// not run. A panic of a task is its future's error.
    pub fn run(mut self) {
        if let Some(unit) = self.unit.take() {
            unit.run();
        }
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

    /// Checks that a worker process can find the tasks.
    pub(super) fn check_registered(&self) -> Result<(), Error> {
        self.unit.as_ref().map_or(Ok(()), |unit| unit.check_registered())
    }

    fn settle_all(work: impl IntoIterator<Item = Self>, quietly: impl Fn(&dyn Unit)) {
        let mut settled = Vec::new();
        for unit in work.into_iter().filter_map(|mut work| work.unit.take()) {
            quietly(&*unit);
            settled.push(unit);
        }
        for unit in settled {
            unit.let_go();
        }
    }

    /// Marks the tasks as running, but for those that were cancelled, and adds them to a request; a
    /// thread that waits for one can see to its result there. A task that cannot be encoded has that
    /// error at once and is left out.
    pub(super) fn send(&mut self, request: &mut Request<'_>, there: &Arc<dyn Attend>) {
        if let Some(unit) = &self.unit {
            Arc::clone(unit).send(request, there);
        }
    }

    fn with(&self, act: impl FnOnce(&dyn Unit)) {
        if let Some(unit) = &self.unit {
            act(&**unit);
        }
    }

    /// Says that the tasks that were sent have not been begun, and are to be sent again. A single one is
    /// pending until then; those of a chunk, which stays as it was encoded, are not.
    pub(super) fn take_back(&mut self) {
        self.with(|unit| unit.take_back());
    }

    /// Marks what was taken back as running again; false if it was cancelled meanwhile.
    pub(super) fn send_again(&mut self, there: &Arc<dyn Attend>) -> bool {
        self.unit.as_ref().is_some_and(|unit| unit.send_again(there))
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
    pub(super) fn tell(self) {
        drop(self);
    }

    /// Whether it may go together with other work.
    pub(super) fn grouping(&self) -> Grouping {
        self.unit.as_ref().map_or(Grouping::Chunk, |unit| unit.grouping())
    }
}

impl Drop for Work {
    fn drop(&mut self) {
        if let Some(unit) = self.unit.take() {
            unit.let_go();
        }
    }
}

/// A task as a piece of work, and its future.
pub(super) fn submission<T: Task>(task: T) -> (Work, Future<T::Output>) {
    single(ATask(task))
}

/// Several tasks as one piece of work, and their futures.
pub(super) fn chunk<T: Task>(tasks: impl Iterator<Item = T>) -> (Work, Vec<Future<T::Output>>) {
    let (chunk, futures): (Vec<_>, Vec<_>) = tasks.map(|task| submitted(ATask(task))).unzip();
    (Work::new(Chunk(chunk)), futures)
}

/// A closure as a piece of work for threads, and its future.
pub(super) fn closure<F, R>(run: F) -> (Work, Future<R>)
where
    F: FnOnce() -> R + Send + 'static,
    R: Send + 'static,
{
    single(AClosure(run))
}

fn single<W: Runnable + 'static>(what: W) -> (Work, Future<W::Output>) {
    let (submitted, future) = submitted(what);
    (Work { unit: Some(submitted) }, future)
}

fn submitted<W: Runnable + 'static>(what: W) -> (Arc<Submitted<W>>, Future<W::Output>) {
    let submitted = Arc::new(Shared::new(Some(what)));
    let own: Arc<Submitted<W>> = Arc::clone(&submitted);
    (own, Future::new(submitted))
}

/// What can be submitted.
trait Runnable: Send {
    type Output: Send;

    fn run(self) -> Self::Output;

    /// Checks that a worker process can find it.
    fn check_registered() -> Result<(), Error>;

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

    fn check_registered() -> Result<(), Error> {
        table::registered::<T>().map(drop)
    }

    fn send(self, request: &mut Request<'_>) -> Result<(), Error> {
        request.add(table::registered::<T>()?, |buffer| {
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
    fn check_registered() -> Result<(), Error> {
        let reason = "it cannot leave its process".to_string();
        Err(Error::Transfer { task: "a closure".to_string(), reason })
    }

    fn send(self, _: &mut Request<'_>) -> Result<(), Error> {
        Self::check_registered()
    }

    fn receive(_: &[u8]) -> Result<R, Error> {
        Err(Error::Dropped)
    }
}

/// One task, or one closure, which is taken when it is run or sent, and the state of its future.
type Submitted<W> = Shared<<W as Runnable>::Output, Option<W>>;

/// Takes what is to be run, unless it was cancelled: then those who wait for it are told.
fn start<W: Runnable + 'static>(submitted: &Arc<Submitted<W>>, there: Option<Arc<dyn Attend>>) -> Option<W> {
    match submitted.start(there, Option::take) {
        Ok(Start::Run(what)) => what,
        Ok(Start::Cancelled(what, told)) => {
            tell(submitted, told);
            drop_carefully(what);
            None
        }
        Err(_) => None,
    }
}

/// Where nobody holds a future any more, its output is dropped here. A panic in that is nobody's result,
/// and so it is with a task that was never run.
fn drop_carefully<T>(dropped: Option<T>) {
    if dropped.is_some() {
        report_panic(|| DROPPING.to_string(), || drop(dropped));
    }
}

impl<W: Runnable + 'static> Unit for Submitted<W> {
    fn check_registered(&self) -> Result<(), Error> {
        W::check_registered()
    }

    fn run(self: Arc<Self>) {
        if let Some(what) = start(&self, None) {
            // Refused only where an error has come before: that one stays.
            if let Ok(told) = self.finish(catch_panic(|| what.run())) {
                tell(&self, told);
            }
        }
        drop_carefully(Arc::into_inner(self));
    }

    fn cancel_quietly(&self) {
        Shared::cancel_quietly(self);
    }

    fn fail_quietly(&self, error: &Error) {
        Shared::fail_quietly(self, error);
    }

    fn let_go(self: Arc<Self>) {
        tell(&self, self.abandon());
        drop_carefully(self.with_payload(Option::take));
        drop_carefully(Arc::into_inner(self));
    }

    fn send(self: Arc<Self>, request: &mut Request<'_>, there: &Arc<dyn Attend>) {
        if let Some(what) = start(&self, Some(Arc::clone(there)))
            && let Err(error) = what.send(request)
        {
            let _ = self.finish_quietly(Err(error));
        }
    }

    fn receive_quietly(&self, reply: &mut Replies<'_>) {
        // One that was cancelled, or could not be encoded, has not been sent.
        if self.is_running()
            && let Some((outcome, files)) = reply.next()
        {
            let outcome = attachments::deliver(files, || W::receive(outcome));
            // Refused only where an error has come before: that one stays.
            let _ = self.finish_quietly(outcome);
        }
    }

    fn take_back(&self) {
        Shared::take_back(self);
    }

    fn send_again(&self, there: &Arc<dyn Attend>) -> bool {
        self.start_again(Arc::clone(there))
    }

    fn grouping(&self) -> Grouping {
        Grouping::Single
    }
}

/// Held by one piece of work alone.
struct Chunk<W: Runnable>(Vec<Arc<Submitted<W>>>);

impl<W: Runnable + 'static> Chunk<W> {
    /// Its tasks, each of which is let go of by itself.
    fn into_each(self: Arc<Self>) -> impl Iterator<Item = Arc<Submitted<W>>> {
        Arc::into_inner(self).into_iter().flat_map(|chunk| chunk.0)
    }
}

impl<W: Runnable + 'static> Unit for Chunk<W> {
    fn check_registered(&self) -> Result<(), Error> {
        W::check_registered()
    }

    fn run(self: Arc<Self>) {
        self.into_each().for_each(Unit::run);
    }

    fn cancel_quietly(&self) {
        self.0.iter().for_each(|submitted| Unit::cancel_quietly(&**submitted));
    }

    fn fail_quietly(&self, error: &Error) {
        self.0.iter().for_each(|submitted| Unit::fail_quietly(&**submitted, error));
    }

    fn let_go(self: Arc<Self>) {
        self.into_each().for_each(Unit::let_go);
    }

    fn send(self: Arc<Self>, request: &mut Request<'_>, there: &Arc<dyn Attend>) {
        self.0.iter().for_each(|submitted| Unit::send(Arc::clone(submitted), request, there));
    }

    fn receive_quietly(&self, reply: &mut Replies<'_>) {
        self.0.iter().for_each(|submitted| submitted.receive_quietly(reply));
    }

    fn take_back(&self) {
        self.0.iter().for_each(|submitted| submitted.move_to(None));
    }

    fn send_again(&self, there: &Arc<dyn Attend>) -> bool {
        self.0.iter().for_each(|submitted| submitted.move_to(Some(Arc::clone(there))));
        true
    }

    fn grouping(&self) -> Grouping {
        Grouping::Chunk
    }
}
