//! A sample taken apart into what a schedule is made of, so that it can be put together otherwise.

use super::super::accounting::ledger::{LaneSpan, lanes, last_end};
use super::replay::{Capacity, Job, Start, replay};
use crate::record::{Sample, TaskSpan};

/// A share of the sample's time after which the last submission is late: the pool submits as jobs end, so that the
/// times of submission are those of this schedule and of no other.
const SUBMITTED_LATE: f64 = 0.5;

/// What the jobs of a sample use, and what they share.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Terms {
    /// Whether the jobs wait by nature: they use the CPU for what their threads are seen to use, and wait else.
    pub(super) waits: bool,
    /// CPUs for the threads; unknown of times that were measured elsewhere.
    pub(super) cpus: Option<usize>,
    /// How fast the machine runs threads.
    pub(super) capacity: Capacity,
}

/// The costs of one sample, in seconds.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Parts {
    /// In the order in which they began.
    pub(super) jobs: Vec<Job>,
    /// A start for each worker that was started: a pool may start no more than it has jobs.
    pub(super) starts: Vec<Start>,
    /// From the end of the last job until the pool was joined.
    pub(super) teardown: f64,
    /// The time of the sample.
    pub(super) wall: f64,
}

impl Parts {
    /// Takes a sample apart; `None` if it has no tasks, or one that no worker of the case ran.
    pub(super) fn of(sample: &Sample, workers: usize, terms: &Terms) -> Option<Self> {
        let lanes = lanes(sample, workers);
        let placed: usize = lanes.iter().map(|lane| lane.tasks.len()).sum();
        if sample.tasks.is_empty() || placed != sample.tasks.len() {
            return None;
        }
        let wall = seconds(sample.wall_ns);
        let late = sample.tasks.iter().map(|task| seconds(task.submitted_ns)).fold(0.0, f64::max);
        let gated = late > SUBMITTED_LATE * wall;
        let mut jobs: Vec<(u64, Job)> =
            lanes.iter().flat_map(|lane| of_lane(lane, workers, terms, gated)).collect();
        jobs.sort_by_key(|(begin, job)| (*begin, job.index));
        Some(Self {
            jobs: jobs.into_iter().map(|(_, job)| job).collect(),
            starts: starts(&lanes, sample, &terms.capacity),
            teardown: (wall - seconds(last_end(sample))).max(0.0),
            wall,
        })
    }

    /// The time of the batch with these costs.
    pub(super) fn time(&self, capacity: &Capacity) -> f64 {
        replay(&self.jobs, &self.starts, capacity) + self.teardown
    }

    /// The same on another number of workers. Those beyond the measured ones start as those did, each after the one
    /// before it; the end takes `teardown` longer for each. Pools start workers on demand, and so no more than jobs.
    pub(super) fn on(&self, workers: usize, teardown: f64) -> Self {
        let workers = workers.min(self.jobs.len()).max(1);
        let own = self.starts.len();
        let step = self.step();
        let spawn = self.starts.iter().map(|start| start.spawn).sum::<f64>() / own.max(1) as f64;
        let last = self.starts.last().map_or(0.0, |start| start.offset);
        let start = |worker: usize| match self.starts.get(worker) {
            Some(start) => *start,
            None => Start { offset: last + (worker + 1 - own) as f64 * step, spawn },
        };
        let more = workers as f64 - own as f64;
        Self {
            jobs: self.jobs.clone(),
            starts: (0..workers).map(start).collect(),
            teardown: (self.teardown + more * teardown).max(0.0),
            wall: self.wall,
        }
    }

    /// From the start of one worker to that of the next. A single worker does not tell; then it is what the pool
    /// takes from one submission to the next while it starts workers, and at most what a start takes.
    fn step(&self) -> f64 {
        if let [first, .., last] = &self.starts[..] {
            return ((last.offset - first.offset) / (self.starts.len() - 1) as f64).max(0.0);
        }
        let mut submitted: Vec<f64> = self.jobs.iter().map(|job| job.earliest).collect();
        submitted.sort_by(f64::total_cmp);
        let spawn = self.starts.first().map_or(0.0, |start| start.spawn);
        match submitted[..] {
            [first, second, ..] => (second - first).clamp(0.0, spawn),
            _ => 0.0,
        }
    }
}

