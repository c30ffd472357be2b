//! Executors and futures after Python's `concurrent.futures`: the same task on a thread or in a
//! process.
//!
//! A [`Task`] is named and serialisable, so that every [`Executor`] can run it. `submit` gives a
//! [`Future`]; `map` submits a whole batch and gives the results in input order.
//!
//! # Threads and processes
//!
//! To change from threads to processes is to change one word. A program that may start processes also
//! calls [`worker::init`] with its tasks, first thing in `main`, because a worker process is the program
//! itself, started again.
//!
//! ```
//! use serde::{Deserialize, Serialize};
//! use speedup_executor::{Error, Executor, ProcessPoolExecutor, Task, TaskEntry, ThreadPoolExecutor, worker};
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
//! static TASKS: &[TaskEntry] = &[TaskEntry::of::<Square>()];
//!
//! fn main() -> Result<(), Error> {
//!     worker::init(TASKS);
//!
//!     let executor = ThreadPoolExecutor::new(2)?;
//!     let squares = executor.map((1..=4).map(Square)).collect::<Result<Vec<_>, _>>()?;
//!     assert_eq!(squares, [1, 4, 9, 16]);
//!
//!     let executor = ProcessPoolExecutor::new(2)?;
//!     let squares = executor.map((1..=4).map(Square)).collect::<Result<Vec<_>, _>>()?;
//!     assert_eq!(squares, [1, 4, 9, 16]);
//!     Ok(())
//! }
//! ```
//!
//! Closures cannot leave their process. Threads take them as well as tasks, by
//! [`spawn`](ThreadPoolExecutor::spawn).
//!
//! # When a worker dies
//!
//! A panic is that task's error, with message and place, and the worker continues. The same holds for an
//! argument or result that cannot be encoded, or would not arrive as it is. A task that is not registered is
//! refused by `submit`. A worker process can also die, by `exit`, `abort`, a signal or a full stack. Then
//! the pool breaks, or, with another policy, only that task fails:
//!
//! ```
//! use serde::{Deserialize, Serialize};
//! use speedup_executor::task::TaskEntry;
//! use speedup_executor::{Error, Executor, Exit, OnCrash, ProcessPoolExecutor, Task, worker};
//!
//! #[derive(Serialize, Deserialize)]
//! struct Leave(i32);
//!
//! impl Task for Leave {
//!     const NAME: &'static str = "leave";
//!     type Output = ();
//!
//!     fn run(self) {
//!         if self.0 != 0 {
//!             std::process::exit(self.0);
//!         }
//!     }
//! }
//!
//! static TASKS: &[TaskEntry] = &[TaskEntry::of::<Leave>()];
//!
//! fn main() -> Result<(), Error> {
//!     worker::init(TASKS);
//!     let builder = || ProcessPoolExecutor::builder().max_workers(1);
//!
//!     let pool = builder().build()?;
//!     let lost = pool.submit(Leave(3))?.result(None);
//!     assert!(matches!(lost, Err(Error::BrokenPool { exit: Exit::Code(3), .. })));
//!     assert!(pool.submit(Leave(0)).is_err());
//!
//!     let pool = builder().on_crash(OnCrash::FailTaskAndReplace).build()?;
//!     let lost = pool.submit(Leave(3))?.result(None);
//!     assert!(matches!(lost, Err(Error::WorkerDied { exit: Exit::Code(3), .. })));
//!     assert_eq!(pool.submit(Leave(0))?.result(None), Ok(()));
//!     Ok(())
//! }
//! ```
//!
//! # Cancelling
//!
//! A task that no worker has yet can be cancelled, one by one or all that are queued:
//!
//! ```
//! use std::sync::mpsc;
//!
//! use speedup_executor::{CancelFutures, Error, Executor, ThreadPoolExecutor, Wait};
//!
//! # fn main() -> Result<(), Error> {
//! let executor = ThreadPoolExecutor::new(1)?;
//! let (go, gate) = mpsc::channel::<()>();
//! let running = executor.spawn(move || gate.recv().is_ok())?;
//! while !running.running() {
//!     std::thread::yield_now();
//! }
//! let (second, third) = (executor.spawn(|| 2)?, executor.spawn(|| 3)?);
//! assert!(second.cancel() && !running.cancel());
//! assert_eq!(second.result(None), Err(Error::Cancelled));
//!
//! executor.shutdown(Wait::No, CancelFutures::Yes);
//! assert!(third.cancelled());
//! go.send(()).expect("the task waits");
//! assert_eq!(running.result(None), Ok(true));
//! # Ok(())
//! # }
//! ```
//!
//! # Awaiting
//!
//! A [`Future`] is a [`std::future::Future`]. On tokio, or any other runtime, CPU-bound work then
//! leaves the runtime's threads free:
//!
//! ```
//! # use speedup_executor::{Error, ThreadPoolExecutor};
//! # async fn handler(executor: &ThreadPoolExecutor) -> Result<u64, Error> {
//! let sum = executor.spawn(|| (1..=1000_u64).sum::<u64>())?.await?;
//! # Ok(sum)
//! # }
//! # let executor = ThreadPoolExecutor::new(1).unwrap();
//! # let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
//! # assert_eq!(runtime.block_on(handler(&executor)), Ok(500_500));
//! ```
//!
//! # What a task costs
//!
//! A task in the queue is one piece of memory, with the state of its future and room for its result:
//! less than 200 bytes for a task of eight bytes, its future included. For a process it is encoded when it is
//! submitted, by the thread that does so, and what stands in the queue is its encoded form. Results are decoded
//! by a thread that waits for one, or by one of the pool's.
//!
//! Values are encoded with the names of fields and variants, so that all of serde's attributes may be used; a
//! value that would arrive as another is its task's error. A `Vec<u8>` is a list like any other to serde, at
//! some nanoseconds an item; `serialize_bytes`, as in the crate `serde_bytes`, copies it as a whole: from
//! 4 KiB on once by the thread that submits and once by the worker, and likewise on the way back.
//! [`SharedBytes`] are not copied.
//!
//! Tasks of some microseconds go to a worker process together, as many as fill a tenth of a millisecond by
//! its clock, and never more than a part of what is queued. Those behind a longer one go back to the
//! queue within milliseconds; until then they count as running, and cannot be cancelled. Worker processes,
//! and threads that wait for them, spin for a moment before they sleep where a CPU is free;
//! [`Spin::Never`] turns that off.
//!
//! # Testing
//!
//! A worker process is this program, started again, and a test harness is such a program: see
//! [`test_workers!`]. [`transferred`] tells what a worker receives of a value, without a pool.
//!
//! # The names of `concurrent.futures`
//!
//! | there | here | what differs, and why |
//! |---|---|---|
//! | `Executor.submit(fn, *args)` | [`Executor::submit`] of a [`Task`] | arguments are the task's fields; it gives a `Result`, since a pool can be shut down or broken |
//! | | [`ThreadPoolExecutor::spawn`], [`RayonExecutor::spawn`] | closures, for threads only |
//! | `Executor.map(fn, *iterables)` | [`Executor::map`] | an error is an item like a result: those after it still come |
//! | `map(timeout, chunksize, buffersize)` | [`Executor::map_with`], [`MapOptions`] | `chunksize` counts for threads too; in a chunk each task has its own error |
//! | `Executor.shutdown(wait, cancel_futures)` | [`Executor::shutdown`] with [`Wait`], [`CancelFutures`] | threads that wait learn of the cancelled futures as well |
//! | `with Executor() as executor:` | drop | the same: waits for all that was submitted, also after a shutdown that did not |
//! | `ThreadPoolExecutor(max_workers, thread_name_prefix, initializer, initargs)` | [`ThreadPoolExecutor::builder`] | the initializer is a task, which holds its arguments; processes take `worker_name_prefix` too |
//! | `ProcessPoolExecutor(max_workers, mp_context, initializer, initargs, max_tasks_per_child)` | [`ProcessPoolExecutor::builder`] | no `mp_context`: the program is always started anew, never forked; [`OnCrash`] is ours |
//! | `ProcessPoolExecutor.terminate_workers()`, `kill_workers()` | [`terminate_workers`](ProcessPoolExecutor::terminate_workers), [`kill_workers`](ProcessPoolExecutor::kill_workers) | |
//! | `InterpreterPoolExecutor` | | none: there is no interpreter to have several of |
//! | `Future.cancel()`, `cancelled()`, `running()`, `done()` | [`Future`], the same | `running` is true once a worker has the task, not when it stands next in line; of tasks that go to a process together it is true for all, see above |
//! | `Future.result(timeout)` | [`Future::result`], [`Future::take`] | a copy; `take` moves the result out |
//! | `Future.exception(timeout)` | [`Future::exception`] | |
//! | `Future.add_done_callback(fn)` | [`Future::add_done_callback`] | |
//! | `asyncio.wrap_future(future)` | `.await` | |
//! | `repr(future)` | `Display`, `Debug` | |
//! | `Future()`, `set_running_or_notify_cancel()`, `set_result()`, `set_exception()` | [`future::promise`] | the two ends are two types, so that a caller cannot settle a future |
//! | `wait(fs, timeout, return_when)` | [`wait()`] with [`ReturnWhen`] | lists in input order in place of sets |
//! | `as_completed(fs, timeout)` | [`as_completed`] | a timeout is the last item |
//! | `CancelledError`, `TimeoutError`, `InvalidStateError` | [`Error::Cancelled`], [`Error::Timeout`], [`Error::InvalidState`] | |
//! | `BrokenThreadPool`, `BrokenProcessPool` | [`Error::BrokenPool`], [`Error::Initializer`], [`Error::Spawn`] | with the worker's exit code or signal |

