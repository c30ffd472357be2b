//! How long a batch takes on N workers: the pool's queue, replayed over CPUs that the workers share.
//!
//! Jobs start in the order of the queue, each on the worker that is free first. Where more threads want a CPU than
//! the machine can serve at full speed, all of them slow down alike (processor sharing), as under a fair scheduler.
//! With a CPU for each worker and no costs it is list scheduling, [`bounds::replay`](super::super::bounds::replay).

use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// How fast the machine runs threads, by how many of them want a CPU.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Capacity {
    /// Each thread has a CPU, and none slows another.
    Unshared,
    /// Work done in a second by 1, 2, … threads, in units of what one does alone. More threads do as much as the
    /// last number of them. Never empty.
    Shared(Vec<f64>),
}

impl Capacity {
    /// Full speed for as many threads as there are CPUs.
    pub(super) fn cpus(cpus: usize) -> Self {
        Self::Shared((1..=cpus.max(1)).map(|count| count as f64).collect())
    }

    /// The speed of each of so many threads, at most 1.
    pub(super) fn rate(&self, threads: usize) -> f64 {
        match self {
            Self::Unshared => 1.0,
            Self::Shared(levels) => {
                let level = levels[threads.clamp(1, levels.len()) - 1];
                (level / threads.max(1) as f64).min(1.0)
            }
        }
    }
}

/// One job, in seconds.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Job {
    /// Its place in the batch.
    pub(super) index: usize,
    /// The earliest time at which it can begin: when it is submitted.
    pub(super) earliest: f64,
    /// What its worker needs before it begins, from ready or from the end of another.
    pub(super) hand_over: f64,
    /// Time that it needs a CPU.
    pub(super) cpu: f64,
    /// Time that it waits for something other than a CPU.
    pub(super) wait: f64,
}

/// How one worker starts, in seconds.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Start {
    /// When the pool begins to start it.
    pub(super) offset: f64,
    /// What it then needs of a CPU until it is ready.
    pub(super) spawn: f64,
}

/// The time from the begin of the sample to the end of its last job, in seconds; 0 without jobs.
///
/// # Panics
///
/// If there are jobs and no workers.
pub(super) fn replay(jobs: &[Job], starts: &[Start], capacity: &Capacity) -> f64 {
    assert!(jobs.is_empty() || !starts.is_empty(), "a batch needs a worker");
    let mut replay = Replay {
        jobs,
        next: 0,
        now: 0.0,
        progress: 0.0,
        last_end: 0.0,
        stages: vec![Stage::Spawn; starts.len()],
        timed: BinaryHeap::new(),
        running: BinaryHeap::new(),
    };
    for (worker, start) in starts.iter().enumerate() {
        replay.timed.push(Reverse(Event { at: start.offset.max(0.0), worker }));
    }
    while replay.step(starts, capacity) {}
    replay.last_end
}

/// What a worker does next when its event comes.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Stage {
    /// To be started.
    Spawn,
    /// Free, to take a job.
    Free,
    /// Has taken a job and waits until it is submitted.
    Held(usize),
    /// The job is handed over.
    Begin(usize),
    /// The job has had its CPU time.
    Computed(usize),
    /// The job has ended.
    Ended,
}

/// Something that happens to a worker: at a time, or at a progress of all that run.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Event {
    at: f64,
    worker: usize,
}

impl Eq for Event {}

impl PartialOrd for Event {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Event {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.at.total_cmp(&other.at).then(self.worker.cmp(&other.worker))
    }
}

struct Replay<'a> {
    jobs: &'a [Job],
    /// The job at the head of the queue.
    next: usize,
    now: f64,
    /// CPU time that each running thread has had since the begin: as all share alike, one number is enough.
    progress: f64,
    last_end: f64,
    stages: Vec<Stage>,
    /// Workers whose event comes at a time.
    timed: BinaryHeap<Reverse<Event>>,
    /// Workers that use a CPU, whose event comes at a progress.
    running: BinaryHeap<Reverse<Event>>,
}

