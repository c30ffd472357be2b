//! How much was measured, how well, and which rounds stand out.

use std::collections::{BTreeMap, BTreeSet};

use super::model::{Effort, NoInterval, NoisyRound, Unsteady};
use super::rounds::Rounds;
use super::seconds::seconds;
use crate::record::{BASELINE, RunRecord, Sample};
use crate::stats::{self, Quantity};

/// Counted rounds below which figures are an anecdote: there is no telling them from the machine's own changes.
pub const LEAST_ROUNDS: u32 = 5;

/// Share of all CPU time that a hypervisor may take before a round counts as noisy.
const STEAL: f64 = 0.02;
/// How far, relative to the median, a serial time may lie off before its round counts as noisy.
const OFF: f64 = 0.05;
/// How far the time of another case may. There are many, and one of them is a little off in most rounds.
const OFF_CASE: f64 = 0.25;
/// Samples of a case before any of them can stand out.
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
    let mut without_interval = Vec::new();
    let mut widths: Vec<(String, Option<f64>)> = Vec::new();
    for (index, case) in pools {
        let speedup = speedup(index);
        if speedup.is_none_or(|speedup| speedup.interval.is_none()) {
            let reason = no_interval(rounds.pairs(index).len());
            without_interval.push(NoInterval { case: case.to_string(), reason });
        }
        widths.push((case.to_string(), speedup.and_then(|speedup| speedup.relative_half_width())));
    }
    let known = widths.into_iter().filter_map(|(case, width)| Some((case, width?)));
    let (noisy, unsteady) = told_apart(noisy(record, rounds), counted.len());
    Effort {
        rounds: counted.len() as u32,
        whole: whole(record),
        warmup_rounds: record.plan.warmup_rounds,
        stop: record.stop,
        precision: record.plan.precision,
        widest: known.max_by(|one, other| one.1.total_cmp(&other.1)),
        without_interval,
        apart: rounds.apart().cloned().collect(),
        noisy,
        unsteady,
    }
}

/// Counted rounds that have every case.
fn whole(record: &RunRecord) -> u32 {
    let mut cases: BTreeMap<u32, BTreeSet<usize>> = BTreeMap::new();
    for sample in counted(record) {
        cases.entry(sample.round).or_default().insert(sample.case);
    }
    cases.values().filter(|cases| cases.len() == record.plan.cases.len()).count() as u32
}

/// Why so many samples have no interval.
fn no_interval(pairs: usize) -> String {
    match pairs {
        0 => "has no sample with a serial baseline".to_string(),
        1 => "has 1 sample, and an interval needs 2".to_string(),
        _ => format!("has {pairs} samples that differ so much that no finite interval holds (Fieller)"),
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
        off(&rounds.serial(&workload.name), (&format!("serial {}", workload.label), OFF), &mut reasons);
    }
    for (index, case) in record.plan.cases.iter().enumerate().filter(|(_, case)| case.executor != BASELINE) {
        off(rounds.samples(index), (&case.to_string(), OFF_CASE), &mut reasons);
    }
    narrow(record, &mut reasons);
    // Two are read, and a round that is slow as a whole has one of every case.
    for reasons in reasons.values_mut().filter(|reasons| reasons.len() > 2) {
        let more = reasons.len() - 2;
        reasons.truncate(2);
        reasons.push(format!("and {more} more"));
    }
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

/// Rounds whose time of a case lies far from the others', on either side.
///
/// Far is more than that share and more than four times the usual deviation, which is the median of the deviations from the median, scaled as
/// that of a normal distribution is (P. J. Huber, Robust Statistics, 1981): what is usual for a case stands out in no
/// round.
fn off(samples: &[&Sample], (label, least): (&str, f64), reasons: &mut BTreeMap<u32, Vec<String>>) {
    let times: Vec<f64> = samples.iter().map(|sample| seconds(sample.wall_ns)).collect();
    // The median of a few may be the odd one itself.
    let Some(median) = stats::median(&times).filter(|_| times.len() >= LEAST_SAMPLES) else { return };
    let deviations: Vec<f64> = times.iter().map(|time| (time / median - 1.0).abs()).collect();
    let usual = 1.4826 * stats::median(&deviations).unwrap_or(0.0);
    let mut worst: BTreeMap<u32, f64> = BTreeMap::new();
    for sample in samples {
        let deviation = seconds(sample.wall_ns) / median - 1.0;
        let of_round = worst.entry(sample.round).or_default();
        if deviation.abs() > of_round.abs() {
            *of_round = deviation;
        }
    }
    let far = least.max(4.0 * usual);
    for (round, deviation) in worst.into_iter().filter(|(_, deviation)| deviation.abs() > far) {
        let way = if deviation > 0.0 { "slower" } else { "faster" };
        let reason = format!("{label} {:.0} % {way} than its median", 100.0 * deviation.abs());
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::MachineState;

    fn samples(walls_ms: &[u64]) -> Vec<Sample> {
        let sample = |(round, wall_ms): (u32, &u64)| Sample {
            case: 0,
            round,
            warmup: false,
            start_ns: 0,
            wall_ns: wall_ms * 1_000_000,
            workers: Vec::new(),
            tasks: Vec::new(),
            machine: MachineState::default(),
            hosts: Vec::new(),
            outside: None,
        };
        (0..).zip(walls_ms).map(sample).collect()
    }

    fn standing_out(walls_ms: &[u64]) -> Vec<(u32, String)> {
        let samples = samples(walls_ms);
        let mut reasons = BTreeMap::new();
        off(&samples.iter().collect::<Vec<_>>(), ("threads/2", OFF), &mut reasons);
        reasons.into_iter().map(|(round, reasons)| (round, reasons.join("; "))).collect()
    }

    #[test]
    fn a_sample_stands_out_on_either_side_of_what_is_usual_for_its_case() {
        let usual = [100, 101, 99, 100, 102, 98, 100, 101];
        assert_eq!(standing_out(&usual), []);
        let with = |odd| [&usual[..], &[odd]].concat();
        assert_eq!(standing_out(&with(150)), [(8, "threads/2 50 % slower than its median".to_string())]);
        assert_eq!(standing_out(&with(60)), [(8, "threads/2 40 % faster than its median".to_string())]);
        // Where samples differ by a fifth anyway, 30 % are nothing.
        assert_eq!(standing_out(&[100, 120, 80, 110, 90, 125, 75, 100, 130]), []);
        assert_eq!(standing_out(&[100, 100, 200]), [], "the odd one of three may be any");
    }

    #[test]
    fn where_most_rounds_are_disturbed_none_stands_out() {
        let noisy = |count| (0..count).map(|round| NoisyRound { round, reason: "x".to_string() }).collect();
        let (out, unsteady) = told_apart(noisy(5), 10);
        assert_eq!((out.len(), unsteady), (5, None));
        let (out, unsteady) = told_apart(noisy(27), 27);
        assert_eq!((out.len(), unsteady.map(|unsteady| unsteady.rounds)), (0, Some(27)));
        assert_eq!(told_apart(Vec::new(), 0), (Vec::new(), None));
    }

    #[test]
    fn an_interval_that_is_not_there_has_its_own_reason() {
        assert!(no_interval(1).contains("1 sample"));
        assert!(no_interval(10).contains("10 samples that differ"));
    }
}
