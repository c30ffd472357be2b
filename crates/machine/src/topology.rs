//! Which CPUs share a core, a cache, a node of memory.
//!
//! Each fact has several sources, and no one of them is there, filled and right on every machine. A source
//! counts where it says something, and nothing that the others contradict; else the next one is asked.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::files;
use super::root::Root;

pub(super) const CPUS: &str = "sys/devices/system/cpu";
const NODES: &str = "sys/devices/system/node";

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
pub fn online(root: &Root) -> Result<Vec<usize>, String> {
    let allowed = if root.is_running() { super::affinity::mask().unwrap_or_default() } else { Vec::new() };
    online_with(root, &allowed)
}

/// The CPUs of each core, in the order of their first ones. More than one CPU on a core are hardware
/// threads that share its execution units.
///
/// # Errors
///
/// Why the system does not tell.
pub fn cores(root: &Root) -> Result<Vec<Vec<usize>>, String> {
    cores_of(&root.path(CPUS), &online(root)?)
}

/// The caches of all CPUs together, the nearest first.
///
/// # Errors
///
/// Why the system does not tell.
pub fn caches(root: &Root) -> Result<Vec<Cache>, String> {
    caches_of(&root.path(CPUS), &online(root)?)
}

/// The CPUs that share each of the caches farthest from the cores, in the order of their first ones.
///
/// # Errors
///
/// Why the system does not tell.
pub fn last_level(root: &Root) -> Result<Vec<Vec<usize>>, String> {
    let cpus = online(root)?;
    let folder = root.path(CPUS);
    let found = found_caches(&folder, &cpus)?;
    let last = found.keys().map(|(level, ..)| *level).max();
    let sets = found.into_keys().filter(|(level, kind, _)| Some(*level) == last && kind != "instruction");
    partition(sets.map(|(.., sharers)| sharers).collect(), &cpus).ok_or_else(|| {
        format!("{}: the caches farthest from the cores contradict each other", folder.display())
    })
}

/// Number of nodes with memory that programs get. To reach another node's memory takes longer.
///
/// # Errors
///
/// Why the system does not tell.
pub fn numa_nodes(root: &Root) -> Result<usize, String> {
    Ok(all_nodes(root)?.len())
}

/// The CPUs of each memory node, in the order of nodes; those without CPUs are left out.
///
/// # Errors
///
/// Why the system does not tell.
pub fn nodes(root: &Root) -> Result<Vec<Vec<usize>>, String> {
    Ok(all_nodes(root)?.into_iter().filter(|cpus| !cpus.is_empty()).collect())
}

fn all_nodes(root: &Root) -> Result<Vec<Vec<usize>>, String> {
    let folder = root.path(NODES);
    let listed = files::numbers(&folder.join("online")).or_else(|_| numbered(&folder, "node"));
    let mut nodes = listed.map_err(|_| format!("{}: no nodes of memory are listed", folder.display()))?;
    // The memory of a device, too, is a node, which the kernel puts nothing into.
    let with_memory = ["has_normal_memory", "has_memory"].map(|name| files::numbers(&folder.join(name)).ok());
    if let Some(with_memory) = with_memory.into_iter().flatten().next() {
        nodes.retain(|node| with_memory.contains(node));
    }
    if nodes.is_empty() {
        return Err(format!("{}: no node has memory", folder.display()));
    }
    let cpus_of = |node: &usize| {
        let folder = folder.join(format!("node{node}"));
        files::cpu_set(&folder.join("cpulist"), &folder.join("cpumap"), None).unwrap_or_default()
    };
    let nodes: Vec<Vec<usize>> = nodes.iter().map(cpus_of).collect();
    let mut cpus: Vec<usize> = nodes.iter().flatten().copied().collect();
    let listed = cpus.len();
    cpus.sort_unstable();
    cpus.dedup();
    if cpus.len() < listed {
        return Err(format!("{}: several nodes claim the same CPU", folder.display()));
    }
    Ok(nodes)
}

