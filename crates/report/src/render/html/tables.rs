//! The figures of all cases, the book's tables, the laws of scaling, and the account of every case.

use maud::{Markup, html};

use super::grid::{About, swatch, table, without_empty_columns};
use crate::analysis::{Account, Analysis, Cell, Estimate, Loss, Row, WorkloadColumn};
use crate::record::BASELINE;
use crate::view::grid::{Entry, Grid, heads};
use crate::view::tables::KARP_FLATT;
use crate::view::units::{MISSING, count, fixed, percent_with_interval, quantity, seconds, speedup, times};
use crate::view::verdict::largest_loss;
use crate::view::{Verdict, View, tables};

/// The most cases whose accounts stand in the page; more are not read.
const ACCOUNTS: usize = 400;

/// A table of figures for each workload, the book's for each executor, and the laws of scaling.
pub(super) fn section(run: &Analysis, view: &View) -> Markup {
    let computing = run.computing();
    let waiting = view.workloads.iter().filter(|workload| workload.waits);
    let programs = view.workloads.iter().filter(|workload| workload.counts.is_some());
    html! {
        @for (column, workload) in computing.workloads.iter().enumerate() {
            div data-workload=(workload.label) { (cases(&computing, column, workload)) }
        }
        @for workload in programs {
            @for grid in [&workload.plane, &workload.figures, &workload.counts].into_iter().flatten() {
                div data-workload=(workload.label) { (table(grid, true, &[])) }
            }
        }
        @for workload in waiting {
            @if let Some(figures) = &workload.figures {
                div data-workload=(workload.label) { (table(figures, true, &[])) }
            }
        }
        @if !view.book.is_empty() {
            details.book open {
                summary { "As in Table 17-1 of " cite { "Fluent Python" } ": mean times, and factors against one worker" }
                div.side-by-side { @for grid in &view.book { (table(grid, false, &[])) } }
            }
        }
        @if let Some(laws) = tables::laws(&computing) {
            details.book open {
                summary { "Laws of scaling: Amdahl’s law and the universal scalability law" }
                (table(&laws, true, &[]))
            }
        }
    }
}

/// The cases of a workload, the serial baseline first.
fn cases(run: &Analysis, column: usize, workload: &WorkloadColumn) -> Markup {
    let (mut rows, mut about) = (Vec::new(), Vec::new());
    if workload.serial != Cell::NotMeasured {
        let serial = Row { workers: 1, oversubscribed: false, cells: Vec::new() };
        rows.push(case(BASELINE, &serial, &workload.serial, None));
        about.push(About { executor: Some(BASELINE), workers: None });
    }
    for (table, row) in run.executors.iter().flat_map(|table| table.rows.iter().map(move |row| (table, row)))
    {
        rows.push(case(&table.executor, row, &row.cells[column], Some(workload)));
        about.push(About { executor: Some(&table.executor), workers: Some(row.workers) });
    }
    let over = run.executors.iter().flat_map(|table| &table.rows).any(|row| row.oversubscribed);
    let over = if over { ", * more workers than CPUs" } else { "" };
    let grid = Grid {
        title: format!(
            "{}: {}; mean times, 95 % intervals in brackets{over}",
            workload.label,
            count(workload.jobs, "job")
        ),
        notes: vec![("Karp–Flatt", KARP_FLATT.to_string())],
        faint: run.anecdote().is_some(),
        head: heads([
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
            "Fastest to slowest",
        ]),
        rows,
        ..Grid::default()
    };
    table(&without_empty_columns(grid), true, &about)
}

