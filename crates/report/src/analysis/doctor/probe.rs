//! Rules about what the probe saw: a core that is shared, a clock that moves.

use std::collections::BTreeMap;

use serde::Serialize;

use super::{Facts, Finding, percent};
use crate::record::checkup::Reading;

/// What the probes of one CPU come down to.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CpuSpeed {
    /// The CPU; absent where unknown.
    pub cpu: Option<usize>,
    /// Number of probes.
    pub readings: usize,
    /// Median of the clock in hertz.
    pub clock_hz: f64,
    /// Operations a cycle: 5th percentile, median and 95th percentile.
    pub width: [f64; 3],
    /// Share of the probes that found the core shared.
    pub shared: f64,
}

/// Part of a CPU's best width below which another thread must be on the core: it leaves about half.
const SHARED_BELOW: f64 = 0.7;

/// Share of shared readings that is more than chance.
const OFTEN: f64 = 0.02;

/// Part of its clock that one busy CPU may lose to the others without a word.
const CLOCK_FALLS: f64 = 0.03;

/// The least width of a core of today, of the kind that batches are computed on, when it is alone.
const LEAST_WIDTH: f64 = 2.9;

/// What the readings of each CPU come down to, in the order of the CPUs.
pub(super) fn speeds(readings: &[Reading]) -> Vec<CpuSpeed> {
    let own = own_speeds(readings);
    by_cpu(readings).into_iter().map(|(cpu, readings)| speed(cpu, &readings, &own)).collect()
}

/// What the readings of all CPUs come down to, taken while all were busy.
pub(super) fn together(facts: &Facts) -> Option<CpuSpeed> {
    let readings: Vec<&Reading> = facts.together.iter().collect();
    (!readings.is_empty()).then(|| speed(None, &readings, &own_speeds(&facts.readings)))
}

fn speed(cpu: Option<usize>, readings: &[&Reading], own: &Own) -> CpuSpeed {
    let widths: Vec<f64> = readings.iter().map(|reading| reading.width).collect();
    let clocks: Vec<f64> = readings.iter().map(|reading| reading.clock_hz).collect();
    CpuSpeed {
        cpu,
        readings: readings.len(),
        clock_hz: quantile(&clocks, 0.5),
        width: [0.05, 0.5, 0.95].map(|share| quantile(&widths, share)),
        shared: shared(readings.iter().copied(), own),
    }
}

/// The readings of each CPU.
fn by_cpu(readings: &[Reading]) -> BTreeMap<Option<usize>, Vec<&Reading>> {
    let mut cpus: BTreeMap<Option<usize>, Vec<&Reading>> = BTreeMap::new();
    for reading in readings {
        cpus.entry(reading.cpu).or_default().push(reading);
    }
    cpus
}

/// What each CPU does when it is left alone. Cores of one processor differ, so that each is judged by
/// itself.
type Own = BTreeMap<Option<usize>, OwnSpeed>;

#[derive(Debug, Clone, Copy)]
struct OwnSpeed {
    /// Hardly ever more than the core can, and not missed though the core is shared most of the time.
    width: f64,
    /// Median of the clock.
    clock_hz: f64,
}

fn own_speeds(readings: &[Reading]) -> Own {
    let own = |readings: Vec<&Reading>| {
        let widths: Vec<f64> = readings.iter().map(|reading| reading.width).collect();
        let clocks: Vec<f64> = readings.iter().map(|reading| reading.clock_hz).collect();
        OwnSpeed { width: quantile(&widths, 0.95), clock_hz: quantile(&clocks, 0.5) }
    };
    by_cpu(readings).into_iter().map(|(cpu, readings)| (cpu, own(readings))).collect()
}

/// The share of readings that found the core shared.
fn shared<'a>(readings: impl ExactSizeIterator<Item = &'a Reading>, own: &Own) -> f64 {
    let all = readings.len() as f64;
    let narrow = |reading: &&Reading| {
        own.get(&reading.cpu).is_some_and(|own| reading.width < SHARED_BELOW * own.width)
    };
    readings.filter(narrow).count() as f64 / all
}

