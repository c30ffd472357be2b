//! A job of a workload as a task that times itself.
//!
//! This wrapper is what runs inside a worker, be it a thread or a process, and the only code there
//! that reads a clock.

use std::sync::OnceLock;

use serde::{Deserialize, Serialize};

use super::array::{Answer, Array, Passed};
use super::bytes::Bytes;
use crate::workload::{Digest, Fault, Job, Kernel, Workload};
use speedup_executor::task::TaskEntry;
use speedup_executor::{Task, current_worker, worker};
use speedup_flags::beside;
use speedup_machine::clock::{monotonic_ns, thread_cpu_ns};
use speedup_machine::counters::{Counts, thread_counts};
use speedup_machine::probe;
use speedup_machine::usage::{ThreadUsage, prepare_thread_usage, thread_usage};
use speedup_report::record::{JobProcess, TaskSpan};

/// Tasks shorter than this are not followed by a look at the clock of their CPU, which takes some
/// microseconds and would be a part of them worth mentioning.
const PROBED_FROM_NS: u64 = 500_000;

static WORKLOADS: OnceLock<&'static [&'static dyn Workload]> = OnceLock::new();

static TASKS: &[TaskEntry] = &[TaskEntry::of::<BatchJob>(), beside::TASKS[0]];

/// Makes the workloads known to this process and, if it was started as a worker, becomes one and
/// does not return. Must be the first thing in `main`; the first call counts.
///
/// A program with tasks of its own calls [`set_workloads`] and then [`worker::init`] with all of
/// its tasks, [`BatchJob`] among them, and where it measures downloads those of [`beside`].
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
    /// Name of the kernel.
    pub kernel: String,
    /// The job.
    pub job: Job,
    /// Its array, or what it takes to get it.
    pub array: Passed,
    /// Times that it computes over its array.
    pub passes: u32,
}

/// What a worker reports of a job. Times in nanoseconds, wall times on the monotonic clock. What the
/// system does not tell is absent.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct JobReport {
    /// Number of the worker.
    pub worker: usize,
    /// When it began.
    pub begin_ns: u64,
    /// When the array was there: made, copied or found.
    pub generated_ns: u64,
    /// When the result was there and the array given back.
    pub end_ns: u64,
    /// CPU time of the thread from begin to end.
    pub cpu_ns: u64,
    /// Time in which the thread could have run but stood in a run queue.
    pub queue_ns: Option<u64>,
    /// Times that the thread gave up its CPU to wait, and times that it was made to give it up.
    pub switches: Option<(u64, u64)>,
    /// Page faults without and with input.
    pub faults: Option<(u64, u64)>,
    /// Instructions and cycles in user space.
    pub counts: Option<Counts>,
    /// Clock of the CPU just after the job, in Hz.
    pub clock_hz: Option<f64>,
    /// The process that ran it, where it has one of its own.
    pub process: Option<JobProcess>,
    /// Digest of the result, or why there is none.
    pub digest: Result<Digest, String>,
    /// The array as the job left it, where arrays travel and it was written to.
    pub array: Option<Bytes>,
}

impl JobReport {
    /// It as a span of a sample that began at `start_ns`, of a job that was submitted at that time. Pools of
    /// other makers number their workers themselves.
    #[must_use]
    pub fn span(&self, job: usize, worker: usize, submitted_ns: u64, start_ns: u64) -> TaskSpan {
        let since = |time: u64| time.saturating_sub(start_ns);
        TaskSpan {
            job,
            worker,
            submitted_ns: since(submitted_ns),
            begin_ns: since(self.begin_ns),
            end_ns: since(self.end_ns),
            cpu_ns: self.cpu_ns,
            queue_ns: self.queue_ns,
            voluntary_switches: self.switches.map(|(voluntary, _)| voluntary),
            involuntary_switches: self.switches.map(|(_, involuntary)| involuntary),
            minor_faults: self.faults.map(|(minor, _)| minor),
            major_faults: self.faults.map(|(_, major)| major),
            counts: self.counts,
            clock_hz: self.clock_hz.map(f64::round),
            generate_ns: self.generated_ns - self.begin_ns,
            compute_ns: self.end_ns - self.generated_ns,
            process: self.process.clone(),
        }
    }
}

