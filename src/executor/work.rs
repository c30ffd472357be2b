//! A submitted task together with its promise, with the types forgotten.
//!
//! Queues and workers handle `Box<dyn Work>`; only this module knows which task and which output
//! are behind it.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};

use super::future::{self, Future, Promise};
use super::task::encode;
use super::{Error, Task};

/// A submitted task: run it here, or carry it elsewhere and bring its outcome back. Dropping it
/// resolves its future with an error.
pub trait Work: Send {
    /// Name of the task's type.
    fn task_name(&self) -> &'static str;

    /// Runs the task in the calling thread and resolves its future. A panic of the task is that
    /// future's error.
    fn run(self: Box<Self>);

    /// Appends the encoded task to a buffer.
    ///
    /// # Errors
    ///
    /// [`Error::Transfer`] if the task cannot be encoded.
    fn encode(&self, buffer: &mut Vec<u8>) -> Result<(), Error>;

    /// Resolves the future with what a worker process sent back: an encoded output, or an error.
    fn resolve(self: Box<Self>, outcome: Result<&[u8], Error>);
}

/// A task as a piece of work, and the future that the work will resolve.
pub(super) fn submission<T: Task>(task: T) -> (Box<dyn Work>, Future<T::Output>) {
    let (promise, future) = future::pair();
    (Box::new(Submission { task, promise }), future)
}

struct Submission<T: Task> {
    task: T,
    promise: Promise<T::Output>,
}

impl<T: Task> Work for Submission<T> {
    fn task_name(&self) -> &'static str {
        T::NAME
    }

    fn run(self: Box<Self>) {
        let Self { task, promise } = *self;
        settle(promise, catch_panic(|| task.run()));
    }

    fn encode(&self, buffer: &mut Vec<u8>) -> Result<(), Error> {
        // Encoding and decoding are code of the task's author too, and may panic like `run`.
        catch_panic(|| encode(&self.task, buffer))?
            .map_err(|e| transfer::<T>(format!("its argument cannot be encoded: {e}")))
    }

    fn resolve(self: Box<Self>, outcome: Result<&[u8], Error>) {
        let output = outcome.and_then(|output| {
            catch_panic(|| postcard::from_bytes(output))?
                .map_err(|e| transfer::<T>(format!("its result cannot be decoded: {e}")))
        });
        settle(self.promise, output);
    }
}

/// Resolves a promise. Where nobody holds the future any more the output is dropped here, and a
/// panic in that is nobody's result.
fn settle<T>(promise: Promise<T>, outcome: Result<T, Error>) {
    let _ = catch_panic(|| promise.resolve(outcome));
}

fn transfer<T: Task>(reason: String) -> Error {
    Error::Transfer { task: T::NAME.to_string(), reason }
}

/// Runs a piece of foreign code and turns its panic into an error.
pub(super) fn catch_panic<R>(run: impl FnOnce() -> R) -> Result<R, Error> {
    // What the closure captured is consumed by it, so that nothing half-changed can be seen.
    catch_unwind(AssertUnwindSafe(run)).map_err(|payload| Error::Panicked { message: message(&*payload) })
}

fn message(payload: &(dyn Any + Send)) -> String {
    let text = payload.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| payload.downcast_ref::<&str>().copied()).unwrap_or("no message").to_string()
}
