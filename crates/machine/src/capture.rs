//! The files in which a machine describes itself, gathered for somewhere else.
//!
//! What is gathered is what this crate reads, and nothing that tells whose machine it is: no names of hosts, users,
//! services or containers, no serial numbers, no command lines. [`Root::at`] a folder with these files gives the
//! same facts as the machine does, but for those that only a running system tells.

use std::fs;
use std::path::{Path, PathBuf};

use super::cgroup;
use super::root::Root;

/// The files, by their paths below the root; `*` stands for any part of one name.
const FILES: [&str; 34] = [
    "proc/cpuinfo",
    "proc/loadavg",
    "proc/meminfo",
    "proc/pressure/cpu",
    "proc/stat",
    "proc/sys/kernel/osrelease",
    "proc/sys/kernel/perf_event_paranoid",
    "proc/sys/kernel/sched_autogroup_enabled",
    "proc/uptime",
    "sys/class/power_supply/*/online",
    "sys/class/power_supply/*/status",
    "sys/class/power_supply/*/type",
    "sys/devices/cpu_*/cpus",
    "sys/devices/system/clocksource/clocksource0/current_clocksource",
    "sys/devices/system/cpu/cpu*/cache/index*/level",
    "sys/devices/system/cpu/cpu*/cache/index*/shared_cpu_list",
    "sys/devices/system/cpu/cpu*/cache/index*/shared_cpu_map",
    "sys/devices/system/cpu/cpu*/cache/index*/size",
    "sys/devices/system/cpu/cpu*/cache/index*/type",
    "sys/devices/system/cpu/cpu*/cpu_capacity",
    "sys/devices/system/cpu/cpu*/cpufreq/*_freq",
    "sys/devices/system/cpu/cpu*/cpufreq/scaling_governor",
    "sys/devices/system/cpu/cpu*/online",
    "sys/devices/system/cpu/cpu*/regs/identification/midr_el1",
    "sys/devices/system/cpu/cpu*/topology/*",
    "sys/devices/system/cpu/cpufreq/boost",
    "sys/devices/system/cpu/intel_pstate/no_turbo",
    "sys/devices/system/cpu/online",
    "sys/devices/system/cpu/present",
    "sys/devices/system/node/has_memory",
    "sys/devices/system/node/has_normal_memory",
    "sys/devices/system/node/node*/cpulist",
    "sys/devices/system/node/node*/cpumap",
    "sys/devices/system/node/online",
];

/// A file of a capture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Captured {
    /// Its path below the root.
    pub path: PathBuf,
    /// What it holds.
    pub bytes: Vec<u8>,
}

/// The files below a root that are there and can be read, by path.
#[must_use]
pub fn capture(root: &Root) -> Vec<Captured> {
    let paths = FILES.iter().flat_map(|pattern| matching(root, pattern));
    let mut files: Vec<Captured> = paths
        .filter_map(|path| {
            let bytes = fs::read(root.path(&path)).ok()?;
            let bytes = if path.ends_with("cpuinfo") { without_serial(&bytes) } else { bytes };
            Some(Captured { path, bytes })
        })
        .collect();
    files.extend(cgroup::capture(root).into_iter().map(|(path, text)| Captured { path, bytes: text.into() }));
    files.sort_by(|one, other| one.path.cmp(&other.path));
    files
}

/// The paths below the root that a pattern stands for.
fn matching(root: &Root, pattern: &str) -> Vec<PathBuf> {
    pattern.split('/').fold(vec![PathBuf::new()], |found, part| {
        found.into_iter().flat_map(|folder| named(root, &folder, part)).collect()
    })
}

/// The entries of a folder whose names a part of a pattern stands for.
fn named(root: &Root, folder: &Path, part: &str) -> Vec<PathBuf> {
    let Some((head, tail)) = part.split_once('*') else { return vec![folder.join(part)] };
    let fits = |name: &str| name.strip_prefix(head).is_some_and(|rest| rest.ends_with(tail));
    let entries = fs::read_dir(root.path(folder)).into_iter().flatten().flatten();
    let names = entries.filter_map(|entry| entry.file_name().into_string().ok());
    names.filter(|name| fits(name)).map(|name| folder.join(name)).collect()
}

/// `/proc/cpuinfo` without the lines that tell one machine from another of its kind.
fn without_serial(text: &[u8]) -> Vec<u8> {
    let text = String::from_utf8_lossy(text);
    let harmless = |line: &&str| !line.to_ascii_lowercase().starts_with("serial");
    text.split_inclusive('\n').filter(harmless).collect::<String>().into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::environment::described;
    use crate::root::tree::Tree;

    /// Writes a capture into a folder.
    fn written(files: &[Captured]) -> Tree {
        let tree = Tree::of::<&str, &str>(&[]);
        for file in files {
            tree.write(file.path.to_str().unwrap(), std::str::from_utf8(&file.bytes).unwrap());
        }
        tree
    }

    #[test]
    fn a_capture_tells_what_the_machine_tells() {
        let (live, tree) = (Root::default(), written(&capture(&Root::default())));
        let again = tree.root();
        let (here, there) = (described(&live), described(&again));
        assert_eq!(there.cpu_model, here.cpu_model);
        assert_eq!(there.cpus_online.value(), here.cpus_online.value());
        assert_eq!(there.cores.value(), here.cores.value());
        assert_eq!(there.kinds.value(), here.kinds.value());
        assert_eq!(there.caches.value(), here.caches.value());
        assert_eq!(there.numa_nodes.value(), here.numa_nodes.value());
        assert_eq!(there.cgroup_quota.value(), here.cgroup_quota.value());
        assert_eq!(there.governor.value(), here.governor.value());
        assert_eq!(there.clock_source, here.clock_source);
        assert_eq!(there.kernel.value(), here.kernel.value());
        assert_eq!(there.perf_event_paranoid, here.perf_event_paranoid);
        // Of a capture, the same once more.
        assert_eq!(capture(&again).len(), capture(&live).len());
    }

    #[test]
    fn what_is_personal_stays_behind() {
        let tree = Tree::of(&[
            ("proc/cpuinfo", "processor : 0\nHardware : Board\nSerial : 00000000deadbeef"),
            ("proc/self/cgroup", "0::/user.slice/user-1000.slice/ada.service"),
            ("proc/self/cmdline", "secret"),
            ("sys/fs/cgroup/user.slice/user-1000.slice/ada.service/cpu.max", "150000 100000"),
            ("sys/devices/system/node/node0/meminfo", "MemTotal: 1"),
            ("sys/devices/system/node/node0/cpulist", "0"),
            ("sys/devices/system/node/node0/cpumap", "1"),
        ]);
        let files = capture(&tree.root());
        let text =
            |file: &Captured| format!("{} {}", file.path.display(), String::from_utf8_lossy(&file.bytes));
        let all = files.iter().map(text).collect::<Vec<_>>().join("\n");
        for personal in ["deadbeef", "ada", "1000.slice", "secret", "MemTotal"] {
            assert!(!all.contains(personal), "{personal} in {all}");
        }
        assert!(
            all.contains("Hardware : Board") && all.contains("node0/cpulist") && all.contains("node0/cpumap")
        );
        assert_eq!(cgroup::quota(&written(&files).root()), cgroup::quota(&tree.root()));
    }
}
