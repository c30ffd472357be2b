//! What an analysis says: plain data for reports, nothing computed here.
//!
//! Times are in seconds. Everything that may be missing is optional, because a run may have failed,
//! been cut short, or come from a system or a publication that gives less.

use serde::Serialize;

use super::scaling::{Amdahl, Usl};
use crate::record::{Around, Design, Environment, PoolMode, Status, Stop};
use crate::stats::Quantity;

/// What a run says about scaling.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Analysis {
    /// Name of the run.
    pub name: String,
    /// Start of the run, RFC 3339, UTC.
    pub created: String,
    /// The machine in a few words.
    pub machine: String,
    /// How the samples were ordered in time.
    pub design: Design,
    /// Whether starting and ending the pools is part of the times.
    pub pool: PoolMode,
    /// How far the run got.
    pub status: Status,
    /// How much was measured, and how well.
    pub effort: Effort,
    /// The workloads, in the order of their columns.
    pub workloads: Vec<WorkloadColumn>,
    /// The executors with their rows; the serial baseline is in the columns instead.
    pub executors: Vec<ExecutorTable>,
    /// From which size of job on processes cost little more than threads.
    pub crossovers: Vec<Crossover>,
    /// The machine and the build.
    pub environment: Environment,
    /// How busy others kept the machine.
    pub conditions: Around,
}

/// How much was measured, and how well.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Effort {
    /// Counted rounds, whole or not.
    pub rounds: u32,
    /// Rounds that were run to warm up, and left out by that rule.
    pub warmup_rounds: u32,
    /// Why the run ended where it did; absent if it did not come to its end.
    pub stop: Option<Stop>,
    /// Half-width of the interval, relative to the speedup, that was asked for.
    pub precision: Option<f64>,
    /// The case with the widest interval and its relative half-width.
    pub widest: Option<(String, f64)>,
    /// Rounds that stand out, with the reason. They are counted like all others.
    pub noisy: Vec<NoisyRound>,
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
    /// Name on the command line.
    pub name: String,
    /// Head of its columns.
    pub label: String,
    /// Number of jobs in the batch.
    pub jobs: usize,
    /// The batch run by a plain loop; both arms where there are two.
    pub serial: Cell,
    /// Ratio of the two arms of the serial baseline: its interval is the noise floor.
    pub floor: Option<Quantity>,
    /// What the sizes of the jobs allow, by ascending number of workers.
    pub bounds: Vec<Bound>,
    /// What the hardware allows, by ascending number of workers.
    pub ceilings: Vec<Ceiling>,
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
    /// The counted rounds, in the order of time.
    pub rounds: Vec<RoundPoint>,
    /// What every worker did in the sample of median time.
    pub timeline: Option<Timeline>,
}

/// An exact account of the gap between the number of workers and the speedup.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Account {
    /// Number of workers.
    pub workers: usize,
    /// Speedup over the rounds that the account is made of.
    pub speedup: f64,
    /// Number of workers less speedup.
    pub gap: f64,
    /// What the gap is made of, in units of speedup. Negative ones are gains.
    pub rows: Vec<LossRow>,
    /// Sum of the rows less the gap: rounding alone.
    pub residual: f64,
    /// Which rows the system could not tell apart, and why.
    pub notes: Vec<String>,
}

/// One line of an account.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LossRow {
    /// What was lost.
    pub loss: Loss,
    /// How much, in units of speedup.
    pub speedup: Quantity,
    /// How much, in worker-seconds per execution of the batch.
    pub worker_seconds: f64,
    /// What it consists of, as far as the system tells; empty if that is not known. They sum to the row.
    pub parts: Vec<LossPart>,
}

/// A part of a line.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LossPart {
    /// What it is.
    pub name: &'static str,
    /// How much, in units of speedup.
    pub speedup: Quantity,
}

/// Where worker time goes, other than into the work.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Loss {
    /// From the start of the case until the worker was ready.
    Spawn,
    /// From ready, or from a task's end, to the next task's begin.
    Dispatch,
    /// Idle workers at the end that no schedule of these jobs could avoid.
    Granularity,
    /// Idle workers at the end because of the order of the jobs.
    Ordering,
    /// Idle workers at the end because tasks took other times than they did serially.
    Jitter,
    /// Tasks that needed more CPU time than serially.
    SlowerTasks,
    /// Tasks that could have run but waited for a CPU.
    RunQueue,
    /// Tasks that neither ran, nor waited in a queue, nor gave up their CPU: taken by a hypervisor,
    /// or by interrupts.
    Steal,
    /// Tasks that gave up their CPU to wait for something.
    Blocking,
    /// The last three together, where the system does not tell them apart.
    Waiting,
    /// From the end of the last task until the pool was joined.
    Teardown,
    /// The serial loop's own time between its jobs, which no worker has to spend: a gain.
    SerialLoop,
}

