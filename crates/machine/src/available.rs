//! How much memory this process may still take.

use std::path::Path;

use super::cgroup::{self, Controller};
use super::files;

/// Bytes that can be taken without the system having to end some process for them: what the machine
/// has, and what the control group and those above it are allowed.
///
/// It is a look at one moment. Others take memory too.
///
/// # Errors
///
/// Where the system does not tell.
pub fn memory() -> Result<u64, String> {
    let told = files::read("/proc/meminfo").and_then(|text| machine_has(&text));
    let machine = told.or_else(|reason| unused().ok_or(reason))?;
    let groups = files::read("/proc/self/cgroup").unwrap_or_default();
    Ok(groups_have(Path::new("/sys/fs/cgroup"), &groups).map_or(machine, |group| group.min(machine)))
}

/// From the text of `/proc/meminfo`, which counts in units of 1024 bytes.
fn machine_has(text: &str) -> Result<u64, String> {
    let field = |name| {
        let value = files::field_of(text, name)?;
        value.strip_suffix(" kB")?.trim().parse::<u64>().ok()
    };
    let available = field("MemAvailable").ok_or("/proc/meminfo: no line \"MemAvailable\"")?;
    Ok((available + field("SwapFree").unwrap_or(0)) << 10)
}

/// Without `/proc`, what `sysinfo(2)` gives: memory that nothing is in, which is less than what can be taken.
fn unused() -> Option<u64> {
    #[cfg(target_os = "linux")]
    {
        let info = rustix::system::sysinfo();
        let units = (info.freeram as u64).checked_add(info.freeswap as u64)?;
        units.checked_mul(u64::from(info.mem_unit.max(1))).filter(|&bytes| bytes > 0)
    }
    #[cfg(not(target_os = "linux"))]
    None
}

/// What the tightest of the groups has left, in version 2 (`memory.max`) and version 1
/// (`memory.limit_in_bytes`) hierarchies.
fn groups_have(root: &Path, groups: &str) -> Option<u64> {
    cgroup::up(root, groups, "memory", |controller, folder| {
        let (limit, usage, inactive) = match controller {
            Controller::Unified => ("memory.max", "memory.current", "inactive_file "),
            Controller::Legacy => ("memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file "),
        };
        // A group without a limit says "max", which is no number.
        let limit: u64 = files::number(folder.join(limit)).ok()?;
        let usage: u64 = files::number(folder.join(usage)).ok()?;
        // Files that were not used lately give way.
        let stat = files::read(folder.join("memory.stat")).unwrap_or_default();
        let reclaimable = stat.lines().find_map(|line| line.strip_prefix(inactive)?.parse::<u64>().ok());
        Some(limit.saturating_sub(usage.saturating_sub(reclaimable.unwrap_or(0))))
    })
    .into_iter()
    .min()
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn the_machine_has_what_the_kernel_calls_available_and_its_swap() {
        let text = "MemTotal: 100 kB\nMemFree:  3 kB\nMemAvailable:  40 kB\nSwapFree:  2 kB";
        assert_eq!(machine_has(text), Ok(42 << 10));
        assert!(machine_has("MemTotal: 100 kB").unwrap_err().contains("MemAvailable"));
    }

    #[test]
    fn the_tightest_group_on_the_way_up_holds() {
        let root = tempfile::tempdir().unwrap();
        let write = |path: &str, text: &str| {
            let path = root.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        };
        let left = |groups: &str| groups_have(root.path(), groups);
        assert_eq!(left("0::/a/b\n"), None);
        write("a/memory.max", "1000\n");
        write("a/memory.current", "900\n");
        write("a/memory.stat", "anon 600\ninactive_file 300\n");
        write("a/b/memory.max", "max\n");
        write("a/b/memory.current", "900\n");
        assert_eq!(left("0::/a/b\n"), Some(400));
        write("memory/docker/memory.limit_in_bytes", "500\n");
        write("memory/docker/memory.usage_in_bytes", "450\n");
        assert_eq!(left("4:memory:/docker\n0::/a/b\n"), Some(50));
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn this_machine_has_some() {
        assert!(memory().unwrap() > 1 << 20);
        assert!(unused().unwrap() > 1 << 20, "without /proc");
    }
}
