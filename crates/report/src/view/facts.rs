//! The machine and the build in words, each fact or the reason why it is missing.

use super::units::{bytes, count, list};
use crate::analysis::Analysis;
use crate::record::{
    Cache, ClockRange, Conditions, CpuKind, Environment, Fill, Harness, Host, HostRecord, HostsRecord, Known,
    Others, Pinned, Quota, Weight,
};

/// Every fact by name: what it is, or why it is not known.
#[must_use]
pub fn facts(run: &Analysis) -> Vec<(&'static str, Known<String>)> {
    let mut facts = of_machine(&run.environment);
    facts.extend(run.hosts.iter().flat_map(|of| hosts(of)));
    facts.push(("CPUs of workers", Known::Value(pinned(run.pin.as_ref()))));
    facts.extend(of_build(&run.environment));
    let others = run.conditions.before.others.clone();
    facts.push(("Others before", others.map(|others| using(&others))));
    facts.extend(around(&run.conditions.before, "before the run"));
    facts.extend(run.conditions.after.iter().flat_map(|after| around(after, "after the run")));
    facts
}

fn of_machine(environment: &Environment) -> Vec<(&'static str, Known<String>)> {
    let Environment { cpus_online, cpus_available, numa_nodes, cores, caches, .. } = environment.clone();
    let number = |known: Known<usize>| known.map(|number| number.to_string());
    vec![
        ("Processor", environment.cpu_model.clone()),
        ("Host", environment.host.clone().map(host)),
        ("CPUs online", number(cpus_online)),
        ("CPUs available", number(cpus_available)),
        ("Affinity", environment.affinity.clone()),
        ("Control group", environment.cgroup_quota.clone().map(quota)),
        ("Weight of the group", environment.cgroup_weight.clone().map(weight)),
        ("Autogroups", environment.autogroup.clone().map(autogroups)),
        ("Cores", cores.map(|cores| siblings(&cores))),
        ("Kinds of CPU", environment.kinds.clone().map(|of| list(of.iter().map(kind)))),
        ("Caches", caches.map(|caches| list(caches.iter().map(cache)))),
        ("NUMA nodes", number(numa_nodes)),
        ("Memory", environment.memory_bytes.clone().map(bytes)),
        ("Governor", environment.governor.clone()),
        ("Boost", environment.boost.clone().map(|on| if on { "on" } else { "off" }.to_string())),
        ("Clock range", environment.clock_range.clone().map(clocks)),
        ("Clock source", environment.clock_source.clone()),
        ("Kernel", environment.kernel.clone()),
        ("Thread statistics", environment.thread_statistics.clone()),
        ("Hardware counters", environment.counters.clone()),
        ("perf_event_paranoid", environment.perf_event_paranoid.clone().map(|level| level.to_string())),
    ]
}

fn of_build(environment: &Environment) -> Vec<(&'static str, Known<String>)> {
    let mut facts = vec![
        ("Platform", environment.platform.clone()),
        ("C library", environment.c_library.clone()),
        ("Compiler", environment.rustc.clone()),
        ("Optimization", environment.opt_level.clone()),
        ("Target features", environment.target_features.clone().map(list)),
        ("Processor features", environment.cpu_features.clone().map(list)),
        ("Instruments", environment.harness.clone().map(harness)),
    ];
    facts.extend(environment.note.clone().map(|note| ("Note", Known::Value(note))));
    facts
}

