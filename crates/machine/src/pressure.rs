//! What others take from the machine: steal by the hypervisor, load and pressure on the CPUs.

use super::files::read;
use super::root::Root;

/// Nanoseconds, over all CPUs since the system's start, in which a CPU had work and the hypervisor
/// gave it to another machine. Counted in ticks of usually 10 ms.
///
/// # Errors
///
/// Why the system does not tell.
pub fn steal_ns(root: &Root) -> Result<u64, String> {
    parse_steal(&read(root.path("proc/stat"))?, ticks_per_second()?)
}

/// Mean number of threads that ran or waited over the last minute.
///
/// # Errors
///
/// Why the system does not tell.
pub fn load(root: &Root) -> Result<f64, String> {
    parse_load(&read(root.path("proc/loadavg"))?)
}

/// Share of the last ten seconds, in per cent, in which some thread of the machine waited for a CPU
/// (pressure stall information).
///
/// # Errors
///
/// Why the system does not tell.
pub fn cpu_pressure(root: &Root) -> Result<f64, String> {
    parse_pressure(&read(root.path("proc/pressure/cpu"))?)
}

/// The unit of `/proc/stat`, `USER_HZ`.
fn ticks_per_second() -> Result<u64, String> {
    let ticks = rustix::param::clock_ticks_per_second();
    if ticks > 0 { Ok(ticks) } else { Err("sysconf gives no _SC_CLK_TCK".into()) }
}

/// The eighth figure of the line of all CPUs.
fn parse_steal(stat: &str, ticks_per_second: u64) -> Result<u64, String> {
    let line = stat.lines().find(|line| line.starts_with("cpu ")).ok_or("/proc/stat has no line \"cpu\"")?;
    let steal = line.split_ascii_whitespace().nth(8).ok_or("/proc/stat has no column for steal")?;
    let ticks: u64 = steal.parse().map_err(|_| format!("/proc/stat gives \"{steal}\" for steal"))?;
    let ns = ticks.checked_mul(1_000_000_000 / ticks_per_second);
    ns.ok_or_else(|| format!("/proc/stat gives \"{steal}\" for steal"))
}

fn parse_load(loadavg: &str) -> Result<f64, String> {
    let figure = loadavg.split_ascii_whitespace().next().unwrap_or_default();
    not_negative(figure).ok_or_else(|| format!("/proc/loadavg gives \"{figure}\""))
}

fn parse_pressure(pressure: &str) -> Result<f64, String> {
    let some = pressure.lines().find_map(|line| line.strip_prefix("some avg10="));
    let figure = some.and_then(|rest| rest.split_ascii_whitespace().next()).unwrap_or_default();
    not_negative(figure).ok_or_else(|| format!("/proc/pressure/cpu gives \"{figure}\" for some avg10"))
}

fn not_negative(figure: &str) -> Option<f64> {
    figure.parse().ok().filter(|value: &f64| value.is_finite() && *value >= 0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kernel_s_files_are_read_as_it_writes_them() {
        let stat = "cpu  1042471 818 128670 2662149 12664 0 1113 286 0 0\ncpu0 1 2 3 4 5 6 7 8 9 10\n";
        assert_eq!(parse_steal(stat, 100), Ok(2_860_000_000));
        assert_eq!(parse_load("0.09 0.40 0.85 2/82 9506\n"), Ok(0.09));
        let pressure = "some avg10=1.24 avg60=0.21 avg300=3.54 total=1311510134\nfull avg10=0.00 avg60=0\n";
        assert_eq!(parse_pressure(pressure), Ok(1.24));
    }

    #[test]
    fn what_is_not_there_is_said() {
        assert!(parse_steal("cpu0 1 2 3", 100).unwrap_err().contains("no line"));
        assert!(parse_steal("cpu  1 2 3 4 5 6 7\n", 100).unwrap_err().contains("no column"));
        assert!(parse_load("inf 0 0").unwrap_err().contains("inf"));
        assert!(parse_load("-1 0 0").unwrap_err().contains("-1"));
        assert!(parse_load("").unwrap_err().contains("/proc/loadavg"));
        assert!(parse_pressure("full avg10=0.00").unwrap_err().contains("some avg10"));
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn linux_tells_steal_and_load() {
        let root = Root::default();
        let steal = steal_ns(&root).unwrap();
        assert!(steal_ns(&root).unwrap() >= steal);
        assert!(load(&root).unwrap() >= 0.0);
    }
}