fn case(executor: &str, row: &Row, cell: &Cell, limits: Option<&WorkloadColumn>) -> Vec<Entry> {
    let estimate = cell.estimate();
    let figure = |written: Option<(String, f64)>| match written {
        Some((text, key)) => Entry::written(text, Some(key)),
        None => Entry::written(MISSING, None),
    };
    let of = |written: fn(&Estimate) -> Option<(String, f64)>| figure(estimate.and_then(written));
    let bound = limits.and_then(|limits| limits.bounds.iter().find(|bound| bound.workers == row.workers));
    let ceiling = limits.and_then(|limits| limits.ceiling(executor, row.workers));
    let time = match cell {
        Cell::Failed { .. } => Entry::written("failed", None),
        Cell::Measured(_) | Cell::NotMeasured => of(|it| Some((seconds(it.mean_s), it.mean_s))),
    };
    let loss = estimate.and_then(|it| it.account.as_ref()).and_then(largest_loss).map_or_else(
        || figure(None),
        |row| {
            let value = row.speedup.value;
            Entry::written(format!("{} {}", row.loss.name(), fixed(value, 2)), Some(value)).of(row.loss)
        },
    );
    vec![
        Entry::name(executor),
        Entry::written(
            format!("{}{}", row.workers, if row.oversubscribed { "*" } else { "" }),
            Some(row.workers as f64),
        ),
        time,
        of(|it| it.factor.map(|factor| (times(factor), factor))),
        of(|it| it.speedup.map(|value| (speedup(value), value.value))),
        of(|it| it.efficiency.map(|share| (percent_with_interval(share, 0), share.value))),
        of(|it| it.karp_flatt.map(|fraction| (quantity(fraction, 3), fraction.value))),
        loss,
        figure(bound.map(|bound| {
            let most = if bound.exact { String::new() } else { format!(" to {}", fixed(bound.at_most, 2)) };
            (format!("{}{most}", fixed(bound.speedup, 2)), bound.speedup)
        })),
        figure(ceiling.map(|ceiling| (quantity(ceiling.speedup, 2), ceiling.speedup.value))),
        of(|it| Some((format!("{} to {}", seconds(it.min_s), seconds(it.max_s)), it.min_s))),
    ]
}

/// The account of every case, each to be opened; nothing if there are none.
pub(super) fn accounts(run: &Analysis) -> Markup {
    let cases = (0..run.workloads.len()).flat_map(|column| {
        run.executors.iter().flat_map(move |table| table.rows.iter().map(move |row| (column, table, row)))
    });
    let accounted = cases.filter_map(|(column, table, row)| {
        let estimate = row.cells[column].estimate()?;
        Some((
            &run.workloads[column].label,
            &table.executor,
            row.workers,
            estimate,
            estimate.account.as_ref()?,
        ))
    });
    let all: Vec<_> = accounted.collect();
    let few = run.anecdote();
    html! {
        @if !all.is_empty() {
            p.quiet {
                "N workers during the time of the batch could do the work of N speedups. Each table says what became of \
                 the part that was no speedup, in units of speedup; its rows add up to what is missing."
            }
            dl.terms {
                @for loss in Loss::ALL.into_iter().filter(|loss| all.iter().any(|(.., account)| occurs(account, *loss))) {
                    div { dt { (swatch(loss)) (loss.name()) } dd { (loss.meaning()) } }
                }
            }
            @if all.len() > ACCOUNTS {
                p.quiet { "The first " (ACCOUNTS) " of " (all.len()) " cases; the others are in the record." }
            }
        }
        @for (workload, executor, workers, estimate, account) in all.into_iter().take(ACCOUNTS) {
            @let case = format!("{workload} · {executor} · {}", count(workers, "worker"));
            details.account data-workload=(workload) data-executor=(executor) data-workers=(workers) {
                summary { strong { (case) } " " span.quiet { (Verdict::of(workers, estimate).doubting(few)) } }
                (table(&tables::account(&case, account), false, &[]))
                @if let Some(hosts) = tables::by_host(&case, account) { (table(&hosts, false, &[])) }
                @if let Some(used) = &estimate.cpus { p.quiet { (tables::ran_on(used)) } }
                @if !account.notes.is_empty() {
                    ul.quiet { @for note in &account.notes { li { (note) } } }
                }
            }
        }
    }
}

fn occurs(account: &Account, loss: Loss) -> bool {
    account.rows.iter().any(|row| row.loss == loss)
}
