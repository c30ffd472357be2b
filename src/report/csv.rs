//! One line per case, for spreadsheets and scripts.

use serde::Serialize;

use super::Format;
use crate::analysis::{Analysis, Cell};
use crate::record::BASELINE;

/// One line per case.
#[derive(Debug)]
pub struct Csv;

#[derive(Serialize)]
struct Line<'a> {
    run: &'a str,
    created: &'a str,
    workload: &'a str,
    executor: &'a str,
    workers: usize,
    state: &'a str,
    runs: Option<usize>,
    mean_s: Option<f64>,
    min_s: Option<f64>,
    max_s: Option<f64>,
    sd_s: Option<f64>,
    factor: Option<f64>,
    speedup: Option<f64>,
    overhead_s: Option<f64>,
    reason: &'a str,
}

impl Format for Csv {
    fn name(&self) -> &'static str {
        "csv"
    }

    fn summary(&self) -> &'static str {
        "one line per case, all digits"
    }

    fn render(&self, runs: &[Analysis]) -> String {
        let mut writer = csv::Writer::from_writer(Vec::new());
        for run in runs {
            for (index, workload) in run.workloads.iter().enumerate() {
                let mut write = |executor: &str, workers, cell: &Cell| {
                    let line = line(run, &workload.name, executor, workers, cell);
                    writer.serialize(line).expect("writing to memory does not fail");
                };
                write(BASELINE, 1, &workload.serial);
                for table in &run.executors {
                    for row in &table.rows {
                        write(&table.executor, row.workers, &row.cells[index]);
                    }
                }
            }
        }
        let bytes = writer.into_inner().expect("writing to memory does not fail");
        String::from_utf8(bytes).expect("names and numbers are UTF-8")
    }
}

fn line<'a>(
    run: &'a Analysis,
    workload: &'a str,
    executor: &'a str,
    workers: usize,
    cell: &'a Cell,
) -> Line<'a> {
    let estimate = cell.estimate();
    let (state, reason) = match cell {
        Cell::Measured(_) => ("measured", ""),
        Cell::Failed { reason } => ("failed", reason.as_str()),
        Cell::NotMeasured => ("not-measured", ""),
    };
    Line {
        run: &run.name,
        created: &run.created,
        workload,
        executor,
        workers,
        state,
        runs: estimate.map(|e| e.runs),
        mean_s: estimate.map(|e| e.mean_s),
        min_s: estimate.map(|e| e.min_s),
        max_s: estimate.map(|e| e.max_s),
        sd_s: estimate.map(|e| e.sd_s),
        factor: estimate.and_then(|e| e.factor),
        speedup: estimate.and_then(|e| e.speedup).map(|speedup| speedup.value),
        overhead_s: estimate.and_then(|e| e.overhead_s),
        reason,
    }
}
