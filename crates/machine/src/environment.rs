//! The machine and the build behind a run, as plain data, and how they are gathered.
//!
//! Each fact is a value or the reason why there is none, so that "no quota" and "could not look" differ.

use std::hint::black_box;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::cgroup::{Quota, Weight};
use crate::kinds::CpuKind;
use crate::known::Known;
use crate::neighbours::{Others, Watch};
use crate::power::ClockRange;
use crate::root::Root;
use crate::topology::Cache;
use crate::virtualisation::Host;
use crate::{
    cgroup, clock, counters, kinds, machine, model, neighbours, power, pressure, probe, topology, usage,
    virtualisation,
};

/// What ran the samples.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
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
    /// What the control group gets of a CPU that others want too.
    #[serde(default)]
    pub cgroup_weight: Known<Weight>,
    /// Whether the scheduler divides CPUs among sessions, and only then among the threads of each.
    #[serde(default)]
    pub autogroup: Known<bool>,
    /// The CPUs of each core: hardware threads that share its execution units, where more than one.
    pub cores: Known<Vec<Vec<usize>>>,
    /// Its kinds of CPU, the fastest first: more than one in a hybrid processor.
    #[serde(default)]
    pub kinds: Known<Vec<CpuKind>>,
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

/// What the instruments cost, so that it can be set against what they measure. Measured when the
/// environment was described.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
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
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Conditions {
    /// Mean number of threads that ran or waited over the last minute, ours among them.
    pub load: Known<f64>,
    /// Share of the last ten seconds, in per cent, in which some thread waited for a CPU.
    pub cpu_pressure: Known<f64>,
    /// Nanoseconds, over all CPUs since the system's start, that the hypervisor gave to others while
    /// a CPU had work. Only differences tell something of a run.
    pub steal_ns: Known<u64>,
    /// Who used the CPUs: just before a run, or while it went on, or on from its latest resumption.
    #[serde(default)]
    pub others: Known<Others>,
}

