//! One timed execution of a batch on a pool.

use std::time::Duration;

use super::hosts::{Before, OverHosts, Seen, StartOver};
use super::job::JobReport;
use super::look::Look;
use super::pinning::start;
use speedup_executor::{CancelFutures, Error, Executor, ExecutorKind, Task, Wait};
use speedup_machine::clock::monotonic_ns;
use speedup_mpi::MpiPoolExecutor;
use speedup_report::record::{HostSpan, MachineState, Outside, Pinned, Sample, TaskSpan, WorkerSpan};

/// One execution: everything of a [`Sample`] but its place in the run.
#[derive(Debug, Clone, PartialEq)]
pub struct Measured {
    /// When it began, in nanoseconds of the run.
    pub start_ns: u64,
    /// Nanoseconds from before the pool was started to after it was joined; of a warm pool, from
    /// before the first task was submitted to after the last result was there.
    pub wall_ns: u64,
    /// The workers' lives.
    pub workers: Vec<WorkerSpan>,
    /// The tasks' times.
    pub tasks: Vec<TaskSpan>,
    /// What the machine did in the meantime.
    pub machine: MachineState,
    /// The hosts that had workers, where those are other machines.
    pub hosts: Vec<HostSpan>,
    /// What was seen from outside, where it is one execution of a program.
    pub outside: Option<Box<Outside>>,
}

impl Measured {
    /// One of tasks, from when it began and how long it took.
    pub(super) fn of_tasks(
        (start_ns, wall_ns): (u64, u64),
        workers: Vec<WorkerSpan>,
        tasks: Vec<TaskSpan>,
    ) -> Self {
        Self {
            start_ns,
            wall_ns,
            workers,
            tasks,
            machine: MachineState::default(),
            hosts: Vec::new(),
            outside: None,
        }
    }

    /// Gives the execution its place in the run.
    #[must_use]
    pub fn into_sample(self, case: usize, round: u32, warmup: bool) -> Sample {
        Sample {
            case,
            round,
            warmup,
            start_ns: self.start_ns,
            wall_ns: self.wall_ns,
            workers: self.workers,
            tasks: self.tasks,
            machine: self.machine,
            hosts: self.hosts,
            outside: self.outside,
        }
    }
}

/// Where a batch is executed.
pub enum Pool {
    /// In a pool that is started and ended for it.
    Cold {
        /// What kind of pool.
        kind: &'static dyn ExecutorKind,
        /// How many workers.
        workers: usize,
        /// The CPUs to which they are kept.
        pin: Option<Pinned>,
    },
    /// In a pool that is there.
    Warm(Box<dyn Executor>),
    /// In a pool that this starts, and that is ended after it.
    Made(Start),
    /// The same on other hosts.
    Over(OverHosts, StartOver),
    /// On other hosts, in a pool that is there.
    WarmOver(OverHosts, MpiPoolExecutor),
}

impl Pool {
    /// Whether it is there before and after an execution.
    pub(super) fn is_warm(&self) -> bool {
        matches!(self, Self::Warm(_) | Self::WarmOver(..))
    }
}

/// Starts a pool.
pub type Start = Box<dyn Fn() -> Result<Box<dyn Executor>, Error>>;

/// The tasks of an execution, in the order of submission.
pub(super) struct Batch<T> {
    pub(super) tasks: Vec<T>,
    /// How long the parent sleeps before it submits each; nothing but a fault on purpose.
    pub(super) pause: Duration,
}

impl<T> Batch<T> {
    pub(super) fn of(tasks: impl Iterator<Item = T>) -> Self {
        Self { tasks: tasks.collect(), pause: Duration::ZERO }
    }
}

/// Executes a batch once, with a look at the machine before and after. Gives what the jobs have come to as well.
pub(super) fn execute<R, T: Task<Output = JobReport<R>>>(
    pool: &Pool,
    batch: Batch<T>,
) -> Result<(Measured, Vec<R>), String> {
    with_machine(|| match pool {
        Pool::Cold { kind, workers, pin } => cold(&|| start(*kind, *workers, pin.as_ref()), unseen, batch),
        Pool::Made(start) => cold(start, unseen, batch),
        Pool::Warm(pool) => warm(pool, unseen, batch),
        Pool::Over(over, start) => {
            let before = Before::of(over)?;
            cold(start, |pool| before.after(pool).map(Some), batch)
        }
        Pool::WarmOver(over, pool) => {
            let before = Before::of(over)?;
            warm(pool, |pool| before.after(pool).map(Some), batch)
        }
    })
}

/// What is to be seen of a pool on this machine besides what its workers tell.
#[expect(clippy::unnecessary_wraps, reason = "it stands where others may fail")]
fn unseen<E>(_: &E) -> Result<Option<Seen>, String> {
    Ok(None)
}

