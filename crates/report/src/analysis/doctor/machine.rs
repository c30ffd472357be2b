//! Rules about the build and the machine itself.

use super::{Facts, Finding};
use crate::record::{CpuKind, Host, Pinned};

/// Cores named in a finding; more are counted only.
const NAMED: usize = 8;

pub(super) fn build(facts: &Facts) -> Option<Finding> {
    let level = facts.environment.opt_level.value()?;
    matches!(level.as_str(), "0" | "1").then(|| {
        Finding::warning(
            format!("unoptimized build (opt-level {level})"),
            "Tasks take several times as long as they need, so every overhead looks small in comparison.",
            "Build with 'cargo build --release'; 'cargo install' does so by default.",
        )
    })
}

pub(super) fn host(facts: &Facts) -> Option<Finding> {
    match facts.environment.host.value() {
        Some(Host::Hypervisor { name, evidence }) => Some(Finding::warning(
            format!("virtual machine ({name}; {evidence})"),
            "Other guests share its cores, caches and memory, and only part of their use shows as steal. A CPU here may be one hardware thread of a core that another guest uses too; the reported topology may not be the real one.",
            "Measure on dedicated hardware. Otherwise compare only results of the same run, and use their intervals.",
        )),
        Some(Host::Hardware { .. }) => None,
        None => Some(Finding::note(
            format!("unknown whether this is a virtual machine: {}", facts.environment.host.missing()?),
            "If it is one, other guests may share its cores unnoticed.",
            "Ask the operator of the machine.",
        )),
    }
}

pub(super) fn siblings(facts: &Facts) -> Option<Finding> {
    let allowed = |core: &Vec<usize>| -> Vec<usize> {
        core.iter().copied().filter(|cpu| facts.allowed_cpus.contains(cpu)).collect()
    };
    let cores: Vec<Vec<usize>> =
        facts.environment.cores.value()?.iter().map(allowed).filter(|core| !core.is_empty()).collect();
    let shared: Vec<String> = (cores.iter().filter(|core| core.len() > 1))
        .map(|core| core.iter().map(usize::to_string).collect::<Vec<_>>().join("+"))
        .collect();
    if shared.is_empty() {
        return None;
    }
    let more = match shared.len().saturating_sub(NAMED) {
        0 => String::new(),
        more => format!(" and {more} more pairs"),
    };
    Some(Finding::note(
        format!("hardware threads share cores: CPUs {}{more}", shared[..shared.len().min(NAMED)].join(", ")),
        format!(
            "There are {} cores. More workers than that share execution units and caches, and add much less than one CPU each.",
            cores.len()
        ),
        format!(
            "To measure cores alone: 'speedup run --pin cores --workers 1..{}'; what sharing costs: '--ceiling compact,scatter'.",
            cores.len()
        ),
    ))
}

/// Cores of several kinds among the CPUs that may be used.
pub(super) fn kinds(facts: &Facts) -> Option<Finding> {
    let kinds = facts.environment.kinds.value()?;
    let allowed = |kind: &CpuKind| kind.cpus.iter().filter(|cpu| facts.allowed_cpus.contains(cpu)).count();
    let kinds: Vec<(&CpuKind, usize)> =
        kinds.iter().map(|kind| (kind, allowed(kind))).filter(|(_, count)| *count > 0).collect();
    let [(fastest, _), _, ..] = kinds[..] else { return None };
    let text = |(kind, count): &(&CpuKind, usize)| {
        let name = kind.name.as_ref().map(|name| format!(" ({name})")).unwrap_or_default();
        let clock = kind.max_hz.map(|hz| format!(" up to {:.1} GHz", hz * 1e-9)).unwrap_or_default();
        let capacity = kind.capacity.map(|of| format!(" of capacity {of}")).unwrap_or_default();
        format!("{count}{clock}{capacity}{name}")
    };
    let cpus = fastest.cpus.iter().copied().filter(|cpu| facts.allowed_cpus.contains(cpu)).collect();
    let pinned = Pinned { order: None, cpus };
    Some(Finding::note(
        format!("CPUs of {} kinds: {}", kinds.len(), kinds.iter().map(text).collect::<Vec<_>>().join(", ")),
        "One worker runs on the fastest, N workers on all: the speedup ends below the number of CPUs, and the same \
         task takes longer on some workers than on others.",
        format!(
            "To measure one kind alone: 'speedup run --pin {} --workers 1..{}'.",
            pinned.list(),
            pinned.cpus.len()
        ),
    ))
}

