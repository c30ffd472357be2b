//! One timed execution of one case, with what every worker and every task did.
//!
//! All times are nanoseconds on one monotonic clock that parent and workers share, counted from
//! the start of the sample.

use serde::{Deserialize, Serialize};

/// One timed execution of one case: pool start, the batch, results back, pool joined.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sample {
    /// Index into the plan's cases.
    pub case: usize,
    /// The pass over the cases that this sample belongs to, counted from 0 within its kind:
    /// warm-up rounds and counted rounds each begin at 0.
    pub round: u32,
    /// Whether the sample was taken to warm up, and so is kept but not analysed.
    pub warmup: bool,
    /// Nanoseconds from before the pool was started to after it was joined.
    pub wall_ns: u64,
    /// The workers, in the order of their numbers. The serial baseline has none.
    pub workers: Vec<WorkerSpan>,
    /// The tasks, in the order of the batch.
    pub tasks: Vec<TaskSpan>,
}

/// The life of one worker within a sample.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WorkerSpan {
    /// Number of the worker, from 0.
    pub worker: usize,
    /// When the pool began to start it.
    pub spawned_ns: u64,
    /// When it could take its first task, by its own reading of the clock.
    pub ready_ns: u64,
    /// When the pool had seen it end: thread finished, process reaped.
    pub ended_ns: u64,
}

/// One task within a sample, as timed by the worker that ran it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TaskSpan {
    /// Position of the job in the batch.
    pub job: usize,
    /// Number of the worker that ran it.
    pub worker: usize,
    /// When the parent submitted it.
    pub submitted_ns: u64,
    /// When the worker began to run it.
    pub begin_ns: u64,
    /// When the worker had its result.
    pub end_ns: u64,
    /// CPU time of the worker's thread between begin and end.
    pub cpu_ns: u64,
    /// Time spent making the array.
    pub generate_ns: u64,
    /// Time spent computing on it.
    pub compute_ns: u64,
}

/// A case that could not be measured.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// Index into the plan's cases.
    pub case: usize,
    /// The round in which it failed; see [`Sample::round`].
    pub round: u32,
    /// Whether that was a warm-up round.
    pub warmup: bool,
    /// What went wrong, in one line.
    pub message: String,
}