// The files: this one has `Executor`; `task`: what can be run; `error`: what can go wrong; `future`: what becomes
// of a task; `map`: a batch in, its results out; `serial`, `thread`, `process`, `rayon`: the executors, and
// `registry` and `kind` the same by name; `pool`: what pools are made of; `work`: a submitted task with its
// types forgotten; `table`: the task types of the program; `wire`: tasks as bytes, and `attachments` files that
// go along; `remote`: tasks for workers elsewhere;
// `blocking` and `panics`: user code, run with care; `ipc`, `sync`, `system`: what is below. The crate
// knows tasks and nothing else: no workload, no record.

#[cfg(not(unix))]
compile_error!("this crate needs a Unix system so far: its process pool talks over Unix sockets");

mod attachments;
mod blocking;
mod error;
pub mod future;
pub mod implement;
mod ipc;
mod kind;
mod looking;
mod map;
mod panics;
mod pool;
mod process;
#[cfg(feature = "rayon")]
mod rayon;
pub mod registry;
#[doc(hidden)]
pub mod remote;
mod serial;
mod shared;
mod sync;
mod system;
mod table;
pub mod task;
mod testing;
mod thread;
mod wire;
mod work;

pub use error::{Error, Exit};
pub use future::Future;
pub use future::wait::{AsCompleted, ReturnWhen, Waited, as_completed, wait};
pub use kind::ExecutorKind;
pub use map::{Map, MapOptions};
pub use pool::builder::Builder;
#[doc(hidden)]
pub use pool::life::WorkerLife;
pub use pool::life::current_worker;
pub use pool::policy::{CancelFutures, OnCrash, Spin, Wait};
pub use process::{ProcessPoolExecutor, worker};
#[cfg(feature = "rayon")]
pub use rayon::RayonExecutor;
pub use registry::EXECUTORS;
pub use serial::SerialExecutor;
pub use shared::{SharedBytes, SharedBytesMut};
pub use task::{Task, TaskEntry};
pub use thread::ThreadPoolExecutor;
pub use wire::transferred;
#[doc(hidden)]
pub use work::Work;

