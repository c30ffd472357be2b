//! A table as headings and cells, before any layout, and what all tables share.

use crate::analysis::{Analysis, Cell};
use crate::record::{BASELINE, Design, Status};

/// What stands in a cell that was not measured.
pub const MISSING: &str = "—";

/// A table before layout.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grid {
    /// Title above the table.
    pub title: String,
    /// Column heads.
    pub head: Vec<String>,
    /// Rows of as many cells.
    pub rows: Vec<Vec<String>>,
}

/// One line about the run: name, date, machine, and how it was measured.
#[must_use]
pub fn heading(run: &Analysis) -> String {
    let runs = run.runs().map_or("no runs".to_string(), |runs| format!("{} per case", runs_in_words(runs)));
    let design = match run.design {
        Design::InterleavedRounds => "in interleaved rounds",
        Design::CaseByCase => "case by case",
        Design::Published => "as published",
    };
    let peer = if run.peer { format!(" · {}", run.program) } else { String::new() };
    format!(
        "{}{peer} · {} · {} · {runs}, {design}",
        run.name,
        run.created.get(..10).unwrap_or_default(),
        run.machine
    )
}

/// The least and the greatest number of runs, as in `10 runs` or `12 to 16 runs`.
#[must_use]
pub fn runs_in_words(counts: (usize, usize)) -> String {
    match counts {
        (1, 1) => "1 run".to_string(),
        (least, most) if least == most => format!("{most} runs"),
        (least, most) => format!("{least} to {most} runs"),
    }
}

/// Lines below the tables: what failed, and whether the run ended early.
#[must_use]
pub fn notes(run: &Analysis) -> Vec<String> {
    let mut notes = Vec::new();
    for (index, workload) in run.workloads.iter().enumerate() {
        let serial = std::iter::once((BASELINE.to_string(), &workload.serial));
        let pools = run.executors.iter().flat_map(|table| {
            table
                .rows
                .iter()
                .map(move |row| (format!("{}/{}", table.executor, row.workers), &row.cells[index]))
        });
        for (case, cell) in serial.chain(pools) {
            if let Cell::Failed { reason } = cell {
                notes.push(format!("{} {case} failed: {reason}", workload.name));
            }
        }
    }
    match run.status {
        Status::Complete => {}
        Status::Running => notes.push("The run had not ended when this file was written.".to_string()),
        Status::Interrupted => notes.push("The run was interrupted.".to_string()),
        Status::Failed => notes.push("The run ended with the failure above.".to_string()),
    }
    notes
}

/// A number of workers, as in `1 worker` or `2 workers`.
pub(super) fn in_words(workers: usize) -> String {
    if workers == 1 { "1 worker".to_string() } else { format!("{workers} workers") }
}

/// Decimals that give the least mean three digits that count; the book's times get its two.
pub(super) fn decimals(run: &Analysis) -> usize {
    let serial = run.workloads.iter().filter_map(|workload| workload.serial.estimate());
    let means = serial.chain(run.estimates()).map(|estimate| estimate.mean_s);
    let least = means.fold(f64::INFINITY, f64::min);
    if least.is_finite() && least > 0.0 { (2.0 - least.log10().floor()).clamp(2.0, 6.0) as usize } else { 2 }
}

/// The mean time of a cell.
pub(super) fn time(cell: &Cell, decimals: usize) -> String {
    match cell {
        Cell::Measured(estimate) => format!("{:.decimals$}s", estimate.mean_s),
        Cell::Failed { .. } => "failed".to_string(),
        Cell::NotMeasured => MISSING.to_string(),
    }
}

/// A ratio, such as a speedup.
pub(super) fn ratio(value: Option<f64>) -> String {
    value.map_or(MISSING.to_string(), |value| format!("{value:.2}x"))
}
