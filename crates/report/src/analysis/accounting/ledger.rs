//! One execution's worker time, to the nanosecond: what went into the work and what was lost.
//!
//! With N lanes, T the time of the execution, r the serial time of each task in the same round and W
//! that of the whole serial batch,
//!
//! ```text
//! N·T = W + Σ losses
//! ```
//!
//! because each lane's time falls into stretches that do not overlap: spawn, then dispatch and task in
//! turn, then tail and teardown, of which on another host the network takes its part; and each task's
//! time is r + (cpu − r) + run queue + the rest. The serial loop's own time between its jobs is in W
//! but in no task, so it is taken off as a gain. The identity holds for any numbers whatever, also
//! where a clock jumps: what is too long in one stretch is missing in the next.

use super::super::bounds;
use super::super::model::Loss;
use super::super::rounds::{Paired, Reference};
use super::apart::Apart;
use super::network::{UnderWay, of_end, of_start, of_task, waited};
use super::slower;
use crate::record::{HostSpan, Sample, TaskSpan, WorkerSpan};

/// One execution's account, in nanoseconds of worker time.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::analysis) struct Ledger {
    /// T.
    pub(in crate::analysis) wall: f64,
    /// W.
    pub(in crate::analysis) serial: f64,
    /// By [`Loss::ALL`].
    pub(in crate::analysis) losses: [f64; Loss::ALL.len()],
    /// What some losses consist of, by the loss and a name.
    pub(super) parts: Vec<(Loss, &'static str, f64)>,
    /// What of the losses is that of each host's workers.
    pub(super) hosts: Vec<OnHost>,
    /// Whether some figure was missing that tells losses apart.
    pub(in crate::analysis) lacking: Lacking,
    /// Of an execution of a program: which of its losses are told apart.
    pub(in crate::analysis) outside: Option<Apart>,
}

/// What was lost on one host, in nanoseconds of worker time.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::analysis) struct OnHost {
    /// Index into the record's hosts.
    pub(super) host: usize,
    pub(super) workers: usize,
    pub(super) clock_error: f64,
    pub(super) losses: [f64; Loss::ALL.len()],
    pub(super) lacking: Lacking,
}

impl OnHost {
    fn of(span: &HostSpan) -> Self {
        Self {
            host: span.host,
            workers: span.workers,
            clock_error: span.clock_error_ns as f64,
            losses: [0.0; Loss::ALL.len()],
            lacking: Lacking::default(),
        }
    }
}

/// What the system did not tell.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(in crate::analysis) struct Lacking {
    /// Run-queue delays.
    pub(in crate::analysis) queue: bool,
    /// Context switches.
    pub(in crate::analysis) switches: bool,
    /// The exact optimum of the schedule.
    pub(super) optimum: bool,
}

impl Ledger {
    /// The account of one execution on `workers` lanes; `None` if its tasks are not those of the
    /// serial baseline.
    pub(super) fn of(pair: &Paired<'_>, workers: usize) -> Option<Self> {
        let (sample, reference) = (pair.sample, &pair.reference);
        let times = task_times(sample, reference)?;
        let mut ledger = Self {
            wall: sample.wall_ns as f64,
            serial: reference.wall_ns(),
            losses: [0.0; Loss::ALL.len()],
            parts: Vec::new(),
            hosts: sample.hosts.iter().map(OnHost::of).collect(),
            lacking: Lacking::default(),
            outside: None,
        };
        let work: f64 = times.iter().sum();
        ledger.add(Loss::SerialLoop, work - ledger.serial);
        let tail = ledger.add_lanes(sample, workers);
        ledger.split_tail(tail, &times, workers);
        for (task, &serial) in sample.tasks.iter().zip(&times) {
            ledger.add_task(sample.host_of(task.worker), task, serial);
        }
        ledger.split_queues(sample);
        let parts = slower::parts(sample, reference, &times);
        ledger.parts.extend(parts.into_iter().map(|(name, time)| (Loss::SlowerTasks, name, time)));
        Some(ledger)
    }

    pub(super) fn add(&mut self, loss: Loss, time: f64) {
        self.losses[loss as usize] += time;
    }

    /// The same on a host, where it is another machine.
    fn add_on(&mut self, host: Option<&HostSpan>, loss: Loss, time: f64) {
        self.add(loss, time);
        if let Some(on) = self.on(host) {
            on.losses[loss as usize] += time;
        }
    }

