//! A control group of version 2 for what a runner starts, where one can be made: it counts the CPU time of a whole
//! tree, whoever waited for which process, and the kernel kills all of it in one step.
//!
//! A program is moved into the group while it is held at its start, so that this takes no time of its. What a SIGKILL
//! of the application leaves is an empty group, which the next runner removes.

use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use crate::execution::{GroupTimes, Told, Untold, untold};

/// Passes of a millisecond until the last process of a group that was killed is gone.
const PASSES: u32 = 100;

/// The beginning of the names of groups; the numbers of the application and of the group follow.
const PREFIX: &str = "speedup-";

/// A group that is gone with this value, and all that is in it.
pub(super) struct Group {
    folder: PathBuf,
    processes: File,
}

impl Group {
    /// Makes one below the application's own.
    pub(super) fn make() -> Told<Self> {
        static MADE: AtomicU64 = AtomicU64::new(0);
        let own = own()?;
        remove_stale(&own);
        let number = MADE.fetch_add(1, Ordering::Relaxed);
        let folder = own.join(format!("{PREFIX}{}-{number}", std::process::id()));
        fs::create_dir(&folder).map_err(|error| refused(&folder, &error))?;
        let path = folder.join("cgroup.procs");
        match OpenOptions::new().write(true).open(&path) {
            Ok(processes) => Ok(Self { folder, processes }),
            Err(error) => {
                let _ = fs::remove_dir(&folder);
                Err(refused(&path, &error))
            }
        }
    }

    /// Takes a process in, with all that it will start.
    pub(super) fn take(&mut self, pid: i32) -> Told<()> {
        let moved = self.processes.write_all(pid.to_string().as_bytes());
        moved.map_err(|error| refused(&self.folder, &error))
    }

    /// What the group has used since it was made.
    pub(super) fn times(&self) -> Told<GroupTimes> {
        let cpu_us = figure(&self.folder.join("cpu.stat"), "usage_usec ")?;
        let waited_us = figure(&self.folder.join("cpu.pressure"), "some ");
        let ns = |us: u64| us.saturating_mul(1000);
        Ok(GroupTimes { cpu_ns: ns(cpu_us), some_waited_ns: waited_us.map(ns) })
    }

    /// Kills all that is in it. Before Linux 5.14 the supervisor alone does that.
    pub(super) fn kill(&self) {
        let _ = fs::write(self.folder.join("cgroup.kill"), "1");
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        self.kill();
        for _ in 0..PASSES {
            match fs::remove_dir(&self.folder) {
                Err(error) if error.kind() == ErrorKind::ResourceBusy => {
                    std::thread::sleep(Duration::from_millis(1));
                }
                _ => return,
            }
        }
    }
}

fn refused(path: &Path, error: &io::Error) -> Untold {
    Untold(format!("no control group can be used: {}: {error}", path.display()))
}

/// The folder of the group that this process is in.
fn own() -> Told<PathBuf> {
    let read = |path: &str| fs::read_to_string(path).map_err(|error| refused(Path::new(path), &error));
    let (groups, mounts) = (read("/proc/self/cgroup")?, read("/proc/self/mountinfo")?);
    let Some(group) = groups.lines().find_map(|line| line.strip_prefix("0::/")) else {
        return untold("no control group can be used: this process is in none of version 2");
    };
    let Some(mounted) = mounts.lines().find_map(mount_point) else {
        return untold("no control group can be used: those of version 2 are mounted nowhere");
    };
    Ok(mounted.join(group))
}

/// Where a line of `/proc/self/mountinfo` says that groups of version 2 are mounted, with their root.
fn mount_point(line: &str) -> Option<PathBuf> {
    let (mount, system) = line.split_once(" - ")?;
    let mut fields = mount.split(' ').skip(3);
    let (root, point) = (fields.next()?, fields.next()?);
    // Spaces and the like stand as octal numbers there; no system mounts groups at such a place.
    (system.starts_with("cgroup2 ") && root == "/" && !point.contains('\\')).then(|| point.into())
}

