//! The shape of what is known about a program from outside.

use serde::Serialize;

use crate::record::{Axes, Course, Known};
use crate::stats::Quantity;

/// The command of a workload.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Command {
    /// The command in one line.
    pub line: String,
    /// The serial program that is the baseline; without it the baseline is one worker.
    pub serial: Option<String>,
    /// Numbers of processes and threads, where it was measured with every pair of them.
    pub grid: Option<Axes>,
    /// Whether N workers could use N CPUs only.
    pub follow: bool,
    /// Whether each job of the batch is a command of its own.
    pub batch: bool,
    /// Inputs of such a batch whose jobs take longest, that first.
    pub longest: Vec<String>,
    /// Seconds of the shell's start that are taken off each execution.
    pub shell_start_s: Option<f64>,
    /// What number of workers is best.
    pub best: Option<Best>,
}

/// The number of workers with the highest speedup, and the one that is about as good.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Best {
    /// The number of workers with the highest speedup.
    pub workers: usize,
    /// The smallest number of workers whose speedup is at most [`Best::share`] below that.
    pub enough: usize,
    /// The share that is meant, 0.05.
    pub share: f64,
    /// Processes and threads of the best and of the smallest, in a grid.
    pub pairs: Option<[(usize, usize); 2]>,
}

/// Figures of a program at one number of workers, means over the samples where nothing else is said.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct OutsideFigures {
    /// Where the facts come from.
    pub source: String,
    /// CPU time of the whole process tree, in seconds.
    pub cpu_s: f64,
    /// CPUs really used: CPU time over wall time.
    pub cpus_used: f64,
    /// CPU time over that of the baseline.
    pub inflation: Option<Quantity>,
    /// Share of the program's time on CPUs in which only one thread had work: the serial fraction of
    /// Amdahl's law as it happened.
    pub serial_fraction: Known<Quantity>,
    /// Peak memory of the whole process tree in bytes, the greatest of all samples; of the largest single
    /// process where the system does not tell that of the tree.
    pub peak_memory_bytes: Known<u64>,
    /// Whether that is only the largest process.
    pub largest_process_only: bool,
    /// Switches because a thread waited for something.
    pub voluntary_switches: f64,
    /// Switches because a thread lost its CPU to another.
    pub involuntary_switches: f64,
    /// Page faults that waited for a disk.
    pub major_faults: f64,
    /// Processes in all.
    pub processes: Known<f64>,
    /// Threads in all.
    pub threads: Known<f64>,
    /// Samples that ended with another exit code than 0, or by a signal.
    pub failures: usize,
    /// Processes that an execution left running at most, and that were ended.
    pub killed: u64,
    /// How many threads were on a CPU and waited for one over time, in the sample of median time.
    pub course: Known<Course>,
}
