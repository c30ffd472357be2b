//! What a record knows of one executor on one workload, and what follows from it for another number of workers.
//!
//! The tasks are those of the largest number of workers that the CPUs allow: whatever slows tasks there, it slows
//! them in the prediction too. The measured ceiling says how much more, or less, other numbers slow each other. What
//! more workers than CPUs cost beyond the sharing of these is the ratio of measurement to replay at the largest
//! number of them that is known.

use std::collections::BTreeMap;

use super::super::cells::speedup;
use super::super::limits;
use super::super::model::Ceiling;
use super::super::rounds::{Paired, Rounds};
use super::parts::{Parts, Terms, seconds};
use super::replay::Capacity;
use crate::record::{BASELINE, PoolMode, RunRecord, WorkloadRecord};
use crate::stats::{Quantity, Summary, bootstrap};

/// Executor that runs all of its tasks in one thread.
const ONE_THREAD: &str = "async";

/// Why there is but an upper end.
pub(super) const UNKNOWN_CPUS: &str = "how many CPUs there are, and what they share, is not known";

/// One executor on one workload.
pub(super) struct Evidence<'a> {
    pub(super) workload: &'a WorkloadRecord,
    pub(super) executor: String,
    pub(super) waits: bool,
    pub(super) pool: PoolMode,
    pub(super) cpus: Option<usize>,
    pub(super) ceilings: Vec<Ceiling>,
    pub(super) terms: Terms,
    /// By number of workers.
    pub(super) cases: BTreeMap<usize, Known<'a>>,
}

/// A case that was measured.
pub(super) struct Known<'a> {
    pub(super) pairs: Vec<Paired<'a>>,
    pub(super) speedup: Quantity,
}

/// A prediction before the errors of such predictions are counted in.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Raw {
    /// With the interval that the rounds give it.
    pub(super) speedup: Quantity,
    /// The largest number of workers that it is made from, and the number that it is of. No more count than have a job.
    pub(super) from: usize,
    pub(super) to: usize,
    /// Rounds behind it.
    pub(super) rounds: usize,
    /// Standard deviation of the logarithm of the speedup from round to round.
    pub(super) spread: f64,
}

/// A round's figures, in seconds.
struct Round {
    serial: f64,
    /// The prediction.
    time: f64,
    /// Replay and measurement of more workers than CPUs, where such are known.
    beyond: Option<(f64, f64)>,
}

