//! What every worker did in one execution, as stretches without gaps.

use super::accounting::ledger::{LaneSpan, lanes, last_end};
use super::model::{Lane, Segment, State, Timeline};
use super::seconds::seconds;
use crate::record::Sample;

/// The timeline of the sample whose time is the median; of two in the middle, the earlier in time.
pub(super) fn of_median(samples: &[&Sample], workers: usize) -> Option<Timeline> {
    let mut sorted = samples.to_vec();
    sorted.sort_by_key(|sample| (sample.wall_ns, sample.round));
    let sample = sorted.get(sorted.len().checked_sub(1)? / 2)?;
    let lanes = lanes(sample, workers).into_iter().map(|lane| build(&lane, sample)).collect();
    Some(Timeline { round: sample.round, wall_s: seconds(sample.wall_ns), lanes })
}

fn build(lane: &LaneSpan<'_>, sample: &Sample) -> Lane {
    let end = last_end(sample).min(sample.wall_ns);
    let mut segments = Vec::new();
    let mut free = 0;
    let mut until = |to_ns: u64, state: State, job: Option<usize>| {
        // A stretch of no length says nothing; one that runs backwards, in a file that someone
        // changed, could not be drawn.
        if to_ns > free {
            segments.push(Segment { state, job, from_s: seconds(free), to_s: seconds(to_ns) });
            free = to_ns;
        }
    };
    until(lane.ready_ns.min(end), State::Spawn, None);
    for task in &lane.tasks {
        until(task.begin_ns.min(end), State::Dispatch, None);
        until(task.end_ns.min(end), State::Task, Some(task.job));
    }
    until(end, State::Tail, None);
    until(sample.wall_ns, State::Teardown, None);
    Lane { worker: lane.worker, segments }
}