/// How busy others kept the machine around a run.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
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
            (Some(available), Some(online)) if available < online => {
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

/// What a build script can tell of the program's build; an empty text where it could not.
#[derive(Debug, Clone, Copy)]
pub struct Build {
    /// The compiler and its version.
    pub rustc: &'static str,
    /// Cargo's `OPT_LEVEL`.
    pub opt_level: &'static str,
    /// Cargo's `CARGO_CFG_TARGET_FEATURE`.
    pub target_features: &'static str,
}

/// What this process runs on, as far as the system tells. Takes some milliseconds.
#[must_use]
pub fn gather(build: &Build) -> Environment {
    let environment = described(&Root::default());
    let features = build.target_features.split(',').filter(|feature| !feature.is_empty());
    Environment {
        rustc: built_with(build.rustc),
        opt_level: built_with(build.opt_level),
        target_features: Known::Value(features.map(str::to_string).collect()),
        cpu_features: Known::Value(machine::cpu_features()),
        thread_statistics: thread_statistics(),
        counters: counters::thread_counts().map(|_| "instructions, cycles (user space)".into()).into(),
        harness: Known::Value(harness()),
        ..environment
    }
}

/// The machine whose `/proc` and `/sys` are there, with all but what a program finds out by running on it.
#[must_use]
pub fn described(root: &Root) -> Environment {
    let running = |tell: fn() -> Result<String, String>| Known::from(root.running(tell));
    Environment {
        cpu_model: model::cpu_model(root).into(),
        cpus_online: topology::online(root).map(|cpus| cpus.len()).into(),
        cpus_available: root.running(|| Ok(machine::cpus_available())).into(),
        affinity: running(machine::affinity),
        cgroup_quota: cgroup::quota(root).into(),
        cgroup_weight: cgroup::weight(root).into(),
        autogroup: neighbours::autogroup(root).into(),
        cores: topology::cores(root).into(),
        kinds: kinds::kinds(root).into(),
        caches: topology::caches(root).into(),
        numa_nodes: topology::numa_nodes(root).into(),
        governor: power::governor(root).into(),
        boost: power::boost(root).into(),
        clock_range: power::clock_range(root).into(),
        host: root.running(virtualisation::host).into(),
        clock_source: machine::clock_source(root).into(),
        platform: running(|| Ok(format!("{}-{}", std::env::consts::ARCH, std::env::consts::OS))),
        kernel: machine::kernel(root).into(),
        c_library: running(machine::c_library),
        memory_bytes: machine::memory_bytes(root).into(),
        perf_event_paranoid: machine::perf_event_paranoid(root).into(),
        ..Environment::default()
    }
}

/// How busy others keep the machine just now, before something is measured on it: they are watched for `period`.
#[must_use]
pub fn conditions_before(period: Duration) -> Conditions {
    Conditions { others: neighbours::others(period).into(), ..conditions_at(&Root::default()) }
}

/// The same just after something was measured, with what others used of the CPUs while that was watched.
#[must_use]
pub fn conditions_after(watch: &Result<Watch, String>) -> Conditions {
    let others = watch.as_ref().map_err(String::clone).and_then(Watch::others);
    Conditions { others: others.into(), ..conditions_at(&Root::default()) }
}

/// How busy the machine was whose `/proc` is there.
#[must_use]
pub fn conditions_at(root: &Root) -> Conditions {
    Conditions {
        load: pressure::load(root).into(),
        cpu_pressure: pressure::cpu_pressure(root).into(),
        steal_ns: pressure::steal_ns(root).into(),
        others: Known::Missing("files tell nothing of a moment".to_string()),
    }
}

/// What the build script found out.
fn built_with(text: &str) -> Known<String> {
    if text.is_empty() {
        return Known::Missing("the build did not say".into());
    }
    Known::Value(text.to_string())
}

fn thread_statistics() -> Known<String> {
    let told = usage::tells_queue().map(|()| "/proc/thread-self/schedstat".to_string());
    told.map_err(|untold| untold.to_string()).into()
}

/// Times the instruments, each with a thread's first use behind it.
fn harness() -> Harness {
    let counters = counters::thread_counts().is_ok();
    Harness {
        clock_read_ns: cost_ns(200, clock::monotonic_ns),
        usage_read_ns: cost_ns(100, usage::thread_usage),
        probe_ns: cost_ns(20, probe::probe),
        counters_read_ns: counters.then(|| cost_ns(100, counters::thread_counts)),
    }
}

/// Nanoseconds that one call takes: the mean of the fastest of a few runs of that many calls, so that
/// an interrupt does not count.
fn cost_ns<T>(calls: u32, call: impl Fn() -> T) -> f64 {
    let run = || {
        let start = clock::monotonic_ns();
        for _ in 0..calls {
            black_box(call());
        }
        (clock::monotonic_ns() - start) as f64 / f64::from(calls)
    };
    (0..5).map(|_| run()).fold(f64::INFINITY, f64::min)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::root::tree::Tree;

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
        // Of a record from elsewhere: more than all is no part of them.
        environment.cpus_available = Known::Value(2);
        assert_eq!(environment.summary(), "CPU, 2 CPUs");
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

    const BUILD: Build = Build { rustc: "rustc 1.88", opt_level: "1", target_features: "sse2" };

    #[test]
    fn every_fact_is_a_value_or_a_reason() {
        let facts = serde_json::to_value(gather(&BUILD)).unwrap();
        for (name, fact) in facts.as_object().unwrap() {
            let known = fact.get("value").is_some();
            let reason = fact.get("missing").and_then(|reason| reason.as_str()).unwrap_or_default();
            assert!(known || (!reason.is_empty() && reason != "not recorded"), "{name}: {fact}");
        }
    }

    #[test]
    fn another_machine_is_described_by_its_files_alone() {
        let tree = Tree::of(&[
            ("proc/cpuinfo", "model name : Some CPU"),
            ("proc/meminfo", "MemTotal: 1024 kB"),
            ("sys/devices/system/cpu/online", "0-1"),
        ]);
        let environment = described(&tree.root());
        assert_eq!(environment.summary(), "Some CPU");
        assert_eq!(environment.cpus_online, Known::Value(2));
        assert_eq!(environment.memory_bytes, Known::Value(1 << 20));
        assert!(environment.kernel.missing().unwrap().ends_with("osrelease: no such file"));
        assert!(environment.c_library.missing().unwrap().ends_with("do not tell"));
        assert!(environment.host.missing().unwrap().ends_with("do not tell"));
    }

    #[test]
    fn the_instruments_cost_something_and_little() {
        let harness = harness();
        for cost_ns in [harness.clock_read_ns, harness.usage_read_ns, harness.probe_ns] {
            assert!(cost_ns.is_finite() && cost_ns > 0.0, "{harness:?}");
        }
        assert_eq!(harness.counters_read_ns.is_some(), gather(&BUILD).counters.value().is_some());
    }

    #[test]
    fn conditions_survive_being_written_and_read() {
        let conditions = conditions_before(Duration::from_millis(10));
        let json = serde_json::to_string(&conditions).unwrap();
        assert_eq!(serde_json::from_str::<Conditions>(&json).unwrap(), conditions);
    }
}
