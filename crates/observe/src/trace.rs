//! The step functions of an execution: threads on a CPU, threads ending, threads waiting for a CPU.

use serde::{Deserialize, Serialize};

/// How many threads did what at one time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
pub struct Level {
    /// Threads on a CPU, running the program or the kernel for it.
    pub running: u32,
    /// Threads on a CPU whose end the kernel was working on.
    pub exiting: u32,
    /// Threads that could have run and waited for a CPU.
    pub waiting: u32,
}

/// From this time on, until the next step, the level is this.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// Time on the monotonic clock, in ns.
    pub at_ns: u64,
    /// The level from then on.
    pub level: Level,
}

/// The step functions over the whole execution.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trace {
    /// The steps in the order of time; the first is at the start of the execution.
    pub steps: Vec<Step>,
    /// For every level that occurred, the time spent at it, in ns; sums to the wall time. An account
    /// needs nothing else, so `steps` may be emptied to save room.
    pub occupancy: Vec<(Level, u64)>,
}

/// A change of the level.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Delta {
    pub(crate) running: i32,
    pub(crate) exiting: i32,
    pub(crate) waiting: i32,
}

impl Trace {
    /// A trace of the interval from `begin_ns` to `end_ns`: steps before it set its first level, steps
    /// after it are left out. Where no step says otherwise, the level is zero.
    #[must_use]
    pub fn new(begin_ns: u64, end_ns: u64, mut steps: Vec<Step>) -> Self {
        let end_ns = end_ns.max(begin_ns);
        steps.sort_by_key(|step| step.at_ns);
        let mut kept = vec![Step { at_ns: begin_ns, level: Level::default() }];
        for step in steps.into_iter().filter(|step| step.at_ns < end_ns) {
            let at_ns = step.at_ns.max(begin_ns);
            // One step a time and one time a level: the last word counts.
            if kept.last().is_some_and(|last| last.at_ns == at_ns) {
                kept.pop();
            }
            if kept.last().is_none_or(|last| last.level != step.level) {
                kept.push(Step { at_ns, level: step.level });
            }
        }
        let ends = kept.iter().skip(1).map(|step| step.at_ns).chain([end_ns]);
        let mut spans: Vec<(Level, u64)> =
            kept.iter().zip(ends).map(|(step, end)| (step.level, end - step.at_ns)).collect();
        spans.sort_unstable();
        let mut occupancy: Vec<(Level, u64)> = Vec::new();
        for (level, ns) in spans {
            match occupancy.last_mut() {
                Some((last, sum)) if *last == level => *sum += ns,
                _ => occupancy.push((level, ns)),
            }
        }
        Self { steps: kept, occupancy }
    }

    /// A trace from changes in any order.
    pub(crate) fn from_deltas(begin_ns: u64, end_ns: u64, mut deltas: Vec<(u64, Delta)>) -> Self {
        deltas.sort_by_key(|(at_ns, _)| *at_ns);
        let mut sum = Delta::default();
        let steps = deltas
            .into_iter()
            .map(|(at_ns, delta)| {
                sum.running += delta.running;
                sum.exiting += delta.exiting;
                sum.waiting += delta.waiting;
                // Within one time, changes come in any order; only the last of them is kept.
                let level = Level {
                    running: sum.running.max(0) as u32,
                    exiting: sum.exiting.max(0) as u32,
                    waiting: sum.waiting.max(0) as u32,
                };
                Step { at_ns, level }
            })
            .collect();
        Self::new(begin_ns, end_ns, steps)
    }

    /// The time integral of some function of the level, in ns.
    pub(crate) fn integral(&self, of: impl Fn(Level) -> u64) -> i128 {
        self.occupancy.iter().map(|(level, ns)| i128::from(of(*level)) * i128::from(*ns)).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn step(at_ns: u64, running: u32) -> Step {
        Step { at_ns, level: Level { running, ..Level::default() } }
    }

    #[test]
    fn a_trace_covers_its_interval_and_no_more() {
        let trace = Trace::new(100, 200, vec![step(250, 9), step(50, 1), step(150, 2), step(180, 2)]);
        assert_eq!(trace.steps, [step(100, 1), step(150, 2)]);
        let spans: Vec<u64> = trace.occupancy.iter().map(|(_, ns)| *ns).collect();
        assert_eq!(spans, [50, 50]);
        let empty = Trace::new(100, 200, Vec::new());
        assert_eq!(empty.occupancy, [(Level::default(), 100)]);
    }

    #[test]
    fn changes_at_one_time_make_one_step() {
        let change = |running| Delta { running, ..Delta::default() };
        let deltas = vec![(10, change(1)), (20, change(-1)), (20, change(1)), (30, change(-1))];
        let trace = Trace::from_deltas(0, 40, deltas);
        assert_eq!(trace.steps, [step(0, 0), step(10, 1), step(30, 0)]);
        assert_eq!(trace.integral(|level| u64::from(level.running)), 20);
    }
}
