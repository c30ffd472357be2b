//! What would spoil a measurement on a machine, judged from what was found there: facts in, findings
//! out.
//!
//! `study::diagnostics` gathers the facts. Each rule is a function that looks at
//! all of them and finds nothing or one thing; a new one is one function and one line in `RULES`.

mod allowance;
mod clock;
mod floor;
mod instruments;
mod machine;
mod neighbours;
mod probe;

use serde::Serialize;

pub use floor::Floor;
pub use neighbours::{others, others_during, too_busy, who_took_cpus};
pub use probe::CpuSpeed;

use crate::record::Known;
use crate::record::checkup::Facts;

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// It would spoil or limit a measurement.
    Warning,
    /// It is good to know when results are read.
    Note,
}

/// One thing that would spoil a measurement.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// How bad it is.
    pub severity: Severity,
    /// What was found.
    pub what: String,
    /// What follows for a measurement.
    pub consequence: String,
    /// What to do about it.
    pub remedy: String,
}

impl Finding {
    fn warning(what: impl Into<String>, consequence: impl Into<String>, remedy: impl Into<String>) -> Self {
        let (what, consequence, remedy) = (what.into(), consequence.into(), remedy.into());
        Self { severity: Severity::Warning, what, consequence, remedy }
    }

    fn note(what: impl Into<String>, consequence: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { severity: Severity::Note, ..Self::warning(what, consequence, remedy) }
    }
}

/// What a look at a machine comes down to.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Diagnosis {
    /// What would spoil a measurement, the worst first.
    pub findings: Vec<Finding>,
    /// Clock and issue width of each CPU; empty where there is no probe.
    pub cpus: Vec<CpuSpeed>,
    /// The same of all CPUs while all were busy; absent where there is one, or no probe.
    pub together: Option<CpuSpeed>,
    /// How far one piece of work differs from itself.
    pub floor: Known<Floor>,
}

/// Looks at all facts, and finds nothing or one thing.
type Rule = fn(&Facts) -> Option<Finding>;

/// The rules about this program and what it can see from where it runs: of another machine's files they know
/// nothing.
const RUNNING: &[Rule] =
    &[machine::build, machine::host, instruments::counters, instruments::thread_statistics];

/// Every other rule, in the order in which findings of one severity appear; those about the noise floor, which
/// takes some computing, come last.
const RULES: &[Rule] = &[
    neighbours::steal,
    probe::width,
    probe::narrow,
    probe::hidden_siblings,
    neighbours::busy,
    allowance::one_cpu,
    allowance::quota,
    allowance::weight,
    allowance::affinity,
    machine::siblings,
    machine::kinds,
    clock::governor,
    clock::boost,
    probe::clock,
    probe::common_clock,
    clock::source,
    machine::nodes,
    machine::memory,
    machine::battery,
];

/// Judges the facts.
#[must_use]
pub fn diagnose(facts: &Facts) -> Diagnosis {
    let floor = floor::floor(facts);
    let running = if facts.captured.is_none() { RUNNING } else { &[] };
    let mut findings: Vec<Finding> = running.iter().chain(RULES).filter_map(|rule| rule(facts)).collect();
    findings.extend(floor.value().into_iter().flat_map(floor::findings));
    findings.sort_by_key(|finding| finding.severity);
    Diagnosis { findings, cpus: probe::speeds(&facts.readings), together: probe::together(facts), floor }
}

