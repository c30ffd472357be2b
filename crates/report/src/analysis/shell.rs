//! Executions without the start of the shell that ran them, where the user has asked for that.
//!
//! The shell's start is one thread that runs before the program. So as much time with one thread is taken from
//! an execution, and the account stays exact.

use std::borrow::Cow;

use crate::record::{Known, Occupied, Outside, RunRecord, Sample, ShellStart};

/// The record with samples that are less by the shell's start; the same where none is to be taken off.
pub(super) fn without_shell(record: &RunRecord) -> Cow<'_, RunRecord> {
    let start = |sample: &Sample| {
        let workload = record.workload(&record.plan.cases[sample.case].workload)?;
        workload.command.as_deref()?.shell_start
    };
    let starts: Vec<Option<ShellStart>> = record.samples.iter().map(start).collect();
    if starts.iter().all(Option::is_none) {
        return Cow::Borrowed(record);
    }
    let mut record = record.clone();
    for (sample, start) in record.samples.iter_mut().zip(starts) {
        if let Some(start) = start {
            take_off(sample, start);
        }
    }
    Cow::Owned(record)
}

/// A program takes some time, whatever the shell takes.
fn take_off(sample: &mut Sample, start: ShellStart) {
    let off_ns = start.wall_ns.min(sample.wall_ns.saturating_sub(1));
    sample.wall_ns -= off_ns;
    let Some(outside) = sample.outside.as_deref_mut() else { return };
    let run_ns = match &mut outside.occupancy {
        Known::Value(levels) => take_alone(levels, off_ns),
        Known::Missing(_) => start.cpu_ns,
    };
    less_cpu(outside, run_ns);
}

/// Takes so much time from the levels with the fewest threads, one on a CPU first; CPU time that this was.
fn take_alone(levels: &mut Vec<Occupied>, off_ns: u64) -> u64 {
    let mut order: Vec<usize> = (0..levels.len()).collect();
    let threads = |level: &Occupied| {
        let all = level.running + level.exiting + level.waiting;
        (all.abs_diff(1), u32::from(level.running == 0))
    };
    order.sort_by_key(|&index| threads(&levels[index]));
    let (mut left_ns, mut run_ns) = (off_ns, 0);
    for index in order {
        let taken_ns = left_ns.min(levels[index].ns);
        levels[index].ns -= taken_ns;
        left_ns -= taken_ns;
        run_ns += taken_ns * u64::from(levels[index].running);
    }
    levels.retain(|level| level.ns > 0);
    run_ns
}

fn less_cpu(outside: &mut Outside, run_ns: u64) {
    let off_ns = run_ns.min(outside.cpu_ns);
    outside.cpu_ns -= off_ns;
    let user_ns = off_ns.min(outside.user_ns);
    outside.user_ns -= user_ns;
    outside.system_ns = outside.system_ns.saturating_sub(off_ns - user_ns);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn level(running: u32, waiting: u32, ns: u64) -> Occupied {
        Occupied { running, exiting: 0, waiting, ns }
    }

    #[test]
    fn time_with_one_thread_is_taken_first() {
        let mut levels = vec![level(2, 0, 100), level(0, 1, 5), level(1, 0, 10), level(0, 0, 50)];
        assert_eq!(take_alone(&mut levels, 12), 10);
        assert_eq!(levels, [level(2, 0, 100), level(0, 1, 3), level(0, 0, 50)]);
        assert_eq!(levels.iter().map(|level| level.ns).sum::<u64>(), 165 - 12);
        // A program that is shorter than the shell has nothing left, and no more than all is taken.
        assert_eq!(take_alone(&mut levels, 1000), 200);
        assert!(levels.is_empty());
    }
}
