//! The cells of the tables: what is known about one case.

use std::collections::BTreeMap;

use super::accounting::account;
use super::cpus::cpus_used;
use super::model::{Cell, Estimate, RoundPoint};
use super::rounds::{Paired, Rounds, is_one_worker};
use super::scaling::karp_flatt_quantity;
use super::seconds::seconds;
use super::waiting::waiting;
use super::{outside, timeline};
use crate::record::{BASELINE, Probe, RunRecord, Sample};
use crate::stats::{self, Interval, Quantity, Summary, bootstrap};

/// What the cells of the tables are made from.
pub(super) struct Cells<'a> {
    pub(super) record: &'a RunRecord,
    pub(super) rounds: &'a Rounds<'a>,
    /// Numbers of the rounds that stand out.
    pub(super) noisy: Vec<u32>,
}

impl Cells<'_> {
    /// The cell of a workload's serial baseline, over both of its arms.
    pub(super) fn serial(&self, workload: &str, samples: &[&Sample]) -> Cell {
        let Some(case) = self.rounds.case(workload, BASELINE, 1) else { return Cell::NotMeasured };
        self.cell(case, samples, |summary| Estimate {
            speedup: (!samples.is_empty()).then(|| Quantity::known(1.0)),
            ..self.times(case, summary, samples)
        })
    }

    /// The cell of a pool.
    pub(super) fn pool(&self, workload: &str, executor: &str, workers: usize) -> Cell {
        let Some(case) = self.rounds.case(workload, executor, workers) else { return Cell::NotMeasured };
        // Where one worker is the baseline, both of its arms are.
        let baseline =
            (workers == 1 && self.is_one_worker(workload, executor)).then(|| self.rounds.serial(workload));
        let samples = baseline.as_deref().unwrap_or_else(|| self.rounds.samples(case));
        self.cell(case, samples, |summary| {
            let pairs = self.rounds.pairs_of(workload, samples);
            let speedup = match baseline {
                Some(_) => Some(Quantity::known(1.0)),
                None => speedup(self.rounds, case),
            };
            let estimate = Estimate {
                factor: self.factor((workload, executor), samples, summary),
                speedup,
                quiet: self.quiet(&pairs),
                ..self.times(case, summary, samples)
            };
            // The rest is about workers that need a CPU each.
            if self.waits(workload) {
                return estimate;
            }
            let outside = outside::figures(samples, &pairs, workers);
            Estimate {
                efficiency: speedup.map(|speedup| efficiency(speedup, workers)),
                karp_flatt: speedup.and_then(|speedup| karp_flatt_quantity(&speedup, workers)),
                overhead_s: stats::median(
                    &samples.iter().filter_map(|sample| overhead_s(sample)).collect::<Vec<_>>(),
                ),
                account: account(&pairs, workers, self.rounds.paired()),
                timeline: samples
                    .iter()
                    .all(|sample| !sample.tasks.is_empty())
                    .then(|| timeline::of_median(samples, workers))
                    .flatten(),
                outside,
                ..estimate
            }
        })
    }

    fn cell(&self, case: usize, samples: &[&Sample], estimate: impl FnOnce(&Summary) -> Estimate) -> Cell {
        if let Some(reason) = self.rounds.failure(case) {
            return Cell::Failed { reason: reason.to_string() };
        }
        match self.summary(case, samples) {
            Some(summary) => Cell::Measured(Box::new(estimate(&summary))),
            None => Cell::NotMeasured,
        }
    }

    /// The times of a case: measured, or as published.
    fn summary(&self, case: usize, samples: &[&Sample]) -> Option<Summary> {
        let walls: Vec<f64> = samples.iter().map(|sample| seconds(sample.wall_ns)).collect();
        let published = self.record.published.iter().find(|row| row.case == case);
        published.map_or(Summary::of(&walls), |row| {
            Some(Summary {
                count: row.runs as usize,
                mean: row.mean_s,
                min: row.min_s,
                max: row.max_s,
                sd: row.sd_s,
            })
        })
    }

    fn is_one_worker(&self, workload: &str, executor: &str) -> bool {
        self.record.workload(workload).is_some_and(|workload| is_one_worker(workload, executor))
    }

    fn waits(&self, workload: &str) -> bool {
        self.record.workload(workload).is_some_and(|workload| workload.waits.is_some())
    }

    /// The mean time of an executor's one worker over that of some samples of its, in the rounds that have both;
    /// where cases are not paired in rounds, in all.
    fn factor(
        &self,
        (workload, executor): (&str, &str),
        samples: &[&Sample],
        summary: &Summary,
    ) -> Option<f64> {
        let case = self.rounds.case(workload, executor, 1)?;
        let arms = self.is_one_worker(workload, executor).then(|| self.rounds.serial(workload));
        let ones = arms.as_deref().unwrap_or_else(|| self.rounds.samples(case));
        if samples.is_empty() || !self.rounds.paired() {
            return Some(self.summary(case, ones)?.mean / summary.mean);
        }
        let mut of_round: BTreeMap<u32, Vec<f64>> = BTreeMap::new();
        for one in ones {
            of_round.entry(one.round).or_default().push(one.wall_ns as f64);
        }
        let both = samples.iter().filter_map(|sample| {
            let ones = of_round.get(&sample.round)?;
            Some((ones.iter().sum::<f64>() / ones.len() as f64, sample.wall_ns as f64))
        });
        let (one, own) = both.fold((0.0, 0.0), |(one, own), (of_one, of_own)| (one + of_one, own + of_own));
        (own > 0.0).then(|| one / own)
    }

    /// An estimate that has only times.
    fn times(&self, case: usize, summary: &Summary, samples: &[&Sample]) -> Estimate {
        let workload = &self.record.plan.cases[case].workload;
        let serial = self.rounds.serial(workload);
        Estimate {
            runs: summary.count,
            mean_s: summary.mean,
            min_s: summary.min,
            max_s: summary.max,
            sd_s: summary.sd,
            factor: None,
            speedup: None,
            quiet: None,
            efficiency: None,
            karp_flatt: None,
            overhead_s: None,
            account: None,
            cpus: cpus_used(samples),
            waiting: self.waits(workload).then(|| waiting(samples, summary.mean)).flatten(),
            rounds: samples.iter().map(|sample| point(sample, &serial, self.rounds.paired())).collect(),
            timeline: None,
            outside: None,
        }
    }

    /// The speedup over the rounds that do not stand out, where some do and some do not.
    fn quiet(&self, pairs: &[Paired<'_>]) -> Option<Quantity> {
        let quiet = || pairs.iter().filter(|pair| !self.noisy.contains(&pair.sample.round));
        if [0, pairs.len()].contains(&quiet().count()) {
            return None;
        }
        speedup_over(quiet())
    }
}

