//! The counted samples of a record by case, each with the serial baseline that it is set against.

use std::collections::BTreeMap;

use super::model::Apart;
use super::still::standing_still;
use crate::record::{
    Axes, BASELINE, COMMAND, Case, CommandRecord, Design, RunRecord, Sample, WorkloadRecord,
};

/// The counted samples of a record.
pub(super) struct Rounds<'a> {
    record: &'a RunRecord,
    /// By case, in the order of rounds.
    samples: Vec<Vec<&'a Sample>>,
    /// Those that are left out, by case and round.
    apart: BTreeMap<(usize, u32), Apart>,
}

/// A sample and what it is compared with.
#[derive(Debug)]
pub(super) struct Paired<'a> {
    pub(super) sample: &'a Sample,
    pub(super) reference: Reference<'a>,
}

/// Executions of the serial baseline that stand for one: both arms of a round, or all there are.
#[derive(Debug, Clone)]
pub(super) struct Reference<'a>(pub(super) Vec<&'a Sample>);

impl Reference<'_> {
    /// Mean of a figure over the executions.
    pub(super) fn mean(&self, figure: impl Fn(&Sample) -> f64) -> f64 {
        self.0.iter().map(|sample| figure(sample)).sum::<f64>() / self.0.len() as f64
    }

    /// Mean of a figure over the executions; `None` if one lacks it.
    pub(super) fn mean_of_known(&self, figure: impl Fn(&Sample) -> Option<f64>) -> Option<f64> {
        let known: Option<Vec<f64>> = self.0.iter().map(|sample| figure(sample)).collect();
        known.map(|known| known.iter().sum::<f64>() / known.len() as f64)
    }

    /// Mean time in nanoseconds.
    pub(super) fn wall_ns(&self) -> f64 {
        self.mean(|sample| sample.wall_ns as f64)
    }
}

impl<'a> Rounds<'a> {
    pub(super) fn of(record: &'a RunRecord) -> Self {
        Self::until(record, u64::MAX)
    }

    /// Those that had begun by that time of the run.
    pub(super) fn until(record: &'a RunRecord, time_ns: u64) -> Self {
        let mut samples = vec![Vec::new(); record.plan.cases.len()];
        let apart = standing_still(record);
        let counts = |sample: &&Sample| {
            let begun = !sample.warmup && sample.start_ns <= time_ns;
            begun && !apart.contains_key(&(sample.case, sample.round))
        };
        for sample in record.samples.iter().filter(counts) {
            samples[sample.case].push(sample);
        }
        for of_case in &mut samples {
            of_case.sort_by_key(|sample| (sample.round, sample.start_ns));
        }
        Self { record, samples, apart }
    }

    /// The counted samples that are left out.
    pub(super) fn apart(&self) -> impl Iterator<Item = &Apart> {
        self.apart.values()
    }

    /// The counted samples of a case.
    pub(super) fn samples(&self, case: usize) -> &[&'a Sample] {
        &self.samples[case]
    }

    /// The plan's case of that kind.
    pub(super) fn case(&self, workload: &str, executor: &str, workers: usize) -> Option<usize> {
        let wanted = |case: &Case| {
            case.workload == workload && case.executor == executor && case.workers == workers && !case.again
        };
        let one = || {
            let workload = self.record.workload(workload)?;
            (workers == 1 && is_one_worker(workload, executor)).then_some(())?;
            self.arms(&workload.name).next()
        };
        self.record.plan.cases.iter().position(wanted).or_else(one)
    }

    /// The arms of a workload's serial baseline.
    fn arms(&self, workload: &str) -> impl Iterator<Item = usize> {
        let cases = self.record.plan.cases.iter().enumerate();
        cases.filter(move |(_, case)| case.workload == workload && case.executor == BASELINE).map(|(i, _)| i)
    }

    /// Both arms of a workload's serial baseline, in the order of rounds.
    pub(super) fn serial(&self, workload: &str) -> Vec<&'a Sample> {
        let mut all: Vec<_> = self.arms(workload).flat_map(|arm| self.samples[arm].iter().copied()).collect();
        all.sort_by_key(|sample| (sample.round, sample.start_ns));
        all
    }

    /// Times of the two arms in the rounds that have both.
    pub(super) fn both_arms(&self, workload: &str) -> (Vec<f64>, Vec<f64>) {
        let [one, two] = [false, true].map(|again| {
            let arm = self.arms(workload).find(|&arm| self.record.plan.cases[arm].again == again);
            let samples = arm.map_or(&[][..], |arm| &self.samples[arm][..]);
            samples.iter().map(|s| (s.round, s.wall_ns as f64)).collect::<BTreeMap<u32, f64>>()
        });
        let both = one.iter().filter_map(|(round, &time)| Some((time, *two.get(round)?)));
        both.unzip()
    }

    /// Whether the samples of one round belong together.
    pub(super) fn paired(&self) -> bool {
        self.record.design == Design::InterleavedRounds
    }

    /// The independent draw that a round belongs to: the process that measured it, where each measured a few rounds;
    /// else it is the round itself.
    pub(super) fn draw(&self, round: u32) -> usize {
        self.record.plan.invocation_rounds.map_or(round, |each| round / each) as usize
    }

    /// The samples of a case with the serial baseline: of the same round, or, where cases ran one
    /// after the other, of the whole run. What has no counterpart is left out.
    pub(super) fn pairs(&self, case: usize) -> Vec<Paired<'a>> {
        self.pairs_of(&self.record.plan.cases[case].workload, &self.samples[case])
    }

    /// The same of some samples of a workload.
    pub(super) fn pairs_of(&self, workload: &str, samples: &[&'a Sample]) -> Vec<Paired<'a>> {
        let serial = self.serial(workload);
        let mut by_round: BTreeMap<u32, Vec<&Sample>> = BTreeMap::new();
        if self.paired() {
            for sample in &serial {
                by_round.entry(sample.round).or_default().push(sample);
            }
        }
        let reference = |sample: &Sample| {
            let found = if self.paired() { by_round.get(&sample.round)?.clone() } else { serial.clone() };
            (!found.is_empty()).then_some(Reference(found))
        };
        (samples.iter())
            .filter_map(|&sample| Some(Paired { sample, reference: reference(sample)? }))
            .collect()
    }

    /// The failure of a case, unless the run was taken up again after it and measured the case.
    pub(super) fn failure(&self, case: usize) -> Option<&'a str> {
        let failure = self.record.failures.iter().rfind(|failure| failure.case == case)?;
        let mut after = self.samples[case].iter();
        let past = after.any(|sample| failure.warmup || sample.round > failure.round);
        (!past).then_some(failure.message.as_str())
    }
}

/// Whether the serial baseline of a workload is one worker of an executor, which then has no case: of a
/// command without a serial one.
pub(super) fn is_one_worker(workload: &WorkloadRecord, executor: &str) -> bool {
    let alone = |command: &CommandRecord| command.serial.is_empty() && command.batch.is_none();
    let one = |command: &CommandRecord| match &command.grid {
        None => executor == COMMAND,
        Some(axes) => axes.processes.contains(&1) && executor == Axes::executor(1),
    };
    workload.command.as_deref().is_some_and(|command| alone(command) && one(command))
}
