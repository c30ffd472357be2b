//! The figures of all cases, and the book's tables.

use super::escape::each;
use super::sheet::{Entry, Line, Sheet};
use crate::analysis::{Analysis, Cell, Row, WorkloadColumn};
use crate::record::BASELINE;
use crate::view::View;
use crate::view::grid::{Content, Grid};
use crate::view::units::{
    MISSING, fixed, or_missing, percent_with_interval, quantity, seconds, speedup, times,
};
use crate::view::verdict::largest_loss;

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
pub(super) fn section(run: &Analysis, view: &View) -> String {
    let figures =
        each(run.workloads.iter().enumerate(), |(column, workload)| sheet(run, column, workload).html());
    // The book's tables come first, one for each executor.
    let book = each(&view.book, |grid| as_in_the_view(grid, false));
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
    cells.push(Entry::figure(or_missing(bound_text), bound.map(|bound| bound.speedup)));
    let ceiling_text = ceiling.map(|ceiling| quantity(ceiling.speedup, 2));
    cells.push(Entry::figure(or_missing(ceiling_text), ceiling.map(|ceiling| ceiling.speedup.value)));
    let range = cell.estimate().map(|estimate| {
        let range = format!("{} to {}", seconds(estimate.min_s), seconds(estimate.max_s));
        (range, estimate.min_s)
    });
    let (range, least) = range.unzip();
    cells.push(Entry::figure(or_missing(range), least));
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
    let figure = |text: Option<String>, key: Option<f64>| Entry::figure(or_missing(text), key);
    vec![
        figure(Some(seconds(estimate.mean_s)), Some(estimate.mean_s)),
        figure(estimate.factor.map(times), estimate.factor),
        figure(estimate.speedup.map(speedup), estimate.speedup.map(|s| s.value)),
        figure(
            estimate.efficiency.map(|share| percent_with_interval(share, 0)),
            estimate.efficiency.map(|e| e.value),
        ),
        figure(estimate.karp_flatt.map(|k| quantity(k, 3)), estimate.karp_flatt.map(|k| k.value)),
    ]
}

fn loss(cell: &Cell) -> Entry {
    let account = cell.estimate().and_then(|estimate| estimate.account.as_ref());
    match account.and_then(largest_loss) {
        Some(row) => {
            let value = row.speedup.value;
            Entry::figure(format!("{} {}", row.loss.name(), fixed(value, 2)), Some(value))
                .marked(super::pattern::swatch(row.loss))
        }
        None => Entry::figure(MISSING, None),
    }
}

/// A table of the view.
pub(super) fn as_in_the_view(grid: &Grid, sortable: bool) -> String {
    let entry = |entry: &crate::view::grid::Entry| {
        let shown = match entry.content {
            Content::Name => Entry::name(&entry.text),
            Content::Prose => Entry::prose(&entry.text),
            Content::Figure(key) => Entry::figure(&entry.text, key),
        };
        match entry.loss {
            Some(loss) => shown.marked(super::pattern::swatch(loss)),
            None => shown,
        }
    };
    let cells = |row: &Vec<crate::view::grid::Entry>| row.iter().map(entry).collect::<Vec<_>>();
    Sheet {
        caption: grid.title.clone(),
        head: grid.head.clone(),
        rows: grid.rows.iter().map(|row| Line { class: "", cells: cells(row) }).collect(),
        foot: grid.foot.iter().map(cells).collect(),
        sortable,
    }
    .html()
}
