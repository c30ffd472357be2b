//! Describes the machine and the build for the record, and what the instruments cost.

use std::hint::black_box;

use speedup_machine::{
    cgroup, clock, counters, machine, power, pressure, probe, topology, usage, virtualisation,
};
use speedup_report::record::{Cache, ClockRange, Conditions, Environment, Harness, Host, Known, Quota};

/// What this process runs on, as far as the system tells. Takes some milliseconds.
#[must_use]
pub fn gather() -> Environment {
    let features = env!("SPEEDUP_TARGET_FEATURES").split(',').filter(|feature| !feature.is_empty());
    Environment {
        cpu_model: machine::cpu_model().into(),
        cpus_online: topology::online().map(|cpus| cpus.len()).into(),
        cpus_available: Known::Value(machine::cpus_available()),
        affinity: machine::affinity().into(),
        cgroup_quota: cgroup::quota().map(quota).into(),
        cores: topology::cores().into(),
        caches: topology::caches().map(|caches| caches.into_iter().map(cache).collect()).into(),
        numa_nodes: topology::numa_nodes().into(),
        governor: power::governor().into(),
        boost: power::boost().into(),
        clock_range: power::clock_range_hz().map(|(min_hz, max_hz)| ClockRange { min_hz, max_hz }).into(),
        host: virtualisation::host().map(host).into(),
        clock_source: machine::clock_source().into(),
        platform: Known::Value(format!("{}-{}", std::env::consts::ARCH, std::env::consts::OS)),
        kernel: machine::kernel().into(),
        c_library: machine::c_library().into(),
        memory_bytes: machine::memory_bytes().into(),
        rustc: built_with(env!("SPEEDUP_RUSTC_VERSION")),
        opt_level: built_with(env!("SPEEDUP_OPT_LEVEL")),
        target_features: Known::Value(features.map(str::to_string).collect()),
        cpu_features: Known::Value(machine::cpu_features()),
        thread_statistics: thread_statistics(),
        counters: counters::thread_counts().map(|_| "instructions, cycles (user space)".into()).into(),
        perf_event_paranoid: machine::perf_event_paranoid().into(),
        harness: Known::Value(harness()),
        note: None,
    }
}

/// How busy others keep the machine just now.
#[must_use]
pub fn conditions() -> Conditions {
    Conditions {
        load: pressure::load().into(),
        cpu_pressure: pressure::cpu_pressure().into(),
        steal_ns: pressure::steal_ns().into(),
    }
}

fn quota(quota: cgroup::Quota) -> Quota {
    match quota {
        cgroup::Quota::Unlimited => Quota::Unlimited,
        cgroup::Quota::Cpus(cpus) => Quota::Cpus(cpus),
    }
}

fn cache(cache: topology::Cache) -> Cache {
    let topology::Cache { level, kind, bytes, shared_by, count } = cache;
    Cache { level, kind, bytes, shared_by, count }
}

fn host(host: virtualisation::Host) -> Host {
    match host {
        virtualisation::Host::Hardware { evidence } => Host::Hardware { evidence },
        virtualisation::Host::Hypervisor { name, evidence } => Host::Hypervisor { name, evidence },
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
    match usage::thread_usage().queue_ns {
        Some(_) => Known::Value("/proc/thread-self/schedstat".into()),
        None if cfg!(target_os = "linux") => {
            Known::Missing("/proc/thread-self/schedstat: the kernel keeps no such statistics".into())
        }
        None => Known::Missing(format!("{} does not tell run-queue delay", std::env::consts::OS)),
    }
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

    #[test]
    fn every_fact_is_a_value_or_a_reason() {
        let facts = serde_json::to_value(gather()).unwrap();
        for (name, fact) in facts.as_object().unwrap() {
            let known = fact.get("value").is_some();
            let reason = fact.get("missing").and_then(|reason| reason.as_str()).unwrap_or_default();
            assert!(known || (!reason.is_empty() && reason != "not recorded"), "{name}: {fact}");
        }
    }

    #[test]
    fn the_instruments_cost_something_and_little() {
        let harness = harness();
        for cost_ns in [harness.clock_read_ns, harness.usage_read_ns, harness.probe_ns] {
            assert!(cost_ns.is_finite() && cost_ns > 0.0, "{harness:?}");
        }
        assert_eq!(harness.counters_read_ns.is_some(), gather().counters.value().is_some());
    }

    #[test]
    fn conditions_survive_being_written_and_read() {
        let conditions = conditions();
        let json = serde_json::to_string(&conditions).unwrap();
        assert_eq!(serde_json::from_str::<Conditions>(&json).unwrap(), conditions);
    }
}
