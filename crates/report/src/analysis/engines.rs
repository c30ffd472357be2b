//! Runs of one batch compared: what a better engine gives, and what more workers of it give.
//!
//! An engine is whatever computes the batch: another kernel, another program, another language. Its
//! time is set against that of the first engine with as many workers. Where the runs took turns, round
//! by round, or are one run, the rounds are paired; else they are taken as independent.

use std::collections::BTreeMap;

use serde::Serialize;

use super::model::{Analysis, Cell, Estimate, ExecutorTable, WorkloadColumn};
use crate::record::{Data, Design};
use crate::stats::{Quantity, bootstrap};

/// A batch that several engines ran.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Engines {
    /// Name of the workload.
    pub workload: String,
    /// Head of its columns.
    pub label: String,
    /// Number of jobs.
    pub jobs: usize,
    /// Times that each job computes over its array.
    pub passes: u32,
    /// Bytes of all arrays.
    pub bytes: usize,
    /// All numbers of workers, ascending.
    pub counts: Vec<usize>,
    /// The number of workers with which engines are set against the first; absent if that was not
    /// measured at all.
    pub most: Option<usize>,
    /// The engines by executor, in the order of the runs.
    pub engines: Vec<Engine>,
}

/// An engine on an executor.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Engine {
    /// Name of the run.
    pub run: String,
    /// The program that measured.
    pub program: String,
    /// The kernel that computed.
    pub kernel: String,
    /// What the kernel came down to on that machine, where it left that to the processor.
    pub backend: Option<String>,
    /// How the arrays reached the workers.
    pub data: Data,
    /// Name of the executor.
    pub executor: String,
    /// Mean time of the batch in a plain loop, in seconds.
    pub serial_s: Option<f64>,
    /// Mean times in seconds, in the order of [`Engines::counts`].
    pub times_s: Vec<Option<f64>>,
    /// With [`Engines::most`] workers: time of one worker over this time.
    pub factor: Option<f64>,
    /// With [`Engines::most`] workers: the engine's own serial time over this time.
    pub speedup: Option<Quantity>,
    /// The serial time over that of the first engine.
    pub serial_ratio: Option<Quantity>,
    /// With [`Engines::most`] workers: the time over that of the first engine.
    pub ratio: Option<Quantity>,
    /// Whether the results are those of the first engine; absent where either are not known.
    pub same_results: Option<bool>,
    /// Why a case has no time, if it failed.
    pub failures: Vec<String>,
}

impl Engines {
    /// The batches of the first run that more than one engine computed.
    #[must_use]
    pub fn of<'a>(runs: impl IntoIterator<Item = &'a Analysis>) -> Vec<Self> {
        let runs: Vec<&Analysis> = runs.into_iter().collect();
        let mut batches: Vec<Self> = Vec::new();
        for column in runs.first().map_or(&[][..], |run| &run.workloads) {
            let known = |batch: &Self| batch.is_of(column);
            if !batches.iter().any(known) {
                batches.extend(Self::of_batch(&runs, column));
            }
        }
        batches
    }

    fn is_of(&self, column: &WorkloadColumn) -> bool {
        (&self.workload, self.jobs, self.passes, self.bytes)
            == (&column.workload, column.jobs, column.passes, column.bytes)
    }

    fn of_batch(runs: &[&Analysis], first: &WorkloadColumn) -> Option<Self> {
        let mut batch = Self {
            workload: first.workload.clone(),
            label: first.workload_label(),
            jobs: first.jobs,
            passes: first.passes,
            bytes: first.bytes,
            counts: Vec::new(),
            most: None,
            engines: Vec::new(),
        };
        let lines: Vec<EngineCases<'_>> = runs.iter().flat_map(|run| EngineCases::of(run, &batch)).collect();
        let reference = lines.first()?;
        if lines.iter().all(|line| line.engine() == reference.engine()) {
            return None;
        }
        let mut counts: Vec<usize> =
            lines.iter().flat_map(|line| line.table.rows.iter().map(|row| row.workers)).collect();
        counts.sort_unstable();
        counts.dedup();
        let waits = reference.column.waits();
        batch.most = reference.table.representative(reference.index, waits).map(|case| case.workers);
        batch.engines = lines.iter().map(|line| line.against(reference, &counts, batch.most)).collect();
        batch.counts = counts;
        Some(batch)
    }
}