/// The greatest width of any CPU.
fn best_width(own: &Own) -> f64 {
    own.values().map(|own| own.width).fold(0.0, f64::max)
}

const NEIGHBOUR: &str = "Another hardware thread works on the same core and takes its half of the execution units. \
                         Code that keeps them busy runs at about half its speed, and neither steal nor CPU time \
                         shows it.";

const AWAY: &str = "If the neighbour is another machine's, only a dedicated host helps; otherwise measure in more \
                    rounds and compare those of the same width. If it is your own: one worker a core.";

pub(super) fn width(facts: &Facts) -> Option<Finding> {
    if facts.readings.is_empty() {
        return None;
    }
    let own = own_speeds(&facts.readings);
    let best = best_width(&own);
    let shared = shared(facts.readings.iter(), &own);
    if shared > OFTEN {
        let what = format!(
            "cores were shared in {} of the probes: {best:.1} operations a cycle at best, and less than {:.0} % of \
             a CPU's own best then",
            percent(shared),
            SHARED_BELOW * 100.0
        );
        return Some(Finding::warning(what, NEIGHBOUR, AWAY));
    }
    (best < LEAST_WIDTH).then(|| {
        Finding::warning(
            format!("cores do {best:.1} operations a cycle at best, where 4 to 6 are usual"),
            format!("Either they are small cores, or shared all the time. {NEIGHBOUR}"),
            AWAY,
        )
    })
}

/// CPUs that never do what others of their kind do: shared all the time, or cores of another kind that the
/// system does not tell of.
pub(super) fn narrow(facts: &Facts) -> Option<Finding> {
    let own = own_speeds(&facts.readings);
    let kind = |cpu: Option<usize>| {
        let kinds = facts.environment.kinds.value()?;
        kinds.iter().position(|kind| cpu.is_some_and(|cpu| kind.cpus.contains(&cpu)))
    };
    let best_of_kind = |of: Option<usize>| {
        let alike = own.iter().filter(|(cpu, _)| kind(**cpu) == kind(of));
        alike.map(|(_, own)| own.width).fold(0.0, f64::max)
    };
    let narrow: Vec<(usize, f64, f64)> = (own.iter())
        .filter_map(|(cpu, own)| Some(((*cpu)?, own.width, best_of_kind(*cpu))))
        .filter(|(_, width, best)| *width < SHARED_BELOW * best)
        .collect();
    let &(_, width, best) = narrow.first()?;
    let cpus: Vec<String> = narrow.iter().map(|(cpu, ..)| cpu.to_string()).collect();
    let cpus = match cpus.as_slice() {
        [cpu] => format!("CPU {cpu} does"),
        _ => format!("CPUs {} do", cpus.join(", ")),
    };
    Some(Finding::warning(
        format!("{cpus} {width:.1} operations a cycle at best, where others do {best:.1}"),
        format!("Either it is a core of another kind, or it is shared all the time. {NEIGHBOUR}"),
        AWAY,
    ))
}

pub(super) fn clock(facts: &Facts) -> Option<Finding> {
    let range = |readings: &Vec<&Reading>| {
        let clocks: Vec<f64> = readings.iter().map(|reading| reading.clock_hz).collect();
        (quantile(&clocks, 0.05), quantile(&clocks, 0.95))
    };
    // Of one CPU: that cores differ is no movement.
    let ranges = by_cpu(&facts.readings).into_values().map(|readings| range(&readings));
    let (slow, fast) = ranges.min_by(|one, other| (one.0 / one.1).total_cmp(&(other.0 / other.1)))?;
    (slow < 0.9 * fast).then(|| {
        Finding::note(
            format!("the clock moves: {:.2} to {:.2} GHz in nine of ten probes", slow * 1e-9, fast * 1e-9),
            "A task's time depends on the moment; part of what looks like slower tasks is the clock.",
            "Warm the machine up, and fix the clock if you can; the report takes the clock's part out.",
        )
    })
}

