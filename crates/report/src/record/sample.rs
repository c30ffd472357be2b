//! One timed execution of one case, with what every worker and every task did.
//!
//! All times are nanoseconds on one monotonic clock that parent and workers share, counted from
//! the start of the sample; those of workers on another host are on that host's, aligned as
//! [`HostSpan`] says. A figure that the system does not give is absent; the record's
//! [`Environment`](super::Environment) says why.

use serde::{Deserialize, Serialize};
use speedup_machine::counters::Counts;
use speedup_machine::probe::Probe;

use super::{HostSpan, JobProcess, Outside, Trip};

/// One timed execution of one case: pool start, the batch, results back, pool joined.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Sample {
    /// Index into the plan's cases.
    pub case: usize,
    /// The pass over the cases that this sample belongs to, counted from 0 within its kind:
    /// warm-up rounds and counted rounds each begin at 0.
    pub round: u32,
    /// Whether the sample was taken to warm up, and so is kept but not analysed.
    pub warmup: bool,
    /// Nanoseconds of the run before the sample, without those between a stop and a resumption.
    #[serde(default)]
    pub start_ns: u64,
    /// Nanoseconds from before the pool was started to after it was joined; of a warm pool, from
    /// before the first task was submitted to after the last result was there.
    pub wall_ns: u64,
    /// The workers, in the order of their numbers. The serial baseline has none.
    pub workers: Vec<WorkerSpan>,
    /// The tasks, in the order of the batch.
    pub tasks: Vec<TaskSpan>,
    /// What the machine did during it.
    #[serde(default)]
    pub machine: MachineState,
    /// The hosts that had workers, in the order of those; empty where all were on this machine.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub hosts: Vec<HostSpan>,
    /// What was seen of it from outside, where it is one execution of a program. It has no tasks then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outside: Option<Box<Outside>>,
}

impl Sample {
    /// A counted one of which nothing but its time is known.
    #[must_use]
    pub fn timed(case: usize, round: u32, wall_ns: u64) -> Self {
        Self {
            case,
            round,
            warmup: false,
            start_ns: 0,
            wall_ns,
            workers: Vec::new(),
            tasks: Vec::new(),
            machine: MachineState::default(),
            hosts: Vec::new(),
            outside: None,
        }
    }
}

/// What the machine did around and during a sample.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct MachineState {
    /// Time that a hypervisor took from this machine during the sample, in nanoseconds over all
    /// CPUs. The system counts it in steps of some milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub steal_ns: Option<u64>,
    /// Time, over all CPUs, in which threads of this process's control group could have run during the sample
    /// but had used up its quota, in nanoseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub throttled_ns: Option<u64>,
    /// Time that the machine was suspended during the sample, in nanoseconds. The times of a sample go on without it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub suspended_ns: Option<u64>,
    /// Load average of the last minute, before the sample.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub load: Option<f64>,
    /// The processor as probed just before the sample.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<Probe>,
    /// The processor as probed just after it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<Probe>,
}

/// The life of one worker within a sample.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
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

impl Sample {
    /// The host that has a worker of that number, where it is on another machine.
    #[must_use]
    pub fn host_of(&self, worker: usize) -> Option<&HostSpan> {
        self.hosts
            .iter()
            .find(|host| worker.checked_sub(host.first_worker).is_some_and(|at| at < host.workers))
    }
}

/// One task within a sample, as timed by the worker that ran it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
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
    /// Time between begin and end in which the thread could have run but stood in a run queue.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub queue_ns: Option<u64>,
    /// Times that the thread gave up its CPU to wait for something.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub voluntary_switches: Option<u64>,
    /// Times that the thread was made to give up its CPU.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub involuntary_switches: Option<u64>,
    /// Page faults that needed no input.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub minor_faults: Option<u64>,
    /// Page faults that waited for a disk.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub major_faults: Option<u64>,
    /// What the processor's counters say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub counts: Option<Counts>,
    /// The clock of the worker's CPU as probed just after the task, in Hz.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clock_hz: Option<f64>,
    /// When it went to its host and its outcome came back, where that is another machine.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trip: Option<Trip>,
    /// Time spent making the array.
    pub generate_ns: u64,
    /// Time spent computing on it.
    pub compute_ns: u64,
    /// The process that ran it, where it has one of its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub process: Option<JobProcess>,
}

impl TaskSpan {
    /// A task of which nothing but its times is known.
    #[must_use]
    pub fn timed(job: usize, worker: usize, (begin_ns, end_ns): (u64, u64)) -> Self {
        Self {
            job,
            worker,
            submitted_ns: 0,
            begin_ns,
            end_ns,
            cpu_ns: 0,
            queue_ns: None,
            voluntary_switches: None,
            involuntary_switches: None,
            minor_faults: None,
            major_faults: None,
            counts: None,
            clock_hz: None,
            trip: None,
            generate_ns: 0,
            compute_ns: 0,
            process: None,
        }
    }

    /// A task that had its CPU from begin to end, and of which the rest is not known.
    #[cfg(test)]
    pub(crate) fn busy(job: usize, worker: usize, (begin_ns, end_ns): (u64, u64)) -> Self {
        Self {
            cpu_ns: end_ns.saturating_sub(begin_ns),
            queue_ns: Some(0),
            voluntary_switches: Some(0),
            involuntary_switches: Some(0),
            ..Self::timed(job, worker, (begin_ns, end_ns))
        }
    }
}

/// A case that could not be measured.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
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
