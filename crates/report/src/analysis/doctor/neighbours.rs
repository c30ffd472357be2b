//! Rules about what others take: other machines on the same hardware, other programs on this one.

use super::{Facts, Finding, percent};
use crate::record::{Conditions, Environment, Others, Program};

/// Threads of others that are too many: on a CPU just then, or as a mean over a minute.
const BUSY: f64 = 0.5;
/// CPUs that others used as a mean over a whole run, which is told far more exactly.
const BUSY_DURING: f64 = 0.2;

/// Share of time, in per cent, in which threads wait for CPUs and that is too much.
const PRESSED: f64 = 1.0;

const STOLEN: &str = "A task makes no progress while its CPU is taken away, and uses no CPU time. Single tasks take longer, and so does the tail of the batch.";

pub(super) fn steal(facts: &Facts) -> Option<Finding> {
    let Some(&total_ns) = facts.after.steal_ns.value() else {
        return Some(Finding::note(
            format!("steal is not known: {}", facts.after.steal_ns.missing()?),
            "Time taken by a hypervisor cannot be distinguished from blocking.",
            "Measure on a system that reports steal, or on dedicated hardware.",
        ));
    };
    let cpus = *facts.environment.cpus_online.value()? as f64;
    // A share of no time is none.
    let share = |ns: u64, seconds: f64| {
        let share = ns as f64 * 1e-9 / (seconds * cpus);
        share.is_finite().then(|| format!("{} of the CPU time", percent(share)))
    };
    let unknown = || "an unknown part of the CPU time".to_string();
    let since_start =
        facts.uptime_s.value().and_then(|&seconds| share(total_ns, seconds)).unwrap_or_else(unknown);
    let now_ns = total_ns.saturating_sub(facts.before.steal_ns.value().copied().unwrap_or(total_ns));
    if now_ns > 0 {
        let now = share(now_ns, facts.elapsed_s).unwrap_or_else(unknown);
        return Some(Finding::warning(
            format!(
                "steal: other guests took {now} during this check ({since_start} since the system's start)"
            ),
            STOLEN,
            "Measure when other guests are idle, and in more rounds; each sample records its steal.",
        ));
    }
    (total_ns > 0).then(|| {
        Finding::note(
            format!(
                "steal: none during this check, but {:.1} s since the system's start ({since_start})",
                total_ns as f64 * 1e-9,
            ),
            STOLEN,
            "Look at the steal of each sample when rounds differ.",
        )
    })
}

/// That other programs are running, in words, where they are: those that were seen to use CPUs just then. Where it
/// was not looked, load and pressure tell of the last minute, and of what has just ended too.
#[must_use]
pub fn others(conditions: &Conditions) -> Option<String> {
    if let Some(others) = conditions.others.value() {
        return (others.cpus >= BUSY).then(|| using(others));
    }
    let load = conditions.load.value().copied();
    let pressure = conditions.cpu_pressure.value().copied();
    let mut signs = Vec::new();
    signs
        .extend(load.filter(|&load| load >= BUSY).map(|load| format!("load {load:.1} over the last minute")));
    signs.extend(
        pressure
            .filter(|&pressure| pressure >= PRESSED)
            .map(|pressure| format!("threads waited for a CPU in {pressure:.0} % of the last ten seconds")),
    );
    (!signs.is_empty()).then(|| format!("other programs are running: {}", signs.join(", ")))
}

/// That so few CPUs are left that what is measured says more about the others, and what to do about it.
#[must_use]
pub fn too_busy(conditions: &Conditions) -> Option<String> {
    let others = conditions.others.value()?;
    let first = others.programs.first().map_or_else(|| "them".to_string(), named);
    (2.0 * others.cpus >= others.of as f64)
        .then(|| format!("too busy to tell: {}; stop {first} and measure again", using(others)))
}