impl WorkloadColumn {
    /// The label without the way in which data are passed, which several columns of a batch differ in.
    fn workload_label(&self) -> String {
        let way = format!(" {}", self.data.name());
        self.label.strip_suffix(&way).unwrap_or(&self.label).to_string()
    }
}

/// An executor of a run with one of its columns.
struct EngineCases<'a> {
    run: &'a Analysis,
    column: &'a WorkloadColumn,
    index: usize,
    table: &'a ExecutorTable,
}

impl<'a> EngineCases<'a> {
    fn of(run: &'a Analysis, batch: &Engines) -> Vec<Self> {
        let columns = run.workloads.iter().enumerate().filter(|(_, column)| batch.is_of(column));
        let lines = columns.flat_map(|(index, column)| {
            run.executors.iter().map(move |table| Self { run, column, index, table })
        });
        lines.filter(Self::was_planned).collect()
    }

    /// Whether the executor ran this column at all, or should have.
    fn was_planned(&self) -> bool {
        self.table.rows.iter().any(|row| row.cells[self.index] != Cell::NotMeasured)
    }

    /// What computes: runs that do not differ in it are the same engine measured again.
    fn engine(&self) -> (&str, &str, &str, Option<&str>) {
        let column = self.column;
        (&self.run.name, &self.run.program, &column.kernel, column.backend.as_deref())
    }

    fn estimate(&self, workers: usize) -> Option<&'a Estimate> {
        let row = self.table.rows.iter().find(|row| row.workers == workers)?;
        row.cells[self.index].estimate()
    }

    fn against(&self, reference: &Self, counts: &[usize], most: Option<usize>) -> Engine {
        let estimate = most.and_then(|workers| self.estimate(workers));
        let paired = self.paired_with(reference);
        let ratio = |own: Option<&Estimate>, other: Option<&Estimate>| ratio(own?, other?, paired);
        let serial = |line: &Self| line.column.serial.estimate();
        let known = !self.column.digests.is_empty() && !reference.column.digests.is_empty();
        Engine {
            run: self.run.name.clone(),
            program: self.run.program.clone(),
            kernel: self.column.kernel.clone(),
            backend: self.column.backend.clone(),
            data: self.column.data,
            executor: self.table.executor.clone(),
            serial_s: self.column.serial.estimate().map(|serial| serial.mean_s),
            times_s: (counts.iter())
                .map(|&workers| self.estimate(workers).map(|estimate| estimate.mean_s))
                .collect(),
            factor: estimate.and_then(|estimate| estimate.factor),
            speedup: estimate.and_then(|estimate| estimate.speedup),
            serial_ratio: ratio(serial(self), serial(reference)),
            ratio: ratio(estimate, most.and_then(|workers| reference.estimate(workers))),
            same_results: known.then(|| self.column.digests == reference.column.digests),
            failures: self.failures(),
        }
    }

    fn failures(&self) -> Vec<String> {
        let failed = self.table.rows.iter().filter_map(|row| match &row.cells[self.index] {
            Cell::Failed { reason } => Some(format!("{}/{}: {reason}", self.table.executor, row.workers)),
            Cell::Measured(_) | Cell::NotMeasured => None,
        });
        failed.collect()
    }

    fn paired_with(&self, other: &Self) -> bool {
        let rounds = |line: &Self| line.run.design == Design::InterleavedRounds;
        let turns = self.run.turns.is_some() && self.run.turns == other.run.turns;
        rounds(self) && rounds(other) && (std::ptr::eq(self.run, other.run) || turns)
    }
}

/// The ratio of two mean times.
fn ratio(own: &Estimate, other: &Estimate, paired: bool) -> Option<Quantity> {
    if std::ptr::eq(own, other) {
        return Some(Quantity::known(1.0));
    }
    if paired {
        let (own, other) = (by_round(own), by_round(other));
        let both = own.iter().filter_map(|(round, time)| Some((*time, *other.get(round)?)));
        let (own, other): (Vec<f64>, Vec<f64>) = both.unzip();
        return bootstrap::ratio_of_means(&own, &other);
    }
    let times = |estimate: &Estimate| by_round(estimate).into_values().collect::<Vec<f64>>();
    if own.rounds.is_empty() || other.rounds.is_empty() {
        return Some(Quantity::known(own.mean_s / other.mean_s)).filter(|ratio| ratio.value.is_finite());
    }
    bootstrap::ratio_of_independent_means(&times(own), &times(other))
}