impl Replay<'_> {
    /// Takes the next event; false if there is none.
    fn step(&mut self, starts: &[Start], capacity: &Capacity) -> bool {
        let rate = capacity.rate(self.running.len());
        let timed = self.timed.peek().map(|Reverse(event)| event.at.max(self.now));
        let running = self.running.peek().map(|Reverse(event)| {
            let left = (event.at - self.progress).max(0.0);
            self.now + left / rate
        });
        let worker = match (timed, running) {
            (None, None) => return false,
            (Some(at), other) if other.is_none_or(|other| at <= other) => {
                self.progress += (at - self.now) * if self.running.is_empty() { 0.0 } else { rate };
                self.now = at;
                self.timed.pop()
            }
            (_, at) => {
                self.now = at.unwrap_or(self.now);
                let event = self.running.pop();
                self.progress = event.map_or(self.progress, |Reverse(event)| event.at.max(self.progress));
                event
            }
        };
        if let Some(Reverse(Event { worker, .. })) = worker {
            self.go_on(worker, starts);
        }
        true
    }

    /// Brings a worker to where it needs time again.
    fn go_on(&mut self, worker: usize, starts: &[Start]) {
        loop {
            let (stage, cpu) = match self.stages[worker] {
                Stage::Spawn => (Stage::Free, starts[worker].spawn),
                Stage::Free => {
                    if self.next == self.jobs.len() {
                        return;
                    }
                    let job = self.next;
                    self.next += 1;
                    self.stages[worker] = Stage::Held(job);
                    if self.jobs[job].earliest > self.now {
                        return self.timed.push(Reverse(Event { at: self.jobs[job].earliest, worker }));
                    }
                    continue;
                }
                Stage::Held(job) => (Stage::Begin(job), self.jobs[job].hand_over),
                Stage::Begin(job) => (Stage::Computed(job), self.jobs[job].cpu),
                Stage::Computed(job) => {
                    self.stages[worker] = Stage::Ended;
                    if self.jobs[job].wait > 0.0 {
                        let at = self.now + self.jobs[job].wait;
                        return self.timed.push(Reverse(Event { at, worker }));
                    }
                    continue;
                }
                Stage::Ended => {
                    self.last_end = self.last_end.max(self.now);
                    (Stage::Free, 0.0)
                }
            };
            self.stages[worker] = stage;
            if cpu > 0.0 {
                return self.running.push(Reverse(Event { at: self.progress + cpu, worker }));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::analysis::bounds;

    fn jobs(times: &[f64]) -> Vec<Job> {
        let job = |(index, &cpu): (usize, &f64)| Job { index, cpu, ..Job::default() };
        times.iter().enumerate().map(job).collect()
    }

    fn close(one: f64, other: f64) -> bool {
        (one - other).abs() <= 1e-9 * one.abs().max(other.abs()).max(1e-9)
    }

    #[test]
    fn four_threads_on_two_cpus_take_twice_as_long() {
        let starts = [Start::default(); 4];
        let two = Capacity::cpus(2);
        assert!(close(replay(&jobs(&[1.0; 4]), &starts, &two), 2.0));
        // Three take 1.5 until the short one has its half: (0.5 · 3/2), then two have a CPU each.
        assert!(close(replay(&jobs(&[1.0, 1.0, 0.5]), &starts[..3], &two), 0.75 + 0.5));
        let slow = Capacity::Shared(vec![1.0, 1.6]);
        assert!(close(replay(&jobs(&[1.0, 1.0]), &starts[..2], &slow), 1.25));
    }

    #[test]
    fn what_waits_needs_no_cpu_and_what_is_not_submitted_does_not_begin() {
        let one = Capacity::cpus(1);
        let waits = Job { wait: 1.0, cpu: 0.1, ..Job::default() };
        assert!(close(replay(&[waits; 3], &[Start::default(); 3], &one), 1.3));
        let late = Job { earliest: 2.0, hand_over: 0.5, cpu: 1.0, ..Job::default() };
        let spawned = Start { offset: 1.0, spawn: 0.25 };
        assert!(close(replay(&[late], &[spawned], &one), 3.5));
        assert!(close(replay(&[Job { cpu: 1.0, ..Job::default() }], &[spawned], &one), 2.25));
        assert_eq!(replay(&[], &[], &one).to_bits(), 0);
    }

    proptest! {
        #[test]
        fn with_a_cpu_for_each_it_is_list_scheduling(
            times in prop::collection::vec(0.0..10.0_f64, 0..40),
            workers in 1..12_usize,
        ) {
            let starts = vec![Start::default(); workers];
            let expected = bounds::replay(&times, workers);
            for capacity in [Capacity::Unshared, Capacity::cpus(workers)] {
                prop_assert!(close(replay(&jobs(&times), &starts, &capacity), expected));
            }
        }

        #[test]
        fn without_costs_more_workers_are_never_slower(
            times in prop::collection::vec(0.0..10.0_f64, 1..40),
            workers in 1..12_usize,
        ) {
            let of = |workers| replay(&jobs(&times), &vec![Start::default(); workers], &Capacity::Unshared);
            prop_assert!(of(workers + 1) <= of(workers) * (1.0 + 1e-9));
        }

        #[test]
        fn the_cpus_bound_it_and_longest_first_comes_close(
            mut times in prop::collection::vec(0.01..10.0_f64, 1..30),
            workers in 1..9_usize,
            cpus in 1..5_usize,
        ) {
            let starts = vec![Start::default(); workers];
            let work: f64 = times.iter().sum();
            let shared = replay(&jobs(&times), &starts, &Capacity::cpus(cpus));
            prop_assert!(shared >= work / cpus.min(workers) as f64 * (1.0 - 1e-9));
            prop_assert!(shared <= work * (1.0 + 1e-9));
            times.sort_by(|a, b| b.total_cmp(a));
            let longest = replay(&jobs(&times), &starts, &Capacity::Unshared);
            let optimum = bounds::optimum(&times, workers);
            let graham = 4.0 / 3.0 - 1.0 / (3.0 * workers as f64);
            prop_assert!(longest >= optimum.lower * (1.0 - 1e-9));
            prop_assert!(longest <= graham * optimum.seconds * (1.0 + 1e-9));
        }
    }
}
