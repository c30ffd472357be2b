//! Control groups: how much CPU time that of this process may use, and where their files are.

use serde::{Deserialize, Serialize};
use std::path::Path;

use super::files;

/// A limit on CPU time.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Quota {
    /// None.
    Unlimited,
    /// That many CPUs' worth of time in every period.
    Cpus(f64),
}

/// CPU bandwidth of the control group.
///
/// Looks from this process's group up to the root, in version 2 (`cpu.max`) and version 1
/// (`cpu.cfs_quota_us`) hierarchies: the tightest quota holds.
///
/// # Errors
///
/// Where the groups cannot be looked at.
pub fn quota() -> Result<Quota, String> {
    quota_below(Path::new("/sys/fs/cgroup"), &files::read("/proc/self/cgroup")?)
}

/// The same for the hierarchies mounted there and the groups of a `/proc/PID/cgroup`.
fn quota_below(root: &Path, groups: &str) -> Result<Quota, String> {
    if !root.is_dir() {
        return Err(format!("{}: control groups are not mounted there", root.display()));
    }
    let quotas = up(root, groups, "cpu", |controller, folder| {
        let read = |name| files::read(folder.join(name)).ok();
        match controller {
            Controller::Unified => parse(&read("cpu.max")?),
            Controller::Legacy => {
                parse(&format!("{} {}", read("cpu.cfs_quota_us")?, read("cpu.cfs_period_us")?))
            }
        }
    });
    Ok(quotas.into_iter().min_by(f64::total_cmp).map_or(Quota::Unlimited, Quota::Cpus))
}

/// A version of control groups, which differ in the names of their files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Controller {
    /// Version 2: one hierarchy.
    Unified,
    /// Version 1: a hierarchy for each controller.
    Legacy,
}

/// What is read in the folders of a controller's groups, as a `/proc/PID/cgroup` lists them, and of
/// those above them.
pub(super) fn up<T>(
    root: &Path,
    groups: &str,
    controller: &str,
    read: impl Fn(Controller, &Path) -> Option<T>,
) -> Vec<T> {
    let upwards = |root: &Path, group: &str, version| -> Vec<T> {
        let own = root.join(group.trim_start_matches('/'));
        let folders = own.ancestors().take_while(|folder| folder.starts_with(root));
        folders.filter_map(|folder| read(version, folder)).collect()
    };
    let of_line = |line: &str| {
        let mut parts = line.splitn(3, ':').skip(1);
        match (parts.next(), parts.next()) {
            (Some(""), Some(group)) => upwards(root, group, Controller::Unified),
            (Some(names), Some(group)) if names.split(',').any(|name| name == controller) => {
                upwards(&root.join(controller), group, Controller::Legacy)
            }
            _ => Vec::new(),
        }
    };
    groups.lines().flat_map(of_line).collect()
}

/// CPUs in the form of a `cpu.max` file, quota and period; `max` or a negative quota is no limit.
fn parse(text: &str) -> Option<f64> {
    let (quota, period) = text.trim().split_once(' ')?;
    let quota = quota.parse::<f64>().ok().filter(|&quota| quota > 0.0)?;
    Some(quota / period.parse::<f64>().ok()?)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn quotas_are_read_as_the_kernel_writes_them() {
        assert_eq!(parse("150000 100000\n"), Some(1.5));
        assert_eq!(parse("max 100000\n"), None);
        assert_eq!(parse("-1 100000"), None);
    }

    #[test]
    fn the_tightest_quota_on_the_way_up_holds() {
        let root = tempfile::tempdir().unwrap();
        let write = |path: &str, text: &str| {
            let path = root.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        };
        let quota = |groups: &str| quota_below(root.path(), groups).unwrap();
        assert_eq!(quota("0::/a/b\n"), Quota::Unlimited);
        write("a/cpu.max", "150000 100000\n");
        write("a/b/cpu.max", "400000 100000\n");
        assert_eq!(quota("0::/a/b\n"), Quota::Cpus(1.5));
        assert_eq!(quota("0::/\n"), Quota::Unlimited);
        write("cpu/docker/cpu.cfs_quota_us", "50000\n");
        write("cpu/docker/cpu.cfs_period_us", "100000\n");
        assert_eq!(quota("4:memory:/docker\n3:cpu,cpuacct:/docker\n0::/a/b\n"), Quota::Cpus(0.5));
        assert_eq!(quota("4:memory:/docker\n"), Quota::Unlimited);
        assert!(quota_below(&root.path().join("none"), "0::/").unwrap_err().contains("not mounted"));
    }
}
