//! The tables of a run as headings and cells: what stands in them, not how it is laid out.

use crate::analysis::{Analysis, Cell, Estimate, ExecutorTable};
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

/// The tables: the book's, one per executor, then the comparison with serial if there is one.
#[must_use]
pub fn grids(run: &Analysis) -> Vec<Grid> {
    let decimals = decimals(run);
    let mut grids: Vec<Grid> = run.executors.iter().map(|table| book_table(run, table, decimals)).collect();
    grids.extend(against_serial(run, decimals));
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

/// A run as text: heading, laid-out tables, notes, an empty line between each.
#[must_use]
pub fn text(run: &Analysis, lay_out: impl Fn(&Grid) -> String) -> String {
    let tables = grids(run);
    let parts = std::iter::once(heading(run)).chain(tables.iter().map(lay_out)).chain(notes(run));
    parts.collect::<Vec<_>>().join("\n\n") + "\n"
}

/// `Workers | RC4 time | RC4 factor | …`, as Table 17-1 of *Fluent Python*.
fn book_table(run: &Analysis, table: &ExecutorTable, decimals: usize) -> Grid {
    let mut head = vec!["Workers".to_string()];
    for workload in &run.workloads {
        head.extend([format!("{} time", workload.label), format!("{} factor", workload.label)]);
    }
    let row = |row: &crate::analysis::Row| {
        let mut cells = vec![row.workers.to_string()];
        for cell in &row.cells {
            cells.extend([time(cell, decimals), ratio(cell.estimate().and_then(|e| e.factor))]);
        }
        cells
    };
    Grid { title: table.executor.clone(), head, rows: table.rows.iter().map(row).collect() }
}

/// One line per executor: its speedup against serial, with how many workers, and the overhead
/// there. No table where nothing was measured against serial.
fn against_serial(run: &Analysis, decimals: usize) -> Option<Grid> {
    let mut baseline = Vec::new();
    let mut head = vec!["Executor".to_string()];
    for workload in &run.workloads {
        baseline.push(format!("{} {}", workload.label, time(&workload.serial, decimals)));
        head.extend(["speedup", "workers", "overhead"].map(|what| format!("{} {what}", workload.label)));
    }
    let mut any = false;
    let mut rows = Vec::new();
    for table in &run.executors {
        let mut cells = vec![table.executor.clone()];
        for workload in 0..run.workloads.len() {
            let best = enough_workers(table, workload);
            any |= best.is_some();
            cells.extend([
                ratio(best.and_then(|(_, estimate)| estimate.speedup.map(|speedup| speedup.value))),
                best.map_or(MISSING.to_string(), |(workers, _)| workers.to_string()),
                best.and_then(|(_, estimate)| estimate.overhead_s).map_or(MISSING.to_string(), milliseconds),
            ]);
        }
        rows.push(cells);
    }
    any.then(|| Grid {
        title: format!("against serial ({}), fewest workers within 1 % of the best", baseline.join(", ")),
        head,
        rows,
    })
}

/// How far below the best mean speedup counts as reaching it. Means of repeated runs differ by as
/// much for no reason, and where workers outnumber CPUs the best of many would be one of those.
const REACHED: f64 = 0.99;

/// The fewest workers that reach the best mean speedup, with their figures.
fn enough_workers(table: &ExecutorTable, workload: usize) -> Option<(usize, &Estimate)> {
    let measured = table.rows.iter().filter_map(|row| {
        let estimate = row.cells[workload].estimate()?;
        Some((row.workers, estimate, estimate.speedup?.value))
    });
    let best = measured.clone().map(|(.., speedup)| speedup).fold(0.0, f64::max);
    let (workers, estimate, _) = measured.into_iter().find(|(.., speedup)| *speedup >= REACHED * best)?;
    Some((workers, estimate))
}

/// Decimals that give the least mean three digits that count; the book's times get its two.
fn decimals(run: &Analysis) -> usize {
    let serial = run.workloads.iter().filter_map(|workload| workload.serial.estimate());
    let means = serial.chain(run.estimates()).map(|estimate| estimate.mean_s);
    let least = means.fold(f64::INFINITY, f64::min);
    if least.is_finite() && least > 0.0 { (2.0 - least.log10().floor()).clamp(2.0, 6.0) as usize } else { 2 }
}

fn time(cell: &Cell, decimals: usize) -> String {
    match cell {
        Cell::Measured(estimate) => format!("{:.decimals$}s", estimate.mean_s),
        Cell::Failed { .. } => "failed".to_string(),
        Cell::NotMeasured => MISSING.to_string(),
    }
}

fn ratio(value: Option<f64>) -> String {
    value.map_or(MISSING.to_string(), |value| format!("{value:.2}x"))
}

fn milliseconds(seconds: f64) -> String {
    format!("{:.2}ms", seconds * 1e3)
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
