//! What the system says about the machine and itself. A figure that it does not give is a reason.

#![allow(unsafe_code)]

use super::files;

/// CPUs that this process may use: affinity mask and cgroup quota count, at least 1.
#[must_use]
pub fn cpus_available() -> usize {
    std::thread::available_parallelism().map_or(1, std::num::NonZero::get)
}

/// The affinity mask of this process, as the kernel's list of ranges (`0-3,8`).
///
/// # Errors
///
/// Why the system does not tell.
pub fn affinity() -> Result<String, String> {
    files::field("/proc/self/status", "Cpus_allowed_list")
}

/// Model name of the first processor.
///
/// # Errors
///
/// Why the system does not tell.
pub fn cpu_model() -> Result<String, String> {
    files::field("/proc/cpuinfo", "model name")
}

/// Kernel name and release.
///
/// # Errors
///
/// Where they are no text.
pub fn kernel() -> Result<String, String> {
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
pub fn memory_bytes() -> Result<u64, String> {
    meminfo("MemTotal")
}

/// Memory in bytes that programs can still get without swapping.
///
/// # Errors
///
/// Why the system does not tell.
pub fn memory_available_bytes() -> Result<u64, String> {
    meminfo("MemAvailable")
}

fn meminfo(name: &str) -> Result<u64, String> {
    let text = files::field("/proc/meminfo", name)?;
    let kibibytes = text.split_whitespace().next().and_then(|digits| digits.parse::<u64>().ok());
    kibibytes.map(|kibibytes| kibibytes * 1024).ok_or_else(|| format!("/proc/meminfo: {name} is \"{text}\""))
}

/// Seconds since the system's start.
///
/// # Errors
///
/// Why the system does not tell.
pub fn uptime_s() -> Result<f64, String> {
    let text = files::read("/proc/uptime")?;
    let seconds = text.split_whitespace().next().and_then(|digits| digits.parse().ok());
    seconds.ok_or_else(|| format!("/proc/uptime: \"{text}\""))
}

/// What the kernel reads the time from, such as `tsc`.
///
/// # Errors
///
/// Why the system does not tell.
pub fn clock_source() -> Result<String, String> {
    files::read("/sys/devices/system/clocksource/clocksource0/current_clocksource")
}

/// Who may use hardware counters; 2 or less lets every program count its own threads in user space.
///
/// # Errors
///
/// Why the system does not tell.
pub fn perf_event_paranoid() -> Result<i32, String> {
    files::number("/proc/sys/kernel/perf_event_paranoid")
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

    #[test]
    fn this_process_may_use_a_cpu() {
        assert!(cpus_available() >= 1);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn linux_tells_what_it_is() {
        assert!(kernel().unwrap().starts_with("Linux "));
        assert!(uptime_s().unwrap() > 0.0);
        let (total, available) = (memory_bytes().unwrap(), memory_available_bytes().unwrap());
        assert!(0 < available && available <= total, "{available} of {total}");
        assert!(meminfo("NoSuchLine").unwrap_err().contains("NoSuchLine"));
        assert_eq!(files::cpu_list(&affinity().unwrap()), crate::affinity::allowed_cpus());
    }
}
