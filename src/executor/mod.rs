//! Executors and futures after Python's `concurrent.futures`: the same task on a thread or in a
//! process.
//!
//! A [`Task`] is named and serialisable, so that every [`Executor`] can run it. `submit` gives a
//! [`Future`]; `map` submits a whole batch and gives the results in input order.
//!
//! ```
//! use serde::{Deserialize, Serialize};
//! use speedup::executor::{Executor, Task, ThreadPoolExecutor};
//!
//! #[derive(Serialize, Deserialize)]
//! struct Square(u64);
//!
//! impl Task for Square {
//!     const NAME: &'static str = "square";
//!     type Output = u64;
//!
//!     fn run(self) -> u64 {
//!         self.0 * self.0
//!     }
//! }
//!
//! # fn main() -> Result<(), speedup::executor::Error> {
//! let executor = ThreadPoolExecutor::new(2);
//! let squares = executor.map((1..=4).map(Square)).collect::<Result<Vec<_>, _>>()?;
//! assert_eq!(squares, [1, 4, 9, 16]);
//! # Ok(())
//! # }
//! ```
//!
//! With [`ProcessPoolExecutor`] in place of [`ThreadPoolExecutor`] the same tasks run in worker
//! processes; the program must then call [`worker::init`] first thing in `main`.
//!
//! * [`task`]: what can be run; [`future`]: what becomes of it; [`error`]: what can go wrong
//! * [`serial`], [`thread`], [`process`], [`rayon`]: the executors, one file each
//! * [`worker`]: the child side of the process pool
//! * [`registry`]: the executors by name
//!
//! The module knows tasks and nothing else: no workload, no record.

pub mod error;
pub mod future;
mod lanes;
pub mod process;
mod queue;
pub mod rayon;
pub mod registry;
pub mod serial;
pub mod task;
pub mod thread;
pub mod work;

pub use error::{Error, Exit};
pub use future::Future;
pub use lanes::{WorkerLife, current_worker};
pub use process::{ProcessPoolExecutor, worker};
pub use rayon::RayonExecutor;
pub use registry::{EXECUTORS, ExecutorKind};
pub use serial::SerialExecutor;
pub use task::Task;
pub use thread::ThreadPoolExecutor;
pub use work::Work;

/// Runs tasks, now or later, here or elsewhere.
///
/// The trait can be made into an object; the generic methods are there for `Box<dyn Executor>`
/// too. Dropping an executor is the same as [`shutdown`](Executor::shutdown).
pub trait Executor: Send + Sync {
    /// Takes over a piece of work and sees to it that its future is resolved, whatever happens.
    ///
    /// This is what an implementation provides; callers use [`submit`](Executor::submit).
    ///
    /// # Errors
    ///
    /// [`Error::Shutdown`] after shutdown, [`Error::BrokenPool`] after a worker died,
    /// [`Error::Spawn`] if a worker cannot be started.
    fn execute(&self, work: Box<dyn Work>) -> Result<(), Error>;

    /// The greatest number of tasks that run at the same time.
    fn max_workers(&self) -> usize;

    /// Refuses new work, lets queued work finish, and returns when every worker has ended.
    fn shutdown(&self);

    /// When each worker started, was ready and ended: complete after shutdown.
    fn worker_lives(&self) -> Vec<WorkerLife>;

    /// Schedules a task.
    ///
    /// # Errors
    ///
    /// As [`execute`](Executor::execute).
    fn submit<T: Task>(&self, task: T) -> Result<Future<T::Output>, Error>
    where
        Self: Sized,
    {
        let (work, future) = work::submission(task);
        self.execute(work)?;
        Ok(future)
    }

    /// Submits every task at once and gives their results in input order. A task that could not
    /// be submitted gives its error in its place.
    fn map<T, I>(&self, tasks: I) -> impl Iterator<Item = Result<T::Output, Error>> + use<Self, T, I>
    where
        T: Task,
        I: IntoIterator<Item = T>,
        Self: Sized,
    {
        let futures: Vec<_> = tasks.into_iter().map(|task| self.submit(task)).collect();
        futures.into_iter().map(|future| future.and_then(Future::result))
    }
}

impl<E: Executor + ?Sized> Executor for Box<E> {
    fn execute(&self, work: Box<dyn Work>) -> Result<(), Error> {
        (**self).execute(work)
    }

    fn max_workers(&self) -> usize {
        (**self).max_workers()
    }

    fn shutdown(&self) {
        (**self).shutdown();
    }

    fn worker_lives(&self) -> Vec<WorkerLife> {
        (**self).worker_lives()
    }
}
