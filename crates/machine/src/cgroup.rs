//! Control groups: how much CPU time that of this process may use, and where their files are.

use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

use super::files;
use super::root::Root;

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

/// What a control group gets of a CPU that others want too, relative to a group with the default.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Weight {
    /// Its weight over the default one: 1 where nobody has changed it.
    pub share: f64,
    /// Whether it only gets what no other group wants.
    #[serde(default)]
    pub idle: bool,
}

/// The least weight of the control group and those above it, in version 2 (`cpu.weight`, `cpu.idle`) and version 1
/// (`cpu.shares`) hierarchies.
///
/// # Errors
///
/// Where no group on the way up has a weight, as the group at the top has none, or a file says what no kernel writes.
pub fn weight(root: &Root) -> Result<Weight, String> {
    let (mounted, groups) = mounted(root)?;
    let weights = up(&mounted, &groups, "cpu", |controller, folder| {
        let (name, default) = match controller {
            Controller::Unified => ("cpu.weight", 100.0),
            Controller::Legacy => ("cpu.shares", 1024.0),
        };
        let path = folder.join(name);
        let idle = files::number::<u8>(folder.join("cpu.idle")).is_ok_and(|idle| idle != 0);
        path.exists().then(|| Ok(Weight { share: f64::from(files::number::<u32>(&path)?) / default, idle }))
    });
    let weights = weights.into_iter().collect::<Result<Vec<Weight>, String>>()?;
    let least = weights.iter().map(|weight| weight.share).min_by(f64::total_cmp);
    let none = || format!("{}: no group on the way up has a weight", mounted.display());
    Ok(Weight { share: least.ok_or_else(none)?, idle: weights.iter().any(|weight| weight.idle) })
}

/// CPU bandwidth of the control group.
///
/// Looks from this process's group up to the root, in version 2 (`cpu.max`) and version 1
/// (`cpu.cfs_quota_us`) hierarchies: the tightest quota holds.
///
/// # Errors
///
/// Where the groups cannot be looked at, or a file of theirs says what no kernel writes.
pub fn quota(root: &Root) -> Result<Quota, String> {
    let (mounted, groups) = mounted(root)?;
    let quotas = up(&mounted, &groups, "cpu", |controller, folder| match controller {
        Controller::Unified => quota_in(folder, &["cpu.max"]).transpose(),
        Controller::Legacy => quota_in(folder, &["cpu.cfs_quota_us", "cpu.cfs_period_us"]).transpose(),
    });
    let quotas = quotas.into_iter().collect::<Result<Vec<Quota>, String>>()?;
    let cpus = quotas.into_iter().filter_map(|quota| match quota {
        Quota::Cpus(cpus) => Some(cpus),
        Quota::Unlimited => None,
    });
    Ok(cpus.min_by(f64::total_cmp).map_or(Quota::Unlimited, Quota::Cpus))
}

/// Nanoseconds, over all CPUs since the group was made, in which threads of the control group could have run
/// but had used up its quota: `throttled_usec` of version 2, `throttled_time` of version 1. Only differences
/// mean something. Of several groups that have such a figure on the way up to the root, the greatest, as
/// the time that one of them is held up is in part that of the others.
///
/// # Errors
///
/// Where no group on the way up has the figure.
pub fn throttled_ns(root: &Root) -> Result<u64, String> {
    let (mounted, groups) = mounted(root)?;
    let times = up(&mounted, &groups, "cpu", |controller, folder| {
        let text = files::read(folder.join("cpu.stat")).ok()?;
        let (name, unit) = match controller {
            Controller::Unified => ("throttled_usec ", 1_000_u64),
            Controller::Legacy => ("throttled_time ", 1),
        };
        let figure = text.lines().find_map(|line| line.strip_prefix(name))?;
        figure.trim().parse::<u64>().ok()?.checked_mul(unit)
    });
    let none = || format!("{}: no group has a \"cpu.stat\" that counts throttled time", mounted.display());
    times.into_iter().max().ok_or_else(none)
}

/// The CPUs that the control group may use, of this group or the nearest above it that says.
///
/// # Errors
///
/// Where no group on the way up says.
pub fn cpuset(root: &Root) -> Result<Vec<usize>, String> {
    let (mounted, groups) = mounted(root)?;
    let sets = up(&mounted, &groups, "cpuset", |_, folder| {
        let names = ["cpuset.cpus.effective", "cpuset.effective_cpus", "cpuset.cpus"];
        names.iter().find_map(|name| files::numbers(&folder.join(name)).ok())
    });
    let none = || format!("{}: no group on the way up names its CPUs", mounted.display());
    sets.into_iter().next().ok_or_else(none)
}

