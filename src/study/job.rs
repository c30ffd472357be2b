//! What a worker reports of a job, and how it times one.
//!
//! `timed` is what runs inside a worker, be it a thread or a process, around a job, and the only code there
//! that reads a clock.

use serde::{Deserialize, Serialize};

use speedup_executor::current_worker;
use speedup_machine::affinity::this_cpu;
use speedup_machine::clock::{monotonic_ns, thread_cpu_ns};
use speedup_machine::counters::{Counts, thread_counts};
use speedup_machine::probe;
use speedup_machine::usage::{ThreadUsage, prepare_thread_usage, thread_usage};
use speedup_report::record::{JobProcess, TaskSpan};

/// Tasks shorter than this are not followed by a look at the clock of their CPU, which takes some
/// microseconds and would be a part of them worth mentioning.
const PROBED_FROM_NS: u64 = 500_000;

/// What a worker reports of a job. Times in nanoseconds, wall times on the monotonic clock. What the
/// system does not tell is absent.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct JobReport<T> {
    /// Number of the worker.
    pub worker: usize,
    /// When it began.
    pub begin_ns: u64,
    /// When its input was there, such as an array: made, copied or found. A job that has none begins with it.
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
    /// The CPUs on which it began and ended.
    pub cpus: Option<(usize, usize)>,
    /// The process that ran it, where it has one.
    pub process: Option<JobProcess>,
    /// What the job gave, or why it gave nothing.
    pub result: Result<T, String>,
}

impl<T> JobReport<T> {
    /// It by a clock that is behind the worker's by that many nanoseconds.
    pub(super) fn earlier_by(mut self, ahead_ns: i64) -> Self {
        for time in [&mut self.begin_ns, &mut self.generated_ns, &mut self.end_ns] {
            *time = time.saturating_add_signed(ahead_ns.saturating_neg());
        }
        self
    }

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
            cpus: self.cpus,
            trip: None,
            generate_ns: self.generated_ns - self.begin_ns,
            compute_ns: self.end_ns - self.generated_ns,
            process: self.process.clone(),
        }
    }
}

/// Runs a job and reports what it took. The job gets a function to call when its input is there.
///
/// The wall clock is read first and last, the CPU clock next to the job, the run-queue delay between
/// them: so CPU time and delay both lie within the wall time, and what is left of it is time in which
/// the thread neither ran nor stood in a queue. It matters because the system likes to take the CPU
/// away at the end of a system call, such as those that read these figures. The counters' user-space
/// counts do not mind, so they are read outside, as is whatever a thread's first reading has to open.
pub(super) fn timed<T>(job: impl FnOnce(&mut dyn FnMut()) -> Result<T, String>) -> JobReport<T> {
    prepare_thread_usage();
    let counts_before = thread_counts().ok();
    let first_cpu = this_cpu();
    let begin_ns = monotonic_ns();
    let before = thread_usage();
    let cpu_begin_ns = thread_cpu_ns();
    let mut generated_ns = begin_ns;
    let result = job(&mut || generated_ns = monotonic_ns());
    let cpu_ns = thread_cpu_ns() - cpu_begin_ns;
    let after = thread_usage();
    let end_ns = monotonic_ns();
    let last_cpu = this_cpu();
    let counts_after = counts_before.and_then(|_| thread_counts().ok());
    let clock_hz = (end_ns - begin_ns >= PROBED_FROM_NS).then(probe::clock_hz).flatten();
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
        cpus: first_cpu.zip(last_cpu),
        process: None,
        result,
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