fn point(sample: &Sample, serial: &[&Sample], paired: bool) -> RoundPoint {
    let same: Vec<f64> = (serial.iter().filter(|other| paired && other.round == sample.round))
        .map(|other| seconds(other.wall_ns))
        .collect();
    let probes: Vec<Probe> = [sample.machine.before, sample.machine.after].into_iter().flatten().collect();
    let mean = |values: Vec<f64>| Some(Summary::of(&values)?.mean);
    RoundPoint {
        round: sample.round,
        start_s: seconds(sample.start_ns),
        wall_s: seconds(sample.wall_ns),
        serial_s: mean(same),
        steal_s: sample.machine.steal_ns.map(seconds),
        clock_hz: mean(probes.iter().map(|probe| probe.clock_hz).collect()),
        width: mean(probes.iter().map(|probe| probe.width).collect()),
    }
}

/// The share of a speedup in the number of workers.
fn efficiency(speedup: Quantity, workers: usize) -> Quantity {
    let share = |speedup: f64| speedup / workers as f64;
    let interval =
        speedup.interval.map(|Interval { low, high }| Interval { low: share(low), high: share(high) });
    Quantity { value: share(speedup.value), interval }
}

/// The time of a sample that its busiest worker spent on neither generating nor computing; of a program
/// nobody knows.
fn overhead_s(sample: &Sample) -> Option<f64> {
    if sample.tasks.is_empty() {
        return None;
    }
    let mut busy = BTreeMap::<usize, u64>::new();
    for task in &sample.tasks {
        let busy = busy.entry(task.worker).or_default();
        *busy = busy.saturating_add(task.generate_ns).saturating_add(task.compute_ns);
    }
    Some(seconds(sample.wall_ns.saturating_sub(busy.into_values().max().unwrap_or(0))))
}

/// The speedup of a case over the serial baseline.
pub(super) fn speedup(rounds: &Rounds<'_>, case: usize) -> Option<Quantity> {
    if !rounds.paired() {
        let walls: Vec<f64> = rounds.samples(case).iter().map(|sample| sample.wall_ns as f64).collect();
        let pairs = rounds.pairs(case);
        let serial: Vec<f64> =
            pairs.first()?.reference.0.iter().map(|sample| sample.wall_ns as f64).collect();
        return bootstrap::ratio_of_independent_means(&serial, &walls);
    }
    speedup_over(rounds.pairs(case).iter())
}

/// The speedup over some rounds.
fn speedup_over<'a>(pairs: impl Iterator<Item = &'a Paired<'a>>) -> Option<Quantity> {
    let (serial, walls): (Vec<f64>, Vec<f64>) =
        pairs.map(|pair| (pair.reference.wall_ns(), pair.sample.wall_ns as f64)).unzip();
    bootstrap::ratio_of_means(&serial, &walls)
}