    fn on(&mut self, host: Option<&HostSpan>) -> Option<&mut OnHost> {
        let host = host?.host;
        self.hosts.iter_mut().find(|on| on.host == host)
    }

    /// Books what lies around the tasks of each lane, and gives back the tails.
    fn add_lanes(&mut self, sample: &Sample, workers: usize) -> f64 {
        let last_end = last_end(sample);
        let (mut tails, mut submission, mut hand_over) = (0.0, 0.0, 0.0);
        let (mut network, mut local) = (UnderWay::default(), 0.0);
        let wall = sample.wall_ns;
        for lane in lanes(sample, workers) {
            let host = sample.host_of(lane.worker);
            // Waits for messages, of a stretch that is another loss otherwise.
            let mut messages = |ledger: &mut Self, stretch, ways: &dyn Fn(&HostSpan) -> Vec<_>| {
                let under_way = host.map(|host| waited(stretch, &ways(host), host)).unwrap_or_default();
                network.add(under_way);
                ledger.add_on(host, Loss::Network, under_way.sum());
                under_way.sum()
            };
            let ready = lane.ready_ns.min(last_end);
            let under_way = messages(self, (0, ready), &of_start);
            self.add_on(host, Loss::Spawn, ready as f64 - under_way);
            local += (ready as f64 - under_way).min(ready.saturating_sub(lane.spawned_ns) as f64);
            let mut free = ready;
            let mut before: Option<&TaskSpan> = None;
            for &task in &lane.tasks {
                let (begin, submitted) = (task.begin_ns as f64, task.submitted_ns as f64);
                let waited = (submitted - free as f64).clamp(0.0, (begin - free as f64).max(0.0));
                let from = free.max(task.submitted_ns);
                let under_way = messages(self, (from, task.begin_ns), &|host| of_task(host, before, task));
                let between = begin - free as f64 - under_way;
                self.add_on(host, Loss::Dispatch, between);
                submission += waited;
                hand_over += between - waited;
                free = task.end_ns;
                before = Some(task);
            }
            tails += last_end as f64 - free as f64;
            let under_way = messages(self, (last_end, wall), &|host| of_end(sample, host));
            self.add_on(host, Loss::Teardown, self.wall - last_end as f64 - under_way);
        }
        self.parts.push((Loss::Dispatch, "not yet submitted", submission));
        self.parts.push((Loss::Dispatch, "hand-over", hand_over));
        if !sample.hosts.is_empty() {
            let spawn = self.losses[Loss::Spawn as usize];
            self.parts.push((Loss::Spawn, "launcher", spawn - local));
            self.parts.push((Loss::Spawn, "local pool", local));
            self.parts.push((Loss::Network, "latency", network.latency));
            self.parts.push((Loss::Network, "data", network.data));
        }
        tails
    }

    /// Divides the time of idle workers at the end by what would avoid it.
    fn split_tail(&mut self, tail: f64, times: &[f64], workers: usize) {
        let (lanes, work) = (workers as f64, times.iter().sum::<f64>());
        let optimum = bounds::optimum(times, workers);
        let replay = bounds::replay(times, workers);
        self.lacking.optimum = !optimum.exact;
        self.add(Loss::Granularity, lanes * optimum.seconds - work);
        self.add(Loss::Ordering, lanes * (replay - optimum.seconds));
        self.add(Loss::Jitter, tail - (lanes * replay - work));
    }

    /// Takes what quotas held up out of the waits for a CPU: of this machine's control group, or of those on the hosts
    /// that have the workers.
    fn split_queues(&mut self, sample: &Sample) {
        if sample.hosts.is_empty() {
            return self.split_queue(sample.machine.throttled_ns.unwrap_or(0) as f64);
        }
        for (on, span) in self.hosts.iter_mut().zip(&sample.hosts) {
            let before = on.losses;
            split(&mut on.losses, span.machine.throttled_ns.unwrap_or(0) as f64);
            for (loss, own) in self.losses.iter_mut().enumerate() {
                *own += on.losses[loss] - before[loss];
            }
        }
    }

    /// Takes the time that the control group was held up by its quota out of the waits for a CPU, which hold
    /// it. At most all of them: the group has other threads than those that run tasks.
    pub(super) fn split_queue(&mut self, throttled: f64) {
        split(&mut self.losses, throttled);
    }