/// CPUs that slow each other down though the system does not call them siblings.
pub(super) fn hidden_siblings(facts: &Facts) -> Option<Finding> {
    let together = together(facts)?;
    let known = facts.environment.threads_per_core().value().is_some_and(|&threads| threads > 1);
    (!known && together.shared > 0.5).then(|| {
        Finding::warning(
            format!(
                "CPUs share cores that the system calls separate: with all busy {:.1} operations a cycle, {:.1} \
                 alone",
                together.width[1],
                best_width(&own_speeds(&facts.readings))
            ),
            "Two workers on one core have about the speed of one where code keeps the core busy: the speedup \
             ends well below the number of CPUs.",
            "Count such CPUs as half, or take a machine whose CPUs are whole cores.",
        )
    })
}

/// A clock that falls when every CPU is busy takes from the speedup what no pool can give back.
pub(super) fn common_clock(facts: &Facts) -> Option<Finding> {
    let (alone, together) = (own_speeds(&facts.readings), own_speeds(&facts.together));
    // CPUs that were probed both ways, so that cores of several kinds count alike on both sides.
    let both = || alone.iter().filter_map(|(cpu, alone)| Some((alone, together.get(cpu)?)));
    let count = both().count() as f64;
    let together = both().map(|(_, together)| together.clock_hz).sum::<f64>() / count;
    let alone = both().map(|(alone, _)| alone.clock_hz).sum::<f64>() / count;
    // Of none, both are no number, and nothing is less.
    (together < (1.0 - CLOCK_FALLS) * alone).then(|| {
        Finding::note(
            format!("with all CPUs busy the clock falls from {:.2} to {:.2} GHz", alone * 1e-9, together * 1e-9),
            format!(
                "N workers have {} less to compute with than N times one worker: that much is missing from the \
                 speedup, whatever the pool.",
                percent(1.0 - together / alone)
            ),
            "It is the machine's; turning turbo off, where that is possible, takes it out.",
        )
    })
}

/// The value that this share of the values does not exceed: one of them, no interpolation. 0 of none.
fn quantile(values: &[f64], share: f64) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let rank = (share * sorted.len() as f64).ceil().max(1.0) as usize;
    sorted.get(rank - 1).copied().unwrap_or(0.0)
}

#[cfg(test)]
mod tests {
    use super::super::tests::quiet;
    use super::*;
    use crate::record::{CpuKind, Known};
    use proptest::prelude::*;

    fn readings(widths: &[f64]) -> Vec<Reading> {
        widths.iter().map(|&width| Reading { cpu: Some(0), clock_hz: 3e9, width }).collect()
    }

    #[test]
    fn a_core_that_is_shared_at_times_is_found() {
        let mut facts = quiet();
        assert_eq!(width(&facts), None);
        facts.readings = readings(&[[4.5; 75].as_slice(), &[2.2; 25]].concat());
        let finding = width(&facts).unwrap();
        assert!(finding.what.contains("25 % of the probes: 4.5 operations"), "{finding:?}");
        let speed = &speeds(&facts.readings)[0];
        assert_eq!((speed.width, speed.shared), ([2.2, 4.5, 4.5], 0.25));
        // One reading of a hundred is chance.
        facts.readings = readings(&[[4.5; 99].as_slice(), &[2.2]].concat());
        assert_eq!(width(&facts), None);
    }

    #[test]
    fn a_core_that_is_shared_always_is_suspected() {
        let mut facts = quiet();
        facts.readings = readings(&[2.2; 50]);
        assert!(width(&facts).unwrap().what.contains("2.2 operations a cycle at best"));
        facts.readings.clear();
        assert_eq!(width(&facts), None);
    }

    #[test]
    fn a_clock_that_moves_is_noted() {
        let mut facts = quiet();
        assert_eq!(clock(&facts), None);
        for reading in facts.readings.iter_mut().step_by(3) {
            reading.clock_hz = 2.5e9;
        }
        assert!(clock(&facts).unwrap().what.contains("2.50 to 4.00 GHz"));
        facts.readings.clear();
        assert_eq!(clock(&facts), None);
    }

