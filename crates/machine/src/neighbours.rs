//! Who else uses the CPUs: what all other processes of the system used of them over a moment.

use std::collections::HashMap;
use std::fs;
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use super::files::{number, read};
use super::root::Root;

/// Programs that are named, at most.
const NAMED: usize = 5;

/// A program that used less of a CPU is not named.
const LEAST: f64 = 0.05;

/// CPU time that others used over a moment, in CPUs: 1.5 is one and a half of them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Others {
    /// What all of them used together, also those that this process cannot see.
    pub cpus: f64,
    /// The CPUs of the system.
    pub of: usize,
    /// Those that used most, the busiest first.
    pub programs: Vec<Program>,
}

/// One of the others.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Program {
    /// The kernel's name of its process, of at most 15 bytes.
    pub name: String,
    /// Number of its process.
    pub pid: u32,
    /// What it used, in CPUs.
    pub cpus: f64,
    /// Whether it is of another session, which with autogroups has the same share of a CPU as all of this one.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub other_session: bool,
}

/// Whether the scheduler divides CPUs among sessions (autogroups, `sched(7)`).
///
/// # Errors
///
/// Where the kernel does not say; one without autogroups has no such file.
pub fn autogroup(root: &Root) -> Result<bool, String> {
    number::<u8>(root.path("proc/sys/kernel/sched_autogroup_enabled")).map(|on| on != 0)
}

/// The autogroup of a process, without its nice value: `/autogroup-77`.
fn session(root: &Root, process: &str) -> Option<String> {
    let text = read(root.path(format!("proc/{process}/autogroup"))).ok()?;
    text.split_ascii_whitespace().next().map(str::to_string)
}

/// Watches the system for `period`. Times are counted in ticks of usually 10 ms, so that 100 ms tell a tenth
/// of a CPU.
///
/// # Errors
///
/// Why the system does not tell.
pub fn others(period: Duration) -> Result<Others, String> {
    let watch = Watch::begin()?;
    std::thread::sleep(period);
    watch.end(false)
}

/// Watches the system while this process measures: what its children use is its own.
#[derive(Debug)]
pub struct Watch(Snapshot);

impl Watch {
    /// Begins to watch.
    ///
    /// # Errors
    ///
    /// Why the system does not tell.
    pub fn begin() -> Result<Self, String> {
        Snapshot::take(&Root::default()).map(Self)
    }

    /// What others used since then. Those that have ended are counted and not named.
    ///
    /// # Errors
    ///
    /// Why the system does not tell.
    pub fn others(&self) -> Result<Others, String> {
        self.end(true)
    }

    fn end(&self, children_are_ours: bool) -> Result<Others, String> {
        let root = Root::default();
        let (before, after) = (&self.0, Snapshot::take(&root)?);
        let ticks = rustix::param::clock_ticks_per_second() as f64 * (after.at - before.at).as_secs_f64();
        let mut others = between(before, &after, (std::process::id(), children_are_ours), ticks);
        let own = session(&root, "self");
        for program in &mut others.programs {
            let its = session(&root, &program.pid.to_string());
            program.other_session = own.is_some() && its.is_some() && its != own;
        }
        Ok(others)
    }
}

/// Ticks that were used up to a moment.
#[derive(Debug)]
struct Snapshot {
    at: Instant,
    busy: u64,
    cpus: usize,
    /// By the number of a process and its start, as numbers are used again.
    processes: HashMap<(u32, u64), Process>,
}

/// A process up to a moment.
#[derive(Debug, Clone, PartialEq)]
struct Process {
    name: String,
    parent: u32,
    ticks: u64,
    /// Those of its children that have ended and been waited for, and of theirs.
    of_ended: u64,
}