/// What other programs took while a run went on, in a sentence, where that was watched and is too much.
#[must_use]
pub fn others_during(after: &Conditions) -> Option<String> {
    let others = after.others.value().filter(|others| others.cpus >= BUSY_DURING)?;
    let programs =
        if others.programs.is_empty() { "some that have ended since".into() } else { list(others) };
    let of = format!("{:.1} CPUs of {}", others.cpus, others.of);
    Some(format!("While the run went on, other programs used {of}: {programs}."))
}

fn using(others: &Others) -> String {
    let programs =
        if others.programs.is_empty() { "none that can be seen here".into() } else { list(others) };
    format!("other programs use {:.1} CPUs of {}: {programs}", others.cpus, others.of)
}

fn list(others: &Others) -> String {
    let programs = others.programs.iter().map(|program| format!("{} {:.1}", named(program), program.cpus));
    programs.collect::<Vec<_>>().join(", ")
}

fn named(program: &Program) -> String {
    format!("{} (process {})", program.name, program.pid)
}

/// The busiest program of another session, where the scheduler divides CPUs among sessions: it has as much of a CPU as
/// all threads of this one together, and so a whole CPU of two from a pool of two.
fn by_session<'a>(environment: &Environment, conditions: &'a Conditions) -> Option<&'a Program> {
    let programs = &conditions.others.value()?.programs;
    let on = environment.autogroup.value() == Some(&true);
    programs.iter().find(|program| on && program.other_session && program.cpus >= BUSY)
}

fn as_much_as_a_pool(program: &Program) -> String {
    format!(
        "{} is of another session, and autogroups give each session the same share of a CPU, however many threads it has: \
         stop it, or let it have only what is left by 'echo 19 > /proc/{}/autogroup'",
        named(program),
        program.pid
    )
}

pub(super) fn busy(facts: &Facts) -> Option<Finding> {
    others(&facts.before).map(|what| {
        let remedy = match by_session(&facts.environment, &facts.before) {
            Some(program) => format!("{}; then check again.", as_much_as_a_pool(program)),
            None => "Stop what is not needed and check again.".to_string(),
        };
        Finding::warning(
            what,
            "Workers wait for CPUs that other programs use. This shows as run-queue delay, and as slower tasks through shared caches.",
            remedy,
        )
    })
}

/// Why workers waited for CPUs, and what to do about it, as far as sessions and control groups explain it.
#[must_use]
pub fn who_took_cpus(environment: &Environment, before: &Conditions) -> Option<String> {
    if let Some(program) = by_session(environment, before) {
        return Some(as_much_as_a_pool(program));
    }
    let weight = environment.cgroup_weight.value().filter(|weight| weight.idle || weight.share < 1.0)?;
    Some(super::allowance::by_weight(*weight))
}

#[cfg(test)]
mod tests {
    use super::super::Severity;
    use super::super::tests::quiet;
    use super::*;
    use crate::record::Known;

    #[test]
    fn steal_is_a_warning_while_it_happens_and_a_note_later() {
        let mut facts = quiet();
        assert_eq!(steal(&facts), None);
        facts.before.steal_ns = Known::Value(4_000_000_000);
        facts.after.steal_ns = Known::Value(4_000_000_000);
        let past = steal(&facts).unwrap();
        assert_eq!(past.severity, Severity::Note);
        // 4 s of 4 CPUs over 1000 s.
        assert!(past.what.contains("4.0 s") && past.what.contains("0.10 %"), "{past:?}");
        facts.before.steal_ns = Known::Value(3_880_000_000);
        let present = steal(&facts).unwrap();
        assert_eq!(present.severity, Severity::Warning);
        // 0.12 s of 4 CPUs over 3 s.
        assert!(present.what.contains("1.0 % of the CPU time during"), "{present:?}");
        facts.uptime_s = Known::Value(0.0);
        let what = steal(&facts).unwrap().what;
        assert!(what.ends_with("(an unknown part of the CPU time since the system's start)"), "{what}");
        (facts.elapsed_s, facts.uptime_s) = (0.0, Known::Missing("/proc/uptime: no such file".into()));
        let what = steal(&facts).unwrap().what;
        assert!(what.contains("took an unknown part") && !what.contains("inf"), "{what}");
        facts.after.steal_ns = Known::Missing("/proc/stat: no such file".into());
        assert!(steal(&facts).unwrap().what.contains("/proc/stat"));
    }

