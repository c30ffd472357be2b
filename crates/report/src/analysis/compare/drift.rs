//! How far the machine may have changed between runs, from what each of them holds.

use super::super::limits;
use super::super::rounds::Rounds;
use super::model::Drift;
use super::run::Run;
use crate::record::{Case, Probe, Sample};
use crate::stats::{Interval, Summary, bootstrap};

/// Fewer executions cannot be halved into means.
const LEAST: usize = 4;

/// The drift that the runs of a workload show, apart from what comes of the executions of its cases.
pub(super) fn drift(a: &[Run<'_>], b: &[Run<'_>], workload: &str) -> Drift {
    let floors: Option<Vec<f64>> = a.iter().chain(b).map(|run| floor(&run.rounds, workload)).collect();
    let probes = Speed::of(a, workload).zip(Speed::of(b, workload));
    Drift {
        floor: floors.into_iter().flatten().reduce(f64::max),
        clock: probes.map(|(a, b)| a.clock_hz / b.clock_hz),
        throughput: probes.map(|(a, b)| a.throughput / b.throughput),
        ..Drift::default()
    }
}

/// How far from 1 the interval of the ratio of the two serial arms reaches.
fn floor(rounds: &Rounds<'_>, workload: &str) -> Option<f64> {
    let (one, two) = rounds.both_arms(workload);
    bootstrap::ratio_of_means(&one, &two)?.interval.map(reach)
}

/// How far from 1 an interval reaches.
pub(super) fn reach(interval: Interval) -> f64 {
    (interval.high - 1.0).abs().max((1.0 - interval.low).abs())
}

/// What the hardware allowed on some number of workers in the runs A, over the same in the runs B.
pub(super) fn capacity(a: &[Run<'_>], b: &[Run<'_>], case: &Case) -> Option<f64> {
    let ceiling = |run: &Run<'_>| {
        let ceilings = limits::ceilings_of(run.record, &case.workload, &case.executor);
        ceilings.into_iter().find(|ceiling| ceiling.workers == case.workers).map(|found| found.speedup.value)
    };
    let mean = |runs: &[Run<'_>]| mean(&runs.iter().map(ceiling).collect::<Option<Vec<f64>>>()?);
    let capacity = mean(a)? / mean(b)?;
    (capacity.is_finite() && capacity > 0.0).then_some(capacity)
}

fn mean(values: &[f64]) -> Option<f64> {
    Some(Summary::of(values)?.mean)
}

/// How far the mean of the later half of some times lies from that of the earlier half.
pub(super) fn halves(times: &[f64]) -> Option<f64> {
    let (early, late) = times.split_at(times.len() / 2);
    let mean = |times: &[f64]| Some(Summary::of(times)?.mean);
    (times.len() >= LEAST).then_some(())?;
    Some((mean(late)? / mean(early)? - 1.0).abs())
}

/// What the probe says of a run's processor, mean over the samples of one workload.
#[derive(Debug, Clone, Copy)]
struct Speed {
    clock_hz: f64,
    /// Operations per second of code that fills the core.
    throughput: f64,
}

impl Speed {
    /// The mean of some runs, each of which has probes.
    fn of(runs: &[Run<'_>], workload: &str) -> Option<Self> {
        let each: Vec<Self> = runs.iter().map(|run| Self::of_run(run, workload)).collect::<Option<_>>()?;
        Some(Self {
            clock_hz: mean(&each.iter().map(|speed| speed.clock_hz).collect::<Vec<_>>())?,
            throughput: mean(&each.iter().map(|speed| speed.throughput).collect::<Vec<_>>())?,
        })
    }

    fn of_run(Run { record, rounds }: &Run<'_>, workload: &str) -> Option<Self> {
        let cases = record.plan.cases.iter().enumerate().filter(|(_, case)| case.workload == workload);
        let samples = cases.flat_map(|(case, _)| rounds.samples(case).iter().copied());
        let probes: Vec<Probe> = samples.flat_map(probes).collect();
        let mean = |figure: fn(&Probe) -> f64| {
            mean(&probes.iter().map(figure).collect::<Vec<_>>())
                .filter(|mean| mean.is_finite() && *mean > 0.0)
        };
        Some(Self {
            clock_hz: mean(|probe| probe.clock_hz)?,
            throughput: mean(|probe| probe.clock_hz * probe.width)?,
        })
    }
}

fn probes(sample: &Sample) -> impl Iterator<Item = Probe> + use<> {
    [sample.machine.before, sample.machine.after].into_iter().flatten()
}

impl Drift {
    /// The share that equal things may lie apart by, either way: the largest of noise floor, halves and runs.
    #[must_use]
    pub fn either_way(&self) -> f64 {
        [self.floor, self.halves, self.runs].into_iter().flatten().fold(0.0, f64::max)
    }

