//! How much CPU time the control group of this process may use.

use std::path::Path;

use super::files;

/// A limit on CPU time.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Quota {
    /// None.
    Unlimited,
    /// That many CPUs' worth of time in every period; whoever is beyond it must wait.
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
    let quotas = groups.lines().flat_map(|line| {
        let mut parts = line.splitn(3, ':').skip(1);
        match (parts.next(), parts.next()) {
            (Some(""), Some(group)) => {
                quotas_up(root, group, |folder| parse(&files::read(folder.join("cpu.max")).ok()?))
            }
            (Some(controllers), Some(group)) if controllers.split(',').any(|name| name == "cpu") => {
                quotas_up(&root.join("cpu"), group, |folder| {
                    let read = |name| files::read(folder.join(name)).ok();
                    parse(&format!("{} {}", read("cpu.cfs_quota_us")?, read("cpu.cfs_period_us")?))
                })
            }
            _ => Vec::new(),
        }
    });
    Ok(quotas.min_by(f64::total_cmp).map_or(Quota::Unlimited, Quota::Cpus))
}

/// The quotas of a group and of those above it.
fn quotas_up(root: &Path, group: &str, read: impl Fn(&Path) -> Option<f64>) -> Vec<f64> {
    let own = root.join(group.trim_start_matches('/'));
    own.ancestors().take_while(|folder| folder.starts_with(root)).filter_map(read).collect()
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
