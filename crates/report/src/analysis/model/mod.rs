//! What an analysis says: plain data for reports, nothing computed here.
//!
//! Times are in seconds. Everything that may be missing is optional, because a run may have failed,
//! been cut short, or come from a system or a publication that gives less.

mod account;
mod laws;
mod outside;
mod sizes;
mod timeline;

use serde::Serialize;
use speedup_machine::placement::Knee;

use super::predict::model::Suggestion;
use crate::record::{Around, Data, Design, Environment, HostsRecord, Pinned, PoolMode, Status, Stop, Waits};
use crate::stats::Quantity;

pub use account::{Account, HostAccount, HostLoss, Loss, LossPart, LossRow};
pub use laws::{Crossover, Law, Scaling};
pub use outside::{Best, Command, OutsideFigures};
pub use sizes::{Crossing, TaskCrossing, TaskCurve, TaskPoint, TaskTimes};
pub use timeline::{Lane, Segment, State, Timeline};

/// What a run says about scaling.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Analysis {
    /// Name of the run.
    pub name: String,
    /// The program that measured, with its version.
    pub program: String,
    /// Whether that was a peer, and not this tool.
    pub peer: bool,
    /// Name that it shares with the runs whose rounds took turns with its own.
    pub turns: Option<String>,
    /// Start of the run, RFC 3339, UTC.
    pub created: String,
    /// The machine in a few words.
    pub machine: String,
    /// How the samples were ordered in time.
    pub design: Design,
    /// Whether starting and ending the pools is part of the times.
    pub pool: PoolMode,
    /// The CPUs to which workers were kept; absent where the scheduler chose.
    pub pin: Option<Pinned>,
    /// How far the run got.
    pub status: Status,
    /// How much was measured, and how well.
    pub effort: Effort,
    /// How the widest interval narrowed with time, in a run of more than a minute.
    pub narrowing: Vec<Narrowed>,
    /// The workloads, in the order of their columns.
    pub workloads: Vec<WorkloadColumn>,
    /// The executors with their rows; the serial baseline is in the columns instead.
    pub executors: Vec<ExecutorTable>,
    /// From which size of job on processes cost little more than threads.
    pub crossovers: Vec<Crossover>,
    /// How long tasks take by the size of their arrays, for each workload that has several.
    pub task_times: Vec<TaskTimes>,
    /// The machine and the build.
    pub environment: Environment,
    /// The hosts that had workers, where those are on others than this machine.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hosts: Option<Box<HostsRecord>>,
    /// How busy others kept the machine.
    pub conditions: Around,
}

/// How much was measured, and how well.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Effort {
    /// Counted rounds, whole or not.
    pub rounds: u32,
    /// Those that have every case; the others measured the cases whose speedups were known worst.
    pub whole: u32,
    /// Rounds that were run to warm up, and left out by that rule.
    pub warmup_rounds: u32,
    /// Why the run ended where it did; absent if it did not come to its end.
    pub stop: Option<Stop>,
    /// Half-width of the interval, relative to the speedup, that was asked for.
    pub precision: Option<f64>,
    /// The case with the widest interval and its relative half-width.
    pub widest: Option<(String, f64)>,
    /// Cases of pools whose speedup has no interval, each with the reason.
    pub without_interval: Vec<NoInterval>,
    /// Samples during which the program stood still; no figure is made from them.
    pub apart: Vec<Apart>,
    /// Rounds that stand out, with the reason. They are counted like all others.
    pub noisy: Vec<NoisyRound>,
    /// That most rounds were disturbed, so that none of them stands out.
    pub unsteady: Option<Unsteady>,
}

/// The widest interval after a time.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Narrowed {
    /// Seconds of the run.
    pub after_s: f64,
    /// Its half-width, relative to the speedup.
    pub widest: f64,
}

/// A case whose speedup has no interval.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct NoInterval {
    /// The case.
    pub case: String,
    /// What it has instead, as in `has 1 sample, and an interval needs 2`.
    pub reason: String,
}

