//! Rules about what of the machine this process may use.

use super::{Facts, Finding};
use crate::record::{Quota, Weight};

/// One CPU, because there is one or the mask holds no other. What a quota does is another finding: of 1.5 CPUs
/// a process may use two, for part of the time.
pub(super) fn one_cpu(facts: &Facts) -> Option<Finding> {
    let quota = quota(facts).is_some();
    let mask = facts.allowed_cpus.len();
    let one = if mask > 0 { mask == 1 } else { !quota && *facts.environment.cpus_available.value()? == 1 };
    one.then(|| {
        Finding::warning(
            "only one CPU available",
            "Workers take turns: no speedup above 1 is possible, only the overhead can be measured.",
            "Measure on a machine with more CPUs, or widen the affinity mask and the quota.",
        )
    })
}

pub(super) fn quota(facts: &Facts) -> Option<Finding> {
    let Quota::Cpus(cpus) = *facts.environment.cgroup_quota.value()? else { return None };
    let allowed = facts.allowed_cpus.len();
    (cpus < allowed as f64).then(|| {
        Finding::warning(
            format!("the control group may use {cpus:.2} of {allowed} CPUs"),
            format!(
                "Once the quota of a period is used up, all workers stop until the next one, which shows as quota: \
                 no speedup above {} is possible for long.",
                trimmed(cpus.max(1.0))
            ),
            format!(
                "Raise the limit ('docker run --cpus', 'CPUQuota=' of systemd), or measure up to N = {}.",
                cpus.ceil()
            ),
        )
    })
}

/// That a control group gets less than others, in words.
pub(super) fn by_weight(weight: Weight) -> String {
    if weight.idle {
        return "the control group gets only the CPU time that no other wants (cpu.idle)".to_string();
    }
    format!(
        "the control group has a weight of {} times the default (cpu.weight, cpu.shares)",
        trimmed(weight.share)
    )
}

pub(super) fn weight(facts: &Facts) -> Option<Finding> {
    let weight = *facts.environment.cgroup_weight.value()?;
    (weight.idle || weight.share < 1.0).then(|| {
        Finding::warning(
            by_weight(weight),
            "Where other control groups want the same CPUs, they get more of them. This shows as run queue.",
            "Raise it ('CPUWeight=' of systemd, 'docker run --cpu-shares'), or measure when the others are idle.",
        )
    })
}

/// At most two decimals, and no zeros at the end.
fn trimmed(number: f64) -> String {
    let text = format!("{number:.2}");
    text.trim_end_matches('0').trim_end_matches('.').to_string()
}

pub(super) fn affinity(facts: &Facts) -> Option<Finding> {
    let (allowed, online) = (facts.allowed_cpus.len(), *facts.environment.cpus_online.value()?);
    let list = facts.environment.affinity.value().map_or("unknown which", String::as_str);
    (0 < allowed && allowed < online).then(|| {
        Finding::note(
            format!("this process may run on {allowed} of {online} CPUs (affinity {list})"),
            format!("Speedup can grow up to N = {allowed}; more workers than that take turns."),
            "Unless that is intended, look for 'taskset', a cpuset or a batch system.",
        )
    })
}

#[cfg(test)]
mod tests {
    use super::super::tests::quiet;
    use super::*;
    use crate::record::Known;

    #[test]
    fn a_quota_counts_if_it_is_narrower_than_the_mask() {
        let mut facts = quiet();
        assert_eq!(quota(&facts), None);
        facts.environment.cgroup_quota = Known::Value(Quota::Cpus(4.0));
        assert_eq!(quota(&facts), None);
        facts.environment.cgroup_quota = Known::Value(Quota::Cpus(2.5));
        let finding = quota(&facts).unwrap();
        assert!(finding.what.contains("2.50 of 4 CPUs") && finding.remedy.contains("N = 3."));
        assert!(finding.consequence.contains("no speedup above 2.5 is possible"), "{finding:?}");
        facts.environment.cgroup_quota = Known::Value(Quota::Cpus(0.5));
        assert!(quota(&facts).unwrap().remedy.contains("N = 1."));
    }

    #[test]
    fn a_light_or_idle_group_is_a_warning() {
        let mut facts = quiet();
        assert_eq!(weight(&facts), None);
        facts.environment.cgroup_weight = Known::Value(Weight { share: 1.0, idle: false });
        assert_eq!(weight(&facts), None);
        facts.environment.cgroup_weight = Known::Value(Weight { share: 0.25, idle: false });
        assert!(weight(&facts).unwrap().what.contains("a weight of 0.25 times the default"));
        facts.environment.cgroup_weight = Known::Value(Weight { share: 1.0, idle: true });
        assert!(weight(&facts).unwrap().what.contains("cpu.idle"));
    }

    #[test]
    fn one_and_a_half_cpus_are_more_than_one() {
        let mut facts = quiet();
        (facts.allowed_cpus, facts.environment.cpus_online) = (vec![0, 1], Known::Value(2));
        // The standard library rounds the quota down.
        facts.environment.cpus_available = Known::Value(1);
        facts.environment.cgroup_quota = Known::Value(Quota::Cpus(1.5));
        assert_eq!(one_cpu(&facts), None);
        assert!(quota(&facts).unwrap().consequence.contains("above 1.5 is possible"));
    }

    #[test]
    fn a_narrow_mask_and_a_single_cpu_are_said() {
        let mut facts = quiet();
        assert_eq!((affinity(&facts), one_cpu(&facts)), (None, None));
        facts.allowed_cpus = vec![2];
        facts.environment.affinity = Known::Value("2".into());
        facts.environment.cpus_available = Known::Value(1);
        assert!(affinity(&facts).unwrap().what.contains("1 of 4 CPUs (affinity 2)"));
        assert!(one_cpu(&facts).is_some());
    }
}
