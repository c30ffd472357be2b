//! What was seen of one execution of a program from outside.

use serde::{Deserialize, Serialize};
use speedup_observe::{Execution, Exit, Told, Trace};

use super::Known;

/// One execution of a program as its parent and the kernel saw it. Times in nanoseconds, memory in bytes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Outside {
    /// Where the facts come from.
    pub source: String,
    /// How it ended.
    pub exit: Ended,
    /// CPU time in user mode, of all that was waited for.
    pub user_ns: u64,
    /// CPU time in the kernel, of the same.
    pub system_ns: u64,
    /// CPU time of the whole tree, that of ending tasks included.
    pub cpu_ns: u64,
    /// The part of `cpu_ns` that the kernel spent on ending tasks.
    pub exit_cpu_ns: Known<u64>,
    /// Time that threads could have run and waited for a CPU, over all threads.
    pub run_delay_ns: Known<u64>,
    /// CPU time of all that was in the program's control group.
    #[serde(default)]
    pub group_cpu_ns: Known<u64>,
    /// Time in which at least one thread of that group could have run and waited for a CPU.
    #[serde(default)]
    pub some_waited_ns: Known<u64>,
    /// Page faults without a disk.
    pub minor_faults: u64,
    /// Page faults that waited for a disk.
    pub major_faults: u64,
    /// Switches because a thread waited for something.
    pub voluntary_switches: u64,
    /// Switches because a thread lost its CPU to another.
    pub involuntary_switches: u64,
    /// Peak memory of the largest single process.
    pub max_rss_bytes: Known<u64>,
    /// Peak memory of all processes together.
    pub peak_memory_bytes: Known<u64>,
    /// Processes in all.
    pub processes: Known<u64>,
    /// Threads in all, the first one of each process included.
    pub threads: Known<u64>,
    /// Threads that existed at one time at most.
    pub peak_threads: Known<u64>,
    /// Descendants that were still there when the program had ended, and were killed.
    #[serde(default)]
    pub killed: u64,
    /// What came through its standard output, where that was read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stdout: Option<Digested>,
    /// How long each number of threads was on a CPU and waited for one.
    pub occupancy: Known<Vec<Occupied>>,
    /// The same over time, in as few points as a chart needs.
    pub course: Known<Course>,
}

/// How a program ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Ended {
    /// With an exit code.
    Code(i32),
    /// By the signal of that name.
    Signal(String),
}

/// An output, as bytes in all and their XXH3 of 128 bits in hexadecimal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Digested {
    /// Bytes in all.
    pub bytes: u64,
    /// The hash of them.
    pub xxh3: String,
}

/// Time spent with so many threads at what: they sum to the wall time, and an account for any number of
/// workers follows from them alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Occupied {
    /// Threads on a CPU.
    pub running: u32,
    /// Threads on a CPU whose end the kernel was working on.
    pub exiting: u32,
    /// Threads that could have run and waited for a CPU.
    pub waiting: u32,
    /// Nanoseconds at that.
    pub ns: u64,
}

/// Threads over time, as means over stretches of one length.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Course {
    /// Length of a stretch in nanoseconds; the last may be shorter.
    pub stretch_ns: u64,
    /// Threads on a CPU, mean over each stretch, those that were ending included.
    pub running: Vec<f64>,
    /// Threads that waited for a CPU, mean over each stretch.
    pub waiting: Vec<f64>,
}

/// Stretches of a course.
const STRETCHES: u64 = 200;

/// What one process was seen to do that ran one job of a batch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct JobProcess {
    /// How it ended.
    pub exit: Ended,
    /// Peak memory of the largest single process.
    pub max_rss_bytes: Known<u64>,
    /// What came through its standard output, where that was read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stdout: Option<Digested>,
}

impl JobProcess {
    /// What to keep of an execution.
    #[must_use]
    pub fn of(execution: &Execution) -> Self {
        Self {
            exit: ended(&execution.exit),
            max_rss_bytes: known(&execution.usage.max_rss_bytes),
            stdout: digested(execution),
        }
    }
}

impl Outside {
    /// What to keep of an execution: all but the single steps, which may be millions.
    #[must_use]
    pub fn of(execution: &Execution) -> Self {
        let Execution { usage, tree, group, trace, .. } = execution;
        let trace = trace.as_ref().map_err(ToString::to_string);
        Self {
            source: execution.sources(),
            exit: ended(&execution.exit),
            user_ns: usage.user_ns,
            system_ns: usage.system_ns,
            cpu_ns: execution.cpu_ns,
            exit_cpu_ns: known(&execution.exit_cpu_ns),
            run_delay_ns: known(&execution.run_delay_ns),
            group_cpu_ns: known(&group.clone().map(|group| group.cpu_ns)),
            some_waited_ns: known(&group.clone().and_then(|group| group.some_waited_ns)),
            minor_faults: usage.minor_faults,
            major_faults: usage.major_faults,
            voluntary_switches: usage.voluntary_switches,
            involuntary_switches: usage.involuntary_switches,
            max_rss_bytes: known(&usage.max_rss_bytes),
            peak_memory_bytes: known(&tree.peak_memory_bytes),
            processes: known(&tree.processes),
            threads: known(&tree.threads),
            peak_threads: known(&tree.peak_threads),
            killed: tree.killed,
            stdout: digested(execution),
            occupancy: trace.clone().map(occupied).into(),
            course: trace.map(|trace| course(trace, execution.begin_ns, execution.end_ns)).into(),
        }
    }
}

