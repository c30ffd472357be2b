//! What sets the clock of the CPUs, and what feeds the machine.

use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::path::Path;

use super::files;
use super::root::Root;
use super::topology::{CPUS, online};

/// Clocks that a CPU may have.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ClockRange {
    /// The lowest, in hertz.
    pub min_hz: f64,
    /// The highest, in hertz.
    pub max_hz: f64,
}

/// The governors of all CPUs, each once, separated by commas.
///
/// # Errors
///
/// Why the system does not tell.
pub fn governor(root: &Root) -> Result<String, String> {
    governor_below(&root.path(CPUS), &online(root)?)
}

/// Whether CPUs may clock above their nominal rate while few of them are busy: turbo, boost.
///
/// # Errors
///
/// Why the system does not tell.
pub fn boost(root: &Root) -> Result<bool, String> {
    boost_below(&root.path(CPUS))
}

/// The lowest and the highest clock that a CPU may have, in hertz.
///
/// # Errors
///
/// Why the system does not tell.
pub fn clock_range(root: &Root) -> Result<ClockRange, String> {
    clock_range_below(&root.path(CPUS), &online(root)?)
}

/// Whether the machine runs from a battery.
///
/// # Errors
///
/// Where the system lists no supply, as most servers do not.
pub fn on_battery(root: &Root) -> Result<bool, String> {
    on_battery_below(&root.path("sys/class/power_supply"))
}

/// Why there is nothing to read about clocks.
fn no_cpufreq(root: &Path) -> String {
    format!("no cpufreq in {}", root.display())
}

fn governor_below(root: &Path, cpus: &[usize]) -> Result<String, String> {
    let read = |cpu| files::read(root.join(format!("cpu{cpu}/cpufreq/scaling_governor"))).ok();
    let governors: BTreeSet<String> = cpus.iter().filter_map(read).collect();
    let governors: Vec<String> = governors.into_iter().collect();
    if governors.is_empty() { Err(no_cpufreq(root)) } else { Ok(governors.join(",")) }
}

fn boost_below(root: &Path) -> Result<bool, String> {
    let no_turbo = files::number::<u8>(root.join("intel_pstate/no_turbo")).map(|off| off == 0);
    no_turbo
        .or_else(|_| files::number::<u8>(root.join("cpufreq/boost")).map(|on| on != 0))
        .map_err(|_| no_cpufreq(root))
}

fn clock_range_below(root: &Path, cpus: &[usize]) -> Result<ClockRange, String> {
    let clocks = |file| cpus.iter().filter_map(move |&cpu| kilohertz(root, cpu, file));
    let lowest = clocks("cpuinfo_min_freq").min().map(|clock| clock as f64 * 1e3);
    let highest = clocks("cpuinfo_max_freq").max().map(|clock| clock as f64 * 1e3);
    let range = lowest.zip(highest).map(|(min_hz, max_hz)| ClockRange { min_hz, max_hz });
    range.filter(|range| range.min_hz <= range.max_hz).ok_or_else(|| no_cpufreq(root))
}

/// A clock in a file of a CPU; a clock of zero is none.
pub(super) fn kilohertz(root: &Path, cpu: usize, file: &str) -> Option<u64> {
    files::number(root.join(format!("cpu{cpu}/cpufreq/{file}"))).ok().filter(|&clock| clock > 0)
}

fn on_battery_below(root: &Path) -> Result<bool, String> {
    let none = || format!("no power supply is listed in {}", root.display());
    let supplies = std::fs::read_dir(root).map_err(|_| none())?.filter_map(Result::ok);
    let mut battery = None;
    for supply in supplies {
        match files::read(supply.path().join("type")).as_deref() {
            Ok("Mains" | "USB") if files::number::<u8>(supply.path().join("online")) == Ok(1) => {
                return Ok(false);
            }
            Ok("Battery") => {
                let status = files::read(supply.path().join("status")).unwrap_or_default();
                battery = Some(battery.unwrap_or(false) || status == "Discharging");
            }
            _ => {}
        }
    }
    battery.ok_or_else(none)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn tree(files: &[(&str, &str)]) -> tempfile::TempDir {
        let root = tempfile::tempdir().unwrap();
        for (path, text) in files {
            let path = root.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, format!("{text}\n")).unwrap();
        }
        root
    }

    #[test]
    fn a_machine_without_cpufreq_says_so() {
        let root = tree(&[]);
        assert!(governor_below(root.path(), &[0]).unwrap_err().contains("no cpufreq"));
        assert!(boost_below(root.path()).unwrap_err().contains("no cpufreq"));
        assert!(clock_range_below(root.path(), &[0]).unwrap_err().contains("no cpufreq"));
        assert!(on_battery_below(root.path()).unwrap_err().contains("no power supply"));
    }

    #[test]
    fn governors_and_clocks_of_all_cpus_count() {
        let root = tree(&[
            ("cpu0/cpufreq/scaling_governor", "powersave"),
            ("cpu1/cpufreq/scaling_governor", "performance"),
            ("cpu2/cpufreq/scaling_governor", "powersave"),
            ("cpu0/cpufreq/cpuinfo_min_freq", "800000"),
            ("cpu0/cpufreq/cpuinfo_max_freq", "4700000"),
            ("cpu1/cpufreq/cpuinfo_min_freq", "400000"),
            ("cpu1/cpufreq/cpuinfo_max_freq", "3600000"),
        ]);
        assert_eq!(governor_below(root.path(), &[0, 1, 2]).unwrap(), "performance,powersave");
        assert_eq!(
            clock_range_below(root.path(), &[0, 1, 2]).unwrap(),
            ClockRange { min_hz: 4e8, max_hz: 4.7e9 }
        );
        let nothing = tree(&[
            ("cpu0/cpufreq/scaling_governor", ""),
            ("cpu0/cpufreq/cpuinfo_min_freq", "0"),
            ("cpu0/cpufreq/cpuinfo_max_freq", "0"),
        ]);
        assert!(governor_below(nothing.path(), &[0]).unwrap_err().contains("no cpufreq"));
        assert!(clock_range_below(nothing.path(), &[0]).unwrap_err().contains("no cpufreq"));
    }

    #[test]
    fn turbo_is_on_where_it_is_not_off() {
        assert_eq!(boost_below(tree(&[("intel_pstate/no_turbo", "0")]).path()), Ok(true));
        assert_eq!(boost_below(tree(&[("intel_pstate/no_turbo", "1")]).path()), Ok(false));
        assert_eq!(boost_below(tree(&[("cpufreq/boost", "1")]).path()), Ok(true));
    }

    #[test]
    fn a_battery_feeds_the_machine_only_while_it_discharges() {
        let laptop = |mains, status| {
            let root = tree(&[
                ("AC/type", "Mains"),
                ("AC/online", mains),
                ("BAT0/type", "Battery"),
                ("BAT0/status", status),
            ]);
            on_battery_below(root.path())
        };
        assert_eq!(laptop("1", "Charging"), Ok(false));
        assert_eq!(laptop("0", "Discharging"), Ok(true));
        assert_eq!(laptop("0", "Full"), Ok(false));
    }
}