/// A sample during which the program stood still.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Apart {
    /// The case.
    pub case: String,
    /// Number of the round.
    pub round: u32,
    /// For how long.
    pub still_s: f64,
    /// Whether the machine was suspended; if not, it is a gap that nothing explains.
    pub suspended: bool,
}

/// A run most of whose rounds were disturbed.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Unsteady {
    /// How many of the counted rounds.
    pub rounds: usize,
    /// The first of them.
    pub example: NoisyRound,
}

/// A round in which something was not as in the others.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct NoisyRound {
    /// Number of the round.
    pub round: u32,
    /// What stands out.
    pub reason: String,
}

/// A workload, its serial baseline, and what limits its speedup whatever the executor.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct WorkloadColumn {
    /// Name in the plan.
    pub name: String,
    /// Head of its columns.
    pub label: String,
    /// Name on the command line.
    pub workload: String,
    /// Name of the kernel that computed.
    pub kernel: String,
    /// What the kernel came down to on that machine, where it left that to the processor.
    pub backend: Option<String>,
    /// That its jobs wait, where they do that rather than compute.
    pub waits: Option<Waits>,
    /// The command, where the batch is one or many executions of a program.
    pub command: Option<Command>,
    /// How the arrays reached the workers.
    pub data: Data,
    /// Times that each job computed over its array.
    pub passes: u32,
    /// Bytes of all arrays.
    pub bytes: usize,
    /// Number of jobs in the batch.
    pub jobs: usize,
    /// Digest of each job's result; empty where none are known.
    #[serde(skip)]
    pub digests: Vec<String>,
    /// The batch run by a plain loop; both arms where there are two.
    pub serial: Cell,
    /// Ratio of the two arms of the serial baseline: its interval is the noise floor.
    pub floor: Option<Quantity>,
    /// What the sizes of the jobs allow, by ascending number of workers.
    pub bounds: Vec<Bound>,
    /// What the hardware allows, by ascending number of workers.
    pub ceilings: Vec<Ceiling>,
    /// The same of the hosts that had as many workers together, over one worker of this machine.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub ceilings_over_hosts: Vec<Ceiling>,
    /// The same in every way in which it was measured, the first included; empty where a record tells of no ways.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub ceiling_ways: Vec<CeilingWay>,
    /// What would gain most, where that is sure: of the cases that stand for the executors.
    pub suggestion: Option<Suggestion>,
}

/// What the sizes of the jobs allow on some number of workers.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Bound {
    /// Number of workers.
    pub workers: usize,
    /// The granularity bound: the highest speedup of any schedule.
    pub speedup: f64,
    /// Whether that is exact; if not, the true one may be higher, at most [`Bound::at_most`].
    pub exact: bool,
    /// No schedule has a higher speedup than this.
    pub at_most: f64,
    /// The speedup of the batch's own order, each job to the worker that is free first.
    pub in_order: f64,
}

/// What the hardware allows on some number of workers.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Ceiling {
    /// Number of workers.
    pub workers: usize,
    /// Work done by that many pinned threads without any queue, over that of one.
    pub speedup: Quantity,
}

/// The ceiling of the hardware, measured in one way.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CeilingWay {
    /// The order of CPUs, by name.
    pub order: &'static str,
    /// Where one more worker shares what fewer did not.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub knees: Vec<Knee>,
    /// Bytes that one thread reads and writes in a second, where the threads did nothing else; absent where they did the
    /// work of the workload.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bytes_per_s: Option<f64>,
    /// What it allows, by ascending number of workers.
    pub ceilings: Vec<Ceiling>,
}

/// One executor's table.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ExecutorTable {
    /// Name of the executor.
    pub executor: String,
    /// Rows by ascending number of workers.
    pub rows: Vec<Row>,
    /// Laws of scaling, one per workload, in the order of [`Analysis::workloads`].
    pub scaling: Vec<Scaling>,
}

