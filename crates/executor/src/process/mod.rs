//! Workers that are processes: this very program, started again.
//!
//! The program is executed anew and never just forked: a fork copies one thread out of many, with whatever
//! locks the others held. Requests and replies stand in memory that the two processes share; a worker that sleeps
//! is woken by a word there. A socket wakes the supervisor, passes files, and tells the end; where the system has no
//! sleep on a word in shared memory it wakes the worker too.
//!
//! `README.md` in this folder says what the parts are, and why no wake-up is lost.

mod backlog;
mod callbacks;
mod child;
mod connection;
mod crowding;
#[cfg(test)]
mod fuzz;
mod hello;
mod inbox;
mod item;
mod live;
mod pace;
mod poller;
mod pool;
mod receipt;
mod scheduler;
mod slot;
mod spinner;
mod start;
mod supervisor;
mod threads;
mod watchdog;
pub mod worker;

pub(crate) use self::start::check as check_start;
use std::sync::Arc;
use std::time::Duration;

use self::item::Item;
use self::pool::{Crew, Pool};
use super::Executor;
use super::error::Error;
use super::kind::ExecutorKind;
use super::pool::builder::Builder;
use super::pool::initializer::Initializer;
use super::pool::life::WorkerLife;
use super::pool::policy::{CancelFutures, OnCrash, Spin, Wait};
use super::work::Work;
use crate::ipc::channel::Ending;
use crate::system::machine;

/// A pool of processes that take tasks from one queue in the order of submission.
///
/// When a worker dies, the pool is broken: every task that is queued or running gets
/// [`Error::BrokenPool`], the other workers are stopped, and nothing more can be submitted. With
/// [`OnCrash::FailTaskAndReplace`] only the task that the worker was at is lost.
///
/// Tasks that take some microseconds go to a worker several at a time, as many as take a tenth of a
/// millisecond by its own clock, but no more than their share of what is queued. Each keeps its own
/// future and its own fate; those that go together count as running together.
///
/// Callbacks run in a thread of the pool, one after the other. They may wait for other tasks of the pool,
/// and for its end.
///
/// ```
/// # fn main() { example().unwrap() }
/// # fn example() -> Result<(), speedup_executor::Error> {
/// # use speedup_executor::{OnCrash, ProcessPoolExecutor, worker};
/// worker::init(&[]);
/// let executor = ProcessPoolExecutor::builder()
///     .max_workers(2)
///     .max_tasks_per_child(1000)
///     .on_crash(OnCrash::FailTaskAndReplace)
///     .build()?;
/// # Ok(())
/// # }
/// ```
pub struct ProcessPoolExecutor {
    pool: Arc<Pool>,
}

impl ProcessPoolExecutor {
    /// A pool of at most `max_workers` processes; they start as tasks come in.
    ///
    /// # Errors
    ///
    /// As [`build`](Builder::<Self>::build).
    pub fn new(max_workers: usize) -> Result<Self, Error> {
        Self::builder().max_workers(max_workers).build()
    }

    /// The settings of a pool. The default is as many workers as CPUs that this process may use, and
    /// a pool that breaks when a worker dies.
    pub fn builder() -> Builder<Self> {
        Builder::new()
    }

    /// Shuts the pool down, cancels what is queued, and asks every worker to end (SIGTERM), in the
    /// midst of its task, which then has the error that its worker died. Does not wait.
    pub fn terminate_workers(&self) {
        self.end_workers(Ending::Terminate);
    }

    /// As [`terminate_workers`](Self::terminate_workers), but leaves the workers no choice (SIGKILL).
    pub fn kill_workers(&self) {
        self.end_workers(Ending::Kill);
    }

    fn end_workers(&self, ending: Ending) {
        if !self.pool.shell.lives.are_here() {
            return;
        }
        self.pool.shutdown(Wait::No, CancelFutures::Yes);
        self.pool.live.signal_all(ending);
    }
}

impl Builder<ProcessPoolExecutor> {
    /// After how many pieces of work a worker is replaced by a new one: a single task, or a chunk of
    /// [`map_with`](Executor::map_with). By default never.
    pub fn max_tasks_per_child(mut self, tasks: usize) -> Self {
        self.max_tasks_per_child = Some(tasks);
        self
    }

    /// What becomes of the pool when a worker dies.
    pub fn on_crash(mut self, on_crash: OnCrash) -> Self {
        self.on_crash = on_crash;
        self
    }

    /// Whether workers, and threads that wait for them, may spin for a moment before they sleep.
    pub fn spin(mut self, spin: Spin) -> Self {
        self.spin = spin;
        self
    }

    /// Makes the pool.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidSetting`] if a number is 0, [`Error::NotInitialised`] if [`worker::init`] has not been
    /// called at the start of `main`, or with two task types of the same name: a child would then run the
    /// program's `main` in place of tasks, or one type in place of the other. [`Error::Initializer`] if the
    /// initializer's type was not registered, or it cannot be encoded.
    pub fn build(self) -> Result<ProcessPoolExecutor, Error> {
        start::check()?;
        let max = self.workers(machine::cpus_available)?;
        let prefix = self.prefix("speedup-worker");
        let initializer = self.initializer.as_ref().map(Initializer::encode).transpose()?;
        let initializer = initializer.or(self.encoded_initializer);
        let task_limit = match self.max_tasks_per_child {
            Some(0) => return Err(Error::InvalidSetting { setting: "max_tasks_per_child" }),
            limit => limit.unwrap_or(usize::MAX),
        };
        let cpus = machine::cpus_available();
        let spins = self.spin == Spin::Adaptive && max <= cpus;
        let crew = Crew {
            prefix,
            first_worker: self.first_worker,
            task_limit,
            on_crash: self.on_crash,
            initializer,
            annex: !self.passes_on,
            spin: if spins { spinner::LONGEST } else { Duration::ZERO },
            // A thread that passes tasks on has others to do.
            room: if spins && !self.passes_on { crowding::LONGEST } else { Duration::ZERO },
            cpus,
            supervise: supervisor::run,
        };
        Ok(ProcessPoolExecutor { pool: Pool::new(max, crew) })
    }
}

impl Drop for ProcessPoolExecutor {
    fn drop(&mut self) {
        self.pool.shutdown(Wait::Yes, CancelFutures::No);
    }
}

impl Executor for ProcessPoolExecutor {
    fn execute(&self, work: Work) -> Result<(), Error> {
        self.pool.shell.lives.check()?;
        let registered = work.registered()?;
        self.pool.make_room();
        match Item::encode(work, registered, &self.pool.arena) {
            Ok(item) => self.pool.push(item),
            // It is this thread's own task, and no one has its future yet.
            Err(deferred) => {
                deferred.run();
                Ok(())
            }
        }
    }

    fn max_workers(&self) -> usize {
        self.pool.shell.max()
    }

    fn shutdown(&self, wait: Wait, queued: CancelFutures) {
        self.pool.shutdown(wait, queued);
    }

    fn worker_lives(&self) -> Vec<WorkerLife> {
        self.pool.shell.lives.get()
    }
}

/// Entry in the registry.
#[derive(Debug)]
pub(super) struct Kind;

impl ExecutorKind for Kind {
    fn name(&self) -> &'static str {
        "processes"
    }

    fn summary(&self) -> &'static str {
        "a pool of worker processes, the program started again"
    }

    fn start(&self, workers: usize) -> Result<Box<dyn Executor>, Error> {
        Ok(Box::new(ProcessPoolExecutor::new(workers)?))
    }
}