/// What the workers that were started need of a CPU until they are ready. Starts that share the CPUs take longer than
/// one by itself; of its time a start has had the share that so many at once leave to each.
fn starts(lanes: &[LaneSpan<'_>], sample: &Sample, capacity: &Capacity) -> Vec<Start> {
    let end = last_end(sample);
    let life = |lane: &LaneSpan<'_>| {
        let spawned = sample.workers.iter().find(|life| life.worker == lane.worker).map(|it| it.spawned_ns);
        let ready = seconds(lane.ready_ns.min(end));
        (spawned.is_some() || !lane.tasks.is_empty())
            .then(|| (seconds(spawned.unwrap_or(0)).min(ready), ready))
    };
    let lives: Vec<(f64, f64)> = lanes.iter().filter_map(life).collect();
    let mut times: Vec<f64> = lives.iter().flat_map(|&(spawned, ready)| [spawned, ready]).collect();
    times.sort_by(f64::total_cmp);
    let mut spawns = vec![0.0; lives.len()];
    for stretch in times.windows(2) {
        let within = |life: &(f64, f64)| life.0 <= stretch[0] && stretch[1] <= life.1;
        let at_once = lives.iter().filter(|life| within(life)).count();
        for (spawn, _) in spawns.iter_mut().zip(&lives).filter(|(_, life)| within(life)) {
            *spawn += (stretch[1] - stretch[0]) * capacity.rate(at_once);
        }
    }
    lives.iter().zip(spawns).map(|(life, spawn)| Start { offset: life.0, spawn }).collect()
}

/// The jobs of a worker, each with when it began.
fn of_lane(lane: &LaneSpan<'_>, workers: usize, terms: &Terms, gated: bool) -> Vec<(u64, Job)> {
    let mut free = seconds(lane.ready_ns);
    let job = |task: &&TaskSpan| {
        let begin = seconds(task.begin_ns);
        let submitted = if gated { 0.0 } else { seconds(task.submitted_ns) };
        let hand_over = (begin - free.max(submitted)).max(0.0);
        free = seconds(task.end_ns);
        let (cpu, wait) = use_of(task, workers, terms);
        (task.begin_ns, Job { index: task.job, earliest: submitted, hand_over, cpu, wait })
    };
    lane.tasks.iter().map(job).collect()
}

/// What a task needs of a CPU that it has to itself, and how long it waits for anything else.
fn use_of(task: &TaskSpan, workers: usize, terms: &Terms) -> (f64, f64) {
    let wall = seconds(task.end_ns.saturating_sub(task.begin_ns));
    let cpu = seconds(task.cpu_ns).min(wall);
    if terms.waits {
        return (cpu, wall - cpu);
    }
    let queue = task.queue_ns.map(seconds);
    // One that gave up its CPU has waited for something; else what is left was taken from it.
    let waited = match task.voluntary_switches {
        Some(1..) => (wall - cpu - queue.unwrap_or(0.0)).max(0.0),
        Some(0) | None => 0.0,
    };
    let held = wall - waited;
    let busy = match (terms.cpus, queue) {
        // Among more workers than CPUs, the wait for one is made by the others.
        (Some(cpus), Some(queue)) if workers > cpus => (held - queue).max(0.0),
        (Some(cpus), None) if workers > cpus => held * cpus as f64 / workers as f64,
        // Among no more than CPUs, each was slowed by the others as the ceiling says.
        _ => held * terms.capacity.rate(workers),
    };
    (busy, waited)
}

