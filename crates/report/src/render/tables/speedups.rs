//! Speedups over the serial baseline, with their intervals, limits and largest losses.

use crate::analysis::{Analysis, Cell, Estimate, ExecutorTable, Row, WorkloadColumn};
use crate::render::grid::{Grid, MISSING, decimals, ratio, time};
use crate::render::verdict::largest_loss;
use crate::stats::Quantity;

/// The table of a workload: a line for each executor and number of workers. `None` where nothing was
/// measured against serial.
pub(super) fn table(run: &Analysis, workload: usize) -> Option<Grid> {
    let column = &run.workloads[workload];
    let head = [
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
    ];
    let line = |table: &ExecutorTable, row: &Row| {
        let cell = &row.cells[workload];
        let workers = if row.oversubscribed { format!("{}*", row.workers) } else { row.workers.to_string() };
        let mut cells = vec![table.executor.clone(), workers, time(cell, decimals(run))];
        cells.extend(figures(column, row.workers, cell));
        cells
    };
    let rows = run.executors.iter().flat_map(|table| table.rows.iter().map(move |row| line(table, row)));
    let measured = run
        .executors
        .iter()
        .flat_map(|table| &table.rows)
        .any(|row| row.cells[workload].estimate().is_some_and(|estimate| estimate.speedup.is_some()));
    let beyond = run.executors.iter().flat_map(|table| &table.rows).any(|row| row.oversubscribed);
    measured.then(|| Grid {
        title: format!(
            "{} against serial ({}){}",
            column.label,
            time(&column.serial, decimals(run)),
            if beyond { ", * more workers than CPUs" } else { "" }
        ),
        head: head.map(str::to_string).to_vec(),
        rows: rows.collect(),
    })
}

fn figures(column: &WorkloadColumn, workers: usize, cell: &Cell) -> Vec<String> {
    let estimate = cell.estimate();
    let of = |figure: fn(&Estimate) -> Option<Quantity>| estimate.and_then(figure);
    let speedup = of(|estimate| estimate.speedup);
    let bound = column.bounds.iter().find(|bound| bound.workers == workers).map(|bound| bound.speedup);
    let ceiling = column.ceilings.iter().find(|ceiling| ceiling.workers == workers);
    let missing = || MISSING.to_string();
    vec![
        ratio(estimate.and_then(|estimate| estimate.factor)),
        ratio(speedup.map(|speedup| speedup.value)),
        speedup
            .and_then(|speedup| speedup.interval)
            .map_or_else(missing, |interval| format!("{:.2}–{:.2}", interval.low, interval.high)),
        of(|estimate| estimate.efficiency)
            .map_or_else(missing, |efficiency| format!("{:.1} %", 100.0 * efficiency.value)),
        of(|estimate| estimate.karp_flatt).map_or_else(missing, |fraction| format!("{:.3}", fraction.value)),
        ratio(bound),
        ratio(ceiling.map(|ceiling| ceiling.speedup.value)),
        (estimate.and_then(|estimate| estimate.account.as_ref()).and_then(largest_loss))
            .map_or_else(missing, |row| format!("{} {:.2}", row.loss.name(), row.speedup.value)),
    ]
}
