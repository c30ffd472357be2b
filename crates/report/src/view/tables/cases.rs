//! Tables with a line for each case.

use crate::analysis::{Analysis, Cell, Estimate, ExecutorTable, Row, Waiting, WorkloadColumn};
use crate::record::BASELINE;
use crate::stats::Quantity;
use crate::view::grid::{Entry, Grid, heads};
use crate::view::units::{MISSING, fixed, percent, rate, time, times};
use crate::view::verdict::{largest_loss, no_measurement};
use crate::view::{batch, jobs_per_second};

/// Table 17-1 of *Fluent Python*, `Workers | RC4 time | RC4 factor | …`, for each executor.
pub(in crate::view) fn book(run: &Analysis) -> Vec<Grid> {
    let decimals = decimals(run);
    let mut head = heads(["Workers"]);
    for workload in &run.workloads {
        head.extend([format!("{} time", workload.label), format!("{} factor", workload.label)]);
    }
    let row = |row: &Row| {
        let cells = row.cells.iter().flat_map(|cell| {
            let factor = cell.estimate().and_then(|estimate| estimate.factor);
            [mean_time(cell, decimals), Entry::figure(factor, times)]
        });
        std::iter::once(workers(row)).chain(cells).collect()
    };
    let grid = |table: &ExecutorTable| Grid {
        title: doubted(run, table.executor.clone()),
        head: head.clone(),
        rows: table.rows.iter().map(row).collect(),
        faint: run.anecdote().is_some(),
        ..Grid::default()
    };
    run.executors.iter().map(grid).collect()
}

/// Speedups over the serial baseline, with their intervals, limits and largest losses: a line for each
/// executor and number of workers. `None` where nothing was measured against serial.
pub(in crate::view) fn speedups(run: &Analysis, workload: usize) -> Option<Grid> {
    let column = &run.workloads[workload];
    let rows = || run.executors.iter().flat_map(|table| table.rows.iter().map(move |row| (table, row)));
    let measured = |(_, row): (&ExecutorTable, &Row)| {
        row.cells[workload].estimate().is_some_and(|estimate| estimate.speedup.is_some())
    };
    if !rows().any(measured) {
        return None;
    }
    let beyond = if rows().any(|(_, row)| row.oversubscribed) { ", * more workers than CPUs" } else { "" };
    let decimals = decimals(run);
    let line = |(table, row): (&ExecutorTable, &Row)| {
        let cell = &row.cells[workload];
        let mut number = workers(row);
        number.text.push_str(if row.oversubscribed { "*" } else { "" });
        let mut cells = vec![Entry::name(&table.executor), number, mean_time(cell, decimals)];
        cells.extend(figures(column, (&table.executor, row.workers), cell));
        cells
    };
    Some(Grid {
        title: doubted(
            run,
            format!("{} against serial ({}){beyond}", column.label, time(&column.serial, decimals)),
        ),
        keys: 2,
        // The factor stands in the book's table; without the others 80 columns will do.
        aside: &["factor", "efficiency", "Karp–Flatt", "bound", "ceiling"],
        notes: vec![("Karp–Flatt", KARP_FLATT.to_string())],
        faint: run.anecdote().is_some(),
        head: heads([
            "Executor",
            "N",
            "time",
            "factor",
            "speedup",
            "95 %",
            "efficiency",
            "Karp–Flatt",
            "bound",
            "ceiling",
            "largest loss",
        ]),
        rows: rows().map(line).collect(),
        ..Grid::default()
    })
}

/// What has to be known of the column.
pub const KARP_FLATT: &str = "Karp–Flatt: the share of serial work that would explain the speedup by itself; where it grows with N, an overhead does.";

/// A title that says where the figures below are no measurement.
pub(super) fn doubted(run: &Analysis, title: String) -> String {
    match run.anecdote() {
        Some(rounds) => title + "; " + &no_measurement(rounds),
        None => title,
    }
}

/// Factor to largest loss.
fn figures(column: &WorkloadColumn, (executor, workers): (&str, usize), cell: &Cell) -> Vec<Entry> {
    let estimate = cell.estimate();
    let of = |figure: fn(&Estimate) -> Option<Quantity>| estimate.and_then(figure).map(|figure| figure.value);
    let speedup = estimate.and_then(|estimate| estimate.speedup);
    let bound = column.bounds.iter().find(|bound| bound.workers == workers).map(|bound| bound.speedup);
    let ceiling = column.ceiling(executor, workers);
    let loss = estimate.and_then(|estimate| estimate.account.as_ref()).and_then(largest_loss);
    vec![
        Entry::figure(estimate.and_then(|estimate| estimate.factor), times),
        Entry::figure(speedup.map(|speedup| speedup.value), times),
        ends(speedup),
        Entry::figure(of(|estimate| estimate.efficiency), |share| percent(share, 1)),
        Entry::figure(of(|estimate| estimate.karp_flatt), |fraction| fixed(fraction, 3)),
        Entry::figure(bound, times),
        Entry::figure(ceiling.map(|ceiling| ceiling.speedup.value), times),
        loss.map_or_else(
            || Entry::figure(None, times),
            |row| {
                let value = row.speedup.value;
                Entry::written(format!("{} {}", row.loss.name(), fixed(value, 2)), Some(value)).of(row.loss)
            },
        ),
    ]
}

