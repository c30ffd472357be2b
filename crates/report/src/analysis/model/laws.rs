//! The shape of what is said over all numbers of workers.

use serde::Serialize;

use crate::analysis::scaling::{Amdahl, Usl};

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