    #[test]
    fn what_cpus_take_from_each_other_is_told() {
        let mut facts = quiet();
        assert_eq!((hidden_siblings(&facts), common_clock(&facts)), (None, None));
        for reading in &mut facts.together {
            (reading.clock_hz, reading.width) = (3.6e9, 2.3);
        }
        assert!(hidden_siblings(&facts).unwrap().what.ends_with("2.3 operations a cycle, 4.5 alone"));
        let clock = common_clock(&facts).unwrap();
        assert!(clock.what.ends_with("from 4.00 to 3.60 GHz") && clock.consequence.contains("10.0 % less"));
        // Siblings that the system tells of are another finding.
        facts.environment.cores = Known::Value(vec![vec![0, 1], vec![2, 3]]);
        assert_eq!(hidden_siblings(&facts), None);
        facts.together.clear();
        assert_eq!((together(&facts), common_clock(&facts)), (None, None));
    }

    #[test]
    fn each_cpu_has_its_own_line_and_its_own_best() {
        let mut all = readings(&[4.5, 4.4, 4.6]);
        all.push(Reading { cpu: Some(1), clock_hz: 2e9, width: 2.0 });
        let speeds = speeds(&all);
        assert_eq!(speeds.iter().map(|speed| speed.cpu).collect::<Vec<_>>(), [Some(0), Some(1)]);
        assert_eq!((speeds[0].shared, speeds[1].shared, speeds[1].clock_hz), (0.0, 0.0, 2e9));
    }

    /// Eight large cores and eight small ones, all steady.
    fn hybrid() -> Facts {
        let reading = |n: usize| {
            let (clock_hz, width) = if n % 16 < 8 { (5.0e9, 5.9) } else { (3.8e9, 3.9) };
            Reading { cpu: Some(n % 16), clock_hz, width }
        };
        let kind = |name: &str, cpus: std::ops::Range<usize>, hz| CpuKind {
            cpus: cpus.collect(),
            name: Some(name.into()),
            capacity: None,
            max_hz: Some(hz),
        };
        let mut facts = quiet();
        facts.readings = (0..320).map(reading).collect();
        facts.together = (0..320).map(reading).collect();
        facts.environment.kinds = Known::Value(vec![kind("core", 0..8, 5.0e9), kind("atom", 8..16, 3.8e9)]);
        facts
    }

    #[test]
    fn steady_cores_of_two_kinds_are_neither_shared_nor_a_moving_clock() {
        let mut facts = hybrid();
        let found =
            |facts: &Facts| [width, clock, narrow, hidden_siblings, common_clock].map(|rule| rule(facts));
        assert_eq!(found(&facts), [None, None, None, None, None]);
        // All together, a clock that falls by a tenth on each kind is seen.
        facts.together.iter_mut().for_each(|reading| reading.clock_hz *= 0.9);
        assert!(common_clock(&facts).unwrap().what.ends_with("from 4.40 to 3.96 GHz"));
        // A small core that is shared at times is found by its own measure.
        for reading in facts.readings.iter_mut().filter(|reading| reading.cpu == Some(9)).step_by(2) {
            reading.width = 2.0;
        }
        assert!(width(&facts).unwrap().what.contains("3.1 % of the probes"), "{:?}", width(&facts));
    }

    #[test]
    fn a_cpu_that_never_does_what_its_like_do_is_told_of() {
        let mut facts = hybrid();
        for reading in facts.readings.iter_mut().filter(|reading| reading.cpu == Some(9)) {
            reading.width = 2.0;
        }
        assert_eq!(
            narrow(&facts).unwrap().what,
            "CPU 9 does 2.0 operations a cycle at best, where others do 3.9"
        );
        // Where the system tells of no kinds, small cores may be shared ones.
        facts.environment.kinds = Known::Missing("no clocks".into());
        assert!(
            narrow(&facts).unwrap().what.starts_with("CPUs 8, 9, 10, 11, 12, 13, 14, 15 do 3.9 operations")
        );
    }

    proptest! {
        #[test]
        fn a_quantile_is_one_of_the_values(values in prop::collection::vec(0.1..9.0_f64, 1..60), share in 0.0..=1.0) {
            let quantile = quantile(&values, share);
            prop_assert!(values.contains(&quantile));
            let below = values.iter().filter(|&&value| value < quantile).count();
            prop_assert!(below as f64 <= share * values.len() as f64);
        }
    }
}
