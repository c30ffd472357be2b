//! From the scheduler's events to the step functions. No I/O, no clock.
//!
//! Records of switches tell when each task was on a CPU, and by the preemption flag whether it left it
//! runnable. They do not tell when a sleeping task became runnable again. Its own total of run delay does,
//! but not when: what that total is over the records' is put at the ends of its sleeps, the same at each as
//! far as they are long enough. So each task's run delay is exact in total, and its place is right to
//! within one sleep.
//!
//! The record of a task's coming on a CPU is written at the end of the switch, but the kernel charges the
//! task from the switch's beginning, about a microsecond before. How long a switch takes is measured on
//! those between two tasks of the tree, and every coming is put earlier by it.

use std::collections::HashMap;

use crate::trace::{Delta, Trace};

/// What happened to a task.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum What {
    /// A new task: of this process if it is a thread.
    Fork { process: u32 },
    /// On a CPU from now.
    In,
    /// Off it; still runnable or asleep.
    Out { preempted: bool },
    /// The process became another program: this task is its only one now, and it is on a CPU.
    Exec,
    /// The end, as far as records go.
    Exit,
}

/// One event of the scheduler.
#[derive(Debug, Clone, Copy)]
pub(super) struct Event {
    pub(super) at_ns: u64,
    pub(super) task: u32,
    pub(super) cpu: u32,
    pub(super) what: What,
}

/// What a task's own counters said at its end, in ns.
#[derive(Debug, Clone, Copy, Default)]
#[allow(clippy::struct_field_names)] // All are times; the unit belongs to the name.
pub(super) struct TaskEnd {
    /// When the kernel began to end it.
    pub(super) stop_ns: u64,
    /// CPU time until then.
    pub(super) stop_cpu_ns: u64,
    /// Run delay until then.
    pub(super) stop_delay_ns: u64,
    /// When it was gone; absent if it was not seen.
    pub(super) death_ns: Option<u64>,
    /// CPU time in all.
    pub(super) cpu_ns: u64,
    /// Run delay in all.
    pub(super) delay_ns: u64,
}

/// The step functions and what was counted on the way.
#[derive(Debug)]
pub(super) struct Assembled {
    pub(super) trace: Trace,
    pub(super) processes: u64,
    pub(super) threads: u64,
    pub(super) peak_threads: u64,
}

#[derive(Clone, Copy)]
enum State {
    Ready(u64),
    On(u64),
    Asleep(u64),
}

/// A task while it lives.
struct Life {
    process: u32,
    state: State,
    end: Option<TaskEnd>,
    /// Run delay seen so far.
    delay_ns: u64,
    /// On a CPU since the kernel began to end it.
    exit_ns: u64,
    /// Sleeps, where the run delay that is missing will be put.
    sleeps: Vec<(u64, u64)>,
}

struct Assembly<'a> {
    begin_ns: u64,
    end_ns: u64,
    lives: HashMap<u32, Life>,
    ends: HashMap<u32, std::vec::IntoIter<TaskEnd>>,
    deltas: Vec<(u64, Delta)>,
    switch_ns: u64,
    alive: &'a mut Counts,
}

#[derive(Default)]
struct Counts {
    processes: u64,
    threads: u64,
    now: u64,
    peak: u64,
}

/// Puts together the events of the tree that grew from `root`, from before `begin_ns` on; `events` must be
/// in the order of time, and `ends` has for each task the ends of all that had its number, in order.
pub(super) fn assemble(
    root: u32,
    begin_ns: u64,
    end_ns: u64,
    events: &[Event],
    ends: HashMap<u32, Vec<TaskEnd>>,
) -> Assembled {
    let mut counts = Counts::default();
    let ends = ends.into_iter().map(|(task, ends)| (task, ends.into_iter())).collect();
    let mut assembly = Assembly {
        begin_ns,
        end_ns,
        lives: HashMap::new(),
        ends,
        deltas: Vec::new(),
        switch_ns: switch_ns(events),
        alive: &mut counts,
    };
    assembly.born(root, root, State::Asleep(0));
    for event in events {
        assembly.take(*event);
    }
    let left: Vec<u32> = assembly.lives.keys().copied().collect();
    for task in left {
        assembly.gone(task, end_ns);
    }
    let trace = Trace::from_deltas(begin_ns, end_ns, std::mem::take(&mut assembly.deltas));
    Assembled { trace, processes: counts.processes, threads: counts.threads, peak_threads: counts.peak }
}

