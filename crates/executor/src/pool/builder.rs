//! The settings of a pool.

use std::marker::PhantomData;

use super::initializer::Initializer;
use super::policy::{OnCrash, Spin};
use crate::error::Error;
use crate::task::Task;
use crate::wire::Encoded;

/// Settings for a pool of type `P`, got from its `builder`. What is not set has its default.
///
/// ```
/// use speedup_executor::{Error, Executor, ThreadPoolExecutor};
///
/// # fn main() -> Result<(), Error> {
/// let executor = ThreadPoolExecutor::builder().max_workers(3).worker_name_prefix("ciphers").build()?;
/// assert_eq!(executor.max_workers(), 3);
/// let name = executor.spawn(|| std::thread::current().name().map(String::from))?.result(None)?;
/// assert_eq!(name.as_deref(), Some("ciphers_0"));
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
#[must_use = "a pool starts with build()"]
pub struct Builder<P> {
    max_workers: Option<usize>,
    prefix: Option<String>,
    pub(crate) initializer: Option<Initializer>,
    pub(crate) max_tasks_per_child: Option<usize>,
    pub(crate) on_crash: OnCrash,
    pub(crate) spin: Spin,
    /// Number of the first worker, where there are others elsewhere.
    pub(crate) first_worker: usize,
    /// Whether results leave this program as they stand in replies.
    pub(crate) passes_on: bool,
    /// An initializer from elsewhere, as it stands in a request.
    pub(crate) encoded_initializer: Option<Encoded>,
    pool: PhantomData<P>,
}

impl<P> Builder<P> {
    pub(crate) fn new() -> Self {
        Self {
            max_workers: None,
            prefix: None,
            initializer: None,
            max_tasks_per_child: None,
            on_crash: OnCrash::default(),
            spin: Spin::default(),
            first_worker: 0,
            passes_on: false,
            encoded_initializer: None,
            pool: PhantomData,
        }
    }

    /// The greatest number of workers.
    pub fn max_workers(mut self, max_workers: usize) -> Self {
        self.max_workers = Some(max_workers);
        self
    }

    /// How the workers' names begin; an underscore and the worker's number follow. It is the name of
    /// a thread, and what `ps` shows of a process.
    pub fn worker_name_prefix(mut self, prefix: impl Into<String>) -> Self {
        self.prefix = Some(prefix.into());
        self
    }

    /// A task that every worker runs once, before any other. If it panics, or a worker dies of it,
    /// the pool is broken: [`Error::Initializer`].
    pub fn initializer<T>(mut self, initializer: T) -> Self
    where
        T: Task<Output = ()> + Clone + Sync,
    {
        self.initializer = Some(Initializer::new(initializer));
        self
    }

    /// The number of workers: as set, or the default. To find that out takes the system a while, so that
    /// it is asked only then.
    pub(crate) fn workers(&self, default: fn() -> usize) -> Result<usize, Error> {
        match self.max_workers {
            Some(0) => Err(Error::InvalidSetting { setting: "max_workers" }),
            Some(workers) => Ok(workers),
            None => Ok(default()),
        }
    }

    /// The prefix: as set, or the default. What cannot be in the name of a thread or process is left
    /// out.
    pub(crate) fn prefix(&self, default: &str) -> String {
        self.prefix.as_deref().unwrap_or(default).replace('\0', "")
    }
}
