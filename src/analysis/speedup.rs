//! The book's table: mean times, factors against one worker, speedups against serial.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::record::{BASELINE, Case, Design, RunRecord, Sample, Status};
use crate::stats::{self, Summary};

/// What a run says about scaling.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Analysis {
    /// Name of the run.
    pub name: String,
    /// Start of the run, RFC 3339, UTC.
    pub created: String,
    /// The machine in a few words.
    pub machine: String,
    /// How the samples were ordered in time.
    pub design: Design,
    /// How far the run got.
    pub status: Status,
    /// The workloads, in the order of their columns.
    pub workloads: Vec<WorkloadColumn>,
    /// The executors with their rows; the serial baseline is in the columns instead.
    pub executors: Vec<ExecutorTable>,
}

/// A workload and its serial baseline.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct WorkloadColumn {
    /// Name on the command line.
    pub name: String,
    /// Head of its columns.
    pub label: String,
    /// The batch run by a plain loop.
    pub serial: Cell,
}

/// One executor's table.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ExecutorTable {
    /// Name of the executor.
    pub executor: String,
    /// Rows by ascending number of workers.
    pub rows: Vec<Row>,
}

/// One number of workers.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Row {
    /// Number of workers.
    pub workers: usize,
    /// One cell per workload, in the order of [`Analysis::workloads`].
    pub cells: Vec<Cell>,
}

/// What is known about one case.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case", tag = "state")]
pub enum Cell {
    /// It was measured.
    Measured(Estimate),
    /// It failed, for the reason given.
    Failed {
        /// The first failure's message.
        reason: String,
    },
    /// It was not part of the run, or the run ended before it.
    NotMeasured,
}

impl Cell {
    /// The figures, if there are any.
    #[must_use]
    pub fn estimate(&self) -> Option<&Estimate> {
        match self {
            Self::Measured(estimate) => Some(estimate),
            Self::Failed { .. } | Self::NotMeasured => None,
        }
    }
}

/// The figures of one case. Times are in seconds.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Estimate {
    /// Number of samples.
    pub runs: usize,
    /// Mean time.
    pub mean_s: f64,
    /// Least time.
    pub min_s: f64,
    /// Greatest time.
    pub max_s: f64,
    /// Sample standard deviation.
    pub sd_s: f64,
    /// Mean time of one worker of the same executor over this mean time: the book's factor.
    pub factor: Option<f64>,
    /// Mean time of the serial baseline over this mean time.
    pub speedup: Option<f64>,
    /// Median over the samples of the time that is neither generating nor computing: the case's
    /// time less the busy time of its busiest worker. Absent without raw samples.
    pub overhead_s: Option<f64>,
}

impl Analysis {
    /// The figures of every pool that was measured.
    pub fn estimates(&self) -> impl Iterator<Item = &Estimate> + Clone {
        let cells = self.executors.iter().flat_map(|table| &table.rows).flat_map(|row| &row.cells);
        cells.filter_map(Cell::estimate)
    }

    /// The least and the greatest number of samples behind a pool's figures; `None` if no pool was
    /// measured.
    #[must_use]
    pub fn runs(&self) -> Option<(usize, usize)> {
        let counts = self.estimates().map(|estimate| estimate.runs);
        counts.clone().min().zip(counts.max())
    }

    /// Analyses a record. Warm-up samples are left out.
    #[must_use]
    pub fn of(record: &RunRecord) -> Self {
        let cells = Cells::of(record);
        Self {
            name: record.name.clone(),
            created: record.created.clone(),
            machine: record.environment.summary(),
            design: record.design,
            status: record.status,
            workloads: (record.plan.workloads.iter())
                .map(|workload| WorkloadColumn {
                    name: workload.name.clone(),
                    label: workload.label.clone(),
                    serial: cells.cell(&workload.name, BASELINE, 1),
                })
                .collect(),
            executors: executors(record)
                .into_iter()
                .map(|executor| ExecutorTable { rows: rows(record, &cells, &executor), executor })
                .collect(),
        }
    }
}

