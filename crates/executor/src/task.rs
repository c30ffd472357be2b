//! What can be run: a named, serialisable unit of work.

use std::any::{TypeId, type_name};
use std::fmt;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::error::Error;
use super::panics::catch_panic;
use super::wire::{Apart, Outcome, Outputs, decode_with, encode};
use crate::ipc::origin;

/// An indivisible unit of work that the very same way can run on a thread or in another process.
///
/// What the type's `Serialize` does not write does not reach another process: a field with `skip` has its
/// default there, and of two `untagged` variants that are written alike the first arrives. All else arrives as it
/// was, or is an error: fields and variants travel by name, with every attribute of serde, and nothing that one
/// side writes goes unread on the other. With `untagged`, `flatten` and `tag` a type that
/// asks `is_human_readable`, such as `IpAddr`, is such an error: serde does not pass on the answer there.
pub trait Task: Serialize + DeserializeOwned + Send + 'static {
    /// Name of the task type in errors and in [`TaskEntry`]. A program in which two registered types have the
    /// same cannot start processes, and [`submit`](super::Executor::submit) to a process refuses a type that is
    /// not the registered one.
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
    pub(super) type_name: fn() -> &'static str,
    pub(super) type_id: fn() -> TypeId,
    /// Decodes a task, whose long bytes may stand elsewhere, runs it and appends the encoded output to the reply.
    pub(super) run: fn(&[u8], Apart<'_>, &mut Outputs<'_>) -> Result<(), Outcome>,
}

impl TaskEntry {
    /// The entry for tasks of type `T`.
    #[must_use]
    pub const fn of<T: Task>() -> Self {
        Self { name: T::NAME, type_name: type_name::<T>, type_id: TypeId::of::<T>, run: run_encoded::<T> }
    }
}

impl fmt::Debug for TaskEntry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("TaskEntry").field(&self.name).finish()
    }
}

fn run_encoded<T: Task>(task: &[u8], apart: Apart<'_>, reply: &mut Outputs<'_>) -> Result<(), Outcome> {
    let run = || {
        let task: T = decode_with(task, apart).map_err(|e| format!("its argument cannot be decoded: {e}"))?;
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