fn ended(exit: &Exit) -> Ended {
    match exit {
        Exit::Code(code) => Ended::Code(*code),
        Exit::Signal { name, .. } => Ended::Signal(name.clone()),
    }
}

fn digested(execution: &Execution) -> Option<Digested> {
    let stdout = execution.stdout.as_ref()?;
    Some(Digested { bytes: stdout.bytes, xxh3: stdout.xxh3.clone() })
}

fn known<T: Clone>(told: &Told<T>) -> Known<T> {
    told.clone().map_err(|untold| untold.0).into()
}

fn occupied(trace: &Trace) -> Vec<Occupied> {
    let of = |&(level, ns): &(speedup_observe::Level, u64)| Occupied {
        running: level.running,
        exiting: level.exiting,
        waiting: level.waiting,
        ns,
    };
    trace.occupancy.iter().map(of).collect()
}

/// The means of the step functions over [`STRETCHES`] stretches; their sums are the whole's.
fn course(trace: &Trace, begin_ns: u64, end_ns: u64) -> Course {
    let wall_ns = end_ns.saturating_sub(begin_ns).max(1);
    let stretch_ns = wall_ns.div_ceil(STRETCHES);
    let stretches = wall_ns.div_ceil(stretch_ns) as usize;
    let mut sums = vec![(0.0, 0.0); stretches];
    let ends = trace.steps.iter().skip(1).map(|step| step.at_ns).chain([end_ns]);
    for (step, end) in trace.steps.iter().zip(ends) {
        let (mut from, until) = (step.at_ns.saturating_sub(begin_ns), end.saturating_sub(begin_ns));
        while from < until.min(wall_ns) {
            let stretch = from / stretch_ns;
            let to = until.min((stretch + 1) * stretch_ns);
            let sum = &mut sums[stretch as usize];
            sum.0 += f64::from(step.level.running + step.level.exiting) * (to - from) as f64;
            sum.1 += f64::from(step.level.waiting) * (to - from) as f64;
            from = to;
        }
    }
    let lengths = (0..stretches as u64).map(|index| stretch_ns.min(wall_ns - index * stretch_ns) as f64);
    let mean = |sum: f64, length: f64| (1e3 * sum / length).round() / 1e3;
    let (running, waiting) =
        sums.into_iter().zip(lengths).map(|(sum, length)| (mean(sum.0, length), mean(sum.1, length))).unzip();
    Course { stretch_ns, running, waiting }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use speedup_observe::{Level, Step};

    fn step(at_ns: u64, running: u32, waiting: u32) -> Step {
        Step { at_ns, level: Level { running, exiting: 0, waiting } }
    }

    #[test]
    fn a_course_has_the_steps_where_they_are() {
        let trace = Trace::new(1000, 5000, vec![step(1000, 1, 0), step(3000, 2, 1)]);
        let course = course(&trace, 1000, 5000);
        assert_eq!((course.stretch_ns, course.running.len()), (20, 200));
        assert!(course.running[..100].iter().all(|&mean| (mean - 1.0).abs() < 1e-9), "{course:?}");
        assert!(course.running[100..].iter().all(|&mean| (mean - 2.0).abs() < 1e-9), "{course:?}");
        assert_eq!(course.waiting[99..101], [0.0, 1.0]);
    }

    proptest! {
        #[test]
        fn a_course_loses_no_time(wall in 1..5000_u64, steps in prop::collection::vec((0..5000_u64, 0..9_u32), 0..40)) {
            let steps = steps.into_iter().map(|(at, running)| step(at, running, running / 2)).collect();
            let trace = Trace::new(0, wall, steps);
            let course = course(&trace, 0, wall);
            prop_assert!(course.running.len() <= 200 && course.running.len() == course.waiting.len());
            let whole: u64 = trace.occupancy.iter().map(|(level, ns)| u64::from(level.running) * ns).sum();
            let length = |index: usize| course.stretch_ns.min(wall - index as u64 * course.stretch_ns) as f64;
            let sum: f64 = course.running.iter().enumerate().map(|(index, mean)| mean * length(index)).sum();
            prop_assert!((sum - whole as f64).abs() <= 0.0005 * wall as f64 + 1e-6, "{sum} {whole}");
        }
    }
}
