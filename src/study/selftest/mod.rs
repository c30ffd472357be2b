//! Proof that losses are attributed rightly: executions with a known fault and ones without.
//!
//! In every round each fault has a serial execution, one on a pool that behaves, and one on a pool
//! with the fault. What the fault costs is known beforehand, or measured by other means than those
//! that make the account. [`analysis::attribution`](speedup_report::analysis::attribution) then says where
//! the account found it.

mod batch;
mod fault;

use std::time::Duration;

pub use fault::TASKS;

use self::batch::{batch, jobs};
use self::fault::{Hog, Prepare};
use super::execute::{Batch, Measured, Pool, execute};
use super::job::JobReport;
use super::pinning::start_with;
use crate::workload::array::Answer;
use speedup_executor::{Task, registry};
use speedup_machine::affinity;
use speedup_report::record::Sample;

/// What is done wrong on purpose.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// Every worker sleeps before it is ready.
    SlowStart,
    /// Every worker sleeps before each task.
    SlowHandOver,
    /// One job is much larger than all others.
    GiantJob,
    /// The largest job comes last.
    AscendingOrder,
    /// Another thread keeps the worker's CPU busy.
    Hog,
    /// Workers do every job's work twice.
    DoubledWork,
    /// Every task sleeps.
    BlockingTask,
    /// Every worker sleeps when it ends.
    SlowExit,
}

impl Fault {
    /// Every fault, in the order of the losses that they cause.
    pub const ALL: [Self; 8] = [
        Self::SlowStart,
        Self::SlowHandOver,
        Self::GiantJob,
        Self::AscendingOrder,
        Self::DoubledWork,
        Self::Hog,
        Self::BlockingTask,
        Self::SlowExit,
    ];

    /// What it is, in a few words.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::SlowStart => "sleep at start",
            Self::SlowHandOver => "sleep before tasks",
            Self::GiantJob => "one giant job",
            Self::AscendingOrder => "largest job last",
            Self::Hog => "hog on the CPU",
            Self::DoubledWork => "work done twice",
            Self::BlockingTask => "tasks that sleep",
            Self::SlowExit => "sleep at exit",
        }
    }

    /// Workers of the pool: one shares its CPU with a hog, two have tails.
    #[must_use]
    pub fn workers(self) -> usize {
        if self == Self::Hog { 1 } else { 2 }
    }
}

/// One round of one fault on one executor.
#[derive(Debug, Clone, PartialEq)]
pub struct Trial {
    /// The fault.
    pub fault: Fault,
    /// Name of the executor.
    pub executor: &'static str,
    /// Number of the round.
    pub round: u32,
    /// What the fault costs, in nanoseconds of worker time.
    pub injected_ns: f64,
    /// The serial baseline of the executions without and with the fault, then those executions.
    pub control: [Sample; 2],
    /// The same with the fault.
    pub faulty: [Sample; 2],
}

/// The executors that can be tested.
pub const EXECUTORS: [&str; 3] = ["threads", "processes", "rayon"];

/// How long an injected sleep of each task takes.
const TASK_SLEEP: Duration = Duration::from_millis(4);
/// How long an injected sleep of each worker takes.
const WORKER_SLEEP: Duration = Duration::from_millis(40);

/// Executes one round of a fault.
///
/// # Errors
///
/// One line on what went wrong.
pub fn trial(fault: Fault, executor: &'static str, round: u32) -> Result<Trial, String> {
    let in_context = |error: String| format!("{} on {executor}: {error}", fault.name());
    let cpu = affinity::allowed_cpus().first().copied();
    let pinned = Prepare { cpu: cpu.filter(|_| fault == Fault::Hog), ..Prepare::default() };
    let (good, bad) = (jobs(fault, false), jobs(fault, true));
    let serial =
        |jobs: &[usize]| run("serial", 1, &Prepare::default(), batch(jobs, None)).map_err(in_context);
    let control = run(executor, fault.workers(), &pinned, batch(&good, None)).map_err(in_context)?;
    let control = [serial(&good)?, control];
    let baseline = if good == bad { control[0].clone() } else { serial(&bad)? };

    let hog = cpu.filter(|_| fault == Fault::Hog).map(Hog::start).transpose();
    let hog = hog.map_err(|error| in_context(format!("cannot start the hog: {error}")))?;
    let before = hog.as_ref().map(Hog::used_ns);
    let faulty = run(executor, fault.workers(), &prepare(fault, pinned), batch(&bad, Some(fault)));
    let used = hog.as_ref().map(Hog::used_ns).zip(before).map(|(after, before)| after - before);
    if let Some(hog) = hog {
        hog.stop();
    }
    let faulty = [baseline, faulty.map_err(in_context)?];
    let injected_ns = injected(fault, &faulty[0], bad.len(), used.unwrap_or(0));
    Ok(Trial {
        fault,
        executor,
        round,
        injected_ns,
        control: control.map(|measured| measured.into_sample(0, round, false)),
        faulty: faulty.map(|measured| measured.into_sample(0, round, false)),
    })
}

/// What the workers of a faulty pool do before their first task.
fn prepare(fault: Fault, prepare: Prepare) -> Prepare {
    let sleep_ns = WORKER_SLEEP.as_nanos() as u64;
    match fault {
        Fault::SlowStart => Prepare { start_ns: sleep_ns, ..prepare },
        Fault::SlowExit => Prepare { exit_ns: sleep_ns, ..prepare },
        _ => prepare,
    }
}

/// What the fault costs, without a look at the account: sleeps as they were asked for, work and
/// schedules from the serial times, the hog's own CPU time.
fn injected(fault: Fault, serial: &Measured, tasks: usize, hog_ns: u64) -> f64 {
    let times = serial.tasks.iter().map(|task| task.end_ns as f64 - task.begin_ns as f64);
    let cpu: f64 = serial.tasks.iter().map(|task| task.cpu_ns as f64).sum();
    let (work, largest) = (times.clone().sum::<f64>(), times.fold(0.0, f64::max));
    match fault {
        Fault::SlowStart | Fault::SlowExit => fault.workers() as f64 * WORKER_SLEEP.as_nanos() as f64,
        Fault::SlowHandOver | Fault::BlockingTask => tasks as f64 * TASK_SLEEP.as_nanos() as f64,
        Fault::DoubledWork => cpu,
        Fault::Hog => hog_ns as f64,
        // While one worker has the giant, the other does all else and then nothing.
        Fault::GiantJob => 2.0 * largest - work,
        // The small jobs fall evenly to both workers, then one of them begins the large one; the best
        // is to begin with it, or to divide the work evenly if it is the smaller part.
        Fault::AscendingOrder => work + largest - 2.0 * largest.max(work / 2.0),
    }
}

/// Executes a batch on a pool whose workers are prepared so.
fn run<T: Task<Output = JobReport<Answer>>>(
    executor: &str,
    workers: usize,
    prepare: &Prepare,
    batch: Batch<T>,
) -> Result<Measured, String> {
    let (executor, prepare) = (executor.to_string(), prepare.clone());
    let kind = registry::find(&executor).ok_or_else(|| format!("there is no executor {executor}"))?;
    let start = move || start_with(kind, workers, prepare.clone());
    let (measured, results) = execute(&Pool::Made(Box::new(start)), batch)?;
    if results.is_empty() { Err("no job came back".to_string()) } else { Ok(measured) }
}
