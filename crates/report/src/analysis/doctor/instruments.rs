//! Rules about what cannot be seen from here.

use super::{Facts, Finding};
use crate::record::Host;

pub(super) fn counters(facts: &Facts) -> Option<Finding> {
    let reason = facts.environment.counters.missing()?;
    let forbidden = facts.environment.perf_event_paranoid.value().is_some_and(|&level| level > 2);
    let remedy = if forbidden {
        "Allow programs to count their own events: 'sudo sysctl kernel.perf_event_paranoid=2'."
    } else if let Some(Host::Hypervisor { .. }) = facts.environment.host.value() {
        "Measure on hardware, or let the hypervisor expose the processor's counters (QEMU: '-cpu host,pmu=on'; \
         in the cloud: bare metal or the largest sizes)."
    } else {
        "See whether 'perf stat true' counts instructions here; a container must allow perf_event_open."
    };
    Some(Finding::warning(
        format!("no hardware counters: {reason}"),
        "Slower tasks cannot be split into more instructions and more cycles for each. Only the probe splits \
         them: a lower clock, a shared core, and the rest, which is caches and memory.",
        remedy,
    ))
}

pub(super) fn thread_statistics(facts: &Facts) -> Option<Finding> {
    let reason = facts.environment.thread_statistics.missing()?;
    Some(Finding::warning(
        format!("no run-queue delay: {reason}"),
        "Waiting for a CPU cannot be distinguished from blocking and steal: the rows are merged.",
        "On Linux, use a kernel with CONFIG_SCHEDSTATS or CONFIG_SCHED_INFO.",
    ))
}

#[cfg(test)]
mod tests {
    use super::super::tests::quiet;
    use super::*;
    use crate::record::Known;

    #[test]
    fn the_way_to_counters_depends_on_what_is_in_it() {
        let mut facts = quiet();
        assert_eq!(counters(&facts), None);
        facts.environment.counters = Known::Missing("none are offered".into());
        assert!(counters(&facts).unwrap().what.ends_with(": none are offered"));
        assert!(counters(&facts).unwrap().remedy.contains("container"));
        facts.environment.host =
            Known::Value(Host::Hypervisor { name: "KVM".into(), evidence: String::new() });
        assert!(counters(&facts).unwrap().remedy.contains("hypervisor"));
        facts.environment.perf_event_paranoid = Known::Value(4);
        assert!(counters(&facts).unwrap().remedy.contains("perf_event_paranoid=2"));
    }

    #[test]
    fn missing_statistics_are_named_with_their_reason() {
        let mut facts = quiet();
        assert_eq!(thread_statistics(&facts), None);
        facts.environment.thread_statistics = Known::Missing("macos does not tell".into());
        assert!(thread_statistics(&facts).unwrap().what.contains("macos"));
    }
}