    /// Books what a task took beyond its serial time.
    fn add_task(&mut self, host: Option<&HostSpan>, task: &TaskSpan, serial: f64) {
        let (wall, cpu) = (task.end_ns as f64 - task.begin_ns as f64, task.cpu_ns as f64);
        self.add_on(host, Loss::SlowerTasks, cpu - serial);
        let Some(queue) = task.queue_ns else {
            self.lack(host, |lacking| lacking.queue = true);
            return self.add_on(host, Loss::Waiting, wall - cpu);
        };
        self.add_on(host, Loss::RunQueue, queue as f64);
        let rest = wall - cpu - queue as f64;
        match task.voluntary_switches {
            Some(0) => self.add_on(host, Loss::Steal, rest),
            Some(_) => self.add_on(host, Loss::Blocking, rest),
            None => {
                self.lack(host, |lacking| lacking.switches = true);
                self.add_on(host, Loss::Waiting, rest);
            }
        }
    }

    fn lack(&mut self, host: Option<&HostSpan>, note: fn(&mut Lacking)) {
        note(&mut self.lacking);
        if let Some(on) = self.on(host) {
            note(&mut on.lacking);
        }
    }
}

/// Takes so much time out of the waits for a CPU, at most all of them.
fn split(losses: &mut [f64], throttled: f64) {
    let mut left = throttled;
    for wait in [Loss::RunQueue, Loss::Waiting] {
        let quota = losses[wait as usize].max(0.0).min(left);
        losses[wait as usize] -= quota;
        losses[Loss::Quota as usize] += quota;
        left -= quota;
    }
}

/// Serial times of the tasks, mean over the reference's executions, in the order of the sample's
/// tasks; `None` if the batches differ.
fn task_times(sample: &Sample, reference: &Reference<'_>) -> Option<Vec<f64>> {
    let same = |serial: &&Sample| {
        serial.tasks.len() == sample.tasks.len()
            && serial.tasks.iter().zip(&sample.tasks).all(|(one, other)| one.job == other.job)
    };
    if sample.tasks.is_empty() || !reference.0.iter().all(same) {
        return None;
    }
    let time = |task: &TaskSpan| task.end_ns as f64 - task.begin_ns as f64;
    Some((0..sample.tasks.len()).map(|index| reference.mean(|serial| time(&serial.tasks[index]))).collect())
}

/// When the last task of all ended; the whole time if there is none.
pub(in crate::analysis) fn last_end(sample: &Sample) -> u64 {
    sample.tasks.iter().map(|task| task.end_ns).max().unwrap_or(sample.wall_ns)
}

/// What one worker did.
#[derive(Debug)]
pub(in crate::analysis) struct LaneSpan<'a> {
    pub(in crate::analysis) worker: usize,
    /// When it was first ready; 0 for a worker that never started, whose time is all tail.
    pub(in crate::analysis) ready_ns: u64,
    /// When the pool began to start it.
    pub(in crate::analysis) spawned_ns: u64,
    /// Its tasks by their begin.
    pub(in crate::analysis) tasks: Vec<&'a TaskSpan>,
}

/// The lanes of a sample: as many as the case has workers, whether or not each was started.
pub(in crate::analysis) fn lanes(sample: &Sample, workers: usize) -> Vec<LaneSpan<'_>> {
    let mut lanes: Vec<LaneSpan<'_>> = (0..workers)
        .map(|worker| LaneSpan { worker, ready_ns: 0, spawned_ns: 0, tasks: Vec::new() })
        .collect();
    // A worker that took another's place has its number: the first life counts, and the change of
    // workers is time between tasks.
    for life in sample.workers.iter().rev() {
        let WorkerSpan { worker, ready_ns, spawned_ns, .. } = *life;
        if let Some(lane) = lanes.get_mut(worker) {
            (lane.ready_ns, lane.spawned_ns) = (ready_ns, spawned_ns);
        }
    }
    for task in &sample.tasks {
        if let Some(lane) = lanes.get_mut(task.worker) {
            lane.tasks.push(task);
        }
    }
    for lane in &mut lanes {
        lane.tasks.sort_by_key(|task| task.begin_ns);
    }
    lanes
}
