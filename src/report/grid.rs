//! The tables of a run as headings and cells: what stands in them, not how it is laid out.

use super::{book, conclusion, losses, speedups};
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
    format!(
        "{} · {} · {} · {runs}, {design}",
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

/// The tables: the book's, one per executor; then, where there is a serial baseline, for each workload
/// the speedups and where the rest went.
#[must_use]
pub fn grids(run: &Analysis) -> Vec<Grid> {
    let mut grids: Vec<Grid> = run.executors.iter().map(|table| book::table(run, table)).collect();
    for workload in 0..run.workloads.len() {
        grids.extend(speedups::table(run, workload));
        grids.extend(losses::table(run, workload));
    }
    grids
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

/// A run as text: heading, laid-out tables, what they say in sentences, notes, an empty line between
/// each.
#[must_use]
pub fn text(run: &Analysis, lay_out: impl Fn(&Grid) -> String) -> String {
    let tables = grids(run);
    let parts = std::iter::once(heading(run)).chain(tables.iter().map(lay_out));
    let parts = parts.chain(conclusion::paragraphs(run)).chain(notes(run));
    parts.collect::<Vec<_>>().join("\n\n") + "\n"
}

/// Decimals that give the least mean three digits that count; the book's times get its two.
pub(super) fn decimals(run: &Analysis) -> usize {
    let serial = run.workloads.iter().filter_map(|workload| workload.serial.estimate());
    let means = serial.chain(run.estimates()).map(|estimate| estimate.mean_s);
    let least = means.fold(f64::INFINITY, f64::min);
    if least.is_finite() && least > 0.0 { (2.0 - least.log10().floor()).clamp(2.0, 6.0) as usize } else { 2 }
}

pub(super) fn time(cell: &Cell, decimals: usize) -> String {
    match cell {
        Cell::Measured(estimate) => format!("{:.decimals$}s", estimate.mean_s),
        Cell::Failed { .. } => "failed".to_string(),
        Cell::NotMeasured => MISSING.to_string(),
    }
}

pub(super) fn ratio(value: Option<f64>) -> String {
    value.map_or(MISSING.to_string(), |value| format!("{value:.2}x"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::book;

    #[test]
    fn the_books_record_gives_the_books_table() {
        let run = Analysis::of(&book::record());
        let [grid] = grids(&run).try_into().expect("one executor and nothing serial");
        assert_eq!(grid.head, ["Workers", "RC4 time", "RC4 factor", "SHA time", "SHA factor"]);
        assert_eq!(
            grid.rows,
            [
                ["1", "11.48s", "1.00x", "22.66s", "1.00x"],
                ["2", "8.65s", "1.33x", "14.90s", "1.52x"],
                ["3", "6.04s", "1.90x", "11.91s", "1.90x"],
                ["4", "5.58s", "2.06x", "10.89s", "2.08x"],
            ]
        );
        assert!(notes(&run).is_empty());
    }
}