pub(super) fn nodes(facts: &Facts) -> Option<Finding> {
    let nodes = *facts.environment.numa_nodes.value()?;
    (nodes > 1).then(|| {
        Finding::note(
            format!("memory in {nodes} nodes"),
            "A task that uses memory of another node takes longer, and its placement is random.",
            "To exclude that: 'numactl --cpunodebind=0 --membind=0 speedup run …'.",
        )
    })
}

pub(super) fn memory(facts: &Facts) -> Option<Finding> {
    const GIB: f64 = (1 << 30) as f64;
    let available = *facts.memory_available_bytes.value()? as f64;
    let total = *facts.environment.memory_bytes.value()? as f64;
    (available < GIB || available < total / 20.0).then(|| {
        Finding::warning(
            format!("little memory left: {:.1} of {:.1} GiB", available / GIB, total / GIB),
            "When memory runs out, the system swaps or kills a worker; every process needs its own memory.",
            "Stop what needs the memory, or measure with fewer workers.",
        )
    })
}

pub(super) fn battery(facts: &Facts) -> Option<Finding> {
    facts.on_battery.value()?.then(|| {
        Finding::warning(
            "running from a battery",
            "The clock is limited, and changes with the charge.",
            "Plug the machine in.",
        )
    })
}

#[cfg(test)]
mod tests {
    use super::super::tests::quiet;
    use super::*;
    use crate::record::Known;

    #[test]
    fn a_hypervisor_is_named_and_its_absence_is_no_finding() {
        let mut facts = quiet();
        assert_eq!(host(&facts), None);
        let (name, evidence) = ("KVM".to_string(), "hypervisor flag in cpuid".to_string());
        facts.environment.host = Known::Value(Host::Hypervisor { name, evidence });
        assert!(host(&facts).unwrap().what.contains("KVM"));
    }

    #[test]
    fn siblings_are_named_if_this_process_may_use_both() {
        let mut facts = quiet();
        assert_eq!(siblings(&facts), None);
        facts.environment.cores = Known::Value(vec![vec![0, 2], vec![1, 3]]);
        let finding = siblings(&facts).unwrap();
        assert!(finding.what.ends_with("CPUs 0+2, 1+3"), "{finding:?}");
        assert!(
            finding.consequence.contains("2 cores") && finding.remedy.contains("--pin cores --workers 1..2'"),
            "{finding:?}"
        );
        facts.allowed_cpus = vec![0, 1, 3];
        assert!(siblings(&facts).unwrap().what.ends_with("CPUs 1+3"));
        facts.allowed_cpus = vec![0, 1];
        assert_eq!(siblings(&facts), None);
        facts.environment.cores = Known::Value((0..64).map(|cpu| vec![cpu, cpu + 64]).collect());
        facts.allowed_cpus = (0..128).collect();
        assert!(siblings(&facts).unwrap().what.ends_with("7+71 and 56 more pairs"));
    }

    #[test]
    fn kinds_of_cpu_are_noted_if_this_process_may_use_more_than_one() {
        let mut facts = quiet();
        let kind = |name: &str, cpus: &[usize], hz| CpuKind {
            cpus: cpus.to_vec(),
            name: Some(name.into()),
            capacity: None,
            max_hz: Some(hz),
        };
        assert_eq!(kinds(&facts), None);
        facts.environment.kinds =
            Known::Value(vec![kind("core", &[0, 1], 5e9), kind("atom", &[2, 3], 3.8e9)]);
        let finding = kinds(&facts).unwrap();
        assert_eq!(finding.what, "CPUs of 2 kinds: 2 up to 5.0 GHz (core), 2 up to 3.8 GHz (atom)");
        assert!(finding.remedy.contains("--pin 0-1 --workers 1..2'"), "{finding:?}");
        facts.allowed_cpus = vec![2, 3];
        assert_eq!(kinds(&facts), None);
    }

    #[test]
    fn a_debug_build_a_battery_and_little_memory_are_warned_of() {
        let mut facts = quiet();
        assert_eq!((build(&facts), battery(&facts), memory(&facts)), (None, None, None));
        facts.environment.opt_level = Known::Value("1".into());
        facts.on_battery = Known::Value(true);
        facts.memory_available_bytes = Known::Value(700 << 20);
        assert!(build(&facts).unwrap().what.contains("opt-level 1"));
        assert!(battery(&facts).is_some());
        assert_eq!(memory(&facts).unwrap().what, "little memory left: 0.7 of 16.0 GiB");
        facts.on_battery = Known::Value(false);
        assert_eq!(battery(&facts), None);
    }

    #[test]
    fn more_than_one_node_is_noted() {
        let mut facts = quiet();
        assert_eq!(nodes(&facts), None);
        facts.environment.numa_nodes = Known::Value(2);
        assert!(nodes(&facts).unwrap().what.contains("2 nodes"));
    }
}
