//! `stack`.

use super::synthetic::{POOLS, plain, rich};
use super::*;
use crate::analysis::{Account, Cell, Loss};
use crate::render::chart::scene::{Area, Shape};

fn accounts(run: &mut Analysis) -> impl Iterator<Item = &mut Account> {
    let cells = run.executors.iter_mut().flat_map(|table| &mut table.rows).flat_map(|row| &mut row.cells);
    cells.filter_map(|cell| match cell {
        Cell::Measured(estimate) => estimate.account.as_mut(),
        _ => None,
    })
}

/// The marks of a picture: where they can be pointed at, and what they say.
fn marks(shapes: &[Shape]) -> Vec<(Area, String)> {
    let groups = shapes.iter().filter_map(|shape| match shape {
        Shape::Group(group) => Some(group),
        _ => None,
    });
    groups
        .flat_map(|group| group.mark.iter().cloned().chain(marks(&group.shapes)).collect::<Vec<_>>())
        .collect()
}

#[test]
fn losses_less_gains_reach_from_the_speedup_to_the_workers() {
    let run = rich(&["rc4"], POOLS, &[1, 2, 4, 8], 8);
    let scene = stack::Stack.scene(runs_of(&run, &[])).unwrap();
    for (executor, workers) in POOLS.iter().flat_map(|name| [(name, 2), (name, 8)]) {
        let case = format!("{executor}, {workers} workers\n");
        let marks = marks(&scene.shapes);
        let tips: Vec<_> = marks
            .iter()
            .filter(|(_, text)| text.starts_with(&case))
            .map(|(area, text)| (*area, text))
            .collect();
        let work = tips.iter().find(|tip| tip.1.contains("\nspeedup ")).unwrap();
        let zero = work.0.bottom();
        let lowest = tips.iter().map(|tip| tip.0.bottom()).fold(zero, f64::max);
        let highest = tips.iter().map(|tip| tip.0.top).fold(zero, f64::min);
        let row = run.executors[0].rows.iter().position(|row| row.workers == workers).unwrap();
        let table = run.executors.iter().find(|table| table.executor == **executor).unwrap();
        let account = table.rows[row].cells[0].estimate().unwrap().account.as_ref().unwrap();
        let unit = work.0.height / account.speedup;
        let reached = (zero - highest - (lowest - zero)) / unit;
        assert!(lowest > zero && (reached - workers as f64).abs() < 1e-6, "{case}: {reached}");
        // Nothing overlaps and nothing is left out.
        let filled: f64 = tips.iter().map(|tip| tip.0.height).sum();
        assert!((filled - (lowest - highest)).abs() < 1e-6, "{case}");
    }
}

#[test]
fn the_legend_has_the_losses_that_occur() {
    let mut run = rich(&["rc4", "sha256"], POOLS, &[1, 2, 4], 4);
    let shown = |run: &Analysis| -> Vec<&str> {
        let picture = picture(&stack::Stack, run, &[]).unwrap();
        Loss::ALL.map(Loss::name).into_iter().filter(|name| picture.says(name)).collect()
    };
    let all = ["spawn", "dispatch", "granularity", "ordering", "jitter", "slower tasks", "steal", "teardown"];
    assert_eq!(shown(&run), [&all[..], &["serial loop"]].concat());
    assert!(picture(&stack::Stack, &run, &[]).unwrap().mentions("Gains are drawn below zero"));
    accounts(&mut run).for_each(|account| account.rows.retain(|row| row.loss == Loss::Spawn));
    assert_eq!(shown(&run), ["spawn"]);
    assert!(!picture(&stack::Stack, &run, &[]).unwrap().mentions("below zero"));
}

#[test]
fn many_numbers_of_workers_are_thinned_out() {
    let dense: Vec<usize> = (1..=64).collect();
    let run = rich(&["rc4"], POOLS, &dense, 64);
    let picture = picture(&stack::Stack, &run, &[]).unwrap();
    assert!(picture.mentions("left out for want of room") && picture.says("64"));
    let few = rich(&["rc4"], POOLS, &[1, 2, 64], 64);
    assert!(!super::picture(&stack::Stack, &few, &[]).unwrap().mentions("left out"));
}

#[test]
fn what_an_account_says_of_itself_is_said_once() {
    let mut run = rich(&["rc4"], POOLS, &[1, 2], 2);
    accounts(&mut run).for_each(|account| account.notes = vec!["No run-queue delay here.".to_string()]);
    let picture = picture(&stack::Stack, &run, &[]).unwrap();
    assert_eq!(picture.texts.iter().filter(|text| text.text == "No run-queue delay here.").count(), 1);
}

#[test]
fn without_accounts_there_is_no_stack() {
    let mut run = rich(&["rc4"], POOLS, &[1, 2], 2);
    for cell in run.executors.iter_mut().flat_map(|table| &mut table.rows).flat_map(|row| &mut row.cells) {
        let Cell::Measured(estimate) = cell else { unreachable!() };
        estimate.account = None;
    }
    assert!(picture(&stack::Stack, &run, &[]).is_none());
    assert!(picture(&stack::Stack, &plain(&["rc4"], POOLS, &[1, 2]), &[]).is_none());
}

#[test]
fn long_names_and_missing_cases_stay_legible() {
    let mut run = rich(&["rc4", "sha256"], POOLS, &[1, 2, 4], 4);
    run.executors[1].executor = "an executor with a long name ".repeat(5);
    run.executors[0].rows[1].cells[0] = Cell::NotMeasured;
    for row in run.executors.iter_mut().flat_map(|table| &mut table.rows) {
        row.cells[1] = Cell::NotMeasured;
    }
    let picture = picture(&stack::Stack, &run, &[]).unwrap();
    assert!(picture.mentions("…") && picture.says("not measured"));
}
