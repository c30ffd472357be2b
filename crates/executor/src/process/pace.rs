//! How many tasks go to a worker at a time.
//!
//! The way to a worker and back costs some microseconds, whatever is sent. Tasks that take no longer
//! than that go together, as many as fill a fraction of a millisecond by the worker's own clock; but
//! no more than a part of their share of the queue, so that all workers end at about the same time,
//! after the rule of guided self-scheduling (Polychronopoulos and Kuck, IEEE Transactions on Computers C-36,
//! 1987). Long tasks always go alone.

use std::time::Duration;

/// How long the tasks that go together should take.
const TARGET: Duration = Duration::from_micros(100);

/// How long they may take before the worker gives back those that it has not begun.
pub(super) const PATIENCE: Duration = Duration::from_micros(200);

/// The most tasks that go together.
const MOST: usize = 1024;

/// Into how many parts each worker's share of the queue is cut.
const SHARES: usize = 8;

/// What takes no longer is not cut: the way there and back takes as long, and no worker waits for another longer
/// than for that.
const UNCUT: Duration = Duration::from_micros(10);

/// How many times longer tasks can seem to have become at once.
const GROWTH: f64 = 8.0;

/// What is known of how long a worker's tasks take.
#[derive(Debug, Default)]
pub(super) struct Pace {
    /// Nanoseconds that a task takes, of late; none before the first reply.
    task_ns: Option<f64>,
}

impl Pace {
    /// Notes that the worker took that long for so many tasks.
    pub(super) fn note(&mut self, busy_ns: u64, tasks: usize) {
        let latest = busy_ns as f64 / tasks.max(1) as f64;
        // A worker that has lost its CPU seems slow for once, and gives back what it has not begun if it is: so
        // that a longer task counts in part at first. Shorter ones count as they go on.
        self.task_ns = Some(match self.task_ns {
            Some(before) if latest < before => f64::midpoint(before, latest),
            Some(before) => latest.min(GROWTH * before.max(1.0)),
            None => latest,
        });
    }

    /// Whether several tasks take no longer than the way there and back.
    pub(super) fn is_short(&self) -> bool {
        self.uncut() > 2
    }

    /// How many tasks are not cut into shares.
    pub(super) fn uncut(&self) -> usize {
        self.task_ns.map_or(1, |task_ns| fitting(UNCUT, task_ns))
    }

    /// How many of the tasks that are queued to send at a time.
    pub(super) fn tasks(&self, queued: usize, workers: usize) -> usize {
        let Some(task_ns) = self.task_ns else { return 1 };
        let share = (queued / (SHARES * workers)).max(self.uncut().min(queued / workers));
        fitting(TARGET, task_ns).min(share).clamp(1, MOST)
    }
}

/// How many tasks take that time.
fn fitting(time: Duration, task_ns: f64) -> usize {
    (time.as_nanos() as f64 / task_ns.max(1.0)) as usize
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn short_tasks_go_together_and_long_ones_alone() {
        let mut pace = Pace::default();
        assert_eq!(pace.tasks(1_000_000, 2), 1);
        pace.note(1_000, 1);
        assert_eq!(pace.tasks(1_000_000, 2), 100);
        assert_eq!(pace.tasks(320, 2), 20);
        assert_eq!(pace.tasks(160, 2), 10);
        assert_eq!(pace.tasks(16, 2), 8);
        pace.note(1_000_000, 1);
        assert_eq!(pace.tasks(1_000_000, 2), 12);
        pace.note(1_000_000, 1);
        assert_eq!(pace.tasks(1_000_000, 2), 1);
        pace.note(1_000_000, 1);
        for _ in 0..6 {
            pace.note(50_000, 1);
        }
        assert_eq!(pace.tasks(1_000_000, 2), 1);
    }

    proptest! {
        #[test]
        fn nobody_gets_more_than_a_share(
            notes in prop::collection::vec((0..u64::MAX, 0..5000_usize), 0..5),
            queued in 0..10_000_000_usize,
            workers in 1..600_usize,
        ) {
            let mut pace = Pace::default();
            for (busy_ns, tasks) in notes {
                pace.note(busy_ns, tasks);
            }
            let tasks = pace.tasks(queued, workers);
            prop_assert!(tasks == 1 || tasks <= MOST && tasks * workers <= queued);
            let is_short = pace.task_ns.is_some_and(|ns| ns * tasks as f64 <= UNCUT.as_nanos() as f64);
            prop_assert!(tasks == 1 || is_short || tasks * SHARES * workers <= queued);
        }
    }
}
