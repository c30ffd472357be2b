//! What a lane on another host waited for messages.
//!
//! A message to a host and its answer are under way for the round trip less the time at the host, whatever the
//! clocks of both. Where on a lane that time lies, only the aligned clock tells: a way there that it makes too long
//! is too short on the way back. Each stretch of a lane in which its worker had no task is held against the ways that
//! it may have waited for; what lies in one is network, and the rest stays what it was.

use crate::record::{HostSpan, Sample, TaskSpan, Trip};

/// A time and a later one, in nanoseconds from the start of the sample.
pub(in crate::analysis) type Way = (u64, u64);

/// Time under way: as long as the shortest message takes, and what messages took beyond that.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct UnderWay {
    pub(super) latency: f64,
    pub(super) data: f64,
}

impl UnderWay {
    pub(super) fn sum(self) -> f64 {
        self.latency + self.data
    }

    pub(super) fn add(&mut self, other: Self) {
        self.latency += other.latency;
        self.data += other.data;
    }
}

/// The parts of a stretch that lie in these ways, which follow each other.
pub(in crate::analysis) fn within((from, to): Way, ways: &[Way]) -> Vec<Way> {
    let mut at = from;
    let mut parts = Vec::new();
    for &(sent, came) in ways {
        let part = (sent.max(at), came.min(to));
        if part.1 > part.0 {
            parts.push(part);
            at = part.1;
        }
    }
    parts
}

/// How much of a stretch a host's worker waited for these messages.
pub(super) fn waited(stretch: Way, ways: &[Way], host: &HostSpan) -> UnderWay {
    let mut under_way = UnderWay::default();
    for (from, to) in within(stretch, ways) {
        let (length, shortest) = ((to - from) as f64, host.latency_ns as f64);
        let latency = length.min(shortest);
        under_way.add(UnderWay { latency, data: length - latency });
    }
    under_way
}

fn there(trip: &Trip) -> Way {
    (trip.sent_ns, trip.came_ns)
}

fn back(trip: &Trip) -> Way {
    (trip.told_ns, trip.back_ns)
}

/// The message that has a host start its workers.
pub(in crate::analysis) fn of_start(host: &HostSpan) -> Vec<Way> {
    host.opening.iter().map(there).collect()
}

/// What a worker waits for before it begins a task: the answer without which that was not sent, the one that the
/// host serves or that of the task before, and the task itself.
pub(in crate::analysis) fn of_task(host: &HostSpan, before: Option<&TaskSpan>, task: &TaskSpan) -> Vec<Way> {
    let Some(trip) = &task.trip else { return Vec::new() };
    let answer = match before {
        None => host.opening.as_ref(),
        Some(before) => before.trip.as_ref(),
    };
    let answer = answer.map(back).filter(|(_, back_ns)| *back_ns <= trip.sent_ns);
    answer.into_iter().chain([there(trip)]).collect()
}

/// What a worker waits for after the last task of all: that task's outcome, then the message that ends the workers of
/// its host, and the answer to that.
pub(in crate::analysis) fn of_end(sample: &Sample, host: &HostSpan) -> Vec<Way> {
    let last = sample.tasks.iter().max_by_key(|task| task.end_ns).and_then(|task| task.trip.as_ref());
    let closing = host.closing.iter().flat_map(|trip| [there(trip), back(trip)]);
    last.map(back).into_iter().chain(closing).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_time_is_in_two_ways() {
        assert_eq!(within((10, 50), &[(0, 20), (15, 30), (40, 60)]), [(10, 20), (20, 30), (40, 50)]);
        assert_eq!(within((10, 50), &[(60, 20), (5, 8)]), []);
        assert_eq!(within((50, 10), &[(0, 60)]), []);
    }
}