    #[test]
    fn a_busy_program_of_another_session_is_named_with_what_to_do() {
        let program = |other_session| Program { name: "stress".into(), pid: 77, cpus: 0.97, other_session };
        let with = |other_session| {
            let mut facts = quiet();
            let programs = vec![program(other_session)];
            facts.before.others = Known::Value(Others { cpus: 0.97, of: 2, programs });
            facts.environment.autogroup = Known::Value(true);
            facts
        };
        let mut facts = with(true);
        let remedy = busy(&facts).unwrap().remedy;
        assert!(remedy.starts_with("stress (process 77) is of another session"), "{remedy}");
        assert!(remedy.contains("echo 19 > /proc/77/autogroup") && remedy.ends_with('.'), "{remedy}");
        assert!(
            who_took_cpus(&facts.environment, &facts.before)
                .unwrap()
                .contains("autogroups give each session")
        );
        facts.environment.autogroup = Known::Value(false);
        assert_eq!(who_took_cpus(&facts.environment, &facts.before), None);
        facts.environment.cgroup_weight = Known::Value(crate::record::Weight { share: 0.5, idle: false });
        let said = who_took_cpus(&facts.environment, &facts.before).unwrap();
        assert!(said.contains("a weight of 0.5 times the default"), "{said}");
        let ours = with(false);
        assert!(!busy(&ours).unwrap().remedy.contains("autogroup"));
    }

    #[test]
    fn load_and_pressure_tell_of_others() {
        let mut facts = quiet();
        assert_eq!(busy(&facts), None);
        facts.before.load = Known::Value(1.84);
        assert!(busy(&facts).unwrap().what.ends_with("load 1.8 over the last minute"));
        facts.before.load = Known::Value(0.2);
        facts.before.cpu_pressure = Known::Value(12.3);
        assert!(busy(&facts).unwrap().what.contains("in 12 % of"));
        // What was seen just then says more than a mean over a minute that has passed.
        let idle = Others { cpus: 0.1, of: 4, programs: Vec::new() };
        facts.before.others = Known::Value(idle.clone());
        assert_eq!(busy(&facts), None);
        let program = |name: &str, pid, cpus| Program { name: name.into(), pid, cpus, other_session: false };
        let programs = vec![program("cc1", 7, 1.0), program("ld", 9, 0.4)];
        facts.before.others = Known::Value(Others { cpus: 1.4, programs: programs.clone(), ..idle.clone() });
        let said = busy(&facts).unwrap().what;
        assert_eq!(said, "other programs use 1.4 CPUs of 4: cc1 (process 7) 1.0, ld (process 9) 0.4");
        assert_eq!(too_busy(&facts.before), None);
        facts.before.others = Known::Value(Others { cpus: 2.0, programs, ..idle.clone() });
        let said = too_busy(&facts.before).unwrap();
        assert!(
            said.starts_with("too busy to tell: ")
                && said.ends_with("; stop cc1 (process 7) and measure again")
        );
        let after = |cpus, programs| Conditions {
            others: Known::Value(Others { cpus, of: 4, programs }),
            ..Conditions::default()
        };
        assert_eq!(others_during(&after(0.1, Vec::new())), None);
        let expected =
            "While the run went on, other programs used 0.6 CPUs of 4: some that have ended since.";
        assert_eq!(others_during(&after(0.6, Vec::new())).unwrap(), expected);
        let named =
            others_during(&after(0.6, facts.before.others.value().unwrap().programs.clone())).unwrap();
        assert!(named.contains("(process "), "{named}");
        // Of another container, whose processes have no numbers here.
        facts.before.others = Known::Value(Others { cpus: 4.0, ..idle });
        assert!(too_busy(&facts.before).unwrap().contains("none that can be seen here; stop them"));
        // What the look itself does is no finding.
        let mut facts = quiet();
        facts.after.load = Known::Value(1.0);
        assert_eq!(busy(&facts), None);
    }
}