/// Files of a group that tell about CPUs.
const FILES: [&str; 10] = [
    "cpu.max",
    "cpu.weight",
    "cpu.idle",
    "cpu.shares",
    "cpu.cfs_quota_us",
    "cpu.cfs_period_us",
    "cpu.stat",
    "cpuset.cpus.effective",
    "cpuset.effective_cpus",
    "cpuset.cpus",
];

/// The files that this module reads, by their paths below the root and with other names for the groups, which can
/// name a user, a service or a container.
pub(crate) fn capture(root: &Root) -> Vec<(PathBuf, String)> {
    let Ok((mounted, groups)) = mounted(root) else { return Vec::new() };
    let mut captured = Vec::new();
    let mut renamed = Vec::new();
    for line in groups.lines() {
        let mut parts = line.splitn(3, ':');
        let (Some(number), Some(names), Some(group)) = (parts.next(), parts.next(), parts.next()) else {
            continue;
        };
        let controllers: &[&str] = match names {
            "" => &[""],
            _ if names.split(',').any(|name| name == "cpu") => &["cpu", "cpuset"],
            _ if names.split(',').any(|name| name == "cpuset") => &["cpuset"],
            _ => continue,
        };
        let depth = group.split('/').filter(|part| !part.is_empty()).count();
        let new_name = |depth: usize| (1..=depth).map(|level| format!("group-{level}")).collect::<PathBuf>();
        renamed.push(format!("{number}:{names}:/{}\n", new_name(depth).display()));
        for controller in controllers {
            let folder = mounted.join(controller);
            let own = folder.join(group.trim_start_matches('/'));
            for (above, folder) in own.ancestors().take(depth + 1).enumerate() {
                let below = Path::new("sys/fs/cgroup").join(controller).join(new_name(depth - above));
                let texts = FILES
                    .iter()
                    .filter_map(|name| Some((below.join(name), files::read(folder.join(name)).ok()?)));
                captured.extend(texts.map(|(path, text)| (path, text + "\n")));
            }
        }
    }
    // A hierarchy may be mounted without having a file of these.
    captured.push(("proc/self/cgroup".into(), renamed.concat()));
    captured.sort();
    captured.dedup();
    captured
}

/// Where control groups are mounted, and which are those of this process.
fn mounted(root: &Root) -> Result<(PathBuf, String), String> {
    let groups = files::read(root.path("proc/self/cgroup"))?;
    let mounted = root.path("sys/fs/cgroup");
    if !mounted.is_dir() {
        return Err(format!("{}: control groups are not mounted there", mounted.display()));
    }
    Ok((mounted, groups))
}