/// A share as a percentage, of which small ones keep a digit or two.
fn percent(share: f64) -> String {
    let percent = share * 100.0;
    let decimals = match percent {
        0.0.. if percent < 0.001 => return "less than 0.001 %".into(),
        10.0.. => 0,
        1.0.. => 1,
        0.1.. => 2,
        _ => 3,
    };
    format!("{percent:.decimals$} %")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::checkup::{FloorTimes, Reading};
    use crate::record::{Conditions, Environment, Host};

    /// A machine that nothing is wrong with.
    pub(super) fn quiet() -> Facts {
        let conditions = || Conditions {
            load: Known::Value(0.1),
            cpu_pressure: Known::Value(0.0),
            steal_ns: Known::Value(0),
            others: Known::Missing("not looked".into()),
        };
        Facts {
            captured: None,
            default_workers: 4,
            orders: Vec::new(),
            environment: Environment {
                cpus_online: Known::Value(4),
                cpus_available: Known::Value(4),
                cgroup_quota: Known::Value(crate::record::Quota::Unlimited),
                cores: Known::Value((0..4).map(|cpu| vec![cpu]).collect()),
                numa_nodes: Known::Value(1),
                governor: Known::Value("performance".into()),
                boost: Known::Value(false),
                host: Known::Value(Host::Hardware { evidence: "no hypervisor flag in cpuid".into() }),
                clock_source: Known::Value("tsc".into()),
                memory_bytes: Known::Value(16 << 30),
                opt_level: Known::Value("3".into()),
                thread_statistics: Known::Value("/proc/thread-self/schedstat".into()),
                counters: Known::Value("instructions, cycles".into()),
                perf_event_paranoid: Known::Value(2),
                ..Environment::default()
            },
            before: conditions(),
            after: conditions(),
            elapsed_s: 3.0,
            uptime_s: Known::Value(1000.0),
            allowed_cpus: vec![0, 1, 2, 3],
            memory_available_bytes: Known::Value(8 << 30),
            on_battery: Known::Missing("no power supply is listed".into()),
            readings: (0..100).map(|n| Reading { cpu: Some(n % 4), clock_hz: 4e9, width: 4.5 }).collect(),
            together: (0..100).map(|n| Reading { cpu: Some(n % 4), clock_hz: 4e9, width: 4.5 }).collect(),
            floor: Known::Value(FloorTimes {
                what: "rc4".into(),
                first_ns: (0..50).map(|n| 4e6 + f64::from(n % 10) * 1e3).collect(),
                second_ns: (0..50).map(|n| 4e6 + f64::from(n % 5) * 2e3).collect(),
            }),
        }
    }

    #[test]
    fn a_quiet_machine_has_no_findings() {
        let diagnosis = diagnose(&quiet());
        assert_eq!(diagnosis.findings, []);
        assert_eq!(diagnosis.cpus.len(), 4);
    }

    #[test]
    fn where_nothing_is_known_little_is_claimed() {
        let diagnosis = diagnose(&Facts::default());
        assert!(
            diagnosis.findings.iter().all(|finding| finding.what.contains("not recorded")),
            "{diagnosis:#?}"
        );
        assert_eq!((diagnosis.cpus.len(), diagnosis.floor.value()), (0, None));
    }

    #[test]
    fn warnings_come_before_notes_and_every_finding_is_whole() {
        let mut facts = quiet();
        facts.environment.boost = Known::Value(true);
        facts.environment.opt_level = Known::Value("0".into());
        facts.environment.counters = Known::Missing("none here".into());
        facts.environment.numa_nodes = Known::Value(2);
        let findings = diagnose(&facts).findings;
        let severities: Vec<Severity> = findings.iter().map(|finding| finding.severity).collect();
        assert_eq!(severities, [Severity::Warning, Severity::Warning, Severity::Note, Severity::Note]);
        for finding in findings {
            assert!(finding.consequence.ends_with('.') && finding.remedy.ends_with('.'), "{finding:?}");
        }
    }

    #[test]
    fn percentages_keep_their_digits() {
        let texts = [0.234, 0.0456, 0.004_56, 0.000_456, 0.000_045_6].map(percent);
        assert_eq!(texts, ["23 %", "4.6 %", "0.46 %", "0.046 %", "0.005 %"]);
        assert_eq!(percent(0.000_001), "less than 0.001 %");
    }
}
