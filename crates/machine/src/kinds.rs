//! Processors of several kinds in one machine: large and small cores.

use std::collections::BTreeMap;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::files;
use super::power::kilohertz;
use super::root::Root;
use super::topology::{CPUS, online};

/// CPUs of one kind.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct CpuKind {
    /// By number.
    pub cpus: Vec<usize>,
    /// What the kernel calls them, such as `core` and `atom`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// What one does, with 1024 for the fastest kind of the machine.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub capacity: Option<u32>,
    /// The highest clock of any of them, in hertz.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_hz: Option<f64>,
}

/// Part of the highest clock below which a CPU is of another kind. The best cores of one kind may clock
/// some hundredths higher than the rest.
const SLOWER: f64 = 0.85;

/// The kinds of CPU, the fastest first; one where all are alike.
///
/// Kernels on x86 list the CPUs of each kind by name, kernels on ARM give each a capacity; else the highest
/// clocks tell.
///
/// # Errors
///
/// Where the system gives neither names, nor capacities, nor clocks.
pub fn kinds(root: &Root) -> Result<Vec<CpuKind>, String> {
    let (cpus, folder) = (online(root)?, root.path(CPUS));
    let groups = by_name(root, &cpus)
        .or_else(|| by_capacity(&folder, &cpus))
        .or_else(|| by_clock(&folder, &cpus))
        .ok_or("the system gives CPUs neither names, nor capacities, nor clocks")?;
    let kind = |(name, cpus): (Option<String>, Vec<usize>)| CpuKind {
        capacity: cpus.iter().filter_map(|&cpu| capacity(&folder, cpu)).max(),
        max_hz: cpus.iter().filter_map(|&cpu| max_khz(&folder, cpu)).max().map(|khz| khz as f64 * 1e3),
        name,
        cpus,
    };
    let mut kinds: Vec<CpuKind> = groups.into_iter().map(kind).collect();
    let speed = |kind: &CpuKind| (kind.capacity, kind.max_hz.map_or(0, |hz| hz as u64));
    kinds.sort_by_key(|kind| std::cmp::Reverse(speed(kind)));
    Ok(kinds)
}

type Group = (Option<String>, Vec<usize>);

/// The event sources of hybrid processors: `cpu_core`, `cpu_atom`, `cpu_lowpower`. Each CPU must be in one.
fn by_name(root: &Root, cpus: &[usize]) -> Option<Vec<Group>> {
    let named = |name: &str| {
        let mut of = files::numbers(&root.path(format!("sys/devices/cpu_{name}/cpus"))).ok()?;
        of.retain(|cpu| cpus.contains(cpu));
        (!of.is_empty()).then(|| (Some(name.to_string()), of))
    };
    let groups: Vec<Group> = ["core", "atom", "lowpower"].into_iter().filter_map(named).collect();
    let mut all: Vec<usize> = groups.iter().flat_map(|(_, cpus)| cpus).copied().collect();
    all.sort_unstable();
    (all == cpus).then_some(groups)
}

fn by_capacity(folder: &Path, cpus: &[usize]) -> Option<Vec<Group>> {
    let mut groups: BTreeMap<u32, Vec<usize>> = BTreeMap::new();
    for &cpu in cpus {
        groups.entry(capacity(folder, cpu)?).or_default().push(cpu);
    }
    Some(groups.into_values().map(|cpus| (None, cpus)).collect())
}

fn by_clock(folder: &Path, cpus: &[usize]) -> Option<Vec<Group>> {
    let mut clocks: Vec<(u64, usize)> =
        cpus.iter().map(|&cpu| Some((max_khz(folder, cpu)?, cpu))).collect::<Option<_>>()?;
    clocks.sort_unstable_by(|one, other| other.cmp(one));
    let mut groups: Vec<(u64, Vec<usize>)> = Vec::new();
    for (clock, cpu) in clocks {
        match groups.last_mut() {
            Some((highest, group)) if clock as f64 > SLOWER * *highest as f64 => group.push(cpu),
            _ => groups.push((clock, vec![cpu])),
        }
    }
    for (_, group) in &mut groups {
        group.sort_unstable();
    }
    Some(groups.into_iter().map(|(_, cpus)| (None, cpus)).collect())
}

fn capacity(folder: &Path, cpu: usize) -> Option<u32> {
    files::number(folder.join(format!("cpu{cpu}/cpu_capacity"))).ok().filter(|&capacity| capacity > 0)
}

fn max_khz(folder: &Path, cpu: usize) -> Option<u64> {
    kilohertz(folder, cpu, "cpuinfo_max_freq")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::root::tree::Tree;

    fn machine(cpus: usize) -> Tree {
        Tree::of(&[(format!("{CPUS}/online"), format!("0-{}", cpus - 1))])
    }

    fn of(kinds: &[CpuKind]) -> Vec<(Option<&str>, &[usize])> {
        kinds.iter().map(|kind| (kind.name.as_deref(), kind.cpus.as_slice())).collect()
    }

    #[test]
    fn kinds_have_names_where_the_kernel_lists_them() {
        let tree = machine(4);
        tree.write("sys/devices/cpu_atom/cpus", "2-3");
        tree.write("sys/devices/cpu_core/cpus", "0-1");
        for (cpu, khz) in [(0, "5000000"), (1, "5000000"), (2, "3800000"), (3, "3800000")] {
            tree.write(&format!("{CPUS}/cpu{cpu}/cpufreq/cpuinfo_max_freq"), khz);
        }
        let kinds = kinds(&tree.root()).unwrap();
        assert_eq!(of(&kinds), [(Some("core"), &[0, 1][..]), (Some("atom"), &[2, 3])]);
        assert_eq!([kinds[0].max_hz, kinds[1].max_hz], [Some(5e9), Some(3.8e9)]);
        // A list that leaves a CPU out is not the whole of it.
        tree.write("sys/devices/cpu_core/cpus", "0");
        assert_eq!(
            of(&super::kinds(&tree.root()).unwrap()),
            [(None, &[0, 1][..]), (None, &[2, 3])],
            "by clock"
        );
    }

    #[test]
    fn capacities_tell_kinds_apart() {
        let tree = machine(4);
        for (cpu, capacity) in [(0, "446"), (1, "446"), (2, "1024"), (3, "1024")] {
            tree.write(&format!("{CPUS}/cpu{cpu}/cpu_capacity"), capacity);
        }
        let kinds = kinds(&tree.root()).unwrap();
        assert_eq!(of(&kinds), [(None, &[2, 3][..]), (None, &[0, 1])]);
        assert_eq!(kinds[1].capacity, Some(446));
    }

    #[test]
    fn cores_that_clock_a_little_higher_are_no_other_kind() {
        let tree = machine(3);
        for (cpu, khz) in [(0, "4700000"), (1, "4900000"), (2, "4700000")] {
            tree.write(&format!("{CPUS}/cpu{cpu}/cpufreq/cpuinfo_max_freq"), khz);
        }
        assert_eq!(of(&kinds(&tree.root()).unwrap()), [(None, &[0, 1, 2][..])]);
        tree.write(&format!("{CPUS}/cpu2/cpufreq/cpuinfo_max_freq"), "0");
        assert!(kinds(&tree.root()).unwrap_err().contains("neither names, nor capacities, nor clocks"));
    }
}