/// The quota that these files give together; `None` of a group that has no such files.
fn quota_in(folder: &Path, names: &[&str]) -> Result<Option<Quota>, String> {
    let mut figures = Vec::new();
    for name in names {
        let path = folder.join(name);
        if !path.exists() {
            return Ok(None);
        }
        figures.push(files::read(path)?);
    }
    let figures = figures.join(" ");
    let quota =
        parse(&figures).ok_or_else(|| format!("{}: \"{figures}\"", folder.join(names[0]).display()))?;
    Ok(Some(quota))
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

/// Quota and period, as in a `cpu.max` file; `max` or -1 is no limit.
fn parse(text: &str) -> Option<Quota> {
    let (quota, period) = text.trim().split_once(' ')?;
    let period: f64 = period.trim().parse().ok().filter(|&period| period > 0.0)?;
    if ["max", "-1"].contains(&quota) {
        return Some(Quota::Unlimited);
    }
    let quota: f64 = quota.parse().ok()?;
    Some(quota / period).filter(|cpus| cpus.is_finite() && *cpus > 0.0).map(Quota::Cpus)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::root::tree::Tree;

    #[test]
    fn quotas_are_read_as_the_kernel_writes_them() {
        assert_eq!(parse("150000 100000\n"), Some(Quota::Cpus(1.5)));
        assert_eq!(parse("max 100000\n"), Some(Quota::Unlimited));
        assert_eq!(parse("-1 100000"), Some(Quota::Unlimited));
        for text in ["150000 0", "0 100000", "NaN 1", "-2 100000", "max", "x 100000", ""] {
            assert_eq!(parse(text), None, "{text:?}");
        }
    }

    fn tree(groups: &str) -> Tree {
        let tree = Tree::of(&[("proc/self/cgroup", groups)]);
        tree.write("sys/fs/cgroup/cgroup.controllers", "cpu");
        tree
    }

    #[test]
    fn the_tightest_quota_on_the_way_up_holds() {
        let two = tree("0::/a/b");
        let set = |tree: &Tree, path: &str, text: &str| tree.write(&format!("sys/fs/cgroup/{path}"), text);
        assert_eq!(quota(&two.root()), Ok(Quota::Unlimited));
        set(&two, "a/cpu.max", "150000 100000");
        set(&two, "a/b/cpu.max", "400000 100000");
        assert_eq!(quota(&two.root()), Ok(Quota::Cpus(1.5)));
        two.write("proc/self/cgroup", "0::/");
        assert_eq!(quota(&two.root()), Ok(Quota::Unlimited));
        let one = tree("4:memory:/docker\n3:cpu,cpuacct:/docker\n0::/a/b");
        set(&one, "cpu/docker/cpu.cfs_quota_us", "50000");
        set(&one, "cpu/docker/cpu.cfs_period_us", "100000");
        assert_eq!(quota(&one.root()), Ok(Quota::Cpus(0.5)));
        one.write("proc/self/cgroup", "4:memory:/docker");
        assert_eq!(quota(&one.root()), Ok(Quota::Unlimited));
    }

    #[test]
    fn the_least_weight_on_the_way_up_holds() {
        let two = tree("0::/a/b");
        assert!(weight(&two.root()).unwrap_err().contains("no group on the way up has a weight"));
        two.write("sys/fs/cgroup/a/cpu.weight", "50");
        two.write("sys/fs/cgroup/a/b/cpu.weight", "100");
        assert_eq!(weight(&two.root()), Ok(Weight { share: 0.5, idle: false }));
        two.write("sys/fs/cgroup/a/b/cpu.idle", "1");
        assert!(weight(&two.root()).unwrap().idle);
        let one = tree("3:cpu,cpuacct:/docker");
        one.write("sys/fs/cgroup/cpu/docker/cpu.shares", "2048");
        assert_eq!(weight(&one.root()), Ok(Weight { share: 2.0, idle: false }));
        one.write("sys/fs/cgroup/cpu/docker/cpu.shares", "many");
        assert!(weight(&one.root()).unwrap_err().contains("no number that could be meant"));
    }

    #[test]
    fn what_cannot_be_read_is_no_absence_of_a_quota() {
        let tree = tree("0::/a");
        tree.write("sys/fs/cgroup/a/cpu.max", "");
        assert!(quota(&tree.root()).unwrap_err().ends_with("a/cpu.max: it is empty"));
        tree.write("sys/fs/cgroup/a/cpu.max", "150000");
        assert!(quota(&tree.root()).unwrap_err().ends_with("a/cpu.max: \"150000\""));
        let none = Tree::of(&[("proc/self/cgroup", "0::/")]);
        assert!(quota(&none.root()).unwrap_err().contains("not mounted"));
        assert!(
            quota(&Tree::of::<&str, &str>(&[]).root())
                .unwrap_err()
                .ends_with("proc/self/cgroup: no such file")
        );
    }

    #[test]
    fn throttled_time_is_read_of_both_versions() {
        let two = tree("0::/a/b");
        assert!(throttled_ns(&two.root()).unwrap_err().contains("no group has"));
        two.write(
            "sys/fs/cgroup/a/b/cpu.stat",
            "usage_usec 9\nnr_throttled 1\nthrottled_usec 7\nnr_bursts 0",
        );
        two.write(
            "sys/fs/cgroup/a/cpu.stat",
            "usage_usec 9\nnr_periods 3\nnr_throttled 1\nthrottled_usec 374000",
        );
        assert_eq!(throttled_ns(&two.root()), Ok(374_000_000));
        let one = tree("3:cpu,cpuacct:/docker");
        one.write(
            "sys/fs/cgroup/cpu/docker/cpu.stat",
            "nr_periods 4\nnr_throttled 2\nthrottled_time 123456789",
        );
        assert_eq!(throttled_ns(&one.root()), Ok(123_456_789));
    }
}
