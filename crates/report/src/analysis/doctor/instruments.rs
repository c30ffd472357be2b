//! Rules about what cannot be seen from here.

use super::{Facts, Finding};
use crate::record::Host;
use speedup_machine::usage::Untold;

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
    let told = [Untold::NoProc, Untold::TooManyFiles, Untold::NotKept, Untold::NotOffered];
    let untold = told.into_iter().find(|untold| untold.to_string() == reason);
    let remedy = untold.unwrap_or(Untold::Unreadable(String::new())).remedy();
    Some(Finding::warning(
        format!("no run-queue delay: {reason}"),
        "Waiting for a CPU cannot be distinguished from blocking and steal: the rows are merged.",
        remedy,
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
        let mut of = |untold: &Untold| {
            facts.environment.thread_statistics = Known::Missing(untold.to_string());
            thread_statistics(&facts).unwrap()
        };
        let kernel = of(&Untold::NotKept);
        assert!(
            kernel.what.ends_with("keeps no such statistics") && kernel.remedy.contains("CONFIG_SCHEDSTATS")
        );
        // What is not the kernel's doing is not blamed on it.
        assert!(of(&Untold::NoProc).remedy.contains("Mount /proc"));
        assert!(of(&Untold::TooManyFiles).remedy.contains("ulimit -n"));
        let unreadable = of(&Untold::Unreadable("Permission denied".into()));
        assert!(
            unreadable.what.ends_with("Permission denied") && unreadable.remedy.contains("/proc/thread-self")
        );
    }
}
