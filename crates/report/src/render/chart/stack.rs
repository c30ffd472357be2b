//! The speedup stack: where the difference between the number of workers and the speedup went.
//!
//! After Eyerman, Du Bois, Eeckhout: Speedup stacks, ISPASS 2012.

use super::Chart;
use super::curves::Runs;
use super::fill::Fill;
use super::legend::Key;
use super::numbers::list;
use super::page::{self, Band, Page, Plot};
use super::scene::Scene;
use super::stacked::{Bar, Stacked};
use super::theme;
use crate::analysis::Loss;

/// The chart named `stack`; left out where no gap is accounted for.
pub(super) struct Stack;

/// The widest that the plots of a row are together.
const ROOM: f64 = 900.0;

impl Chart for Stack {
    fn name(&self) -> &'static str {
        "stack"
    }

    fn scene(&self, runs: Runs<'_>) -> Option<Scene> {
        let mut panels: Vec<(String, Vec<Bar<'_>>)> =
            (0..runs.own.workloads.len()).map(|column| bars(runs, column)).collect();
        let all: Vec<_> = panels.iter().flat_map(|(_, bars)| bars).copied().collect();
        if all.is_empty() {
            return None;
        }
        let (counts, left_out) = groups(runs, &all);
        for (_, bars) in &mut panels {
            bars.retain(|bar| counts.contains(&bar.account.workers));
        }
        let executors = runs.own.executors.len();
        let width = Stacked::width(counts.len(), executors, ROOM);
        let columns = if panels.len() > 1 && 2.0 * width < ROOM { 2 } else { 1 };
        let oversubscribed =
            runs.oversubscribed().filter(|over| counts.last().is_some_and(|last| over <= last));
        let mut legend = legend(&all);
        legend.extend(oversubscribed.map(|_| (Key::Shade, "more workers than CPUs".to_string())));
        let plots = panels.into_iter().map(|(title, bars)| {
            let names: Vec<&str> = runs.own.executors.iter().map(|table| table.executor.as_str()).collect();
            Box::new(Stacked::new(title, bars, (&counts, oversubscribed), &names)) as Box<dyn Plot>
        });
        let notes = runs.alone().machines().into_iter().chain(notes(&all)).chain(left_out).collect();
        Some(page::draw(&Page {
            title: format!("Where the speedup went — {}", runs.own.name),
            notes,
            legend,
            columns,
            plot_width: width.max(theme::NARROW),
            bands: vec![Band { y_label: "speedup and what is missing", plots: plots.collect() }],
        }))
    }
}

/// The title of a workload's panel and its bars.
fn bars(runs: Runs<'_>, column: usize) -> (String, Vec<Bar<'_>>) {
    let tables = runs.own.executors.iter().enumerate();
    let bars = tables.flat_map(|(executor, table)| {
        table.rows.iter().filter_map(move |row| {
            let account = row.cells.get(column)?.estimate()?.account.as_ref()?;
            Some(Bar { executor, account })
        })
    });
    (runs.own.workloads[column].label.clone(), bars.collect())
}

/// The numbers of workers that have a bar, as many as there is room for, and a note on the others.
fn groups(runs: Runs<'_>, bars: &[Bar<'_>]) -> (Vec<usize>, Option<String>) {
    let mut counts: Vec<usize> = bars.iter().map(|bar| bar.account.workers).collect();
    counts.sort_unstable();
    counts.dedup();
    let most = Stacked::most_groups(runs.own.executors.len(), ROOM);
    if counts.len() <= most {
        return (counts, None);
    }
    let last = counts.len() - 1;
    let chosen = (0..most).map(|index| counts[index * last / (most - 1).max(1)]).collect();
    (chosen, Some("Some numbers of workers are left out for want of room.".to_string()))
}

fn occurs(bars: &[Bar<'_>], test: impl Fn(Loss, f64) -> bool) -> bool {
    bars.iter().flat_map(|bar| &bar.account.rows).any(|row| test(row.loss, row.speedup.value))
}

/// The speedup, then the losses that occur, from the bottom of the bars to their top.
fn legend(bars: &[Bar<'_>]) -> Vec<(Key, String)> {
    let losses = Loss::ALL.into_iter().filter(|loss| occurs(bars, |row, value| row == *loss && value != 0.0));
    let losses = losses.map(|loss| (Key::Fill(Fill::of_loss(loss)), loss.name().to_string()));
    std::iter::once((Key::Fill(Fill::WORK), "speedup".to_string()))
        .chain(losses)
        .chain([(Key::Line(theme::TOP), "ideal: number of workers".to_string())])
        .collect()
}

fn notes(bars: &[Bar<'_>]) -> Vec<String> {
    let mut notes =
        vec!["Each bar: the speedup, and on it what is missing to the number of workers.".to_string()];
    if occurs(bars, |_, value| value < 0.0) {
        notes[0]
            .push_str(" Gains lie below zero, and the bar reaches above the number of workers by as much.");
    }
    let mut merged: Vec<String> = bars.iter().flat_map(|bar| bar.account.notes.clone()).collect();
    merged.sort();
    merged.dedup();
    if !merged.is_empty() {
        notes.push(list(&merged, 3));
    }
    notes
}
