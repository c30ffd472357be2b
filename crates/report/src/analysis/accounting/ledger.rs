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
//! turn, then tail and teardown; and each task's time is r + (cpu − r) + run queue + the rest. The
//! serial loop's own time between its jobs is in W but in no task, so it is taken off as a gain. The
//! identity holds for any numbers whatever, also where a clock jumps: what is too long in one stretch
//! is missing in the next.

use super::super::bounds;
use super::super::model::Loss;
use super::super::rounds::{Paired, Reference};
use super::apart::Apart;
use super::slower;
use crate::record::{Sample, TaskSpan, WorkerSpan};

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
    /// Whether some figure was missing that tells losses apart.
    pub(in crate::analysis) lacking: Lacking,
    /// Of an execution of a program: which of its losses are told apart.
    pub(in crate::analysis) outside: Option<Apart>,
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
            lacking: Lacking::default(),
            outside: None,
        };
        let work: f64 = times.iter().sum();
        ledger.add(Loss::SerialLoop, work - ledger.serial);
        let tail = ledger.add_lanes(sample, workers);
        ledger.split_tail(tail, &times, workers);
        for (task, &serial) in sample.tasks.iter().zip(&times) {
            ledger.add_task(task, serial);
        }
        ledger.split_queue(sample.machine.throttled_ns.unwrap_or(0) as f64);
        let parts = slower::parts(sample, reference, &times);
        ledger.parts.extend(parts.into_iter().map(|(name, time)| (Loss::SlowerTasks, name, time)));
        Some(ledger)
    }

    pub(super) fn add(&mut self, loss: Loss, time: f64) {
        self.losses[loss as usize] += time;
    }

    /// Books what lies around the tasks of each lane, and gives back the tails.
    fn add_lanes(&mut self, sample: &Sample, workers: usize) -> f64 {
        let last_end = last_end(sample);
        let (mut tails, mut submission, mut hand_over) = (0.0, 0.0, 0.0);
        for lane in lanes(sample, workers) {
            let ready = lane.ready_ns.min(last_end);
            self.add(Loss::Spawn, ready as f64);
            let mut free = ready as f64;
            for task in &lane.tasks {
                let (begin, submitted) = (task.begin_ns as f64, task.submitted_ns as f64);
                let waited = (submitted - free).clamp(0.0, (begin - free).max(0.0));
                submission += waited;
                hand_over += begin - free - waited;
                free = task.end_ns as f64;
            }
            tails += last_end as f64 - free;
            self.add(Loss::Teardown, self.wall - last_end as f64);
        }
        self.add(Loss::Dispatch, submission + hand_over);
        self.parts.push((Loss::Dispatch, "not yet submitted", submission));
        self.parts.push((Loss::Dispatch, "hand-over", hand_over));
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

    /// Takes the time that the control group was held up by its quota out of the waits for a CPU, which hold
    /// it. At most all of them: the group has other threads than those that run tasks.
    pub(super) fn split_queue(&mut self, throttled: f64) {
        let mut left = throttled;
        for wait in [Loss::RunQueue, Loss::Waiting] {
            let quota = self.losses[wait as usize].max(0.0).min(left);
            self.add(wait, -quota);
            self.add(Loss::Quota, quota);
            left -= quota;
        }
    }

    /// Books what a task took beyond its serial time.
    fn add_task(&mut self, task: &TaskSpan, serial: f64) {
        let (wall, cpu) = (task.end_ns as f64 - task.begin_ns as f64, task.cpu_ns as f64);
        self.add(Loss::SlowerTasks, cpu - serial);
        let Some(queue) = task.queue_ns else {
            self.lacking.queue = true;
            return self.add(Loss::Waiting, wall - cpu);
        };
        self.add(Loss::RunQueue, queue as f64);
        let rest = wall - cpu - queue as f64;
        match task.voluntary_switches {
            Some(0) => self.add(Loss::Steal, rest),
            Some(_) => self.add(Loss::Blocking, rest),
            None => {
                self.lacking.switches = true;
                self.add(Loss::Waiting, rest);
            }
        }
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
    /// Its tasks by their begin.
    pub(in crate::analysis) tasks: Vec<&'a TaskSpan>,
}

/// The lanes of a sample: as many as the case has workers, whether or not each was started.
pub(in crate::analysis) fn lanes(sample: &Sample, workers: usize) -> Vec<LaneSpan<'_>> {
    let mut lanes: Vec<LaneSpan<'_>> =
        (0..workers).map(|worker| LaneSpan { worker, ready_ns: 0, tasks: Vec::new() }).collect();
    // A worker that took another's place has its number: the first life counts, and the change of
    // workers is time between tasks.
    for life in sample.workers.iter().rev() {
        let WorkerSpan { worker, ready_ns, .. } = *life;
        if let Some(lane) = lanes.get_mut(worker) {
            lane.ready_ns = ready_ns;
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
