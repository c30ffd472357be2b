//! A task that every worker runs before any other.

use std::fmt;
use std::sync::Arc;

use crate::error::Error;
use crate::panics::catch_panic;
use crate::table;
use crate::task::Task;
use crate::wire::{Encoded, Encoder, encode};

/// A task that is run again in every worker, as a thread or a process needs it.
pub(crate) struct Initializer {
    run: Box<dyn Fn() + Send + Sync>,
    encode: Box<Encode>,
}

/// Encodes the task for a worker process.
type Encode = dyn Fn() -> Result<Encoded, Error> + Send + Sync;

impl Initializer {
    pub(crate) fn new<T>(task: T) -> Self
    where
        T: Task<Output = ()> + Clone + Sync,
    {
        let task = Arc::new(task);
        let for_process = Arc::clone(&task);
        let encode = move || {
            let mut encoder = Encoder::new(None);
            encoder.add(table::registered::<T>()?, |bytes| {
                catch_panic(|| encode(&*for_process, bytes))?
                    .map_err(|e| Error::Transfer { task: T::NAME.to_string(), reason: e.to_string() })
            })?;
            Ok(encoder.finish())
        };
        Self { run: Box::new(move || T::clone(&task).run()), encode: Box::new(encode) }
    }

    /// Runs it in the calling thread, which is the worker of that number.
    pub(crate) fn run(&self, worker: usize) -> Result<(), Error> {
        catch_panic(|| (self.run)()).map_err(|error| failed(worker, &error))
    }

    /// Encodes it for worker processes.
    pub(crate) fn encode(&self) -> Result<Encoded, Error> {
        (self.encode)().map_err(|error| failed(0, &error))
    }
}

/// That the initializer failed in that worker.
pub(crate) fn failed(worker: usize, reason: &impl fmt::Display) -> Error {
    Error::Initializer { worker, reason: reason.to_string() }
}

impl fmt::Debug for Initializer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Initializer")
    }
}
