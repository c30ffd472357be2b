//! Rules about the clock of the CPUs, and the clock that time is read from.

use super::{Facts, Finding};

/// Sources that a program reads without a call into the kernel.
const FAST: &[&str] = &["tsc", "kvm-clock", "hyperv_clocksource_tsc_page", "arch_sys_counter", "timebase"];

pub(super) fn governor(facts: &Facts) -> Option<Finding> {
    let follows = "The clock follows the load with some delay: short batches run slower than long ones, and one \
                   worker at another clock than many.";
    let remedy = "'sudo cpupower frequency-set --governor performance' while measuring.";
    match facts.environment.governor.value() {
        Some(governor) if governor == "performance" => None,
        Some(governor) if governor.contains("powersave") => Some(Finding::warning(
            format!("the clock is set to save power (governor {governor})"),
            follows,
            remedy,
        )),
        Some(governor) => Some(Finding::note(format!("governor {governor}"), follows, remedy)),
        None => Some(Finding::note(
            format!(
                "the system does not report a clock governor ({})",
                facts.environment.governor.missing()?
            ),
            "Turbo may make one busy core faster than many. Only the probe sees the clock change.",
            "Compare the probed clock between samples; there is no setting to change here.",
        )),
    }
}

pub(super) fn boost(facts: &Facts) -> Option<Finding> {
    facts.environment.boost.value()?.then(|| {
        Finding::note(
            "turbo is on",
            "One busy core may clock higher than all cores together. Part of what N workers miss to a speedup of N is then due to the clock, not to the pool.",
            "Leave it on to measure what users get. To exclude it: 'echo 1 | sudo tee \
             /sys/devices/system/cpu/intel_pstate/no_turbo', elsewhere 'echo 0 | sudo tee \
             /sys/devices/system/cpu/cpufreq/boost'.",
        )
    })
}

pub(super) fn source(facts: &Facts) -> Option<Finding> {
    let source = facts.environment.clock_source.value()?;
    let cost = facts
        .environment
        .harness
        .value()
        .map(|harness| format!(", {:.0} ns per read", harness.clock_read_ns));
    (!FAST.contains(&source.as_str())).then(|| {
        Finding::warning(
            format!("time is read from {source}{}", cost.unwrap_or_default()),
            "Every clock read is a system call and lengthens short tasks.",
            "Find out why the kernel rejected its faster source: 'dmesg | grep -i clocksource'.",
        )
    })
}

#[cfg(test)]
mod tests {
    use super::super::Severity;
    use super::super::tests::quiet;
    use super::*;
    use crate::record::{Harness, Known};

    #[test]
    fn only_a_steady_governor_is_no_finding() {
        let mut facts = quiet();
        let severity = |facts: &Facts| governor(facts).map(|finding| finding.severity);
        assert_eq!(severity(&facts), None);
        facts.environment.governor = Known::Value("performance,powersave".into());
        assert_eq!(severity(&facts), Some(Severity::Warning));
        facts.environment.governor = Known::Value("schedutil".into());
        assert_eq!(severity(&facts), Some(Severity::Note));
        facts.environment.governor = Known::Missing("no cpufreq".into());
        assert!(governor(&facts).unwrap().what.ends_with("(no cpufreq)"));
    }

    #[test]
    fn turbo_is_noted() {
        let mut facts = quiet();
        assert_eq!(boost(&facts), None);
        facts.environment.boost = Known::Value(true);
        assert!(boost(&facts).unwrap().remedy.contains("no_turbo"));
    }

    #[test]
    fn a_slow_source_of_time_is_named_with_its_cost() {
        let mut facts = quiet();
        assert_eq!(source(&facts), None);
        facts.environment.clock_source = Known::Value("hpet".into());
        assert_eq!(source(&facts).unwrap().what, "time is read from hpet");
        let harness =
            Harness { clock_read_ns: 1234.5, usage_read_ns: 1.0, probe_ns: 1.0, counters_read_ns: None };
        facts.environment.harness = Known::Value(harness);
        assert_eq!(source(&facts).unwrap().what, "time is read from hpet, 1234 ns per read");
    }
}