/// Removes the groups of applications that are gone.
fn remove_stale(own: &Path) {
    let Ok(entries) = fs::read_dir(own) else { return };
    for entry in entries.flatten() {
        let name = entry.file_name();
        let application = name.to_str().and_then(|name| name.strip_prefix(PREFIX)?.split('-').next());
        let Some(pid) = application.and_then(|pid| pid.parse::<u32>().ok()) else { continue };
        if !Path::new("/proc").join(pid.to_string()).exists() {
            // Not where a process is left in it, of which this one knows nothing.
            let _ = fs::remove_dir(entry.path());
        }
    }
}

/// The number in a group's file: after the name of its line, or after `total=` there.
fn figure(path: &Path, line: &str) -> Told<u64> {
    let text = fs::read_to_string(path).map_err(|error| refused(path, &error))?;
    let rest = text.lines().find_map(|text| text.strip_prefix(line)).unwrap_or_default();
    let number = rest.rsplit("total=").next().unwrap_or_default();
    number
        .trim()
        .parse()
        .map_err(|_| Untold(format!("{}: no number in the line of \"{}\"", path.display(), line.trim())))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Options, Source, Spec, Wanted, run};

    #[test]
    fn the_mount_of_version_2_is_told_from_others() {
        let line = "42 32 0:29 / /sys/fs/cgroup/unified rw,nosuid shared:9 - cgroup2 cgroup2 rw,nsdelegate";
        assert_eq!(mount_point(line), Some("/sys/fs/cgroup/unified".into()));
        assert_eq!(mount_point(&line.replace("cgroup2 cgroup2", "cgroup cgroup")), None);
        assert_eq!(mount_point(&line.replace(" / /sys", " /docker/7 /sys")), None);
        assert_eq!(mount_point("nothing"), None);
    }

    #[test]
    fn figures_are_read_of_their_lines() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("cpu");
        fs::write(&path, "usage_usec 1234\nuser_usec 9\nsome avg10=0.00 avg60=0.10 avg300=0.05 total=77\n")
            .unwrap();
        assert_eq!(figure(&path, "usage_usec "), Ok(1234));
        assert_eq!(figure(&path, "some "), Ok(77));
        assert!(figure(&path, "full ").unwrap_err().0.contains("no number in the line of \"full\""));
        assert!(figure(&folder.path().join("none"), "some ").unwrap_err().0.contains("none"));
    }

    #[test]
    fn what_no_parent_waits_for_is_counted() {
        let home = tempfile::tempdir().unwrap();
        let count = "i=0; while [ $i -lt 200000 ]; do i=$((i+1)); done; echo > end";
        let mut spec = Spec::shell(format!("mkfifo end; (sh -c '{count}' &); read end <end"));
        spec.cwd = Some(home.path().into());
        // Switch records alone tell nothing of CPU time, and `wait4` not of the orphan. Not everywhere are there any.
        let options = Options { source: Wanted::Only(Source::Switches), ..Options::default() };
        let Ok(execution) = run(&spec, &options) else { return };
        let waited_for = execution.usage.user_ns + execution.usage.system_ns;
        let Ok(group) = &execution.group else {
            assert_eq!(execution.cpu_ns, waited_for);
            return;
        };
        assert_eq!((execution.cpu_ns, group.some_waited_ns.is_ok()), (group.cpu_ns, true), "{group:?}");
        assert!(group.cpu_ns > 2 * waited_for, "{execution:?}");
        assert_eq!(execution.sources(), "switch records and the control group");
    }

    #[test]
    fn what_a_group_holds_ends_with_it() {
        // Not everywhere may a group be made.
        let Ok(mut group) = Group::make() else { return };
        let folder = group.folder.clone();
        let mut child = std::process::Command::new("sleep").arg("1000").spawn().unwrap();
        group.take(child.id() as i32).unwrap();
        assert!(group.times().is_ok());
        drop(group);
        assert!(!child.wait().unwrap().success() && !folder.exists());
    }
}
