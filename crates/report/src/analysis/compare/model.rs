//! What a comparison of two runs says: plain data for reports.
//!
//! `a` is the run before, `b` the run after. Times are in seconds; a ratio is B over A, so that what
//! is above 1 has become slower.

use serde::Serialize;

use super::super::model::Loss;
use crate::stats::{Interval, Quantity};

/// Two runs, case by case.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Comparison {
    /// The run before.
    pub a: RunName,
    /// The run after.
    pub b: RunName,
    /// Change of a time, as a share of it, up to which a case counts as unchanged.
    pub threshold: f64,
    /// What follows from all cases.
    pub outcome: Outcome,
    /// Why the runs should not be compared; empty if they may.
    pub differences: Vec<Difference>,
    /// What else differs, as the build or the kernel: it may be what the comparison is about.
    pub remarks: Vec<Difference>,
    /// The workloads that both runs have.
    pub workloads: Vec<WorkloadComparison>,
}

/// Which run it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
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

/// A case that one of the runs was to measure and did not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct MissingCase {
    /// The executor and the number of workers.
    pub case: String,
    /// Which run lacks it, and why.
    pub reason: String,
}

/// One case in both runs.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CaseComparison {
    /// Name of the executor.
    pub executor: String,
    /// Number of workers.
    pub workers: usize,
    /// Mean time before.
    pub a_s: f64,
    /// Mean time after.
    pub b_s: f64,
    /// Mean time after over mean time before, as far as the executions within each run tell.
    pub ratio: Quantity,
    /// How far the machine may have changed between the runs.
    pub drift: Drift,
    /// The interval of the ratio, wider by that.
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
        let faster_clock = self.drift.clock.map_or(1.0, |clock| clock.min(1.0));
        self.ratio.interval.is_some_and(|interval| interval.high / faster_clock <= 1.0 + threshold)
    }
}

/// `threads/2`, or `serial`.
pub(super) fn name_of(executor: &str, workers: usize) -> String {
    if executor == crate::record::BASELINE { executor.to_string() } else { format!("{executor}/{workers}") }
}

/// The change N·T(B) − N·T(A) as worker time per execution of the batch, row by row.
#[derive(Debug, Clone, PartialEq, Serialize)]
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
pub struct Drift {
    /// The noise floor: how far from 1 the interval of the ratio of two equal serial arms reaches,
    /// the larger of both runs; absent where a run has no second arm.
    pub floor: Option<f64>,
    /// How far the later half of a run's rounds lies from the earlier half, relative to that: the largest
    /// of both runs, and of the case itself and the serial baseline; absent where one was executed less
    /// than four times.
    pub halves: Option<f64>,
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
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// Every case is excluded from having become slower by more than the threshold, as
    /// [`CaseComparison::excludes_regression`] says, and no case is missing.
    NoRegression,
    /// Some case is a regression.
    Regression,
    /// Neither.
    Inconclusive,
}