impl<'a> Evidence<'a> {
    /// All that a record has, in the order of its workloads and executors. Cases without tasks are there with their
    /// speedup, so that it can be said why nothing follows from them.
    pub(super) fn all(record: &'a RunRecord, rounds: &Rounds<'a>) -> Vec<Self> {
        let mut executors: Vec<&str> = Vec::new();
        for case in &record.plan.cases {
            if case.executor != BASELINE && !executors.contains(&case.executor.as_str()) {
                executors.push(&case.executor);
            }
        }
        let of = |workload: &'a WorkloadRecord| {
            let evidence = executors.iter().map(move |executor| (workload, *executor));
            evidence.map(|(workload, executor)| Self::of(record, rounds, workload, executor))
        };
        let all = record.plan.workloads.iter().flat_map(of);
        all.filter(|evidence| !evidence.cases.is_empty()).collect()
    }

    fn of(record: &'a RunRecord, rounds: &Rounds<'a>, workload: &'a WorkloadRecord, executor: &str) -> Self {
        let cpus = record.cpus_of(executor);
        let waits = workload.waits.is_some();
        let ceilings = if waits { Vec::new() } else { limits::ceilings_of(record, &workload.name, executor) };
        let planned = record.plan.cases.iter().enumerate();
        let planned = planned.filter(|(_, case)| case.workload == workload.name && case.executor == executor);
        let known = |case: usize| {
            let pairs = rounds.pairs(case);
            let speedup = speedup(rounds, case)?;
            (!pairs.is_empty() && rounds.failure(case).is_none()).then_some(Known { pairs, speedup })
        };
        Self {
            workload,
            executor: executor.to_string(),
            waits,
            pool: record.plan.pool,
            cpus,
            terms: terms(record, waits, executor, &ceilings),
            ceilings,
            cases: planned.filter_map(|(index, case)| Some((case.workers, known(index)?))).collect(),
        }
    }

    /// The case whose tasks stand for those of others: the largest that the CPUs allow, of work that waits the largest.
    pub(super) fn base(&self, sources: &[usize]) -> Option<usize> {
        let within = |workers: &usize| self.waits || self.cpus.is_none_or(|cpus| *workers <= cpus);
        sources.iter().copied().filter(within).max().or_else(|| sources.iter().copied().min())
    }

    /// What follows from the cases with these numbers of workers for another one on the same machine.
    ///
    /// # Errors
    ///
    /// Why nothing follows, in a clause.
    pub(super) fn predict(&self, target: usize, sources: &[usize]) -> Result<Raw, String> {
        let base = self.base(sources).ok_or("no smaller number of workers was measured")?;
        self.check_shared(target, base)?;
        let beyond = sources.iter().copied().filter(|&workers| workers > base).max();
        let capacity = &self.terms.capacity;
        let time = |parts: &Parts, slope| parts.on(target, slope).time(capacity);
        let rounds = self.rounds(sources, (base, beyond), time)?;
        let from = base.max(beyond.unwrap_or(0));
        raw(&rounds, (self.busy(from), self.busy(target)), self.spread(from))
    }

    /// The same with the tasks of one case on a machine on which threads share otherwise.
    ///
    /// # Errors
    ///
    /// Why nothing follows, in a clause.
    pub(super) fn predict_on(&self, target: usize, capacity: &Capacity) -> Result<Raw, String> {
        let sources: Vec<usize> = self.cases.keys().copied().collect();
        let base = self.base(&sources).ok_or("nothing was measured")?;
        let within: Vec<usize> = sources.into_iter().filter(|&workers| workers <= base).collect();
        // Where the CPUs share nothing, the tasks are to take as long as measured.
        let scale = if *capacity == Capacity::Unshared { 1.0 / self.terms.capacity.rate(base) } else { 1.0 };
        let time = |parts: &Parts, slope| {
            let mut parts = parts.on(target, slope);
            parts.jobs.iter_mut().for_each(|job| job.cpu *= scale);
            parts.time(capacity)
        };
        let rounds = self.rounds(&within, (base, None), time)?;
        raw(&rounds, (self.busy(base), self.busy(target)), self.spread(base))
    }

    /// Whether it is not known what workers share, so that nothing but an upper end follows.
    pub(super) fn only_at_most(&self) -> bool {
        self.cpus.is_none() && !self.waits
    }

    /// So many of these workers as have a job.
    pub(super) fn busy(&self, workers: usize) -> usize {
        workers.min(self.jobs()).max(1)
    }

    /// Jobs in the batch.
    pub(super) fn jobs(&self) -> usize {
        let samples = self.cases.values().filter_map(|known| known.pairs.first());
        samples.map(|pair| pair.sample.tasks.len()).max().unwrap_or(0)
    }

    /// A single worker does not tell what several share. Something else must have been measured that does.
    fn check_shared(&self, target: usize, base: usize) -> Result<(), String> {
        let told = base > 1
            || target == 1
            || self.waits
            || self.cpus.is_none()
            || self.ceilings.iter().any(|it| it.workers > 1);
        let why =
            "what several workers share cannot be told from one, and no ceiling of the machine was measured";
        if told { Ok(()) } else { Err(why.to_string()) }
    }

    fn rounds(
        &self,
        sources: &[usize],
        (base, beyond): (usize, Option<usize>),
        time: impl Fn(&Parts, f64) -> f64,
    ) -> Result<Vec<Round>, String> {
        let Some(known) = self.cases.get(&base) else { return Err("nothing was measured".to_string()) };
        let slope = self.teardown_slope(sources, base);
        let measured_beyond = |beyond: usize, round: u32| {
            let pair = self.cases.get(&beyond)?.pairs.iter().find(|pair| pair.sample.round == round)?;
            Some(seconds(pair.sample.wall_ns))
        };
        let round = |pair: &Paired<'_>| {
            let parts = Parts::of(pair.sample, base, &self.terms)?;
            let beyond = match beyond {
                None => None,
                Some(beyond) => {
                    let replayed = parts.on(beyond, slope).time(&self.terms.capacity);
                    Some((replayed, measured_beyond(beyond, pair.sample.round)?))
                }
            };
            Some(Round { serial: pair.reference.wall_ns() / 1e9, time: time(&parts, slope), beyond })
        };
        let rounds: Vec<Round> = known.pairs.iter().filter_map(round).collect();
        if rounds.is_empty() {
            return Err("its tasks were not timed one by one, so that there is nothing to replay".to_string());
        }
        Ok(rounds)
    }

    /// What the end of the pool takes longer for each further worker, between the least and the largest that is known.
    fn teardown_slope(&self, sources: &[usize], base: usize) -> f64 {
        let mean = |workers: usize| {
            let pairs = &self.cases.get(&workers)?.pairs;
            let parts = pairs.iter().filter_map(|pair| Parts::of(pair.sample, workers, &self.terms));
            let teardowns: Vec<f64> = parts.map(|parts| parts.teardown).collect();
            Some(Summary::of(&teardowns)?.mean)
        };
        let slope = |least: usize| Some((mean(base)? - mean(least)?) / (base - least) as f64);
        let least = sources.iter().copied().filter(|&workers| workers < base).min();
        least.and_then(slope).map_or(0.0, |slope| slope.max(0.0))
    }

    /// How much the logarithm of a case's speedup varies from round to round.
    fn spread(&self, workers: usize) -> f64 {
        let Some(known) = self.cases.get(&workers) else { return 0.0 };
        let log = |pair: &Paired<'_>| (pair.reference.wall_ns() / pair.sample.wall_ns.max(1) as f64).ln();
        let logs: Vec<f64> = known.pairs.iter().map(log).filter(|log| log.is_finite()).collect();
        Summary::of(&logs).map_or(0.0, |summary| summary.sd)
    }

    /// Mean time of the serial baseline, over the rounds of any case.
    pub(super) fn serial_s(&self) -> f64 {
        let pairs = self.cases.values().next().map_or(&[][..], |known| &known.pairs);
        let times: Vec<f64> = pairs.iter().map(|pair| pair.reference.wall_ns() / 1e9).collect();
        Summary::of(&times).map_or(0.0, |summary| summary.mean)
    }
}

