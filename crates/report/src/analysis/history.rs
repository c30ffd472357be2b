//! All runs of one batch, in the order of time: what each took, and how much faster its pools were.
//!
//! Whether something changed is not decided here: that takes methods for change points, which other programs have.

use super::cells::speedup;
use super::compare::{Difference, of_batches, of_machines};
use super::rounds::Rounds;
use super::seconds::seconds;
use super::shell::without_shell;
use crate::record::{BASELINE, Case, RunRecord, Status};
use crate::stats::{Interval, Quantity, bootstrap};

/// The runs of one batch, case by case.
#[derive(Debug, Clone, PartialEq)]
pub struct History {
    /// The cases of the run that says which batch it is, the serial baselines among them.
    pub cases: Vec<Case>,
    /// Heads of the workloads' columns, by the workload's name.
    pub labels: Vec<(String, String)>,
    /// The CPUs of that run, where they are known.
    pub cpus: Option<usize>,
    /// The runs, by the time of their start.
    pub runs: Vec<PastRun>,
}

/// One run.
#[derive(Debug, Clone, PartialEq)]
pub struct PastRun {
    /// Name of the run.
    pub name: String,
    /// Start of the run, RFC 3339, UTC.
    pub created: String,
    /// Source revision of the program that measured; absent where unknown.
    pub revision: Option<String>,
    /// Version of the program that measured.
    pub program: String,
    /// Whether it came to its end.
    pub status: Status,
    /// What is not as on the machine of the run that says which batch it is; empty on the same.
    pub machine: Vec<Difference>,
    /// What it measured, by the cases of the history; absent where it did not measure one.
    pub figures: Vec<Option<Past>>,
}

/// A case in one run.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Past {
    /// Counted executions.
    pub executions: usize,
    /// Mean time in seconds.
    pub time_s: Quantity,
    /// Time of the serial baseline over that; absent of the baseline itself.
    pub speedup: Option<Quantity>,
}

/// Whether a record is of the same batch, measured in the same way, whatever the machine.
#[must_use]
pub fn is_of_batch(like: &RunRecord, record: &RunRecord) -> bool {
    let names = |record: &RunRecord| -> Vec<String> {
        record.plan.workloads.iter().map(|workload| workload.name.clone()).collect()
    };
    names(like) == names(record) && of_batches(like, record).is_empty()
}

impl History {
    /// The history of those records that are of the same batch as `like`.
    #[must_use]
    pub fn of<'a>(like: &RunRecord, records: impl IntoIterator<Item = &'a RunRecord>) -> Self {
        let cases: Vec<Case> = like.plan.cases.iter().filter(|case| !case.again).cloned().collect();
        let past = |record: &RunRecord| PastRun {
            name: record.name.clone(),
            created: record.created.clone(),
            revision: record.tool.git_revision.clone(),
            program: record.tool.program(),
            status: record.status,
            machine: of_machines(like, record),
            figures: figures(record, &cases),
        };
        let of_batch = records.into_iter().filter(|record| is_of_batch(like, record));
        let mut runs: Vec<PastRun> = of_batch.map(past).collect();
        runs.sort_by(|one, other| one.created.cmp(&other.created));
        let workloads = like.plan.workloads.iter();
        Self {
            labels: workloads.map(|workload| (workload.name.clone(), workload.label.clone())).collect(),
            cpus: like.environment.cpus_available.value().copied(),
            cases,
            runs,
        }
    }

    /// The runs that have a figure of every case, and a speedup of every pool.
    pub fn whole(&self) -> impl Iterator<Item = &PastRun> {
        let has = |(case, past): (&Case, &Option<Past>)| {
            past.as_ref().is_some_and(|past| case.executor == BASELINE || past.speedup.is_some())
        };
        self.runs.iter().filter(move |run| self.cases.iter().zip(&run.figures).all(has))
    }

    /// Of each workload the serial baseline, and of each executor the case with the most workers that do not exceed
    /// the CPUs: what a table or a chart has room for. As indices of [`cases`](Self::cases).
    #[must_use]
    pub fn chosen(&self) -> Vec<usize> {
        let fits = |case: &Case| self.cpus.is_none_or(|cpus| case.workers <= cpus) || case.workers == 1;
        let is_chosen = |(_, case): &(usize, &Case)| {
            let alike = |other: &&Case| other.workload == case.workload && other.executor == case.executor;
            let most =
                self.cases.iter().filter(alike).filter(|case| fits(case)).map(|case| case.workers).max();
            most == Some(case.workers)
        };
        self.cases.iter().enumerate().filter(is_chosen).map(|(index, _)| index).collect()
    }
}

fn figures(record: &RunRecord, cases: &[Case]) -> Vec<Option<Past>> {
    let record = &*without_shell(record);
    let rounds = Rounds::of(record);
    let figure = |case: &Case| {
        let index = rounds.case(&case.workload, &case.executor, case.workers)?;
        let baseline = case.executor == BASELINE;
        let samples = if baseline { rounds.serial(&case.workload) } else { rounds.samples(index).to_vec() };
        let walls: Vec<f64> = samples.iter().map(|sample| seconds(sample.wall_ns)).collect();
        if let Some(row) = record.published.iter().find(|row| row.case == index) {
            return Some(Past {
                executions: row.runs as usize,
                time_s: Quantity::known(row.mean_s),
                speedup: None,
            });
        }
        (!walls.is_empty() && rounds.failure(index).is_none()).then(|| Past {
            executions: walls.len(),
            time_s: mean(&walls),
            speedup: if baseline { None } else { speedup(&rounds, index) },
        })
    };
    cases.iter().map(figure).collect()
}

fn mean(values: &[f64]) -> Quantity {
    let evaluate = |weights: &[f64], out: &mut [f64]| {
        let sum: f64 = values.iter().zip(weights).map(|(value, weight)| value * weight).sum();
        out[0] = sum / values.len() as f64;
    };
    let interval: Option<Interval> = bootstrap::rounds(values.len(), 1, evaluate)[0];
    Quantity { value: values.iter().sum::<f64>() / values.len() as f64, interval }
}
