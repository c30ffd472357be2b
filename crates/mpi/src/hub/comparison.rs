//! How the clocks of hosts are compared with this one's: by some round trips to each, of which the shortest counts.

use std::collections::BTreeMap;
use std::sync::mpsc::Sender;
use std::time::{Duration, Instant};

use crate::times::HostClock;

/// Round trips to each host. The first may find it asleep.
const ROUND_TRIPS: u32 = 8;

/// After that time no further round trip begins: on a slow network one tells as much as many.
const LONG: Duration = Duration::from_millis(50);

/// How long an answer is waited for without sleep.
const HURRY: Duration = Duration::from_millis(2);

/// Round trips to a host that are to come, and the shortest so far with how far its clock is ahead.
type Compared = (u32, Option<(u64, i64)>);

pub(super) struct Comparison {
    start: Instant,
    /// When the last answer came.
    answered: Instant,
    /// By rank.
    hosts: BTreeMap<usize, Compared>,
    waiter: Sender<Vec<HostClock>>,
}

impl Comparison {
    pub(super) fn of(ranks: impl Iterator<Item = usize>, waiter: Sender<Vec<HostClock>>) -> Self {
        let start = Instant::now();
        Self {
            start,
            answered: start,
            hosts: ranks.map(|rank| (rank, (ROUND_TRIPS, None))).collect(),
            waiter,
        }
    }

    /// A round trip to that host, and how far its clock is ahead. True if another is to follow.
    pub(super) fn note(&mut self, rank: usize, (way, ahead): (u64, i64)) -> bool {
        self.answered = Instant::now();
        let late = self.answered - self.start > LONG;
        let Some((left, best)) = self.hosts.get_mut(&rank).filter(|(left, _)| *left > 0) else {
            return false;
        };
        if best.is_none_or(|(shortest, _)| way < shortest) {
            *best = Some((way, ahead));
        }
        *left = if late { 0 } else { *left - 1 };
        *left > 0
    }

    /// Whether the next answer is waited for without sleep: to fall asleep and wake would make its way longer.
    pub(super) fn hurries(&self) -> bool {
        self.answered.elapsed() < HURRY
    }

    /// Waits no longer for hosts that have been silent for so long, whether or not a pool would count them as lost.
    pub(super) fn give_up_after(&mut self, time: Duration) {
        if self.start.elapsed() > time {
            self.hosts.values_mut().for_each(|(left, _)| *left = 0);
        }
    }

    /// That host is lost.
    pub(super) fn lose(&mut self, rank: usize) {
        self.hosts.remove(&rank);
    }

    /// Tells who waits, where nothing more is to come; false where it is.
    pub(super) fn tell(&self) -> bool {
        if self.hosts.values().any(|(left, _)| *left > 0) {
            return false;
        }
        let clock = |(&rank, (_, best)): (&usize, &Compared)| {
            best.map(|(way, ahead_ns)| HostClock { rank, ahead_ns, error_ns: way.div_ceil(2) })
        };
        // Who does not wait any more needs no answer.
        let _ = self.waiter.send(self.hosts.iter().filter_map(clock).collect());
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc::channel;

    #[test]
    fn a_silent_host_is_left_out_after_a_time() {
        let (tell, told) = channel();
        let mut comparison = Comparison::of([1, 2].into_iter(), tell);
        assert!(comparison.note(1, (60, 5)));
        comparison.give_up_after(Duration::from_secs(3600));
        assert!(!comparison.tell());
        comparison.give_up_after(Duration::ZERO);
        assert!(comparison.tell());
        assert_eq!(told.recv(), Ok(vec![HostClock { rank: 1, ahead_ns: 5, error_ns: 30 }]));
    }

    #[test]
    fn the_shortest_round_trip_to_each_host_counts_and_a_lost_one_holds_up_no_one() {
        let (tell, told) = channel();
        let mut comparison = Comparison::of([1, 2].into_iter(), tell);
        for way in [900, 80, 70, 500, 500, 500, 500] {
            assert!(comparison.note(1, (way, way as i64)));
        }
        assert!(!comparison.note(1, (400, 4)) && !comparison.note(1, (1, 1)) && !comparison.tell());
        comparison.lose(2);
        assert!(comparison.tell());
        assert_eq!(told.recv(), Ok(vec![HostClock { rank: 1, ahead_ns: 70, error_ns: 35 }]));
    }
}