/// The executors other than the baseline, in the order of the plan.
fn executors(record: &RunRecord) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for case in &record.plan.cases {
        if case.executor != BASELINE && !names.contains(&case.executor) {
            names.push(case.executor.clone());
        }
    }
    names
}

fn rows(record: &RunRecord, cells: &Cells, executor: &str) -> Vec<Row> {
    let mut workers: Vec<usize> =
        record.plan.cases.iter().filter(|case| case.executor == executor).map(|case| case.workers).collect();
    workers.sort_unstable();
    workers.dedup();
    workers
        .into_iter()
        .map(|workers| Row {
            workers,
            cells: (record.plan.workloads.iter())
                .map(|workload| cells.cell(&workload.name, executor, workers))
                .collect(),
        })
        .collect()
}

/// The figures of every case before they are put in relation to each other.
struct Cells<'a> {
    plan: &'a [Case],
    summaries: BTreeMap<usize, (Summary, Option<f64>)>,
    failures: BTreeMap<usize, &'a str>,
}

impl<'a> Cells<'a> {
    fn of(record: &'a RunRecord) -> Self {
        let mut samples: BTreeMap<usize, Vec<&Sample>> = BTreeMap::new();
        for sample in record.samples.iter().filter(|sample| !sample.warmup) {
            samples.entry(sample.case).or_default().push(sample);
        }
        let mut summaries: BTreeMap<usize, (Summary, Option<f64>)> = BTreeMap::new();
        for (case, samples) in samples {
            let walls: Vec<f64> = samples.iter().map(|sample| seconds(sample.wall_ns)).collect();
            let overheads: Vec<f64> = samples.iter().map(|sample| overhead_s(sample)).collect();
            if let Some(summary) = Summary::of(&walls) {
                summaries.insert(case, (summary, stats::median(&overheads)));
            }
        }
        for row in &record.published {
            let summary = Summary {
                count: row.runs as usize,
                mean: row.mean_s,
                min: row.min_s,
                max: row.max_s,
                sd: row.sd_s,
            };
            summaries.insert(row.case, (summary, None));
        }
        let mut failures = BTreeMap::new();
        for failure in &record.failures {
            failures.entry(failure.case).or_insert(failure.message.as_str());
        }
        Self { plan: &record.plan.cases, summaries, failures }
    }

    fn index(&self, workload: &str, executor: &str, workers: usize) -> Option<usize> {
        self.plan.iter().position(|case| {
            case.workload == workload && case.executor == executor && case.workers == workers
        })
    }

    fn mean(&self, workload: &str, executor: &str, workers: usize) -> Option<f64> {
        let (summary, _) = self.summaries.get(&self.index(workload, executor, workers)?)?;
        Some(summary.mean)
    }

    fn cell(&self, workload: &str, executor: &str, workers: usize) -> Cell {
        let Some(index) = self.index(workload, executor, workers) else { return Cell::NotMeasured };
        if let Some(reason) = self.failures.get(&index) {
            return Cell::Failed { reason: (*reason).to_string() };
        }
        let Some((summary, overhead_s)) = self.summaries.get(&index) else { return Cell::NotMeasured };
        Cell::Measured(Estimate {
            runs: summary.count,
            mean_s: summary.mean,
            min_s: summary.min,
            max_s: summary.max,
            sd_s: summary.sd,
            factor: self.mean(workload, executor, 1).map(|one| one / summary.mean),
            speedup: self.mean(workload, BASELINE, 1).map(|serial| serial / summary.mean),
            overhead_s: *overhead_s,
        })
    }
}

/// The time of a sample that its busiest worker spent on neither generating nor computing.
fn overhead_s(sample: &Sample) -> f64 {
    let mut busy: BTreeMap<usize, u64> = BTreeMap::new();
    for task in &sample.tasks {
        let busy = busy.entry(task.worker).or_default();
        *busy = busy.saturating_add(task.generate_ns).saturating_add(task.compute_ns);
    }
    seconds(sample.wall_ns.saturating_sub(busy.into_values().max().unwrap_or(0)))
}

fn seconds(nanoseconds: u64) -> f64 {
    nanoseconds as f64 / 1e9
}