/// An execution, with a look at the machine before and after.
pub(super) fn with_machine<T>(
    execution: impl FnOnce() -> Result<(Measured, T), String>,
) -> Result<(Measured, T), String> {
    let before = Look::before();
    let (mut measured, results) = execution()?;
    measured.machine = before.until(&Look::after());
    Ok((measured, results))
}

/// Pool start, every job, results back, pool joined. What else is seen of it comes after that.
fn cold<E: Executor, R, T: Task<Output = JobReport<R>>>(
    start_pool: &dyn Fn() -> Result<E, Error>,
    see: impl FnOnce(&E) -> Result<Option<Seen>, String>,
    batch: Batch<T>,
) -> Result<(Measured, Vec<R>), String> {
    let mut submitted = Vec::with_capacity(batch.tasks.len());
    let start = monotonic_ns();
    let pool = start_pool().map_err(|error| error.to_string())?;
    let reports = pool.map(stamped(batch, &mut submitted));
    // Shutting down lets every job finish. To wait for the results one by one first would wake
    // this thread a dozen times, on a CPU that the workers need.
    pool.shutdown(Wait::Yes, CancelFutures::No);
    let reports: Reports<R> = reports.collect();
    let wall_ns = monotonic_ns() - start;

    let (reports, seen) = seen_with(reports, || see(&pool))?;
    let since = |time: u64| time.saturating_sub(start);
    let (tasks, results) = spans(reports, &submitted, start)?;
    let lives = seen.as_ref().map_or_else(|| pool.worker_lives(), Seen::lives);
    let workers = (lives.into_iter())
        .map(|life| WorkerSpan {
            worker: life.worker,
            spawned_ns: since(life.spawned_ns),
            ready_ns: since(life.ready_ns),
            ended_ns: since(life.ended_ns),
        })
        .collect();
    let mut measured = Measured::of_tasks((start, wall_ns), workers, tasks);
    if let Some(seen) = seen {
        seen.add_to(&mut measured, start, true);
    }
    Ok((measured, results))
}

/// Every job and the results back; the workers are there before and after.
fn warm<E: Executor, R, T: Task<Output = JobReport<R>>>(
    pool: &E,
    see: impl FnOnce(&E) -> Result<Option<Seen>, String>,
    batch: Batch<T>,
) -> Result<(Measured, Vec<R>), String> {
    let mut submitted = Vec::with_capacity(batch.tasks.len());
    let start = monotonic_ns();
    let reports: Reports<R> = pool.map(stamped(batch, &mut submitted)).collect();
    let wall_ns = monotonic_ns() - start;

    let (reports, seen) = seen_with(reports, || see(pool))?;
    let (tasks, results) = spans(reports, &submitted, start)?;
    let workers = (0..pool.max_workers())
        .map(|worker| WorkerSpan { worker, spawned_ns: 0, ready_ns: 0, ended_ns: wall_ns })
        .collect();
    let mut measured = Measured::of_tasks((start, wall_ns), workers, tasks);
    if let Some(seen) = seen {
        seen.add_to(&mut measured, start, false);
    }
    Ok((measured, results))
}

/// The reports of a batch, or why there is none.
type Reports<R> = Vec<Result<JobReport<R>, Error>>;

/// Reports of jobs, on this machine's clock, with what else was seen. Where a job failed, that is what is to be told.
fn seen_with<R>(
    reports: Reports<R>,
    see: impl FnOnce() -> Result<Option<Seen>, String>,
) -> Result<(Reports<R>, Option<Seen>), String> {
    let seen = if reports.iter().all(Result::is_ok) { see()? } else { None };
    let reports = match &seen {
        Some(seen) => reports.into_iter().map(|report| report.map(|report| seen.here(report))).collect(),
        None => reports,
    };
    Ok((reports, seen))
}

/// The tasks, each with a note of when it was asked for.
fn stamped<T>(batch: Batch<T>, submitted: &mut Vec<u64>) -> impl Iterator<Item = T> {
    let pause = batch.pause;
    batch.tasks.into_iter().inspect(move |_| {
        if !pause.is_zero() {
            std::thread::sleep(pause);
        }
        submitted.push(monotonic_ns());
    })
}

/// The tasks as spans from `start` on, and their results.
pub(super) fn spans<R>(
    reports: Reports<R>,
    submitted: &[u64],
    start: u64,
) -> Result<(Vec<TaskSpan>, Vec<R>), String> {
    let mut tasks = Vec::with_capacity(reports.len());
    let mut results = Vec::with_capacity(reports.len());
    for (job, report) in reports.into_iter().enumerate() {
        let report = report.map_err(|error| in_job(job, &error))?;
        tasks.push(report.span(job, report.worker, submitted[job], start));
        results.push(report.result.map_err(|fault| format!("job {job}: {fault}"))?);
    }
    Ok((tasks, results))
}

/// A broken pool is no fault of the job in whose place the error came back.
fn in_job(job: usize, error: &Error) -> String {
    match error {
        Error::BrokenPool { .. } | Error::Spawn { .. } => error.to_string(),
        _ => format!("job {job}: {error}"),
    }
}