impl Task for BatchJob {
    const NAME: &'static str = "speedup.job";
    type Output = JobReport;

    fn run(self) -> JobReport {
        timed(|generated| {
            let workload = workloads().iter().find(|workload| workload.name() == self.workload);
            let workload = workload
                .ok_or_else(|| format!("workload \"{}\" is not known in this process", self.workload))?;
            let kernel = workload.kernel(&self.kernel).ok_or_else(|| {
                format!("kernel \"{}\" of {} is not known in this process", self.kernel, self.workload)
            })?;
            let take = || self.array.take(*workload, self.job);
            compute(*workload, kernel, take, self.passes, generated)
        })
    }
}

/// Gets the array, computes over it and gives it back. Calls `generated` in between.
pub(super) fn compute(
    workload: &dyn Workload,
    kernel: &Kernel,
    array: impl FnOnce() -> Result<Array, Fault>,
    passes: u32,
    generated: impl FnOnce(),
) -> Result<Answer, String> {
    let mut array = array().map_err(|fault| fault.to_string())?;
    generated();
    let digest = array.compute(workload, kernel, passes).map_err(|fault| fault.to_string())?;
    // What does not go back is dropped before the clock is read: giving its memory back is part of the
    // job, not of the executor.
    Ok(array.answer(workload, digest))
}

/// Runs a job and reports what it took. The job gets a function to call when its array is made.
///
/// The wall clock is read first and last, the CPU clock next to the job, the run-queue delay between
/// them: so CPU time and delay both lie within the wall time, and what is left of it is time in which
/// the thread neither ran nor stood in a queue. It matters because the system likes to take the CPU
/// away at the end of a system call, such as those that read these figures. The counters' user-space
/// counts do not mind, so they are read outside, as is whatever a thread's first reading has to open.
pub(super) fn timed(job: impl FnOnce(&mut dyn FnMut()) -> Result<Answer, String>) -> JobReport {
    prepare_thread_usage();
    let counts_before = thread_counts().ok();
    let begin_ns = monotonic_ns();
    let before = thread_usage();
    let cpu_begin_ns = thread_cpu_ns();
    let mut generated_ns = begin_ns;
    let answer = job(&mut || generated_ns = monotonic_ns());
    let cpu_ns = thread_cpu_ns() - cpu_begin_ns;
    let after = thread_usage();
    let end_ns = monotonic_ns();
    let counts_after = counts_before.and_then(|_| thread_counts().ok());
    let clock_hz = (end_ns - begin_ns >= PROBED_FROM_NS).then(probe::clock_hz).flatten();
    let (digest, array) = match answer {
        Ok(Answer { digest, array }) => (Ok(digest), array.map(Bytes)),
        Err(fault) => (Err(fault), None),
    };
    JobReport {
        worker: current_worker(),
        begin_ns,
        generated_ns,
        end_ns,
        cpu_ns,
        queue_ns: grown(before, after, |usage| usage.queue_ns),
        switches: both(before, after, |usage| usage.voluntary, |usage| usage.involuntary),
        faults: both(before, after, |usage| usage.minor_faults, |usage| usage.major_faults),
        counts: counts_before.zip(counts_after).map(|(before, after)| difference(before, after)),
        clock_hz,
        process: None,
        digest,
        array,
    }
}

fn grown(before: ThreadUsage, after: ThreadUsage, figure: fn(&ThreadUsage) -> Option<u64>) -> Option<u64> {
    Some(figure(&after)?.saturating_sub(figure(&before)?))
}

fn both(
    before: ThreadUsage,
    after: ThreadUsage,
    one: fn(&ThreadUsage) -> Option<u64>,
    other: fn(&ThreadUsage) -> Option<u64>,
) -> Option<(u64, u64)> {
    grown(before, after, one).zip(grown(before, after, other))
}

fn difference(before: Counts, after: Counts) -> Counts {
    Counts {
        instructions: after.instructions.saturating_sub(before.instructions),
        cycles: after.cycles.saturating_sub(before.cycles),
    }
}