    /// What a time may have been multiplied by because the machine was slower or faster, or busier with
    /// others: a range that holds 1.
    #[must_use]
    pub fn machine(&self) -> Interval {
        let one = Interval { low: 1.0, high: 1.0 };
        let over = |range: Interval, factor: f64| Interval {
            low: range.low.min(factor),
            high: range.high.max(factor),
        };
        let core = [self.clock, self.throughput].into_iter().flatten().fold(one, over);
        let others = [self.contention, self.capacity].into_iter().flatten().fold(one, over);
        Interval { low: core.low * others.low, high: core.high * others.high }
    }

    /// The interval of a ratio, wider by the drift. It reaches at least as far from the ratio as what
    /// goes either way; that is not added to its width, because it comes of the same noise. A slower
    /// or faster machine moves only the end that it may explain.
    #[must_use]
    pub fn widen(&self, ratio: f64, interval: Interval) -> Interval {
        let (either, machine) = (1.0 + self.either_way(), self.machine());
        let reach = interval.hull(Interval { low: ratio / either, high: ratio * either });
        Interval { low: reach.low / machine.high, high: reach.high / machine.low }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slower_or_busier_machine_explains_slowness_and_nothing_else() {
        let (value, ratio) = (1.04, Interval { low: 1.03, high: 1.05 });
        let slower = Drift { clock: Some(1.03), throughput: Some(1.01), ..Drift::default() };
        let widened = slower.widen(value, ratio);
        assert!((widened.low - 1.0).abs() < 1e-12 && (widened.high - 1.05).abs() < 1e-12);
        let busier = Drift { contention: Some(1.03), ..slower };
        assert!((busier.machine().high - 1.03 * 1.03).abs() < 1e-12 && busier.machine().low > 0.999);
        let faster = Drift { clock: Some(0.5), ..Drift::default() };
        let widened = faster.widen(value, ratio);
        assert!((widened.low - 1.03).abs() < 1e-12 && (widened.high - 2.1).abs() < 1e-12);
    }

    #[test]
    fn halves_are_compared_by_their_means() {
        assert!((halves(&[1.0, 3.0, 3.0, 3.0, 3.0]).unwrap() - 0.5).abs() < 1e-12);
        assert!((halves(&[3.0, 3.0, 1.0, 2.0]).unwrap() - 0.5).abs() < 1e-12);
        assert_eq!(halves(&[1.0, 2.0, 3.0]), None);
    }

    #[test]
    fn noise_goes_either_way_and_nothing_known_widens_nothing() {
        let (value, ratio) = (1.05, Interval { low: 1.0, high: 1.1 });
        let widened = Drift { floor: Some(0.01), halves: Some(0.25), ..Drift::default() }.widen(value, ratio);
        assert!((widened.low - 0.84).abs() < 1e-12 && (widened.high - 1.3125).abs() < 1e-12);
        // What the interval holds already is not counted twice.
        let within = Drift { floor: Some(0.01), ..Drift::default() }.widen(value, ratio);
        assert_eq!(within, ratio);
        assert_eq!(Drift::default().widen(value, ratio), ratio);
    }
}