impl Snapshot {
    fn take(root: &Root) -> Result<Self, String> {
        let at = Instant::now();
        let path = root.path("proc/stat");
        let (busy, cpus) =
            busy(&read(&path)?).ok_or_else(|| format!("{}: no line \"cpu\"", path.display()))?;
        let folder = fs::read_dir(root.path("proc")).map_err(|error| format!("/proc: {error}"))?;
        let processes = folder.flatten().filter_map(|entry| {
            let pid = entry.file_name().to_str()?.parse().ok()?;
            // It may have ended by now.
            let (start, process) = process(&read(entry.path().join("stat")).ok()?)?;
            Some(((pid, start), process))
        });
        Ok(Self { at, busy, cpus, processes: processes.collect() })
    }
}

/// What was used between two moments that are `ticks` apart, this process left out, and its children where those are
/// ours too.
fn between(before: &Snapshot, after: &Snapshot, (own, children_are_ours): (u32, bool), ticks: f64) -> Others {
    let since = |key: &(u32, u64), of: fn(&Process) -> u64| {
        of(&after.processes[key]).saturating_sub(before.processes.get(key).map_or(0, of))
    };
    let is_ours = |(pid, process): (u32, &Process)| pid == own || children_are_ours && process.parent == own;
    let (ours, others): (Vec<_>, Vec<_>) =
        after.processes.iter().partition(|(key, process)| is_ours((key.0, process)));
    let mut used: u64 = ours.iter().map(|(key, _)| since(key, |process| process.ticks)).sum();
    if children_are_ours {
        used += ours.iter().map(|(key, _)| since(key, |process| process.of_ended)).sum::<u64>();
    }
    let all = after.busy.saturating_sub(before.busy).saturating_sub(used);
    let share = |used: u64| if ticks > 0.0 { used as f64 / ticks } else { 0.0 };
    let mut programs: Vec<Program> = (others.into_iter())
        .map(|(key, process)| Program {
            name: process.name.clone(),
            pid: key.0,
            cpus: share(since(key, |process| process.ticks)),
            other_session: false,
        })
        .filter(|program| program.cpus >= LEAST)
        .collect();
    programs.sort_by(|a, b| b.cpus.total_cmp(&a.cpus).then(a.pid.cmp(&b.pid)));
    programs.truncate(NAMED);
    // Ticks are counted as they end, so that a moment may have one more than there is time for.
    Others { cpus: share(all).min(after.cpus as f64), of: after.cpus, programs }
}

/// Ticks in which the CPUs of `/proc/stat` were busy, and how many CPUs it counts. Steal is no use by programs of
/// this system, and guests are in the times of users.
fn busy(stat: &str) -> Option<(u64, usize)> {
    let all = stat.lines().find_map(|line| line.strip_prefix("cpu "))?;
    let columns: Vec<u64> = all.split_ascii_whitespace().map_while(|column| column.parse().ok()).collect();
    // user, nice, system; idle and iowait; irq, softirq.
    let busy = [0, 1, 2, 5, 6].iter().filter_map(|&column| columns.get(column)).sum();
    let of_cpu = |line: &&str| {
        line.strip_prefix("cpu").is_some_and(|rest| rest.starts_with(|digit: char| digit.is_ascii_digit()))
    };
    (!columns.is_empty()).then_some((busy, stat.lines().filter(of_cpu).count()))
}

