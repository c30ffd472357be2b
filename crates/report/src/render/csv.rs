//! One line per case, for spreadsheets and scripts.

use super::Format;
use crate::analysis::{Account, Analysis, Cell, Estimate, Loss, WorkloadColumn};
use crate::record::BASELINE;
use crate::stats::Quantity;

/// One line per case.
#[derive(Debug)]
pub struct Csv;

/// The columns before those of the losses, which are in units of speedup.
const HEAD: [&str; 32] = [
    "run",
    "created",
    "workload",
    "kernel",
    "backend",
    "data",
    "executor",
    "workers",
    "state",
    "runs",
    "mean_s",
    "min_s",
    "max_s",
    "sd_s",
    "factor",
    "speedup",
    "speedup_low",
    "speedup_high",
    "efficiency",
    "karp_flatt",
    "karp_flatt_low",
    "karp_flatt_high",
    "bound",
    "ceiling",
    "overhead_s",
    "oversubscribed",
    "jobs_per_s",
    "waiting",
    "waiting_low",
    "waiting_high",
    "gap",
    "residual",
];

impl Format for Csv {
    fn name(&self) -> &'static str {
        "csv"
    }

    fn summary(&self) -> &'static str {
        "one line per case, all digits"
    }

    fn render(&self, runs: &[Analysis]) -> String {
        let mut all: Vec<Vec<String>> = Vec::new();
        let mut write = |fields: Vec<String>| all.push(fields);
        let losses = Loss::ALL.iter().map(|loss| format!("loss_{}", loss.name().replace(' ', "_")));
        write(HEAD.iter().map(ToString::to_string).chain(losses).chain(["reason".to_string()]).collect());
        for run in runs {
            for (index, workload) in run.workloads.iter().enumerate() {
                write(line(run, workload, (BASELINE, 1, false), &workload.serial));
                for table in &run.executors {
                    for row in &table.rows {
                        let case = (table.executor.as_str(), row.workers, row.oversubscribed);
                        write(line(run, workload, case, &row.cells[index]));
                    }
                }
            }
        }
        lines(all)
    }
}

/// Lines of fields as CSV.
pub(super) fn lines(lines: impl IntoIterator<Item = Vec<String>>) -> String {
    let mut writer = csv::Writer::from_writer(Vec::new());
    for fields in lines {
        writer.write_record(fields).expect("writing to memory does not fail");
    }
    let bytes = writer.into_inner().expect("writing to memory does not fail");
    String::from_utf8(bytes).expect("names and numbers are UTF-8")
}

fn line(
    run: &Analysis,
    workload: &WorkloadColumn,
    (executor, workers, oversubscribed): (&str, usize, bool),
    cell: &Cell,
) -> Vec<String> {
    let (state, reason) = match cell {
        Cell::Measured(_) => ("measured", ""),
        Cell::Failed { reason } => ("failed", reason.as_str()),
        Cell::NotMeasured => ("not-measured", ""),
    };
    let mut fields: Vec<String> =
        [&run.name, &run.created, &workload.workload, &workload.kernel].map(|name| text(name)).to_vec();
    let backend = workload.backend.as_deref().unwrap_or_default();
    fields.extend([backend, workload.data.name(), executor].map(text));
    fields.extend([workers.to_string(), state.to_string()]);
    let estimate = cell.estimate();
    let of = |figure: fn(&Estimate) -> Option<f64>| number(estimate.and_then(figure));
    fields.push(estimate.map_or(String::new(), |estimate| estimate.runs.to_string()));
    fields.extend([of(|e| Some(e.mean_s)), of(|e| Some(e.min_s)), of(|e| Some(e.max_s))]);
    fields.extend([of(|e| Some(e.sd_s)), of(|e| e.factor)]);
    fields.extend(with_interval(estimate.and_then(|e| e.speedup)));
    fields.push(of(|e| e.efficiency.map(|efficiency| efficiency.value)));
    fields.extend(with_interval(estimate.and_then(|e| e.karp_flatt)));
    let bound = workload.bounds.iter().find(|bound| bound.workers == workers);
    let ceiling = workload.ceiling(executor, workers);
    fields.push(number(bound.map(|bound| bound.speedup)));
    fields.push(number(ceiling.map(|ceiling| ceiling.speedup.value)));
    fields.extend([of(|e| e.overhead_s), oversubscribed.to_string()]);
    let waiting = estimate.and_then(|estimate| estimate.waiting.as_ref());
    fields.push(number(waiting.map(|waiting| waiting.jobs_per_s)));
    fields.extend(with_interval(waiting.map(|waiting| waiting.share)));
    fields.extend(account(estimate.and_then(|estimate| estimate.account.as_ref())));
    fields.push(text(reason));
    fields
}

/// Gap, residual and the losses; a loss that the account does not tell apart is empty.
fn account(account: Option<&Account>) -> Vec<String> {
    let mut fields = vec![number(account.map(|account| account.gap))];
    fields.push(number(account.map(|account| account.residual)));
    let row = |loss: Loss| Some(account?.rows.iter().find(|row| row.loss == loss)?.speedup.value);
    fields.extend(Loss::ALL.map(|loss| number(row(loss))));
    fields
}

fn with_interval(quantity: Option<Quantity>) -> [String; 3] {
    let interval = quantity.and_then(|quantity| quantity.interval);
    [quantity.map(|q| q.value), interval.map(|i| i.low), interval.map(|i| i.high)].map(number)
}

/// A text that no spreadsheet takes for a formula (OWASP, "CSV Injection").
pub(super) fn text(text: &str) -> String {
    if text.starts_with(['=', '+', '-', '@']) { format!("'{text}") } else { text.to_string() }
}

pub(super) fn number(value: Option<f64>) -> String {
    value.map_or(String::new(), |value| value.to_string())
}
