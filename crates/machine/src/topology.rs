//! Which CPUs share a core, a cache, a node of memory.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::Path;

use super::files;

const CPUS: &str = "/sys/devices/system/cpu";
const NODES: &str = "/sys/devices/system/node";

/// Caches of one size and kind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Cache {
    /// 1 is the one next to the core.
    pub level: u32,
    /// `data`, `instruction` or `unified`.
    pub kind: String,
    /// Size of each in bytes.
    pub bytes: u64,
    /// Number of CPUs that share one.
    pub shared_by: usize,
    /// Number of such caches in the machine.
    pub count: usize,
}

/// CPUs that the kernel has online, by number.
///
/// # Errors
///
/// Why the system does not tell.
pub fn online() -> Result<Vec<usize>, String> {
    Ok(files::cpu_list(&files::read(format!("{CPUS}/online"))?))
}

/// The CPUs of each core, in the order of their first ones. More than one CPU on a core are hardware
/// threads that share its execution units.
///
/// # Errors
///
/// Why the system does not tell.
pub fn cores() -> Result<Vec<Vec<usize>>, String> {
    cores_below(Path::new(CPUS), &online()?)
}

/// The caches of all CPUs together, the nearest first.
///
/// # Errors
///
/// Why the system does not tell.
pub fn caches() -> Result<Vec<Cache>, String> {
    caches_below(Path::new(CPUS), &online()?)
}

/// Number of memory nodes. To reach another node's memory takes longer.
///
/// # Errors
///
/// Why the system does not tell.
pub fn numa_nodes() -> Result<usize, String> {
    Ok(files::cpu_list(&files::read(format!("{NODES}/online"))?).len())
}

/// The CPUs of each memory node, in the order of nodes; those without CPUs are left out.
///
/// # Errors
///
/// Why the system does not tell.
pub fn nodes() -> Result<Vec<Vec<usize>>, String> {
    nodes_below(Path::new(NODES))
}

/// How much each CPU can do compared with the others, where the kernel says so: of processors with cores of
/// several kinds.
#[must_use]
pub fn capacities() -> BTreeMap<usize, u64> {
    let of = |cpu| Some((cpu, files::number(format!("{CPUS}/cpu{cpu}/cpu_capacity")).ok()?));
    online().unwrap_or_default().into_iter().filter_map(of).collect()
}

fn nodes_below(root: &Path) -> Result<Vec<Vec<usize>>, String> {
    let nodes = files::cpu_list(&files::read(root.join("online"))?).into_iter();
    let cpus = nodes.map(|node| Ok(files::cpu_list(&files::read(root.join(format!("node{node}/cpulist")))?)));
    let cpus = cpus.collect::<Result<Vec<_>, String>>()?;
    Ok(cpus.into_iter().filter(|cpus| !cpus.is_empty()).collect())
}

fn cores_below(root: &Path, cpus: &[usize]) -> Result<Vec<Vec<usize>>, String> {
    let siblings = |cpu| files::read(root.join(format!("cpu{cpu}/topology/thread_siblings_list")));
    let mut cores =
        cpus.iter().map(|cpu| Ok(files::cpu_list(&siblings(cpu)?))).collect::<Result<Vec<_>, String>>()?;
    cores.sort();
    cores.dedup();
    Ok(cores)
}

fn caches_below(root: &Path, cpus: &[usize]) -> Result<Vec<Cache>, String> {
    // One cache appears under each CPU that shares it, with the same list of sharers.
    let mut found = BTreeMap::new();
    for cpu in cpus {
        for index in 0.. {
            let folder = root.join(format!("cpu{cpu}/cache/index{index}"));
            let Ok(level) = files::number::<u32>(folder.join("level")) else { break };
            let kind = files::read(folder.join("type"))?.to_lowercase();
            let sharers = files::read(folder.join("shared_cpu_list"))?;
            found.insert((level, kind, sharers), size(&files::read(folder.join("size"))?)?);
        }
    }
    let mut caches: Vec<Cache> = Vec::new();
    for ((level, kind, sharers), bytes) in found {
        let cache = Cache { level, kind, bytes, shared_by: files::cpu_list(&sharers).len(), count: 1 };
        match caches.iter_mut().find(|other| Cache { count: 1, ..(*other).clone() } == cache) {
            Some(same) => same.count += 1,
            None => caches.push(cache),
        }
    }
    if caches.is_empty() { Err(format!("{}: no caches listed", root.display())) } else { Ok(caches) }
}

/// Bytes in the form of `2048K`.
fn size(text: &str) -> Result<u64, String> {
    let (digits, unit) = text.split_at(text.trim_end_matches(|c: char| !c.is_ascii_digit()).len());
    let unit = match unit {
        "" => 1,
        "K" => 1 << 10,
        "M" => 1 << 20,
        _ => return Err(format!("a cache has the size \"{text}\"")),
    };
    digits.parse::<u64>().map(|size| size * unit).map_err(|_| format!("a cache has the size \"{text}\""))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn siblings_and_caches_are_told_apart() {
        let root = tempfile::tempdir().unwrap();
        let write = |path: String, text: &str| {
            let path = root.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, format!("{text}\n")).unwrap();
        };
        for cpu in 0..4 {
            let siblings = if cpu % 2 == 0 { "0,2" } else { "1,3" };
            write(format!("cpu{cpu}/topology/thread_siblings_list"), siblings);
            for (index, level, kind, bytes, sharers) in
                [(0, "1", "Data", "48K", siblings), (1, "3", "Unified", "32M", "0-3")]
            {
                let folder = format!("cpu{cpu}/cache/index{index}");
                write(format!("{folder}/level"), level);
                write(format!("{folder}/type"), kind);
                write(format!("{folder}/size"), bytes);
                write(format!("{folder}/shared_cpu_list"), sharers);
            }
        }
        let cpus = [0, 1, 2, 3];
        assert_eq!(cores_below(root.path(), &cpus).unwrap(), [[0, 2], [1, 3]]);
        let cache = |level, kind: &str, bytes, shared_by, count| Cache {
            level,
            kind: kind.to_string(),
            bytes,
            shared_by,
            count,
        };
        let expected = [cache(1, "data", 48 << 10, 2, 2), cache(3, "unified", 32 << 20, 4, 1)];
        assert_eq!(caches_below(root.path(), &cpus).unwrap(), expected);
        assert!(cores_below(root.path(), &[7]).unwrap_err().contains("cpu7"));
        assert!(caches_below(root.path(), &[7]).unwrap_err().contains("no caches"));
    }

    #[test]
    fn nodes_have_cpus_or_are_left_out() {
        let root = tempfile::tempdir().unwrap();
        let write = |path: &str, text: &str| {
            let path = root.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, format!("{text}\n")).unwrap();
        };
        for (path, text) in
            [("online", "0-2"), ("node0/cpulist", "0-1,4"), ("node1/cpulist", ""), ("node2/cpulist", "2,3")]
        {
            write(path, text);
        }
        assert_eq!(nodes_below(root.path()).unwrap(), [vec![0, 1, 4], vec![2, 3]]);
        assert!(nodes_below(&root.path().join("node0")).unwrap_err().contains("online"));
    }

    #[test]
    fn a_size_has_digits_and_perhaps_a_unit() {
        assert_eq!([size("512"), size("48K"), size("2M")], [Ok(512), Ok(48 << 10), Ok(2 << 20)]);
        assert!(size("K").is_err() && size("4Q").is_err());
    }
}
