//! How long a task takes by the size of its array.

use serde::Serialize;

use crate::record::Data;
use crate::stats::Quantity;

/// The tasks of a workload whose arrays have several sizes, on one worker.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TaskTimes {
    /// Name of the workload on the command line.
    pub workload: String,
    /// Its name in words.
    pub label: String,
    /// Number of workers: the fewest that were measured.
    pub workers: usize,
    /// The ways in which the tasks were run.
    pub curves: Vec<TaskCurve>,
    /// Where processes come close to threads, for each way of passing data that both ran.
    pub crossings: Vec<TaskCrossing>,
}

/// Times of one executor with one way of passing data.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TaskCurve {
    /// Name of the executor.
    pub executor: String,
    /// How the arrays reached the workers.
    pub data: Data,
    /// By ascending size.
    pub points: Vec<TaskPoint>,
}

/// One size.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TaskPoint {
    /// Bytes of a task's array.
    pub bytes: usize,
    /// Seconds from when the task was submitted and its worker free to the end of its result: the
    /// median over the samples of the mean of their tasks of that size.
    pub seconds: Quantity,
}

/// The size at which processes cost a given share more than threads.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TaskCrossing {
    /// How the arrays reached the workers.
    pub data: Data,
    /// The share, as 0.05.
    pub share: f64,
    /// Where.
    pub place: Crossing,
}

/// Where one curve comes close to another.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Crossing {
    /// From that many bytes on, between two that were measured.
    From(f64),
    /// Every size that was measured costs less than that share more.
    EverySize,
    /// The largest size that was measured still costs more.
    NoSize,
}
