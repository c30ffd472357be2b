//! The figures of all cases, and the book's tables.

use super::escape::each;
use super::sheet::{Entry, Line, Sheet};
use super::words;
use crate::analysis::{Analysis, Cell, Row, WorkloadColumn};
use crate::record::BASELINE;
use crate::render::grid::{Grid, MISSING};
use crate::render::tables;
use crate::render::verdict::largest_loss;

const HEAD: [&str; 11] = [
    "Executor",
    "Workers",
    "Time",
    "Factor",
    "Speedup",
    "Efficiency",
    "Karp–Flatt",
    "Largest loss",
    "Bound",
    "Ceiling",
    "Least to greatest",
];

/// A table of figures for each workload, then the book's for each executor.
pub(super) fn section(run: &Analysis) -> String {
    let figures =
        each(run.workloads.iter().enumerate(), |(column, workload)| sheet(run, column, workload).html());
    // The book's tables come first, one for each executor.
    let book = each(&tables::of_the_book(run), as_in_the_book);
    if book.is_empty() {
        return figures;
    }
    format!(
        "{figures}<details class=\"book\" open>\n<summary>As in Table 17-1 of <cite>Fluent Python</cite>: mean times, and factors against one worker</summary>\n<div class=\"side-by-side\">\n{book}</div>\n</details>\n"
    )
}

fn sheet(run: &Analysis, column: usize, workload: &WorkloadColumn) -> Sheet {
    let serial = Row { workers: 1, oversubscribed: false, cells: vec![workload.serial.clone()] };
    let mut rows = Vec::new();
    if workload.serial != Cell::NotMeasured {
        rows.push(line(BASELINE, &serial, &workload.serial, None));
    }
    for table in &run.executors {
        for row in &table.rows {
            rows.push(line(&table.executor, row, &row.cells[column], Some(workload)));
        }
    }
    Sheet {
        caption: format!(
            "{}: {} jobs; mean times, 95 % intervals in brackets",
            workload.label, workload.jobs
        ),
        head: HEAD.map(String::from).into(),
        rows,
        foot: Vec::new(),
        sortable: true,
    }
    .without_empty_columns()
}

fn line(executor: &str, row: &Row, cell: &Cell, limits: Option<&WorkloadColumn>) -> Line {
    let mut cells = vec![Entry::name(executor)];
    let over = if row.oversubscribed { "<span class=\"tag\">over</span> " } else { "" };
    cells.push(Entry::figure(row.workers.to_string(), Some(row.workers as f64)).marked(over.into()));
    cells.extend(figures(cell));
    cells.push(loss(cell));
    let bound = limits.and_then(|limits| limits.bounds.iter().find(|bound| bound.workers == row.workers));
    let ceiling = limits.and_then(|limits| limits.ceilings.iter().find(|c| c.workers == row.workers));
    let bound_text = bound.map(|bound| {
        let most = if bound.exact { String::new() } else { format!(" to {:.2}", bound.at_most) };
        format!("{:.2}{most}", bound.speedup)
    });
    cells.push(Entry::figure(words::or_missing(bound_text), bound.map(|bound| bound.speedup)));
    let ceiling_text = ceiling.map(|ceiling| words::quantity(ceiling.speedup, 2));
    cells.push(Entry::figure(words::or_missing(ceiling_text), ceiling.map(|ceiling| ceiling.speedup.value)));
    let range = cell.estimate().map(|estimate| {
        let range = format!("{} to {}", words::seconds(estimate.min_s), words::seconds(estimate.max_s));
        (range, estimate.min_s)
    });
    let (range, least) = range.unzip();
    cells.push(Entry::figure(words::or_missing(range), least));
    Line { class: if limits.is_none() { "serial" } else { "" }, cells }
}

/// Time to Karp–Flatt.
fn figures(cell: &Cell) -> Vec<Entry> {
    let estimate = match cell {
        Cell::Measured(estimate) => estimate,
        Cell::Failed { .. } | Cell::NotMeasured => {
            let state = if matches!(cell, Cell::Failed { .. }) { "failed" } else { MISSING };
            let missing = || Entry::figure(MISSING, None);
            return [Entry::figure(state, None)].into_iter().chain((0..4).map(|_| missing())).collect();
        }
    };
    let figure = |text: Option<String>, key: Option<f64>| Entry::figure(words::or_missing(text), key);
    vec![
        figure(Some(words::seconds(estimate.mean_s)), Some(estimate.mean_s)),
        figure(estimate.factor.map(|factor| format!("{factor:.2}x")), estimate.factor),
        figure(estimate.speedup.map(crate::render::verdict::times), estimate.speedup.map(|s| s.value)),
        figure(estimate.efficiency.map(words::percent), estimate.efficiency.map(|e| e.value)),
        figure(estimate.karp_flatt.map(|k| words::quantity(k, 3)), estimate.karp_flatt.map(|k| k.value)),
    ]
}

fn loss(cell: &Cell) -> Entry {
    let account = cell.estimate().and_then(|estimate| estimate.account.as_ref());
    match account.and_then(largest_loss) {
        Some(row) => {
            let value = row.speedup.value;
            Entry::figure(format!("{} {value:.2}", row.loss.name()), Some(value))
                .marked(super::pattern::swatch(row.loss))
        }
        None => Entry::figure(MISSING, None),
    }
}

fn as_in_the_book(grid: &Grid) -> String {
    let line = |row: &Vec<String>| Line {
        class: "",
        cells: row.iter().map(|cell| Entry::figure(cell, None)).collect(),
    };
    Sheet {
        caption: grid.title.clone(),
        head: grid.head.clone(),
        rows: grid.rows.iter().map(line).collect(),
        foot: Vec::new(),
        sortable: false,
    }
    .html()
}
