//! The book's table: mean times, factors against one worker, speedups against serial.

use std::collections::BTreeMap;

use super::model::{Analysis, Cell, Effort, Estimate, ExecutorTable, Row, WorkloadColumn};
use crate::record::{BASELINE, Case, RunRecord, Sample};
use crate::stats::{self, Quantity, Summary};

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
            pool: record.plan.pool,
            status: record.status,
            effort: Effort {
                rounds: 0,
                warmup_rounds: 0,
                stop: record.stop,
                precision: record.plan.precision,
                widest: None,
                noisy: Vec::new(),
            },
            environment: record.environment.clone(),
            crossovers: Vec::new(),
            workloads: (record.plan.workloads.iter())
                .map(|workload| WorkloadColumn {
                    name: workload.name.clone(),
                    label: workload.label.clone(),
                    jobs: workload.sizes.len(),
                    floor: None,
                    bounds: Vec::new(),
                    ceilings: Vec::new(),
                    serial: cells.cell(&workload.name, BASELINE, 1),
                })
                .collect(),
            executors: executors(record)
                .into_iter()
                .map(|executor| ExecutorTable {
                    rows: rows(record, &cells, &executor),
                    executor,
                    scaling: Vec::new(),
                })
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
            oversubscribed: record.environment.cpus_available.is_some_and(|cpus| workers > cpus),
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
        Cell::Measured(Box::new(Estimate {
            runs: summary.count,
            mean_s: summary.mean,
            min_s: summary.min,
            max_s: summary.max,
            sd_s: summary.sd,
            factor: self.mean(workload, executor, 1).map(|one| one / summary.mean),
            speedup: self.mean(workload, BASELINE, 1).map(|serial| Quantity::known(serial / summary.mean)),
            overhead_s: *overhead_s,
            efficiency: None,
            karp_flatt: None,
            account: None,
            rounds: Vec::new(),
            timeline: None,
        }))
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