/// One number of workers.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Row {
    /// Number of workers.
    pub workers: usize,
    /// Whether that is more than the CPUs that the run could use.
    pub oversubscribed: bool,
    /// One cell per workload, in the order of [`Analysis::workloads`].
    pub cells: Vec<Cell>,
}

/// What is known about one case.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case", tag = "state")]
pub enum Cell {
    /// It was measured.
    Measured(Box<Estimate>),
    /// It failed, for the reason given.
    Failed {
        /// The first failure's message.
        reason: String,
    },
    /// It was not part of the run, or the run ended before it.
    NotMeasured,
}

impl Cell {
    /// The figures, if there are any.
    #[must_use]
    pub fn estimate(&self) -> Option<&Estimate> {
        match self {
            Self::Measured(estimate) => Some(estimate),
            Self::Failed { .. } | Self::NotMeasured => None,
        }
    }
}

/// The figures of one case.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Estimate {
    /// Number of samples.
    pub runs: usize,
    /// Mean time.
    pub mean_s: f64,
    /// Least time.
    pub min_s: f64,
    /// Greatest time.
    pub max_s: f64,
    /// Sample standard deviation.
    pub sd_s: f64,
    /// Mean time of one worker of the same executor over this mean time: the book's factor.
    pub factor: Option<f64>,
    /// Mean time of the serial baseline over this mean time.
    pub speedup: Option<Quantity>,
    /// The same over the rounds that do not stand out; absent where none does, or all do.
    pub quiet: Option<Quantity>,
    /// Speedup over the number of workers.
    pub efficiency: Option<Quantity>,
    /// The serial fraction of Karp and Flatt; absent for one worker.
    pub karp_flatt: Option<Quantity>,
    /// Median over the samples of the time that is neither generating nor computing: the case's
    /// time less the busy time of its busiest worker. Absent without raw samples.
    pub overhead_s: Option<f64>,
    /// Where the missing speedup went. Absent without raw samples or serial baseline.
    pub account: Option<Account>,
    /// On which CPUs its tasks ran. Absent where that is not known, or where workers were on several machines.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cpus: Option<CpusUsed>,
    /// How much of it was waiting; only of jobs that wait.
    pub waiting: Option<Waiting>,
    /// The counted rounds, in the order of time.
    pub rounds: Vec<RoundPoint>,
    /// What every worker did in the sample of median time.
    pub timeline: Option<Timeline>,
    /// What else is known of it from outside, where it is a program.
    pub outside: Option<OutsideFigures>,
}

/// On which CPUs the tasks of a case ran.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CpusUsed {
    /// The CPUs on which a task began or ended, by ascending number.
    pub cpus: Vec<usize>,
    /// How often, for each task, a worker was on another CPU than when it was looked at before: at the begin and at the
    /// end of each task. It may have moved more often between two looks.
    pub moves_per_task: f64,
}

/// One execution of a case among the counted rounds.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RoundPoint {
    /// Number of the round.
    pub round: u32,
    /// When the execution began, in seconds of the run.
    pub start_s: f64,
    /// Its time.
    pub wall_s: f64,
    /// Mean time of the serial baseline in the same round, if it is there.
    pub serial_s: Option<f64>,
    /// Time that a hypervisor took during it, over all CPUs.
    pub steal_s: Option<f64>,
    /// The clock as probed around it, in Hz.
    pub clock_hz: Option<f64>,
    /// The issue width as probed around it, in operations per cycle.
    pub width: Option<f64>,
}

/// How much of a case was waiting, and what it came to.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Waiting {
    /// Share of the time of all tasks in which they had no CPU: they waited for the server, and where there
    /// are more of them than CPUs, or one thread for all, for their turn.
    pub share: Quantity,
    /// The share of the worker that waited least.
    pub least: f64,
    /// The share of the worker that waited most.
    pub greatest: f64,
    /// Jobs done in a second: those of the batch over its mean time.
    pub jobs_per_s: f64,
}