impl Assembly<'_> {
    fn take(&mut self, event: Event) {
        let Event { at_ns, task, what, .. } = event;
        if at_ns > self.end_ns {
            return;
        }
        match what {
            What::Fork { process } => self.born(task, process, State::Ready(at_ns)),
            What::Exit => self.gone(task, at_ns),
            What::In => {
                self.renumber(task);
                // A task that no record told of: its beginning was lost or is older than the execution.
                if !self.lives.contains_key(&task) {
                    self.born(task, task, State::Ready(at_ns));
                }
                self.step(task, at_ns, State::On(at_ns));
            }
            What::Out { preempted } => {
                self.renumber(task);
                let state = if preempted { State::Ready(at_ns) } else { State::Asleep(at_ns) };
                self.step(task, at_ns, state);
            }
            What::Exec => self.exec(task, at_ns),
        }
    }

    fn born(&mut self, task: u32, process: u32, state: State) {
        let end = self.ends.get_mut(&task).and_then(Iterator::next);
        let life = Life { process, state, end, delay_ns: 0, exit_ns: 0, sleeps: Vec::new() };
        if self.lives.insert(task, life).is_none() {
            self.alive.now += 1;
        }
        self.alive.threads += 1;
        self.alive.processes += u64::from(task == process);
        self.alive.peak = self.alive.peak.max(self.alive.now);
    }

    /// Ends a task's present state at a time and begins another.
    fn step(&mut self, task: u32, mut at_ns: u64, mut next: State) {
        let Some(life) = self.lives.get_mut(&task) else { return };
        // A coming that was put earlier, and clocks of CPUs that differ a little, turn no time around.
        let (State::Ready(since) | State::On(since) | State::Asleep(since)) = life.state;
        at_ns = at_ns.max(since);
        if let (State::Ready(since) | State::Asleep(since), State::On(_)) = (life.state, next) {
            at_ns = at_ns.saturating_sub(self.switch_ns).max(since);
            next = State::On(at_ns);
        }
        match (life.state, next) {
            // Twice the same: a record in between was lost.
            (State::On(_), State::On(_)) => return,
            (State::On(since), _) => {
                // From the stop at its end on, what it does on a CPU is the kernel's work of ending it.
                let turn = life.end.map_or(at_ns, |end| end.stop_ns.clamp(since, at_ns));
                life.exit_ns += at_ns - turn;
                span(&mut self.deltas, since, turn, Delta { running: 1, ..Delta::default() });
                span(&mut self.deltas, turn, at_ns, Delta { exiting: 1, ..Delta::default() });
            }
            (State::Ready(since), State::On(_)) => {
                life.delay_ns += at_ns - since;
                span(&mut self.deltas, since, at_ns, Delta { waiting: 1, ..Delta::default() });
            }
            (State::Asleep(since), State::On(_)) => {
                if !self.ends.is_empty() {
                    life.sleeps.push((since.max(self.begin_ns).min(at_ns), at_ns));
                }
            }
            // Off a CPU twice: a record in between was lost.
            (State::Ready(_) | State::Asleep(_), _) => {}
        }
        life.state = next;
    }

    /// The process of `task` is a new program: its other threads are gone.
    fn exec(&mut self, task: u32, at_ns: u64) {
        self.renumber(task);
        let process = self.lives.get(&task).map_or(task, |life| life.process);
        let others: Vec<u32> = self.threads_of(process).filter(|other| *other != task).collect();
        for other in others {
            self.gone(other, at_ns);
        }
        if !self.lives.contains_key(&task) {
            self.born(task, task, State::On(at_ns));
        }
        self.step(task, at_ns, State::On(at_ns));
    }

    /// A thread that calls exec and was not the process's first one gets the first one's number, after that
    /// and all the others have ended. It may leave a CPU and come back under the new number before the
    /// record of the exec is written.
    fn renumber(&mut self, task: u32) {
        if self.lives.contains_key(&task) {
            return;
        }
        let mut threads = self.threads_of(task);
        let (Some(caller), None) = (threads.next(), threads.next()) else { return };
        drop(threads);
        if let Some(mut life) = self.lives.remove(&caller) {
            life.end = self.ends.get_mut(&task).and_then(Iterator::next);
            self.lives.insert(task, life);
        }
    }

    fn threads_of(&self, process: u32) -> impl Iterator<Item = u32> {
        self.lives.iter().filter(move |(_, life)| life.process == process).map(|(task, _)| *task)
    }

    fn gone(&mut self, task: u32, at_ns: u64) {
        self.step(task, at_ns, State::Asleep(at_ns));
        let Some(life) = self.lives.remove(&task) else { return };
        self.alive.now -= 1;
        let Some(end) = life.end else { return };
        // The rest of its end comes after its last record.
        let rest = end.cpu_ns.saturating_sub(end.stop_cpu_ns).saturating_sub(life.exit_ns);
        let death = end.death_ns.unwrap_or(self.end_ns).min(self.end_ns);
        let until = at_ns.saturating_add(rest).min(death);
        span(&mut self.deltas, at_ns, until, Delta { exiting: 1, ..Delta::default() });
        // The delay that no record tells of: of its end first, the rest in its sleeps.
        let missing = end.delay_ns.saturating_sub(life.delay_ns);
        let at_end =
            end.delay_ns.saturating_sub(end.stop_delay_ns).min(missing).min(death.saturating_sub(until));
        span(&mut self.deltas, until, until + at_end, Delta { waiting: 1, ..Delta::default() });
        for (from, to) in placed(missing - at_end, life.sleeps, self.begin_ns) {
            span(&mut self.deltas, from, to, Delta { waiting: 1, ..Delta::default() });
        }
    }
}