/// What the jobs of an executor use and share.
pub(super) fn terms(record: &RunRecord, waits: bool, executor: &str, ceilings: &[Ceiling]) -> Terms {
    let cpus = record.cpus_of(executor);
    let capacity = if executor == ONE_THREAD {
        Capacity::cpus(1)
    } else {
        cpus.map_or(Capacity::Unshared, |cpus| shared(ceilings, cpus))
    };
    Terms { waits, cpus, capacity }
}

/// The ratio of mean times over the rounds, bootstrapped.
fn raw(rounds: &[Round], (from, to): (usize, usize), spread: f64) -> Result<Raw, String> {
    let speedup = |weights: &[f64]| {
        let sum = |figure: &dyn Fn(&Round) -> f64| {
            rounds.iter().zip(weights).map(|(round, weight)| weight * figure(round)).sum::<f64>()
        };
        let beyond = sum(&|round| round.beyond.map_or(1.0, |(_, measured)| measured))
            / sum(&|round| round.beyond.map_or(1.0, |(replayed, _)| replayed));
        sum(&|round| round.serial) / (sum(&|round| round.time) * beyond)
    };
    let value = speedup(&vec![1.0; rounds.len()]);
    if !(value.is_finite() && value > 0.0) {
        return Err("its tasks take no time".to_string());
    }
    let intervals = bootstrap::rounds(rounds.len(), 1, |weights, row| row[0] = speedup(weights));
    let interval = intervals[0].filter(|interval| interval.low > 0.0);
    Ok(Raw { speedup: Quantity { value, interval }, from, to, rounds: rounds.len(), spread })
}

/// The ceiling for each number of threads up to that of the CPUs. Between measured numbers it is interpolated; beyond
/// the last one each thread is as fast as there.
fn shared(ceilings: &[Ceiling], cpus: usize) -> Capacity {
    let mut known: Vec<(f64, f64)> =
        ceilings.iter().map(|ceiling| (ceiling.workers as f64, ceiling.speedup.value)).collect();
    if known.first().is_none_or(|(workers, _)| *workers > 1.0) {
        known.insert(0, (1.0, 1.0));
    }
    let level = |threads: usize| {
        let threads = threads as f64;
        let after = known.iter().position(|(workers, _)| *workers >= threads);
        let level = match after {
            Some(0) => known[0].1 * threads / known[0].0,
            Some(after) => {
                let ((x0, y0), (x1, y1)) = (known[after - 1], known[after]);
                y0 + (y1 - y0) * (threads - x0) / (x1 - x0)
            }
            None => known.last().map_or(threads, |(workers, level)| level * threads / workers),
        };
        level.min(threads)
    };
    Capacity::Shared((1..=cpus.max(1)).map(level).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ceiling_is_interpolated_and_goes_on() {
        let ceiling = |workers, speedup| Ceiling { workers, speedup: Quantity::known(speedup) };
        let Capacity::Shared(levels) = shared(&[ceiling(1, 1.0), ceiling(2, 2.01), ceiling(4, 3.0)], 6)
        else {
            panic!("it is shared");
        };
        for (level, expected) in levels.iter().zip([1.0, 2.0, 2.505, 3.0, 3.75, 4.5]) {
            assert!((level - expected).abs() < 1e-9, "{levels:?}");
        }
        assert_eq!(shared(&[], 2), Capacity::cpus(2));
        assert_eq!(shared(&[ceiling(2, 1.5)], 2), Capacity::Shared(vec![1.0, 1.5]));
    }
}
