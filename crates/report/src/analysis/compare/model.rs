//! What a comparison of runs says: plain data for reports.
//!
//! `a` are the runs before, `b` those after. Times are in seconds; a ratio is B over A, so that what
//! is above 1 has become slower.

use serde::Serialize;

use super::super::model::Loss;
use crate::stats::{Interval, Quantity};

/// Two sides of runs, case by case.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Comparison {
    /// What follows from all cases.
    pub outcome: Outcome,
    /// The runs before, in the order of time.
    pub a: Vec<RunName>,
    /// The runs after, in the order of time.
    pub b: Vec<RunName>,
    /// Change of what is compared, as a share of it, up to which a case counts as unchanged.
    pub threshold: f64,
    /// What is compared.
    pub measure: Measure,
    /// What it takes to decide; absent where there is a decision.
    pub needed: Option<Needed>,
    /// Whether both sides are one and the same run.
    pub same_run: bool,
    /// Whether the runs took turns: as many of each side, each pair over before the next began.
    pub turns: bool,
    /// Whether both ran in the same rounds, so that the executions of a round are compared with each other.
    pub same_rounds: bool,
    /// Why the runs should not be compared; empty if they may.
    pub differences: Vec<Difference>,
    /// What else differs, as the build or the kernel: it may be what the comparison is about.
    pub remarks: Vec<Difference>,
    /// The workloads that both runs have.
    pub workloads: Vec<WorkloadComparison>,
}

/// What is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Measure {
    /// Times, of runs on one machine.
    Times,
    /// Times as shares of the serial baseline's in the same rounds, and so speedups and losses, which mean something
    /// on different machines too. Worker-seconds of a change are in the unit of one serial time then.
    Speedups,
}

/// What it takes to decide, as far as it can be told from the scatter so far.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Needed {
    /// More counted rounds in each run; absent where rounds do not help.
    pub rounds: Option<u64>,
    /// More runs of each side, in turns; absent where they are not needed.
    pub runs: Option<u64>,
    /// The cases for which no number can be given, each with the reason.
    pub unknown: Vec<String>,
}

/// Which run it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct RunName {
    /// Name of the run.
    pub name: String,
    /// Start of the run, RFC 3339, UTC.
    pub created: String,
    /// Source revision of the program; absent where unknown.
    pub revision: Option<String>,
}

/// Something that is not the same in both runs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Difference {
    /// What it is.
    pub what: String,
    /// What it was before.
    pub a: String,
    /// What it was after.
    pub b: String,
}

impl std::fmt::Display for Difference {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}, then {}", self.what, self.a, self.b)
    }
}

/// One workload in both runs.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct WorkloadComparison {
    /// Name on the command line.
    pub name: String,
    /// Head of its tables.
    pub label: String,
    /// The cases that both runs measured, the serial baseline first.
    pub cases: Vec<CaseComparison>,
    /// The cases that both runs were to measure, but that one did not.
    pub missing: Vec<MissingCase>,
}

/// A case that a run was to measure and did not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct MissingCase {
    /// The executor and the number of workers.
    pub case: String,
    /// Which run lacks it, and why.
    pub reason: String,
}

/// One case in both runs.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct CaseComparison {
    /// Name of the executor.
    pub executor: String,
    /// Number of workers.
    pub workers: usize,
    /// Mean time before, in seconds.
    pub a_s: f64,
    /// Mean time after, in seconds.
    pub b_s: f64,
    /// Speedup before; absent where times are compared.
    pub a_speedup: Option<f64>,
    /// Speedup after; absent where times are compared.
    pub b_speedup: Option<f64>,
    /// Counted rounds of all runs before; of processes, where each measured a few rounds.
    pub a_rounds: usize,
    /// The same of all runs after.
    pub b_rounds: usize,
    /// Mean time after over mean time before, as far as the executions within the runs tell; where speedups are
    /// compared, the speedup before over the speedup after.
    pub ratio: Quantity,
    /// The same of two arms of the side before in the same rounds, which differ in nothing: mean time of the second
    /// over that of the first. Absent where there is no second arm.
    pub again: Option<Quantity>,
    /// How far the machine may have changed between the runs.
    pub drift: Drift,
    /// The interval of the ratio from how pairs of runs differ from each other; absent where runs did not take
    /// turns, or are too few.
    pub between: Option<Interval>,
    /// The interval of the ratio, wider by the drift; where there is one between pairs of runs, the shortest that
    /// holds that too, which has all drift in it. Absent where two arms of the side before differ too much for an
    /// interval.
    pub with_drift: Option<Interval>,
    /// What follows from the intervals and the threshold.
    pub verdict: Verdict,
    /// Where the change comes from; absent without raw samples or serial baseline.
    pub change: Option<Change>,
}

impl CaseComparison {
    /// The executor and the number of workers, as in `threads/2`.
    #[must_use]
    pub fn name(&self) -> String {
        name_of(&self.executor, self.workers)
    }

