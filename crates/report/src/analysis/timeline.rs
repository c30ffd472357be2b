//! What every worker did in one execution, as stretches without gaps.

use super::accounting::ledger::{LaneSpan, lanes, last_end};
use super::accounting::network::{of_end, of_start, of_task, within};
use super::model::{Lane, Segment, State, Timeline};
use super::seconds::seconds;
use crate::record::{Sample, TaskSpan};

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
    let host = sample.host_of(lane.worker);
    let mut segments = Vec::new();
    let mut free = 0;
    let mut until = |to_ns: u64, state: State, job: Option<usize>, ways: &[(u64, u64)]| {
        let mut add = |to_ns: u64, state: State| {
            // A stretch of no length says nothing; one that runs backwards, in a file that someone
            // changed, could not be drawn.
            if to_ns > free {
                segments.push(Segment { state, job, from_s: seconds(free), to_s: seconds(to_ns) });
                free = to_ns;
            }
        };
        for (sent, came) in ways {
            add(*sent, state);
            add(*came, State::Network);
        }
        add(to_ns, state);
    };
    let ready = lane.ready_ns.min(end);
    until(
        ready,
        State::Spawn,
        None,
        &host.map(|host| within((0, ready), &of_start(host))).unwrap_or_default(),
    );
    let mut idle_from = ready;
    let mut before: Option<&TaskSpan> = None;
    for &task in &lane.tasks {
        let idle = (idle_from.max(task.submitted_ns), task.begin_ns.min(end));
        let ways = host.map(|host| within(idle, &of_task(host, before, task))).unwrap_or_default();
        until(task.begin_ns.min(end), State::Dispatch, None, &ways);
        until(task.end_ns.min(end), State::Task, Some(task.job), &[]);
        (idle_from, before) = (task.end_ns, Some(task));
    }
    until(end, State::Tail, None, &[]);
    let ways = host.map(|host| within((end, sample.wall_ns), &of_end(sample, host))).unwrap_or_default();
    until(sample.wall_ns, State::Teardown, None, &ways);
    Lane { worker: lane.worker, host: host.map(|host| host.host + 1), segments }
}
