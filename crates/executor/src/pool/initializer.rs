//! A task that every worker runs before any other.

use std::fmt;
use std::sync::Arc;

use crate::error::Error;
use crate::panics::catch_panic;
use crate::table::{self, Registered};
use crate::task::Task;
use crate::wire::{Request, encode};

/// A task that is run again in every worker, as a thread or a process needs it.
pub(crate) struct Initializer {
    run: Box<dyn Fn() + Send + Sync>,
    add: Box<Add>,
    registered: fn() -> Result<Registered, Error>,
}

/// Adds the task to a request.
type Add = dyn Fn(&mut Request<'_>) -> Result<(), Error> + Send + Sync;

impl Initializer {
    pub(crate) fn new<T>(task: T) -> Self
    where
        T: Task<Output = ()> + Clone + Sync,
    {
        let task = Arc::new(task);
        let for_request = Arc::clone(&task);
        let add = move |request: &mut Request<'_>| {
            request.add(table::registered::<T>()?, |buffer| {
                catch_panic(|| encode(&*for_request, buffer))?
                    .map_err(|e| Error::Transfer { task: T::NAME.to_string(), reason: e.to_string() })
            })
        };
        Self {
            run: Box::new(move || T::clone(&task).run()),
            add: Box::new(add),
            registered: table::registered::<T>,
        }
    }

    /// Checks that a worker process can run it.
    pub(crate) fn check_registered(&self) -> Result<(), Error> {
        (self.registered)().map(drop).map_err(|error| failed(0, &error))
    }

    /// Runs it in the calling thread, which is the worker of that number.
    pub(crate) fn run(&self, worker: usize) -> Result<(), Error> {
        catch_panic(|| (self.run)()).map_err(|error| failed(worker, &error))
    }

    /// Adds it to a request for that worker process.
    pub(crate) fn add_to(&self, request: &mut Request<'_>, worker: usize) -> Result<(), Error> {
        (self.add)(request).map_err(|error| failed(worker, &error))
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
