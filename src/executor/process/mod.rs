//! Workers that are processes: this very program, started again.
//!
//! Each worker has a socket of its own to a lane, a thread in the parent that hands it one task
//! at a time. The program is executed anew and never just forked: a fork copies one thread out of
//! many, with whatever locks the others held.
//!
//! * this file: the pool, on the parent's side
//! * `lane`: what the pool does for one worker after the other
//! * `child`: one worker process as the parent sees it
//! * `roster`: the workers that are there, to be ended from outside
//! * [`worker`]: the same process from inside
//! * `hello` and `frame`: what a worker says first, and how the channel is cut into messages

mod child;
mod frame;
#[cfg(test)]
mod fuzz;
mod hello;
mod lane;
mod roster;
pub mod worker;

use std::sync::Arc;

use self::lane::{Crew, drive};
use self::roster::Roster;
use super::Executor;
use super::error::Error;
use super::kind::ExecutorKind;
use super::pool::builder::Builder;
use super::pool::lanes::{Lane, Lanes, Stack};
use super::pool::life::WorkerLife;
use super::pool::policy::{CancelFutures, OnCrash, Wait};
use super::work::Work;
use crate::sys::channel::Ending;
use crate::sys::machine;

/// A pool of processes that take tasks from one queue in the order of submission.
///
/// When a worker dies, the pool is broken: every task that is queued or running gets
/// [`Error::BrokenPool`], the other workers are stopped, and nothing more can be submitted. With
/// [`OnCrash::FailTaskAndReplace`] only the task that the worker had is lost. A worker that dies while
/// it is idle is noticed when it is to have its next task.
///
/// ```
/// # fn main() { example().unwrap() }
/// # fn example() -> Result<(), speedup::executor::Error> {
/// # use speedup::executor::{OnCrash, ProcessPoolExecutor, worker};
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
    lanes: Lanes,
    roster: Arc<Roster>,
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
        self.lanes.shutdown(Wait::No, CancelFutures::Yes);
        self.roster.signal_all(ending);
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

    /// Makes the pool.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidSetting`] if a number is 0, [`Error::Spawn`] if [`worker::init`] has not been
    /// called: a child would then run the program's `main` in place of tasks.
    pub fn build(self) -> Result<ProcessPoolExecutor, Error> {
        worker::check_initialised().map_err(|reason| Error::Spawn { worker: 0, reason })?;
        let max = self.workers(machine::cpus_available)?;
        let task_limit = match self.max_tasks_per_child {
            Some(0) => return Err(Error::InvalidSetting { setting: "max_tasks_per_child" }),
            limit => limit.unwrap_or(usize::MAX),
        };
        let roster = Arc::new(Roster::default());
        let crew = Crew {
            prefix: self.prefix("speedup-worker"),
            task_limit,
            on_crash: self.on_crash,
            initializer: self.initializer,
            roster: Arc::clone(&roster),
        };
        // The threads in the parent are named for what they are, the processes as the user wishes.
        let body = move |lane: &Lane| drive(lane, &crew);
        Ok(ProcessPoolExecutor {
            lanes: Lanes::new(max, "lane".to_string(), Stack::Deep, Arc::new(body)),
            roster,
        })
    }
}

impl Executor for ProcessPoolExecutor {
    fn execute(&self, work: Work) -> Result<(), Error> {
        self.lanes.push(work)
    }

    fn max_workers(&self) -> usize {
        self.lanes.max()
    }

    fn shutdown(&self, wait: Wait, queued: CancelFutures) {
        self.lanes.shutdown(wait, queued);
    }

    fn worker_lives(&self) -> Vec<WorkerLife> {
        self.lanes.lives().get()
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