/// A process, and when it was started, from its `/proc/PID/stat`. The name stands in brackets and may hold some.
fn process(stat: &str) -> Option<(u64, Process)> {
    let name = stat.get(stat.find('(')? + 1..stat.rfind(')')?)?;
    let rest: Vec<&str> = stat.get(stat.rfind(')')? + 1..)?.split_ascii_whitespace().collect();
    // Fields of proc(5), of which the third is the first of the rest: 4 ppid; 14 to 17 utime, stime, cutime and
    // cstime; 22 starttime.
    let field = |number: usize| rest.get(number - 3)?.parse::<u64>().ok();
    let process = Process {
        name: name.to_string(),
        parent: field(4)?.try_into().ok()?,
        ticks: field(14)?.checked_add(field(15)?)?,
        of_ended: field(16)?.checked_add(field(17)?)?,
    };
    Some((field(22)?, process))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn snapshot(busy: u64, processes: &[(u32, u64, &str, u64)]) -> Snapshot {
        // Number 9 is a child of 8, which has waited for children that used a tenth of the ticks.
        let of = |pid, name: &str, ticks| Process {
            name: name.to_string(),
            parent: if pid == 9 { 8 } else { 1 },
            ticks,
            of_ended: if pid == 8 { busy / 10 } else { 0 },
        };
        let processes =
            processes.iter().map(|&(pid, start, name, ticks)| ((pid, start), of(pid, name, ticks)));
        Snapshot { at: Instant::now(), busy, cpus: 4, processes: processes.collect() }
    }

    #[test]
    fn others_are_named_by_what_they_used_and_this_process_is_none_of_them() {
        let before =
            snapshot(1000, &[(1, 5, "init", 7), (7, 9, "old", 90), (8, 9, "us", 40), (9, 9, "cc", 100)]);
        let after =
            snapshot(1029, &[(1, 5, "init", 7), (7, 99, "new", 4), (8, 9, "us", 45), (9, 9, "cc", 110)]);
        let others = between(&before, &after, (8, false), 10.0);
        assert!((others.cpus - 2.4).abs() < 1e-9, "{others:?}");
        let named: Vec<_> =
            others.programs.iter().map(|one| (one.name.as_str(), one.pid, one.cpus)).collect();
        // Number 7 was given to another process, whose time is all its own.
        assert_eq!(named, [("cc", 9, 1.0), ("new", 7, 0.4)]);
        assert!(between(&before, &after, (8, false), 0.0).cpus.abs() < 1e-9);
        // With its children: 29 ticks less 5 of its own, 10 of the child that runs and 2 of one that has ended.
        let others = between(&before, &after, (8, true), 10.0);
        assert!((others.cpus - 1.2).abs() < 1e-9, "{others:?}");
        assert_eq!(others.programs.iter().map(|one| one.pid).collect::<Vec<_>>(), [7]);
    }

    #[test]
    fn the_kernel_s_files_are_read_as_it_writes_them() {
        let stat = "cpu  100 20 30 4000 50 6 7 8 9 0\ncpu0 1 2 3\ncpu1 1 2 3\nctxt 5\n";
        assert_eq!(busy(stat), Some((163, 2)));
        assert_eq!(busy("cpu0 1 2 3\n"), None);
        assert_eq!(busy("cpu \n"), None);
        let line = "42 (a) b) S 1 42 42 0 -1 4194560 9 0 0 0 12 30 0 0 20 0 1 0 777 0 0";
        let expected = Process { name: "a) b".to_string(), parent: 1, ticks: 42, of_ended: 0 };
        assert_eq!(process(line), Some((777, expected)));
        assert_eq!(process("42 (short) S 1"), None);
        assert_eq!(process(") ("), None);
    }

    #[test]
    fn sessions_are_told_apart_by_their_autogroups() {
        use crate::root::tree::Tree;
        let tree = Tree::of(&[
            ("proc/sys/kernel/sched_autogroup_enabled", "1"),
            ("proc/self/autogroup", "/autogroup-77 nice 0"),
        ]);
        assert_eq!(autogroup(&tree.root()), Ok(true));
        assert_eq!(session(&tree.root(), "self").as_deref(), Some("/autogroup-77"));
        assert_eq!(session(&tree.root(), "12"), None);
        tree.write("proc/sys/kernel/sched_autogroup_enabled", "0");
        assert_eq!(autogroup(&tree.root()), Ok(false));
        assert!(autogroup(&Tree::of::<&str, &str>(&[]).root()).unwrap_err().ends_with("no such file"));
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_busy_child_is_seen_by_its_number() {
        let mut child = std::process::Command::new("sh").args(["-c", "while :; do :; done"]).spawn().unwrap();
        let seen = (0..50).any(|_| {
            let others = others(Duration::from_millis(100)).unwrap();
            others.of > 0 && others.programs.iter().any(|program| program.pid == child.id())
        });
        child.kill().unwrap();
        child.wait().unwrap();
        assert!(seen);
    }
}