/// Runs tasks, now or later, here or elsewhere.
///
/// The trait can be made into an object; the generic methods are there for `Box<dyn Executor>`
/// too. Dropping an executor shuts it down and waits for all that was submitted.
pub trait Executor: Send + Sync {
    /// Takes over a piece of work and settles its futures, whatever happens: what an implementation provides;
    /// see [`implement`].
    ///
    /// # Errors
    ///
    /// As [`submit`](Executor::submit).
    #[doc(hidden)]
    fn execute(&self, work: Work) -> Result<(), Error>;

    /// The greatest number of tasks that run at the same time.
    fn max_workers(&self) -> usize;

    /// Refuses new work. What is queued is finished or cancelled; the call waits until every worker
    /// has ended, or returns at once while they go on.
    ///
    /// A task or callback that runs in a thread of the pool itself does not wait, for it would wait
    /// for itself.
    fn shutdown(&self, wait: Wait, queued: CancelFutures);

    /// When each worker started, was ready and ended: complete once a shutdown has waited.
    #[doc(hidden)]
    fn worker_lives(&self) -> Vec<WorkerLife>;

    /// Schedules a task.
    ///
    /// # Errors
    ///
    /// [`Error::Shutdown`] after shutdown; in a broken pool what has broken it:
    /// [`Error::BrokenPool`], [`Error::Spawn`] or [`Error::Initializer`]. [`Error::Forked`] in a process that
    /// was forked from the one that has the pool: there nothing is done with it. [`Error::Transfer`] from a
    /// pool of processes if the task's type is not registered.
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
    fn map<T, I>(&self, tasks: I) -> Map<'_, Self, I::IntoIter>
    where
        T: Task,
        I: IntoIterator<Item = T>,
        Self: Sized,
    {
        self.map_with(tasks, MapOptions::new())
    }