/// The median time from one task's leaving a CPU to the coming of the next one of the tree on it; none is
/// longer than some microseconds where nothing ran in between.
fn switch_ns(events: &[Event]) -> u64 {
    const LONGEST_NS: u64 = 10_000;
    let mut left: HashMap<u32, (u32, u64)> = HashMap::new();
    let mut gaps = Vec::new();
    for event in events {
        match event.what {
            What::Out { .. } => {
                left.insert(event.cpu, (event.task, event.at_ns));
            }
            // A task that comes back itself was not switched to by itself.
            What::In => {
                let before = left.remove(&event.cpu).filter(|(task, _)| *task != event.task);
                gaps.extend(before.map(|(_, at_ns)| event.at_ns.saturating_sub(at_ns)));
            }
            _ => {}
        }
    }
    gaps.retain(|gap| *gap <= LONGEST_NS);
    gaps.sort_unstable();
    gaps.get(gaps.len() / 2).copied().unwrap_or(0)
}

fn span(deltas: &mut Vec<(u64, Delta)>, from: u64, to: u64, delta: Delta) {
    if from < to {
        let Delta { running, exiting, waiting } = delta;
        deltas.push((from, delta));
        deltas.push((to, Delta { running: -running, exiting: -exiting, waiting: -waiting }));
    }
}

/// Puts a total of delay at the ends of sleeps: the same at each, and where a sleep is shorter than its
/// share the rest goes to the longer ones.
fn placed(delay_ns: u64, mut sleeps: Vec<(u64, u64)>, begin_ns: u64) -> Vec<(u64, u64)> {
    if delay_ns == 0 {
        return Vec::new();
    }
    sleeps.retain(|(from, to)| from < to && *to > begin_ns);
    sleeps.sort_unstable_by_key(|(from, to)| to - from);
    let (mut left, count) = (delay_ns, sleeps.len() as u64);
    let mut waits = Vec::with_capacity(sleeps.len());
    for (index, (from, to)) in sleeps.into_iter().enumerate() {
        let share = (left / (count - index as u64)).min(to - from);
        left -= share;
        waits.push((to - share, to));
    }
    waits
}

#[cfg(test)]
mod tests;
