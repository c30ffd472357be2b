//! What can be submitted: tasks, and closures.

use std::mem::needs_drop;

use crate::error::Error;
use crate::panics::catch_panic;
use crate::table::{self, Registered};
use crate::task::Task;
use crate::wire::{Apart, Came, Encoder, decode_with, encode, read_outcome};

/// What can be submitted.
pub(crate) trait Runnable: Send {
    type Output: Send + 'static;

    /// Name of its type.
    const NAME: &'static str;

    fn run(self) -> Self::Output;

    /// What a worker process knows it as.
    fn registered() -> Result<Registered, Error>;

    /// Adds it to what goes to a worker process.
    fn encode(self, registered: Registered, encoder: &mut Encoder<'_>) -> Result<(), Error>;

    /// Its output from the part of the reply that is about it, and the long bytes that came with that.
    fn receive(part: &[u8], came: &Came) -> Result<Self::Output, Error>;
}

pub(super) struct ATask<T>(pub(super) T);

impl<T: Task> ATask<T> {
    fn transfer(reason: String) -> Error {
        Error::Transfer { task: T::NAME.to_string(), reason }
    }
}

impl<T: Task> Runnable for ATask<T> {
    type Output = T::Output;

    const NAME: &'static str = T::NAME;

    fn run(self) -> T::Output {
        self.0.run()
    }

    fn registered() -> Result<Registered, Error> {
        table::registered::<T>()
    }

    fn encode(self, registered: Registered, encoder: &mut Encoder<'_>) -> Result<(), Error> {
        encoder.add(registered, |bytes| {
            // Encoding and dropping are code of the task's author too, and may panic like `run`.
            let written = catch_panic(|| encode(&self.0, bytes));
            let dropped = if needs_drop::<T>() { catch_panic(|| drop(self)) } else { Ok(()) };
            written?.map_err(|e| Self::transfer(format!("its argument cannot be encoded: {e}")))?;
            dropped
        })
    }

    fn receive(part: &[u8], came: &Came) -> Result<T::Output, Error> {
        let output = read_outcome(T::NAME, part)?;
        catch_panic(|| decode_with(output, Apart::Came(came)))?
            .map_err(|e| Self::transfer(format!("its result cannot be decoded: {e}")))
    }
}

pub(super) struct AClosure<F>(pub(super) F);

impl<F: FnOnce() -> R + Send, R: Send + 'static> Runnable for AClosure<F> {
    type Output = R;

    const NAME: &'static str = "a closure";

    fn run(self) -> R {
        self.0()
    }

    /// Those who take closures have threads for workers; another executor could still try.
    fn registered() -> Result<Registered, Error> {
        let reason = "it cannot leave its process".to_string();
        Err(Error::Transfer { task: Self::NAME.to_string(), reason })
    }

    fn encode(self, _: Registered, _: &mut Encoder<'_>) -> Result<(), Error> {
        Self::registered().map(drop)
    }

    fn receive(_: &[u8], _: &Came) -> Result<R, Error> {
        Err(Error::Dropped)
    }
}
