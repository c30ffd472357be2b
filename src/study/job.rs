//! A job of a workload as a task that times itself.
//!
//! This wrapper is what runs inside a worker, be it a thread or a process, and the only code there
//! that reads a clock.

use std::sync::OnceLock;

use serde::{Deserialize, Serialize};

use crate::executor::task::TaskEntry;
use crate::executor::{Task, current_worker, worker};
use crate::sys::clock::{monotonic_ns, thread_cpu_ns};
use crate::workload::{Digest, Job, Workload};

static WORKLOADS: OnceLock<&'static [&'static dyn Workload]> = OnceLock::new();

static TASKS: &[TaskEntry] = &[TaskEntry::of::<BatchJob>()];

/// Makes the workloads known to this process and, if it was started as a worker, becomes one and
/// does not return. Must be the first thing in `main`; the first call counts.
///
/// A program with tasks of its own calls [`set_workloads`] and then [`worker::init`] with all of
/// its tasks, [`BatchJob`] among them.
pub fn init(workloads: &'static [&'static dyn Workload]) {
    set_workloads(workloads);
    worker::init(TASKS);
}

/// Makes the workloads known to this process; the first call counts.
pub fn set_workloads(workloads: &'static [&'static dyn Workload]) {
    WORKLOADS.get_or_init(|| workloads);
}

/// The workloads that [`init`] was called with.
#[must_use]
pub fn workloads() -> &'static [&'static dyn Workload] {
    WORKLOADS.get().copied().unwrap_or_default()
}

/// One job of a batch, on its way to a worker.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct BatchJob {
    /// Name of the workload.
    pub workload: String,
    /// The job.
    pub job: Job,
    /// Times that it computes over its array.
    pub passes: u32,
}

/// What a worker reports of a job. Times in nanoseconds, wall times on the monotonic clock.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct JobReport {
    /// Number of the worker.
    pub worker: usize,
    /// When it began.
    pub begin_ns: u64,
    /// When the array was made.
    pub generated_ns: u64,
    /// When the result was there and the array given back.
    pub end_ns: u64,
    /// CPU time of the thread from begin to end.
    pub cpu_ns: u64,
    /// Digest of the result, or why there is none.
    pub digest: Result<Digest, String>,
}

impl Task for BatchJob {
    const NAME: &'static str = "speedup.job";
    type Output = JobReport;

    fn run(self) -> JobReport {
        let cpu_begin_ns = thread_cpu_ns();
        let begin_ns = monotonic_ns();
        let mut generated_ns = begin_ns;
        let digest = match workloads().iter().find(|workload| workload.name() == self.workload) {
            Some(workload) => {
                let mut array = workload.generate(self.job);
                generated_ns = monotonic_ns();
                // The array is dropped before the clock is read: giving its memory back is part
                // of the job, not of the executor.
                let digest = workload.compute(&mut array, self.passes);
                drop(array);
                digest.map_err(|fault| fault.to_string())
            }
            None => Err(format!("workload \"{}\" is not known in this process", self.workload)),
        };
        let end_ns = monotonic_ns();
        let cpu_ns = thread_cpu_ns() - cpu_begin_ns;
        JobReport { worker: current_worker(), begin_ns, generated_ns, end_ns, cpu_ns, digest }
    }
}