/// The hosts that had workers, and how those were laid out.
fn hosts(of: &HostsRecord) -> [(&'static str, Known<String>); 2] {
    let how = match of.fill {
        Fill::Compact => "one filled before the next",
        Fill::Scatter => "as evenly as can be",
    };
    let most = of.workers_per_host.map_or_else(
        || "a worker for each CPU".to_string(),
        |most| format!("{} on each", count(most, "worker")),
    );
    let machine = |(index, host): (usize, &HostRecord)| {
        let kernel = host.environment.kernel.value().map_or("unknown kernel", String::as_str);
        let (number, machine, cpus) = (index + 1, host.environment.summary(), count(host.cpus, "CPU"));
        format!("{number}: {machine} ({cpus} to use), {kernel}, build {}", host.build)
    };
    let machines = of.hosts.iter().enumerate().map(machine).collect::<Vec<_>>().join("; ");
    [
        ("Hosts of workers", Known::Value(format!("{}, {how}, {most}", of.hosts.len()))),
        ("Machines of the hosts", Known::Value(machines)),
    ]
}

/// What others used of the machine.
fn using(others: &Others) -> String {
    let programs = others.programs.iter().map(|program| format!("{} {:.1}", program.name, program.cpus));
    let programs = list(programs);
    let named = if programs.is_empty() { String::new() } else { format!(": {programs}") };
    format!("{:.1} of {} used just before the run{named}", others.cpus, count(others.of, "CPU"))
}

fn around(conditions: &Conditions, when: &str) -> [(&'static str, Known<String>); 2] {
    let (load, pressure) = match when {
        "before the run" => ("Load before", "Pressure before"),
        _ => ("Load after", "Pressure after"),
    };
    [
        (load, conditions.load.clone().map(|load| format!("{load:.2} over the last minute {when}"))),
        (
            pressure,
            conditions.cpu_pressure.clone().map(|share| {
                format!("threads waited for a CPU in {share:.1} % of the last ten seconds {when}")
            }),
        ),
    ]
}

fn pinned(pin: Option<&Pinned>) -> String {
    match pin {
        None => "chosen by the scheduler".to_string(),
        Some(pin) => format!("pinned, in this order: {} ({})", pin.list(), pin.order_name()),
    }
}

fn host(host: Host) -> String {
    match host {
        Host::Hardware { evidence } => format!("the hardware itself ({evidence})"),
        Host::Hypervisor { name, evidence } => format!("virtual: {name} ({evidence})"),
    }
}

fn quota(quota: Quota) -> String {
    match quota {
        Quota::Unlimited => "no limit on CPU time".to_string(),
        Quota::Cpus(cpus) => format!("CPU time of {cpus} CPUs"),
    }
}

fn weight(weight: Weight) -> String {
    let idle = if weight.idle { ", only where no other group wants a CPU" } else { "" };
    format!("{} times the default{idle}", weight.share)
}

fn autogroups(on: bool) -> String {
    if on { "on: sessions have equal shares of a CPU" } else { "off" }.to_string()
}

fn siblings(cores: &[Vec<usize>]) -> String {
    let most = cores.iter().map(Vec::len).max().unwrap_or(1);
    match most {
        1 => format!("{}, one hardware thread each", cores.len()),
        most => format!("{}, up to {most} hardware threads each", cores.len()),
    }
}

fn kind(kind: &CpuKind) -> String {
    let name = kind.name.as_ref().map(|name| format!(" {name}")).unwrap_or_default();
    let capacity = kind.capacity.map(|capacity| format!(" of capacity {capacity}")).unwrap_or_default();
    let clock = kind.max_hz.map(|hz| format!(" up to {:.2} GHz", hz / 1e9)).unwrap_or_default();
    format!("{}{name}{capacity}{clock}", kind.cpus.len())
}

fn cache(cache: &Cache) -> String {
    let Cache { level, kind, count, shared_by, .. } = cache;
    format!("{count} × L{level} {kind} of {} for {shared_by}", bytes(cache.bytes))
}

fn clocks(range: ClockRange) -> String {
    format!("{:.2} to {:.2} GHz", range.min_hz / 1e9, range.max_hz / 1e9)
}

fn harness(harness: Harness) -> String {
    let counters =
        harness.counters_read_ns.map(|read| format!(", counters {read:.0} ns")).unwrap_or_default();
    format!(
        "reading the clock takes {:.0} ns, a thread's usage {:.0} ns, a probe of the core {:.0} ns{counters}",
        harness.clock_read_ns, harness.usage_read_ns, harness.probe_ns
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::{Placement, RunRecord, book};

    fn find(run: &RunRecord, name: &str) -> Known<String> {
        let facts = facts(&Analysis::of(run));
        facts.into_iter().find(|(of, _)| *of == name).expect(name).1
    }

    #[test]
    fn a_fact_is_in_words_and_a_missing_one_says_why() {
        let mut run = book::record();
        assert_eq!(find(&run, "CPUs available"), Known::Value("4".to_string()));
        assert_eq!(find(&run, "Governor").missing(), Some("not published"));
        run.environment.caches = Known::Value(vec![Cache {
            level: 2,
            kind: "unified".to_string(),
            bytes: 1280 << 10,
            shared_by: 2,
            count: 4,
        }]);
        run.environment.memory_bytes = Known::Value(24 << 30);
        run.environment.cgroup_quota = Known::Value(Quota::Cpus(1.5));
        assert_eq!(find(&run, "Caches"), Known::Value("4 × L2 unified of 1.2 MiB for 2".to_string()));
        assert_eq!(find(&run, "Memory"), Known::Value("24 GiB".to_string()));
        assert_eq!(find(&run, "CPUs of workers"), Known::Value("chosen by the scheduler".to_string()));
        run.plan.pin = Some(Pinned { order: Some(Placement::Scatter), cpus: vec![0, 2, 1, 3] });
        let expected = "pinned, in this order: 0,2,1,3 (scatter)";
        assert_eq!(find(&run, "CPUs of workers"), Known::Value(expected.to_string()));
        assert_eq!(find(&run, "Control group"), Known::Value("CPU time of 1.5 CPUs".to_string()));
    }
}