/// Mean time by round: the serial baseline has two arms in each.
fn by_round(estimate: &Estimate) -> BTreeMap<u32, f64> {
    let mut sums: BTreeMap<u32, (f64, f64)> = BTreeMap::new();
    for point in &estimate.rounds {
        let (sum, count) = sums.entry(point.round).or_default();
        *sum += point.wall_s;
        *count += 1.0;
    }
    sums.into_iter().map(|(round, (sum, count))| (round, sum / count)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::{RunRecord, Status, book};

    /// A run that took turns with others, whose times are those of the book times `factor`, round r
    /// being slower than round 0 by r tenths.
    fn run(name: &str, factor: f64) -> RunRecord {
        let mut record = book::record();
        record.name = name.to_string();
        record.design = Design::InterleavedRounds;
        record.status = Status::Complete;
        record.plan.turns = Some("turns".into());
        record.environment.cpus_available = crate::record::Known::Value(2);
        let published = std::mem::take(&mut record.published);
        for round in 0..6 {
            for row in &published {
                let wall_s = row.mean_s * factor * (1.0 + f64::from(round) / 10.0);
                record.samples.push(crate::record::Sample {
                    start_ns: u64::from(round),
                    ..crate::record::Sample::timed(row.case, round, (wall_s * 1e9) as u64)
                });
            }
        }
        record
    }

    #[test]
    fn engines_are_set_against_the_first_round_by_round() {
        let runs = [run("ours", 1.0), run("theirs", 3.0)].map(|record| Analysis::of(&record));
        let batches = Engines::of(&runs);
        assert_eq!(
            batches.iter().map(|batch| batch.workload.as_str()).collect::<Vec<_>>(),
            ["rc4", "sha256"]
        );
        let rc4 = &batches[0];
        assert_eq!((rc4.most, &rc4.counts[..]), (Some(2), &[1, 2, 3, 4][..]), "two CPUs can be used");
        let [ours, theirs] = &rc4.engines[..] else { panic!("two engines: {:?}", rc4.engines) };
        assert_eq!(ours.ratio, Some(Quantity::known(1.0)));
        let ratio = theirs.ratio.unwrap();
        assert!((ratio.value - 3.0).abs() < 1e-6);
        assert!(ratio.interval.unwrap().width() < 1e-6, "what drifts alike cancels: {ratio:?}");
        assert!((theirs.factor.unwrap() - 11.48 / 8.65).abs() < 0.01);
        assert_eq!((theirs.serial_s, theirs.speedup, theirs.serial_ratio), (None, None, None));
        let mut alone = runs.clone();
        alone[1].turns = None;
        let ratio = Engines::of(&alone)[0].engines[1].ratio.unwrap();
        assert!(ratio.interval.unwrap().width() > 0.1, "unpaired, the drift is uncertainty: {ratio:?}");
    }

    #[test]
    fn another_batch_and_a_lone_engine_are_left_out() {
        let (ours, mut theirs) = (run("ours", 1.0), run("theirs", 3.0));
        theirs.plan.workloads[0].passes += 1;
        let runs = [Analysis::of(&ours), Analysis::of(&theirs)];
        let batches = Engines::of(&runs);
        assert_eq!(batches.iter().map(|batch| batch.workload.as_str()).collect::<Vec<_>>(), ["sha256"]);
        assert!(Engines::of(&runs[..1]).is_empty() && Engines::of([]).is_empty());
    }

    #[test]
    fn other_results_are_noticed() {
        let (mut ours, mut theirs) = (run("ours", 1.0), run("theirs", 3.0));
        let same = |ours: &RunRecord, theirs: &RunRecord| {
            Engines::of(&[Analysis::of(ours), Analysis::of(theirs)])[0].engines[1].same_results
        };
        assert_eq!(same(&ours, &theirs), None, "the book gives no results");
        for record in [&mut ours, &mut theirs] {
            let jobs = record.plan.workloads[0].sizes.len();
            record.plan.workloads[0].digests = vec!["aa".into(); jobs];
        }
        assert_eq!(same(&ours, &theirs), Some(true));
        theirs.plan.workloads[0].digests[0] = "bb".into();
        assert_eq!(same(&ours, &theirs), Some(false));
    }
}
