//! The machine and the build behind a run, as plain data.
//!
//! [`study`](crate::study) fills it in. Each fact is a value or the reason why there is none, so that
//! "no quota" and "the quota is unknown" are not the same.

use serde::{Deserialize, Serialize};

use super::Known;

/// What ran the samples.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Environment {
    /// Model name of the processor.
    pub cpu_model: Known<String>,
    /// Processors that the kernel has online.
    pub cpus_online: Known<usize>,
    /// CPUs that this process may use, after affinity and cgroup quota.
    pub cpus_available: Known<usize>,
    /// CPUs in this process's affinity mask, as a list of ranges.
    pub affinity: Known<String>,
    /// CPU bandwidth of the control group.
    pub cgroup_quota: Known<Quota>,
    /// The CPUs of each core: hardware threads that share its execution units, where more than one.
    pub cores: Known<Vec<Vec<usize>>>,
    /// The caches of the machine, the nearest first.
    pub caches: Known<Vec<Cache>>,
    /// Nodes of memory.
    pub numa_nodes: Known<usize>,
    /// What sets the clock; several if the CPUs differ.
    pub governor: Known<String>,
    /// Whether CPUs may clock above their nominal rate while few are busy.
    pub boost: Known<bool>,
    /// Lowest and highest clock of the CPUs.
    pub clock_range: Known<ClockRange>,
    /// What the system runs on.
    pub host: Known<Host>,
    /// What the kernel reads the time from.
    pub clock_source: Known<String>,
    /// Operating system and processor architecture that the program was built for.
    pub platform: Known<String>,
    /// Kernel name and release.
    pub kernel: Known<String>,
    /// Name and version of the C library.
    pub c_library: Known<String>,
    /// Total memory in bytes.
    pub memory_bytes: Known<u64>,
    /// Compiler that built the program.
    pub rustc: Known<String>,
    /// Optimisation level of the build.
    pub opt_level: Known<String>,
    /// Processor features that the compiler was allowed to use everywhere.
    pub target_features: Known<Vec<String>>,
    /// Processor features found at run time that the kernels here can make use of.
    pub cpu_features: Known<Vec<String>>,
    /// Where the run-queue delay of a thread comes from.
    pub thread_statistics: Known<String>,
    /// What the processor's own counters count of a thread.
    pub counters: Known<String>,
    /// Who may use the processor's counters, as the kernel is set.
    pub perf_event_paranoid: Known<i32>,
    /// What a look at clocks and counters costs.
    pub harness: Known<Harness>,
    /// What a record from elsewhere says of its machine and runtime.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// A limit on CPU time.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Quota {
    /// None.
    Unlimited,
    /// That many CPUs' worth of time in every period.
    Cpus(f64),
}

/// Caches of one size and kind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
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

/// Clocks that a CPU may have.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct ClockRange {
    /// The lowest, in hertz.
    pub min_hz: f64,
    /// The highest, in hertz.
    pub max_hz: f64,
}

/// What the system runs on, and how that is known.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Host {
    /// The processor itself.
    Hardware {
        /// What says so.
        evidence: String,
    },
    /// A hypervisor.
    Hypervisor {
        /// Its name.
        name: String,
        /// What says so.
        evidence: String,
    },
}

/// What the instruments cost, so that it can be set against what they measure. Measured when the
/// environment was described.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Harness {
    /// Nanoseconds of one reading of the clock.
    pub clock_read_ns: f64,
    /// Nanoseconds of one reading of a thread's CPU time, run-queue delay, switches and faults.
    pub usage_read_ns: f64,
    /// Nanoseconds of one probe of the core's clock and issue width.
    pub probe_ns: f64,
    /// Nanoseconds of one reading of the processor's counters; absent where there are none.
    pub counters_read_ns: Option<f64>,
}

/// How busy others kept the machine at one moment.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Conditions {
    /// Mean number of threads that ran or waited over the last minute, ours among them.
    pub load: Known<f64>,
    /// Share of the last ten seconds, in per cent, in which some thread waited for a CPU.
    pub cpu_pressure: Known<f64>,
    /// Nanoseconds, over all CPUs since the system's start, that the hypervisor gave to others while
    /// a CPU had work. Only differences tell something of a run.
    pub steal_ns: Known<u64>,
}

/// How busy others kept the machine around a run.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Around {
    /// Just before the first sample.
    pub before: Conditions,
    /// Just after the last; absent while the run goes on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<Conditions>,
}

impl Environment {
    /// The machine in a few words, for titles: processor, then CPUs available of those online.
    #[must_use]
    pub fn summary(&self) -> String {
        let model = self.cpu_model.value().map_or("unknown processor", String::as_str);
        match (self.cpus_available.value(), self.cpus_online.value()) {
            (Some(available), Some(online)) if available != online => {
                format!("{model}, {available} of {online} CPUs")
            }
            (Some(1), _) => format!("{model}, 1 CPU"),
            (Some(available), _) => format!("{model}, {available} CPUs"),
            (None, _) => model.to_string(),
        }
    }

    /// Most hardware threads that share one core.
    #[must_use]
    pub fn threads_per_core(&self) -> Known<usize> {
        let most = |cores: Vec<Vec<usize>>| cores.iter().map(Vec::len).max().unwrap_or(1);
        self.cores.clone().map(most)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_summary_says_what_is_known() {
        let mut environment = Environment::default();
        assert_eq!(environment.summary(), "unknown processor");
        environment.cpu_model = Known::Value("CPU".into());
        environment.cpus_online = Known::Value(4);
        assert_eq!(environment.summary(), "CPU");
        environment.cpus_available = Known::Value(4);
        assert_eq!(environment.summary(), "CPU, 4 CPUs");
        environment.cpus_available = Known::Value(1);
        assert_eq!(environment.summary(), "CPU, 1 of 4 CPUs");
        environment.cpus_online = Known::Value(1);
        assert_eq!(environment.summary(), "CPU, 1 CPU");
    }

    #[test]
    fn no_quota_and_an_unknown_one_differ_in_the_file() {
        let json = |quota: Known<Quota>| serde_json::to_string(&quota).unwrap();
        assert_eq!(json(Known::Value(Quota::Unlimited)), r#"{"value":"unlimited"}"#);
        assert_eq!(json(Known::Value(Quota::Cpus(1.5))), r#"{"value":{"cpus":1.5}}"#);
        assert_eq!(json(Known::default()), r#"{"missing":"not recorded"}"#);
    }

    #[test]
    fn siblings_are_counted_on_the_core_with_most() {
        let mut environment = Environment::default();
        assert_eq!(environment.threads_per_core().missing(), Some("not recorded"));
        environment.cores = Known::Value(vec![vec![0, 4], vec![1, 5], vec![2]]);
        assert_eq!(environment.threads_per_core(), Known::Value(2));
    }
}
