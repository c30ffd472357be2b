//! What the system says about the machine and itself. A figure that it does not give is a reason.

#![allow(unsafe_code)]

use super::files;
use super::root::Root;

/// CPUs that this process may use: affinity mask and cgroup quota count, at least 1.
#[must_use]
pub fn cpus_available() -> usize {
    std::thread::available_parallelism().map_or(1, std::num::NonZero::get)
}

/// The CPUs that this process may run on, in the kernel's form (`0-3,8`).
///
/// # Errors
///
/// Why the system does not tell.
pub fn affinity() -> Result<String, String> {
    super::affinity::mask().map(|cpus| files::ranges(&cpus))
}

/// Kernel name and release.
///
/// # Errors
///
/// Why the system does not tell.
pub fn kernel(root: &Root) -> Result<String, String> {
    if !root.is_running() {
        return files::read(root.path("proc/sys/kernel/osrelease")).map(|release| format!("Linux {release}"));
    }
    let name = rustix::system::uname();
    match (name.sysname().to_str(), name.release().to_str()) {
        (Ok(system), Ok(release)) => Ok(format!("{system} {release}")),
        _ => Err("the kernel's name is no text".into()),
    }
}

/// Total memory in bytes.
///
/// # Errors
///
/// Why the system does not tell.
pub fn memory_bytes(root: &Root) -> Result<u64, String> {
    meminfo(root, "MemTotal").or_else(|reason| root.running(sysinfo_total).map_err(|_| reason))
}

/// Memory in bytes that programs can still get without swapping.
///
/// # Errors
///
/// Why the system does not tell.
pub fn memory_available_bytes(root: &Root) -> Result<u64, String> {
    meminfo(root, "MemAvailable")
}

/// What `sysinfo(2)` tells without any file.
fn sysinfo_total() -> Result<u64, String> {
    #[cfg(target_os = "linux")]
    {
        let info = rustix::system::sysinfo();
        let total = (info.totalram as u64).checked_mul(u64::from(info.mem_unit.max(1)));
        total.filter(|&total| total > 0).ok_or_else(|| "sysinfo gives no memory".into())
    }
    #[cfg(not(target_os = "linux"))]
    Err(format!("{} has no sysinfo", std::env::consts::OS))
}

/// A line that counts in units of 1024 bytes; more than none.
fn meminfo(root: &Root, name: &str) -> Result<u64, String> {
    let path = root.path("proc/meminfo");
    let text = files::field(&path, name)?;
    let kibibytes = text.split_whitespace().next().and_then(|digits| digits.parse::<u64>().ok());
    let bytes = kibibytes.and_then(|kibibytes| kibibytes.checked_mul(1024)).filter(|&bytes| bytes > 0);
    bytes.ok_or_else(|| format!("{}: {name} is \"{text}\"", path.display()))
}

/// Seconds since the system's start.
///
/// # Errors
///
/// Why the system does not tell.
pub fn uptime_s(root: &Root) -> Result<f64, String> {
    let path = root.path("proc/uptime");
    let text = files::read(&path)?;
    let seconds: Option<f64> = text.split_whitespace().next().and_then(|digits| digits.parse().ok());
    let seconds = seconds.filter(|seconds| seconds.is_finite() && *seconds > 0.0);
    seconds.ok_or_else(|| format!("{}: \"{text}\"", path.display()))
}

/// What the kernel reads the time from, such as `tsc`.
///
/// # Errors
///
/// Why the system does not tell.
pub fn clock_source(root: &Root) -> Result<String, String> {
    files::read(root.path("sys/devices/system/clocksource/clocksource0/current_clocksource"))
}

/// Who may use hardware counters; 2 or less lets every program count its own threads in user space.
///
/// # Errors
///
/// Why the system does not tell.
pub fn perf_event_paranoid(root: &Root) -> Result<i32, String> {
    files::number(root.path("proc/sys/kernel/perf_event_paranoid"))
}

/// Name and version of the C library, which starts threads and gives memory.
///
/// # Errors
///
/// Where it does not tell.
pub fn c_library() -> Result<String, String> {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    {
        // SAFETY: the call takes nothing and gives a constant text with a zero at its end.
        let version = unsafe { std::ffi::CStr::from_ptr(libc::gnu_get_libc_version()) };
        Ok(format!("glibc {}", version.to_string_lossy()))
    }
    #[cfg(all(target_os = "linux", target_env = "musl"))]
    return Ok("musl".into());
    #[cfg(not(all(target_os = "linux", any(target_env = "gnu", target_env = "musl"))))]
    Err(format!("the C library of {} does not tell its version", std::env::consts::OS))
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::root::tree::Tree;

    #[test]
    fn this_process_may_use_a_cpu() {
        assert!(cpus_available() >= 1);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn linux_tells_what_it_is() {
        assert!(kernel(&Root::default()).unwrap().starts_with("Linux "));
        let root = Root::default();
        assert!(uptime_s(&root).unwrap() > 0.0);
        let (total, available) = (memory_bytes(&root).unwrap(), memory_available_bytes(&root).unwrap());
        assert!(0 < available && available <= total, "{available} of {total}");
        assert!(meminfo(&root, "NoSuchLine").unwrap_err().contains("NoSuchLine"));
        assert_eq!(files::cpu_list(&affinity().unwrap()).unwrap(), crate::affinity::allowed_cpus());
        assert!(sysinfo_total().unwrap() > 1 << 20);
    }

    #[test]
    fn memory_of_nothing_and_a_system_that_never_ran_are_not_believed() {
        let tree =
            Tree::of(&[("proc/meminfo", "MemTotal: 0 kB\nMemAvailable: x kB"), ("proc/uptime", "0.00 0.00")]);
        let root = tree.root();
        assert!(memory_bytes(&root).unwrap_err().ends_with("MemTotal is \"0 kB\""));
        assert!(memory_available_bytes(&root).unwrap_err().ends_with("MemAvailable is \"x kB\""));
        assert!(uptime_s(&root).unwrap_err().ends_with("\"0.00 0.00\""));
        assert!(clock_source(&root).unwrap_err().ends_with("current_clocksource: no such file"));
    }
}