/// Work that waits: the serial baseline, then styles and connections.
pub(in crate::view) fn waiting(run: &Analysis, workload: usize) -> Grid {
    let column = &run.workloads[workload];
    let decimals = decimals(run);
    let line = |style: &str, connections: usize, cell: &Cell| {
        let estimate = cell.estimate();
        let waiting = || estimate.and_then(|estimate| estimate.waiting.as_ref());
        let serial = style == BASELINE;
        // The serial baseline has one worker and no other number of them.
        let factor = estimate.and_then(|estimate| if serial { Some(1.0) } else { estimate.factor });
        let speedup = estimate.and_then(|estimate| estimate.speedup);
        let range = |waiting: &Waiting| {
            let text = format!("{}–{}", fixed(100.0 * waiting.least, 1), percent(waiting.greatest, 1));
            Entry::written(text, Some(waiting.least))
        };
        vec![
            Entry::name(style),
            Entry::figure(Some(connections as f64), |connections| fixed(connections, 0)),
            mean_time(cell, decimals),
            Entry::figure(factor, times),
            Entry::figure(speedup.map(|speedup| speedup.value), times),
            ends(speedup.filter(|_| !serial)),
            Entry::figure(waiting().map(|waiting| waiting.jobs_per_s), rate),
            Entry::figure(waiting().map(|waiting| waiting.share.value), |share| percent(share, 1)),
            waiting().map_or_else(|| Entry::figure(None, rate), range),
        ]
    };
    let rows = run.executors.iter().flat_map(|table| table.rows.iter().map(move |row| (table, row)));
    let planned = rows.filter(|(_, row)| row.cells[workload] != Cell::NotMeasured);
    let pools = planned.map(|(table, row)| line(&table.executor, row.workers, &row.cells[workload]));
    let serial = (column.serial != Cell::NotMeasured).then(|| line(BASELINE, 1, &column.serial));
    let per_second = jobs_per_second(column);
    Grid {
        title: doubted(run, format!("{}: {}", column.label, batch(column))),
        keys: 2,
        faint: run.anecdote().is_some(),
        head: heads([
            "style",
            "connections",
            "time",
            "factor",
            "speedup",
            "95 %",
            &per_second,
            "waiting",
            "least–most",
        ]),
        rows: serial.into_iter().chain(pools).collect(),
        ..Grid::default()
    }
}

pub(super) fn workers(row: &Row) -> Entry {
    Entry::figure(Some(row.workers as f64), |workers| fixed(workers, 0))
}

pub(super) fn mean_time(cell: &Cell, decimals: usize) -> Entry {
    Entry::written(time(cell, decimals), cell.estimate().map(|estimate| estimate.mean_s))
}

/// The interval of a speedup, sorted by its lower end.
pub(super) fn ends(speedup: Option<Quantity>) -> Entry {
    let ends = speedup.and_then(|speedup| speedup.interval);
    let text =
        ends.map_or(MISSING.to_string(), |ends| format!("{}–{}", fixed(ends.low, 2), fixed(ends.high, 2)));
    Entry::written(text, ends.map(|ends| ends.low))
}

/// Decimals that give the least mean three digits that count; the book's times get its two.
pub(super) fn decimals(run: &Analysis) -> usize {
    let serial = run.workloads.iter().filter_map(|workload| workload.serial.estimate());
    let means = serial.chain(run.estimates()).map(|estimate| estimate.mean_s);
    let least = means.fold(f64::INFINITY, f64::min);
    if least.is_finite() && least > 0.0 { (2.0 - least.log10().floor()).clamp(2.0, 6.0) as usize } else { 2 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::book as published;
    use crate::view::View;

    #[test]
    fn the_books_record_gives_the_books_table() {
        let view = View::of(&Analysis::of(&published::record()));
        assert_eq!(view.grids().count(), 0, "nothing serial");
        let [grid] = &view.book[..] else { panic!("one executor") };
        assert_eq!(grid.head, ["Workers", "RC4 time", "RC4 factor", "SHA time", "SHA factor"]);
        let rows = grid.rows.iter().map(|row| row.iter().map(|cell| cell.text.as_str()).collect::<Vec<_>>());
        assert_eq!(
            rows.collect::<Vec<_>>(),
            [
                ["1", "11.48s", "1.00x", "22.66s", "1.00x"],
                ["2", "8.65s", "1.33x", "14.90s", "1.52x"],
                ["3", "6.04s", "1.90x", "11.91s", "1.90x"],
                ["4", "5.58s", "2.06x", "10.89s", "2.08x"],
            ]
        );
        assert!(view.notes.is_empty());
    }
}