impl Loss {
    /// Every loss, in the order of a report.
    pub const ALL: [Self; 12] = [
        Self::Spawn,
        Self::Dispatch,
        Self::Granularity,
        Self::Ordering,
        Self::Jitter,
        Self::SlowerTasks,
        Self::RunQueue,
        Self::Steal,
        Self::Blocking,
        Self::Waiting,
        Self::Teardown,
        Self::SerialLoop,
    ];

    /// What reports call it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Spawn => "spawn",
            Self::Dispatch => "dispatch",
            Self::Granularity => "granularity",
            Self::Ordering => "ordering",
            Self::Jitter => "jitter",
            Self::SlowerTasks => "slower tasks",
            Self::RunQueue => "run queue",
            Self::Steal => "steal",
            Self::Blocking => "blocking",
            Self::Waiting => "waiting",
            Self::Teardown => "teardown",
            Self::SerialLoop => "serial loop",
        }
    }

    /// What it means, in a few words.
    #[must_use]
    pub fn meaning(self) -> &'static str {
        match self {
            Self::Spawn => "workers not yet ready",
            Self::Dispatch => "ready workers between tasks",
            Self::Granularity => "idle at the end; no schedule of these jobs avoids it",
            Self::Ordering => "idle at the end because of the order of the jobs",
            Self::Jitter => "idle at the end because tasks took other times than serially",
            Self::SlowerTasks => "tasks needed more CPU time than serially",
            Self::RunQueue => "tasks waited for a CPU",
            Self::Steal => "a hypervisor or interrupts took the CPU",
            Self::Blocking => "tasks gave up their CPU to wait",
            Self::Waiting => "tasks did not run: run queue, steal and blocking together",
            Self::Teardown => "after the last task until the pool was joined",
            Self::SerialLoop => "what the serial loop spends between its jobs",
        }
    }
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
    /// Time that a hypervisor took meanwhile, over all CPUs.
    pub steal_s: Option<f64>,
    /// The clock as probed around it, in Hz.
    pub clock_hz: Option<f64>,
    /// The issue width as probed around it, in operations per cycle.
    pub width: Option<f64>,
}

/// What every worker did in one execution.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Timeline {
    /// The round that it is from.
    pub round: u32,
    /// Its length.
    pub wall_s: f64,
    /// The workers, by ascending number.
    pub lanes: Vec<Lane>,
}

/// One worker's part of a timeline.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Lane {
    /// Number of the worker.
    pub worker: usize,
    /// What it did, without gaps from the start to the end of the execution.
    pub segments: Vec<Segment>,
}

/// A stretch of a worker's time.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Segment {
    /// What the worker did.
    pub state: State,
    /// The job, if it ran one.
    pub job: Option<usize>,
    /// Begin, in seconds from the start of the execution.
    pub from_s: f64,
    /// End, in seconds from the start of the execution.
    pub to_s: f64,
}

/// What a worker does at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// Not yet ready.
    Spawn,
    /// Ready, waiting for a task.
    Dispatch,
    /// Running a task.
    Task,
    /// Done, while others still run tasks.
    Tail,
    /// All tasks are done; the pool ends.
    Teardown,
}

/// Laws of scaling over the numbers of workers of one executor and workload.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Scaling {
    /// Amdahl's law.
    pub amdahl: Law<Amdahl>,
    /// Gunther's universal scalability law.
    pub usl: Law<Usl>,
    /// COST (McSherry): the fewest workers whose speedup is above 1 with its whole interval.
    pub cost: Option<usize>,
}

/// A law as fitted, or why it was not.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Law<T> {
    /// The fit.
    Fitted(T),
    /// In a sentence, what keeps the parameters from being told.
    Refused(String),
}

/// From which size of job on processes cost little more than threads.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Crossover {
    /// Name of the workload.
    pub workload: String,
    /// Number of workers.
    pub workers: usize,
    /// Tasks in the batch.
    pub tasks: usize,
    /// What processes cost more than threads for starting and ending, in seconds of the batch's time.
    pub start_s: f64,
    /// What they cost more for each task, in worker-seconds.
    pub task_s: f64,
    /// Serial seconds of a job from which on processes take less than [`Crossover::share`] longer;
    /// 0 if they always do.
    pub job_s: f64,
    /// The share that is meant, 0.05.
    pub share: f64,
}
