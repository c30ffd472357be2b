//! What can be run: a named, serialisable unit of work.

use std::fmt;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::error::Error;
use super::panics::catch_panic;
use super::wire::{Outcome, decode, encode};
use crate::ipc::buffer::Buffer;
use crate::ipc::origin;

/// An indivisible unit of work that the very same way can run on a thread or in another process.
pub trait Task: Serialize + DeserializeOwned + Send + 'static {
    /// Name under which a worker process finds the task; unique within a program.
    const NAME: &'static str;

    /// What the task computes.
    type Output: Serialize + DeserializeOwned + Send + 'static;

    /// Does the work.
    fn run(self) -> Self::Output;
}

/// A task type that worker processes can run; see [`worker::init`](super::worker::init).
#[derive(Clone, Copy)]
pub struct TaskEntry {
    pub(super) name: &'static str,
    /// Decodes a task, runs it and appends the encoded output to the reply.
    pub(super) run: fn(&[u8], &mut Buffer) -> Result<(), Outcome>,
}

impl TaskEntry {
    /// The entry for tasks of type `T`.
    #[must_use]
    pub const fn of<T: Task>() -> Self {
        Self { name: T::NAME, run: run_encoded::<T> }
    }
}

impl fmt::Debug for TaskEntry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("TaskEntry").field(&self.name).finish()
    }
}

fn run_encoded<T: Task>(task: &[u8], reply: &mut Buffer) -> Result<(), Outcome> {
    let run = || {
        let task: T = decode(task).map_err(|e| format!("its argument cannot be decoded: {e}"))?;
        let output = task.run();
        // One that forks comes here twice, and the reply is the original's.
        origin::end_copy();
        encode(&output, reply).map_err(|e| format!("its result cannot be encoded: {e}"))
    };
    match catch_panic(run) {
        Ok(outcome) => outcome.map_err(Outcome::Transfer),
        Err(Error::Panicked { message, location }) => Err(Outcome::Panicked(message, location)),
        Err(error) => Err(Outcome::Transfer(error.to_string())),
    }
}