/// One way to learn of CPUs.
type Tell<'a> = &'a dyn Fn() -> Result<Vec<usize>, String>;

/// The CPUs online, which are at least those that are allowed: the kernel allows none that is offline.
fn online_with(root: &Root, allowed: &[usize]) -> Result<Vec<usize>, String> {
    let (folder, stat) = (root.path(CPUS), root.path("proc/stat"));
    let sources: [(PathBuf, Tell<'_>); 4] = [
        (folder.join("online"), &|| files::numbers(&folder.join("online"))),
        (folder.clone(), &|| online_folders(&folder)),
        (stat.clone(), &|| counted(&stat)),
        (folder.join("present"), &|| files::numbers(&folder.join("present"))),
    ];
    let mut reasons = Vec::new();
    for (source, tell) in sources {
        match tell() {
            Ok(cpus) => match allowed.iter().find(|cpu| !cpus.contains(cpu)) {
                None => return Ok(cpus),
                Some(cpu) => reasons.push(format!(
                    "{} says {}, but this process may run on CPU {cpu}",
                    source.display(),
                    files::ranges(&cpus)
                )),
            },
            Err(reason) => reasons.push(reason),
        }
    }
    Err(reasons.swap_remove(0))
}

/// The numbers at the end of the names of folders such as `cpu7`.
fn numbered(folder: &Path, name: &str) -> Result<Vec<usize>, String> {
    let entries = fs::read_dir(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let number = |entry: fs::DirEntry| entry.file_name().to_str()?.strip_prefix(name)?.parse().ok();
    let mut numbers: Vec<usize> = entries.filter_map(|entry| number(entry.ok()?)).collect();
    numbers.sort_unstable();
    if numbers.is_empty() { Err(format!("{}: no {name} is listed", folder.display())) } else { Ok(numbers) }
}

/// CPUs that have a folder and are not switched off in it. Those that are off lack their topology, too.
fn online_folders(folder: &Path) -> Result<Vec<usize>, String> {
    let mut cpus = numbered(folder, "cpu")?;
    let of = |cpu: &usize, file: &str| folder.join(format!("cpu{cpu}/{file}"));
    cpus.retain(|cpu| files::number::<u8>(of(cpu, "online")) != Ok(0));
    if cpus.iter().any(|cpu| of(cpu, "topology").is_dir()) {
        cpus.retain(|cpu| of(cpu, "topology").is_dir());
    }
    if cpus.is_empty() { Err(format!("{}: every CPU is offline", folder.display())) } else { Ok(cpus) }
}

/// The CPUs that `/proc/stat` has a line for.
fn counted(stat: &Path) -> Result<Vec<usize>, String> {
    let text = files::read(stat)?;
    let cpu = |line: &str| line.strip_prefix("cpu")?.split_ascii_whitespace().next()?.parse().ok();
    let cpus: Vec<usize> = text.lines().filter(|line| !line.starts_with("cpu ")).filter_map(cpu).collect();
    if cpus.is_empty() { Err(format!("{}: no line of a CPU", stat.display())) } else { Ok(cpus) }
}

/// By the lists of siblings, else by the numbers of packages and cores.
fn cores_of(folder: &Path, cpus: &[usize]) -> Result<Vec<Vec<usize>>, String> {
    let by_siblings = || {
        let sets = cpus.iter().map(|&cpu| siblings(folder, cpu, cpus)).collect::<Result<Vec<_>, _>>()?;
        partition(sets, cpus)
            .ok_or_else(|| format!("{}: the siblings of CPUs contradict each other", folder.display()))
    };
    by_siblings().or_else(|reason| cores_by_number(folder, cpus).ok_or(reason))
}

/// The CPUs, of those online, on the core of this one.
fn siblings(folder: &Path, cpu: usize, online: &[usize]) -> Result<Vec<usize>, String> {
    let of = |name: &str| folder.join(format!("cpu{cpu}/topology/{name}"));
    let told = |name: &str| files::cpu_set(&of(&format!("{name}_list")), &of(name), Some(cpu));
    let set = told("thread_siblings").or_else(|reason| told("core_cpus").map_err(|_| reason))?;
    Ok(set.into_iter().filter(|cpu| online.contains(cpu)).collect())
}

/// The sets, each once, if each CPU is in exactly one of them.
fn partition(mut sets: Vec<Vec<usize>>, cpus: &[usize]) -> Option<Vec<Vec<usize>>> {
    sets.sort();
    sets.dedup();
    let mut all: Vec<usize> = sets.iter().flatten().copied().collect();
    all.sort_unstable();
    (all == cpus).then_some(sets)
}

fn cores_by_number(folder: &Path, cpus: &[usize]) -> Option<Vec<Vec<usize>>> {
    let mut cores: BTreeMap<(u32, u32), Vec<usize>> = BTreeMap::new();
    for &cpu in cpus {
        let number = |name| files::number(folder.join(format!("cpu{cpu}/topology/{name}"))).ok();
        cores.entry((number("physical_package_id")?, number("core_id")?)).or_default().push(cpu);
    }
    partition(cores.into_values().collect(), cpus)
}

fn caches_of(folder: &Path, cpus: &[usize]) -> Result<Vec<Cache>, String> {
    let mut caches: Vec<Cache> = Vec::new();
    for ((level, kind, sharers), bytes) in found_caches(folder, cpus)? {
        let cache = Cache { level, kind, bytes, shared_by: sharers.len(), count: 1 };
        match caches.iter_mut().find(|other| Cache { count: 1, ..(*other).clone() } == cache) {
            Some(same) => same.count += 1,
            None => caches.push(cache),
        }
    }
    Ok(caches)
}

/// Level, kind and sharers of a cache.
type CacheKey = (u32, String, Vec<usize>);

/// The size of each cache. One appears under each CPU that shares it, with the same sharers.
fn found_caches(folder: &Path, cpus: &[usize]) -> Result<BTreeMap<CacheKey, u64>, String> {
    let mut found = BTreeMap::new();
    let (mut without, mut with) = (None, false);
    for &cpu in cpus {
        let Ok(indices) = numbered(&folder.join(format!("cpu{cpu}/cache")), "index") else {
            without.get_or_insert(cpu);
            continue;
        };
        with = true;
        for index in indices {
            let of = |file: &str| folder.join(format!("cpu{cpu}/cache/index{index}/{file}"));
            let level: u32 = files::number(of("level"))?;
            let kind = files::read(of("type"))?.to_lowercase();
            let mut sharers = files::cpu_set(&of("shared_cpu_list"), &of("shared_cpu_map"), Some(cpu))?;
            sharers.retain(|cpu| cpus.contains(cpu));
            found.insert((level, kind, sharers), size(&of("size"))?);
        }
    }
    match without {
        Some(_) if !with => Err(format!("{}: no caches listed", folder.display())),
        Some(cpu) => Err(format!("{}: cpu{cpu} lists no caches, others do", folder.display())),
        None => Ok(found),
    }
}

/// Bytes in the form of `2048K`, more than none.
fn size(path: &Path) -> Result<u64, String> {
    let text = files::read(path)?;
    let (digits, unit) = text.split_at(text.trim_end_matches(|c: char| !c.is_ascii_digit()).len());
    let unit = match unit {
        "" => Some(1_u64),
        "K" => Some(1 << 10),
        "M" => Some(1 << 20),
        _ => None,
    };
    let bytes = unit.and_then(|unit| digits.parse::<u64>().ok()?.checked_mul(unit));
    bytes.filter(|&bytes| bytes > 0).ok_or_else(|| format!("{}: a cache of \"{text}\"", path.display()))
}

#[cfg(test)]
mod tests;
