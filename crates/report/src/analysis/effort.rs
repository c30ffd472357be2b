//! How much was measured, how well, and which rounds stand out.

use std::collections::{BTreeMap, BTreeSet};

use super::model::{Effort, NoisyRound, Unsteady};
use super::rounds::{Rounds, seconds};
use crate::record::{BASELINE, RunRecord, Sample};
use crate::stats::{self, Quantity};

/// Counted rounds below which figures are an anecdote: there is no telling them from the machine's own changes.
pub const LEAST_ROUNDS: u32 = 5;

/// Share of all CPU time that a hypervisor may take before a round counts as noisy.
const STEAL: f64 = 0.02;
/// How far, relative to the median, a round's serial time may lie off before it counts as noisy.
const OFF: f64 = 0.05;
/// Serial samples before any of them can stand out.
const LEAST_SAMPLES: usize = 8;
/// Share of the usual issue width below which the processor counts as shared.
const NARROW: f64 = 0.75;

/// The effort behind a record, given the speedup of each case.
pub(super) fn effort(
    record: &RunRecord,
    rounds: &Rounds<'_>,
    speedup: impl Fn(usize) -> Option<Quantity>,
) -> Effort {
    let counted: BTreeSet<u32> =
        record.samples.iter().filter(|sample| !sample.warmup).map(|sample| sample.round).collect();
    let pools = record.plan.cases.iter().enumerate().filter(|(_, case)| case.executor != BASELINE);
    let widths: Vec<(String, Option<f64>)> = pools
        .map(|(index, case)| (case.to_string(), speedup(index).and_then(|s| s.relative_half_width())))
        .collect();
    let without_interval = widths.iter().filter(|(_, width)| width.is_none()).count();
    let known = widths.into_iter().filter_map(|(case, width)| Some((case, width?)));
    let (noisy, unsteady) = told_apart(noisy(record, rounds), counted.len());
    Effort {
        rounds: counted.len() as u32,
        warmup_rounds: record.plan.warmup_rounds,
        stop: record.stop,
        precision: record.plan.precision,
        widest: known.max_by(|one, other| one.1.total_cmp(&other.1)),
        without_interval,
        noisy,
        unsteady,
    }
}

/// Rounds that stand out from the others. Where most do, there are no others: they are what the machine was like.
fn told_apart(noisy: Vec<NoisyRound>, counted: usize) -> (Vec<NoisyRound>, Option<Unsteady>) {
    if 2 * noisy.len() <= counted {
        return (noisy, None);
    }
    let unsteady = noisy.first().map(|first| Unsteady { rounds: noisy.len(), example: first.clone() });
    (Vec::new(), unsteady)
}

/// Numbers of the rounds that stand out.
pub(super) fn standing_out(record: &RunRecord, rounds: &Rounds<'_>) -> Vec<u32> {
    let counted: BTreeSet<u32> = counted(record).map(|sample| sample.round).collect();
    let (noisy, _) = told_apart(noisy(record, rounds), counted.len());
    noisy.into_iter().map(|noisy| noisy.round).collect()
}

/// The rounds in which something was not as usual, by ascending number.
fn noisy(record: &RunRecord, rounds: &Rounds<'_>) -> Vec<NoisyRound> {
    if !rounds.paired() {
        return Vec::new();
    }
    let mut reasons: BTreeMap<u32, Vec<String>> = BTreeMap::new();
    stolen(record, &mut reasons);
    for workload in &record.plan.workloads {
        off(&rounds.serial(&workload.name), &workload.label, &mut reasons);
    }
    narrow(record, &mut reasons);
    let join = |(round, reasons): (u32, Vec<String>)| NoisyRound { round, reason: reasons.join("; ") };
    reasons.into_iter().map(join).collect()
}

fn counted(record: &RunRecord) -> impl Iterator<Item = &Sample> {
    record.samples.iter().filter(|sample| !sample.warmup)
}

/// Rounds of which a hypervisor took a good part.
fn stolen(record: &RunRecord, reasons: &mut BTreeMap<u32, Vec<String>>) {
    let cpus = record.environment.cpus_online.value().copied().unwrap_or(1) as f64;
    let mut shares: BTreeMap<u32, (f64, f64)> = BTreeMap::new();
    for sample in counted(record) {
        if let Some(steal_ns) = sample.machine.steal_ns {
            let share = shares.entry(sample.round).or_default();
            *share = (share.0 + seconds(steal_ns), share.1 + seconds(sample.wall_ns) * cpus);
        }
    }
    for (round, (stolen, all)) in shares {
        if stolen > STEAL * all {
            let reason = format!("{:.1} % of the CPU time was stolen", 100.0 * stolen / all);
            reasons.entry(round).or_default().push(reason);
        }
    }
}

/// Rounds whose serial time lies far from the others'.
fn off(serial: &[&Sample], label: &str, reasons: &mut BTreeMap<u32, Vec<String>>) {
    let times: Vec<f64> = serial.iter().map(|sample| seconds(sample.wall_ns)).collect();
    // The median of a few may be the odd one itself.
    let Some(median) = stats::median(&times).filter(|_| times.len() >= LEAST_SAMPLES) else { return };
    let mut worst: BTreeMap<u32, f64> = BTreeMap::new();
    for sample in serial {
        let deviation = seconds(sample.wall_ns) / median - 1.0;
        let of_round = worst.entry(sample.round).or_default();
        if deviation.abs() > of_round.abs() {
            *of_round = deviation;
        }
    }
    for (round, deviation) in worst.into_iter().filter(|(_, deviation)| deviation.abs() > OFF) {
        let way = if deviation > 0.0 { "slower" } else { "faster" };
        let reason = format!("serial {label} {:.0} % {way} than its median", 100.0 * deviation.abs());
        reasons.entry(round).or_default().push(reason);
    }
}

/// Rounds in which the probe found the core narrower than usual for most of its samples.
fn narrow(record: &RunRecord, reasons: &mut BTreeMap<u32, Vec<String>>) {
    let mut widths: BTreeMap<u32, Vec<f64>> = BTreeMap::new();
    for sample in counted(record) {
        let probes = [sample.machine.before, sample.machine.after].into_iter().flatten();
        widths.entry(sample.round).or_default().extend(probes.map(|probe| probe.width));
    }
    let all: Vec<f64> = widths.values().flatten().copied().collect();
    let Some(usual) = stats::median(&all) else { return };
    for (round, widths) in widths {
        let Some(width) = stats::median(&widths).filter(|&width| width < NARROW * usual) else { continue };
        let reason = format!("issue width {width:.1} instead of {usual:.1}: a neighbour on the core");
        reasons.entry(round).or_default().push(reason);
    }
}