pub(super) fn seconds(ns: u64) -> f64 {
    ns as f64 / 1e9
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::WorkerSpan;

    fn terms(capacity: Capacity) -> Terms {
        Terms { waits: false, cpus: Some(2), capacity }
    }

    /// Two workers that start 1 and 2 ms after the begin, take 1 ms each, and run four jobs with a hand-over of 0.5 ms.
    fn sample() -> Sample {
        let ms = |value: f64| (value * 1e6) as u64;
        let task = |job, worker, begin: f64, time: f64| TaskSpan {
            submitted_ns: ms(0.1 * job as f64),
            ..TaskSpan::busy(job, worker, (ms(begin), ms(begin + time)))
        };
        let life = |worker, spawned: f64| WorkerSpan {
            worker,
            spawned_ns: ms(spawned),
            ready_ns: ms(spawned + 1.0),
            ended_ns: ms(60.0),
        };
        Sample {
            workers: vec![life(0, 1.0), life(1, 2.0)],
            tasks: vec![
                task(0, 0, 2.5, 10.0),
                task(1, 1, 3.5, 12.0),
                task(2, 0, 13.0, 20.0),
                task(3, 1, 16.0, 26.0),
            ],
            ..Sample::timed(0, 0, ms(44.5))
        }
    }

    #[test]
    fn a_sample_put_together_again_takes_as_long() {
        for capacity in [Capacity::cpus(2), Capacity::Shared(vec![1.0, 1.8])] {
            let parts = Parts::of(&sample(), 2, &terms(capacity.clone())).unwrap();
            let shared = matches!(&capacity, Capacity::Shared(levels) if levels[1] < 2.0);
            // A thread that is alone at the end is faster than it was with another one.
            let expected = 0.0445;
            let time = parts.time(&capacity);
            assert!((time - expected).abs() < if shared { 0.0015 } else { 1e-9 }, "{time}");
        }
    }

    #[test]
    fn more_workers_start_as_the_measured_ones_did() {
        let parts = Parts::of(&sample(), 2, &terms(Capacity::cpus(2))).unwrap();
        assert!((parts.teardown - 0.0025).abs() < 1e-9, "{parts:?}");
        let four = parts.on(4, 0.0005);
        let offsets: Vec<f64> = four.starts.iter().map(|start| start.offset).collect();
        for (offset, expected) in offsets.iter().zip([0.001, 0.002, 0.003, 0.004]) {
            assert!((offset - expected).abs() < 1e-9, "{offsets:?}");
        }
        assert!((four.teardown - 0.0035).abs() < 1e-9);
        // The longest job takes 26 ms; the last of four workers begins it at 4 + 1 + 0.5 ms.
        let time = four.time(&Capacity::Unshared);
        assert!((time - (0.0055 + 0.026 + 0.0035)).abs() < 1e-9, "{time}");
    }

    #[test]
    fn a_worker_that_was_never_started_takes_no_job() {
        let parts = Parts::of(&sample(), 8, &terms(Capacity::cpus(2))).unwrap();
        assert_eq!(parts.starts.len(), 2);
        assert!((parts.time(&Capacity::Unshared) - 0.0445).abs() < 1e-9);
    }

    #[test]
    fn starts_that_share_the_cpus_need_less_of_them_than_they_take() {
        let mut crowded = sample();
        // Four starts at once on two CPUs take 4 ms each, and need 2.
        let life = |worker| WorkerSpan { worker, spawned_ns: 0, ready_ns: 4_000_000, ended_ns: 60_000_000 };
        crowded.workers = (0..4).map(life).collect();
        for (task, worker) in crowded.tasks.iter_mut().zip(0..) {
            (task.worker, task.begin_ns, task.end_ns) = (worker, 4_000_000, 10_000_000);
        }
        let waits = Terms { waits: true, ..terms(Capacity::cpus(2)) };
        let parts = Parts::of(&crowded, 4, &waits).unwrap();
        assert!(parts.starts.iter().all(|start| (start.spawn - 0.002).abs() < 1e-9), "{parts:?}");
        let two = parts.on(2, 0.0);
        let again = Parts { starts: two.starts, jobs: parts.jobs[..2].to_vec(), ..parts };
        let expected = 0.002 + 0.006;
        let time = again.time(&Capacity::cpus(2)) - again.teardown;
        assert!((time - expected).abs() < 1e-9, "{time}");
    }

    #[test]
    fn the_wait_for_a_cpu_that_the_pool_itself_makes_is_no_work() {
        let task = TaskSpan { queue_ns: Some(4_000), ..TaskSpan::busy(0, 0, (0, 10_000)) };
        let of = |task: &TaskSpan, workers| use_of(task, workers, &terms(Capacity::cpus(2)));
        let near = |(cpu, wait): (f64, f64), us: (f64, f64)| {
            assert!((cpu * 1e6 - us.0).abs() < 1e-6 && (wait * 1e6 - us.1).abs() < 1e-6, "{cpu} {wait}");
        };
        near(of(&task, 4), (6.0, 0.0));
        near(of(&task, 2), (10.0, 0.0));
        near(of(&TaskSpan { queue_ns: None, ..task.clone() }, 4), (5.0, 0.0));
        let waited = TaskSpan { cpu_ns: 3_000, voluntary_switches: Some(2), ..task };
        near(of(&waited, 2), (7.0, 3.0));
        let waits = Terms { waits: true, ..terms(Capacity::cpus(2)) };
        let (cpu, wait) = use_of(&waited, 2, &waits);
        near((cpu, wait), (3.0, 7.0));
    }

    #[test]
    fn a_sample_without_tasks_has_no_parts() {
        let empty = Sample { tasks: Vec::new(), ..sample() };
        assert_eq!(Parts::of(&empty, 2, &terms(Capacity::Unshared)), None);
        assert_eq!(Parts::of(&sample(), 1, &terms(Capacity::Unshared)), None, "a worker that the case lacks");
    }
}
