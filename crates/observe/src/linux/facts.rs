//! From what was gathered to an execution.

use std::collections::HashMap;

use super::assemble::{Event, TaskEnd, assemble};
use super::wire::{Done, TaskWords};
use crate::execution::{
    Execution, Exit, GroupTimes, Source, Stopped, Stream, Told, Tree, Untold, Usage, untold,
};

/// The ends of tasks, as ptrace tells of them.
#[derive(Default)]
pub(super) struct Tasks {
    /// Stopped at their ends, not yet gone.
    open: HashMap<u64, TaskEnd>,
    /// For every number, its tasks in the order of their ends.
    ended: HashMap<u32, Vec<TaskEnd>>,
}

impl Tasks {
    pub(super) fn take(&mut self, words: &[TaskWords]) {
        for word in words {
            let stop = TaskEnd {
                stop_ns: word.at_ns,
                stop_cpu_ns: word.cpu_ns,
                stop_delay_ns: word.delay_ns,
                death_ns: None,
                cpu_ns: word.cpu_ns,
                delay_ns: word.delay_ns,
            };
            if !word.gone {
                // One that never went: another thread has called exec and took its number.
                if let Some(replaced) = self.open.insert(word.task, stop) {
                    self.ended.entry(word.task as u32).or_default().push(replaced);
                }
                continue;
            }
            let mut end = self.open.remove(&word.task).unwrap_or(stop);
            (end.death_ns, end.cpu_ns, end.delay_ns) = (Some(word.at_ns), word.cpu_ns, word.delay_ns);
            self.ended.entry(word.task as u32).or_default().push(end);
        }
    }

    /// With those whose going was not seen.
    fn finish(mut self) -> HashMap<u32, Vec<TaskEnd>> {
        for (task, end) in self.open {
            self.ended.entry(task as u32).or_default().push(end);
        }
        self.ended
    }
}

/// All that was gathered of one execution.
pub(super) struct Facts {
    pub(super) root: u32,
    pub(super) begin_ns: u64,
    pub(super) before: Option<(u64, u64)>,
    pub(super) group: Told<GroupTimes>,
    pub(super) source: Source,
    pub(super) traced: Told<()>,
    pub(super) events: Told<Vec<Event>>,
    pub(super) tasks: Tasks,
    pub(super) stopped: Option<Stopped>,
    pub(super) done: Done,
}

impl Facts {
    pub(super) fn execution(self, stdout: Option<Stream>, stderr: Option<Stream>) -> Execution {
        let Self { root, begin_ns, before, group, source, traced, events, tasks, stopped, done } = self;
        let end_ns = done.end_ns.max(begin_ns);
        let ends = tasks.finish();
        let totals = totals(&ends, &traced, &done);
        let (before_cpu_ns, before_delay_ns) = before.unwrap_or_default();
        let cpu_ns = match (&totals, &group) {
            (Ok(totals), _) => totals.cpu_ns.saturating_sub(before_cpu_ns),
            // Of all processes, where `wait4` tells only of those that were waited for.
            (Err(_), Ok(group)) => group.cpu_ns,
            (Err(_), Err(_)) => (done.user_ns + done.system_ns).saturating_sub(before_cpu_ns),
        };
        let run_delay_ns = match &totals {
            Ok(totals) => Ok(totals.delay_ns.saturating_sub(before_delay_ns)),
            Err(reason) => alone(&done, reason)
                .map(|delay_ns| delay_ns.saturating_sub(before_delay_ns))
                .or_else(|reason| hardly(&group, end_ns - begin_ns).ok_or(reason)),
        };
        let ends = if totals.is_ok() { ends } else { HashMap::new() };
        let assembled = events.map(|mut events| {
            // Each CPU's records are in order, and one CPU's end before the next one's begin.
            events.sort_by_key(|event| event.at_ns);
            assemble(root, begin_ns, end_ns, &events, ends)
        });
        let counted = || traced.clone().map(|()| (done.processes, done.threads, done.peak_threads));
        let counts = match &assembled {
            Ok(found) => Ok((found.processes, found.threads, found.peak_threads)),
            Err(reason) => counted().map_err(|_| reason.clone()),
        };
        Execution {
            begin_ns,
            end_ns,
            exit: Exit::of_status(done.status as i32),
            stopped,
            usage: usage(&done),
            cpu_ns,
            exit_cpu_ns: totals.map(|totals| totals.exit_ns),
            run_delay_ns,
            group,
            tree: Tree {
                processes: counts.clone().map(|counts| counts.0),
                threads: counts.clone().map(|counts| counts.1),
                peak_threads: counts.map(|counts| counts.2),
                peak_memory_bytes: untold("the kernel keeps a peak for each process, not for all together"),
                killed: done.killed,
            },
            trace: assembled.map(|found| found.trace),
            source,
            stdout,
            stderr,
        }
    }
}