    /// As [`map`](Executor::map), with a timeout, in chunks, or through a buffer of limited size.
    ///
    /// ```
    /// # use serde::{Deserialize, Serialize};
    /// use speedup_executor::{Error, Executor, MapOptions, Task, ThreadPoolExecutor};
    /// # #[derive(Serialize, Deserialize)]
    /// # struct Square(u64);
    /// # impl Task for Square {
    /// #     const NAME: &'static str = "square";
    /// #     type Output = u64;
    /// #     fn run(self) -> u64 { self.0 * self.0 }
    /// # }
    ///
    /// # fn main() -> Result<(), Error> {
    /// let executor = ThreadPoolExecutor::new(2)?;
    /// // An endless iterator: ten tasks at a time are under way.
    /// let mut squares = executor.map_with((1..).map(Square), MapOptions::new().buffersize(10));
    /// assert_eq!(squares.nth(2), Some(Ok(9)));
    /// # Ok(())
    /// # }
    /// ```
    fn map_with<T, I>(&self, tasks: I, options: MapOptions) -> Map<'_, Self, I::IntoIter>
    where
        T: Task,
        I: IntoIterator<Item = T>,
        Self: Sized,
    {
        Map::new(self, tasks.into_iter(), options)
    }
}

impl<E: Executor + ?Sized> Executor for Box<E> {
    fn execute(&self, work: Work) -> Result<(), Error> {
        (**self).execute(work)
    }

    fn max_workers(&self) -> usize {
        (**self).max_workers()
    }

    fn shutdown(&self, wait: Wait, queued: CancelFutures) {
        (**self).shutdown(wait, queued);
    }

    fn worker_lives(&self) -> Vec<WorkerLife> {
        (**self).worker_lives()
    }
}
