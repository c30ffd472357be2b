//! The tables of a run, and what they say in sentences: what stands in them, not how it is laid out.
//!
//! * `book`: Table 17-1 of *Fluent Python*, for an executor
//! * `speedups`: speedups over the serial baseline, with intervals and limits
//! * `losses`: where the rest went
//! * `engines`: runs of one batch beside each other, engine by engine
//! * `outside`: programs measured from outside
//! * `waiting`: work that waits, by style and connections
//! * `conclusion`: all that in sentences; `effort`: how much was measured and how well

mod book;
mod conclusion;
mod effort;
mod engines;
mod losses;
mod outside;
mod speedups;
mod waiting;

use super::grid::{Grid, heading, notes};
use crate::analysis::Analysis;

pub use engines::engines;
pub(super) use engines::{executor, kernel};
pub(super) use waiting::{Line, lines, per_second, percent, rate, title as waits_title};

/// Table 17-1 of *Fluent Python*, one for each executor.
#[must_use]
pub fn of_the_book(run: &Analysis) -> Vec<Grid> {
    run.executors.iter().map(|table| book::table(run, table)).collect()
}

/// All tables: the book's; then, where there is a serial baseline, for each workload the speedups and
/// where the rest went; then those of workloads that wait.
#[must_use]
pub fn grids(run: &Analysis) -> Vec<Grid> {
    let programs = run.programs();
    let mut grids = outside::tables(&programs);
    let computing = run.batches();
    grids.extend(of_the_book(&computing));
    for workload in 0..computing.workloads.len() {
        grids.extend(speedups::table(&computing, workload));
        grids.extend(losses::table(&computing, workload));
    }
    grids.extend(waiting::tables(&run.waiting()));
    grids
}

/// A run as text: heading, laid-out tables, what they say in sentences, notes, an empty line between
/// each.
#[must_use]
pub fn text(run: &Analysis, lay_out: impl Fn(&Grid) -> String) -> String {
    let tables = grids(run);
    let parts = std::iter::once(heading(run)).chain(tables.iter().map(lay_out));
    let mut paragraphs = outside::paragraphs(&run.programs());
    paragraphs.extend(conclusion::paragraphs(&run.batches()));
    paragraphs.extend(waiting::paragraphs(&run.waiting()));
    let effort = (!paragraphs.is_empty()).then(|| effort::lines(run).join("\n"));
    let parts = parts.chain(paragraphs).chain(effort).chain(notes(run));
    parts.collect::<Vec<_>>().join("\n\n") + "\n"
}

/// Runs beside each other as text: tables and the notes below them, an empty line between each; empty
/// where they have no batch in common.
#[must_use]
pub fn beside(runs: &[Analysis], lay_out: impl Fn(&Grid) -> String) -> String {
    let parts: Vec<String> = engines(runs)
        .iter()
        .map(|(table, notes)| format!("{}\n\n{}\n", lay_out(table), notes.join("\n\n")))
        .collect();
    parts.join("\n")
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