/// Sums over all tasks, by their own counters.
#[allow(clippy::struct_field_names)] // All are times; the unit belongs to the name.
struct Totals {
    cpu_ns: u64,
    delay_ns: u64,
    exit_ns: u64,
}

fn totals(ends: &HashMap<u32, Vec<TaskEnd>>, traced: &Told<()>, done: &Done) -> Told<Totals> {
    traced.clone()?;
    if done.schedstat == 0 {
        return untold("the kernel keeps no times of tasks: there is no /proc/PID/schedstat");
    }
    if done.unread > 0 {
        return untold(format!("the times of {} tasks could not be read", done.unread));
    }
    let all = || ends.values().flatten();
    Ok(Totals {
        cpu_ns: all().map(|end| end.cpu_ns).sum(),
        delay_ns: all().map(|end| end.delay_ns).sum(),
        exit_ns: all().map(|end| end.cpu_ns.saturating_sub(end.stop_cpu_ns)).sum(),
    })
}

/// The run delay of the first thread, if that used all CPU time but one part in fifty: then it stands for
/// the whole tree.
fn alone(done: &Done, reason: &Untold) -> Told<u64> {
    if done.schedstat == 0 {
        return untold("the kernel keeps no times of tasks: there is no /proc/PID/schedstat");
    }
    let others = (done.user_ns + done.system_ns).saturating_sub(done.run_ns);
    if others > (done.run_ns / 50).max(20_000) {
        return untold(format!(
            "without ptrace only the first thread tells its run delay, and others used CPU time too ({reason})"
        ));
    }
    Ok(done.delay_ns)
}

/// The run delay where hardly any thread of the tree had to wait: that in which at least one did, if it is less than a
/// thousandth of the time. Several may have waited together, so that a greater one says too little.
fn hardly(group: &Told<GroupTimes>, wall_ns: u64) -> Option<u64> {
    let waited = *group.as_ref().ok()?.some_waited_ns.as_ref().ok()?;
    (waited <= wall_ns / 1000).then_some(waited)
}

fn usage(done: &Done) -> Usage {
    let max_rss_bytes = if done.max_rss_kb > done.floor_kb {
        Ok(done.max_rss_kb * 1024)
    } else {
        untold(format!(
            "not above the {} KiB of the watching program, which the child begins with",
            done.floor_kb
        ))
    };
    Usage {
        user_ns: done.user_ns,
        system_ns: done.system_ns,
        max_rss_bytes,
        minor_faults: done.minor_faults,
        major_faults: done.major_faults,
        voluntary_switches: done.voluntary,
        involuntary_switches: done.involuntary,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_task_says_last_completes_what_it_said_at_its_stop() {
        let word =
            |gone, at_ns, cpu_ns| TaskWords { gone, task: 7, at_ns, cpu_ns, delay_ns: 1, process: true };
        let mut tasks = Tasks::default();
        tasks.take(&[word(false, 10, 100), word(true, 20, 130), word(false, 50, 5)]);
        let ends = tasks.finish();
        assert_eq!(ends[&7].len(), 2);
        let (first, second) = (ends[&7][0], ends[&7][1]);
        assert_eq!(
            (first.stop_ns, first.stop_cpu_ns, first.death_ns, first.cpu_ns),
            (10, 100, Some(20), 130)
        );
        assert_eq!((second.death_ns, second.cpu_ns), (None, 5));
        // The first thread ends, and the one that called exec ends under its number.
        let mut tasks = Tasks::default();
        tasks.take(&[word(false, 10, 100), word(false, 20, 30), word(true, 25, 31)]);
        let cpu: Vec<u64> = tasks.finish()[&7].iter().map(|end| end.cpu_ns).collect();
        assert_eq!(cpu, [100, 31]);
    }

    #[test]
    fn a_tree_that_hardly_waited_is_told_by_its_group() {
        let group = |some_waited_ns| Ok(GroupTimes { cpu_ns: 1, some_waited_ns });
        assert_eq!(hardly(&group(Ok(1000)), 1_000_000), Some(1000));
        assert_eq!(hardly(&group(Ok(1001)), 1_000_000), None);
        assert_eq!(hardly(&group(untold("no file")), 1_000_000), None);
        assert_eq!(hardly(&untold("no group"), 1_000_000), None);
    }

    #[test]
    fn a_delay_of_one_thread_stands_for_one_only() {
        let reason = Untold("no".into());
        let done = Done {
            run_ns: 10_000_000,
            user_ns: 9_000_000,
            system_ns: 1_000_000,
            delay_ns: 5,
            schedstat: 1,
            ..Done::default()
        };
        assert_eq!(alone(&done, &reason), Ok(5));
        assert!(alone(&Done { user_ns: 20_000_000, ..done }, &reason).is_err());
        assert!(alone(&Done { schedstat: 0, ..done }, &reason).unwrap_err().0.contains("schedstat"));
    }
}