    /// Whether the case is, as measured, excluded from taking longer by more than `threshold`: the
    /// interval within the runs ends below that, also with the clock of run A. The drift that may
    /// have made a regression up is not held against one that is not there.
    #[must_use]
    pub fn excludes_regression(&self, threshold: f64) -> bool {
        self.ratio.interval.is_some_and(|interval| interval.high / self.faster_clock() <= 1.0 + threshold)
    }

    /// What a faster clock after has made of a time, at most 1.
    pub(super) fn faster_clock(&self) -> f64 {
        self.drift.clock.map_or(1.0, |clock| clock.min(1.0))
    }
}

/// `threads/2`, or `serial`.
pub(super) fn name_of(executor: &str, workers: usize) -> String {
    if executor == crate::record::BASELINE { executor.to_string() } else { format!("{executor}/{workers}") }
}

/// The change N·T(B) − N·T(A) as worker time per execution of the batch, row by row.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Change {
    /// Worker time of an execution before, N·T(A), in seconds.
    pub a_worker_seconds: f64,
    /// The whole change, in worker-seconds.
    pub worker_seconds: Quantity,
    /// What it is made of; the rows sum to it.
    pub rows: Vec<ChangeRow>,
    /// Sum of the rows less the change, in worker-seconds: rounding alone.
    pub residual: f64,
}

impl Change {
    /// The row that moved most in the direction of the whole change.
    #[must_use]
    pub fn largest(&self) -> Option<&ChangeRow> {
        let direction = self.worker_seconds.value.signum();
        let moved = |row: &&ChangeRow| row.worker_seconds.value * direction;
        let rows = self.rows.iter().filter(|row| moved(row) > 0.0);
        rows.max_by(|one, other| moved(one).total_cmp(&moved(other)))
    }
}

/// One row of a change.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct ChangeRow {
    /// The loss that grew or shrank. [`Loss::SlowerTasks`] stands for the CPU time of the tasks as a
    /// whole, that of the work itself included: the reference is run A, not the serial baseline.
    pub loss: Loss,
    /// By how much, in worker-seconds per execution.
    pub worker_seconds: Quantity,
    /// The same as a share of [`Change::a_worker_seconds`].
    pub share: f64,
    /// What it consists of, as far as that is known; the parts sum to the row.
    pub parts: Vec<ChangePart>,
}

impl ChangeRow {
    /// Whether the interval leaves no doubt that the row moved at all.
    #[must_use]
    pub fn is_beyond_doubt(&self) -> bool {
        self.worker_seconds.interval.is_some_and(|interval| interval.low > 0.0 || interval.high < 0.0)
    }
}

/// A part of a row.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct ChangePart {
    /// What it is.
    pub name: &'static str,
    /// How much, in worker-seconds per execution.
    pub worker_seconds: Quantity,
}

/// How far the machine itself may have changed from one run to the other.
///
/// The samples of one run say nothing of another hour. What they do say is how far equal things lay
/// apart within it, what clock and width the probe found, and how much of the CPU others had; a change
/// that these may explain is not laid on the program.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Drift {
    /// The noise floor: how far from 1 the interval of the ratio of two equal serial arms reaches,
    /// the larger of both runs; of runs in the same rounds, of two arms of the side before. Absent where there is no
    /// second arm.
    pub floor: Option<f64>,
    /// How far the later half of a run's rounds lies from the earlier half, relative to that: the largest
    /// of both runs, and of the case itself and the serial baseline; absent where one was executed less
    /// than four times.
    pub halves: Option<f64>,
    /// How far the runs of one side lie apart, relative to the fastest: the larger of both sides, or their sum where
    /// they did not take turns; the larger of the case itself and the serial baseline. Absent where each side has one
    /// run.
    pub runs: Option<f64>,
    /// What the probed clocks make of a time: run A's over run B's; absent without probes.
    pub clock: Option<f64>,
    /// What clock and issue width together make of the time of code that fills the core.
    pub throughput: Option<f64>,
    /// What others make of a time who want the same CPUs: the serial baseline's time over the part of it
    /// in which it did not have to wait for a CPU, run B's over run A's; absent without raw samples. A
    /// single thread that computes waits for nothing but other programs.
    pub contention: Option<f64>,
    /// The hardware ceiling of as many workers as the case has, run A's over run B's: what others had of
    /// the other CPUs. A slower kernel is slower for one thread as well and drops out. Absent where a
    /// run holds no ceiling.
    pub capacity: Option<f64>,
}

/// What follows from one case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// The whole interval, wider by the drift, lies above 1 + threshold.
    Regression,
    /// The whole interval, wider by the drift, lies below 1 − threshold.
    Improvement,
    /// The whole interval, as measured within the runs, lies within 1 ± threshold.
    NoChange,
    /// Anything else, or there is no interval.
    Inconclusive,
}

impl Verdict {
    /// What reports call it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Regression => "regression",
            Self::Improvement => "improvement",
            Self::NoChange => "no change",
            Self::Inconclusive => "inconclusive",
        }
    }
}

/// What follows from all cases.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// Every case is excluded from having become slower by more than the threshold, as
    /// [`CaseComparison::excludes_regression`] says, and no case is missing; or both sides are the same run.
    NoRegression,
    /// Some case is a regression.
    Regression,
    /// Neither.
    Inconclusive,
}
