//! What the system says about the machine. A figure that it does not give is `None`.

use std::fs;
use std::path::Path;

/// CPUs that this process may use: affinity mask and cgroup quota count, at least 1.
#[must_use]
pub fn cpus_available() -> usize {
    std::thread::available_parallelism().map_or(1, std::num::NonZero::get)
}

/// Processors that the kernel has online.
#[must_use]
pub fn cpus_online() -> Option<usize> {
    Some(list_length(fs::read_to_string("/sys/devices/system/cpu/online").ok()?.trim()))
}

/// The affinity mask of this process, as the kernel's list of ranges (`0-3,8`).
#[must_use]
pub fn affinity() -> Option<String> {
    field(&fs::read_to_string("/proc/self/status").ok()?, "Cpus_allowed_list")
}

/// CPU bandwidth of the control group in CPUs; `None` where unlimited or unknown.
///
/// Looks from this process's group up to the root, in version 2 (`cpu.max`) and version 1
/// (`cpu.cfs_quota_us`) hierarchies: the tightest quota holds.
#[must_use]
pub fn cgroup_cpus() -> Option<f64> {
    let groups = fs::read_to_string("/proc/self/cgroup").ok()?;
    let quotas = groups.lines().flat_map(|line| {
        let mut parts = line.splitn(3, ':').skip(1);
        match (parts.next(), parts.next()) {
            (Some(""), Some(group)) => quotas_up("/sys/fs/cgroup", group, |folder| {
                quota(&fs::read_to_string(folder.join("cpu.max")).ok()?)
            }),
            (Some(controllers), Some(group)) if controllers.split(',').any(|name| name == "cpu") => {
                quotas_up("/sys/fs/cgroup/cpu", group, |folder| {
                    let read = |name: &str| fs::read_to_string(folder.join(name)).ok();
                    let (quota_us, period_us) = (read("cpu.cfs_quota_us")?, read("cpu.cfs_period_us")?);
                    quota(&format!("{} {}", quota_us.trim(), period_us.trim()))
                })
            }
            _ => Vec::new(),
        }
    });
    quotas.min_by(f64::total_cmp)
}

/// The quotas of a group and of those above it.
fn quotas_up(root: &str, group: &str, read: impl Fn(&Path) -> Option<f64>) -> Vec<f64> {
    let own = Path::new(root).join(group.trim_start_matches('/'));
    own.ancestors().take_while(|folder| folder.starts_with(root)).filter_map(read).collect()
}

/// Model name of the first processor.
#[must_use]
pub fn cpu_model() -> Option<String> {
    field(&fs::read_to_string("/proc/cpuinfo").ok()?, "model name")
}

/// Kernel name and release.
#[must_use]
pub fn kernel() -> Option<String> {
    let name = rustix::system::uname();
    Some(format!("{} {}", name.sysname().to_str().ok()?, name.release().to_str().ok()?))
}

/// Total memory in bytes.
#[must_use]
pub fn memory_bytes() -> Option<u64> {
    let total = field(&fs::read_to_string("/proc/meminfo").ok()?, "MemTotal")?;
    total.split_whitespace().next()?.parse::<u64>().ok().map(|kibibytes| kibibytes * 1024)
}

/// Processor features found at run time that make a difference to the kernels in this crate.
#[must_use]
pub fn cpu_features() -> Vec<String> {
    let mut found = Vec::new();
    #[cfg(target_arch = "x86_64")]
    {
        macro_rules! detect {
            ($($feature:tt),*) => {
                $(if std::arch::is_x86_feature_detected!($feature) { found.push($feature.to_string()); })*
            };
        }
        detect!("ssse3", "sse4.1", "avx2", "bmi2", "sha", "avx512f", "avx512bw");
    }
    #[cfg(target_arch = "aarch64")]
    {
        if std::arch::is_aarch64_feature_detected!("sha2") {
            found.push("sha2".to_string());
        }
    }
    found
}

/// The value of the first line `name : value` of a `/proc` file.
fn field(text: &str, name: &str) -> Option<String> {
    text.lines().find_map(|line| {
        let (key, value) = line.split_once(':')?;
        (key.trim() == name).then(|| value.trim().to_string())
    })
}

/// Number of CPUs in the kernel's ranges, such as `0-3,8`.
fn list_length(ranges: &str) -> usize {
    ranges
        .split(',')
        .map(|range| match range.split_once('-') {
            Some((first, last)) => match (first.parse::<usize>(), last.parse::<usize>()) {
                (Ok(first), Ok(last)) if last >= first => last - first + 1,
                _ => 0,
            },
            None => usize::from(range.parse::<usize>().is_ok()),
        })
        .sum()
}

/// CPUs in the form of a `cpu.max` file, quota and period; `max` or a negative quota is no limit.
fn quota(text: &str) -> Option<f64> {
    let (quota, period) = text.trim().split_once(' ')?;
    let quota = quota.parse::<f64>().ok().filter(|&quota| quota > 0.0)?;
    Some(quota / period.parse::<f64>().ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_and_quotas_are_read_as_the_kernel_writes_them() {
        assert_eq!(list_length("0-3,8"), 5);
        assert_eq!(list_length("0"), 1);
        assert_eq!(list_length(""), 0);
        assert_eq!(quota("150000 100000\n"), Some(1.5));
        assert_eq!(quota("max 100000\n"), None);
        assert_eq!(quota("-1 100000"), None);
        assert_eq!(field("a\t: x\nmodel name\t: Some CPU\n", "model name").as_deref(), Some("Some CPU"));
    }

    #[test]
    fn this_process_may_use_a_cpu() {
        assert!(cpus_available() >= 1);
    }
}
