//! The runs of one batch as a table: a line a run.

use super::grid::{Entry, Grid};
use super::units::{MISSING, count, seconds, times};
use crate::analysis::history::{History, Past, PastRun};
use crate::record::{BASELINE, Status};

/// Characters of a revision that tell it from others.
const SHORT: usize = 12;

/// The table of a history, and what is to be said below it.
#[must_use]
pub fn history(history: &History) -> (Grid, Vec<String>) {
    let chosen = history.chosen();
    let row = |(index, run): (usize, &PastRun)| {
        let mut row = vec![
            Entry::written((index + 1).to_string(), Some((index + 1) as f64)),
            Entry::name(run.created.get(..16).unwrap_or(&run.created).replace('T', " ")),
            Entry::name(format!("{}{}", run.name, mark(run))),
            Entry::name(revision(run)),
        ];
        row.extend(
            chosen.iter().map(|&case| figure(&history.cases[case].executor, run.figures[case].as_ref())),
        );
        row
    };
    let mut head: Vec<String> = ["Run", "Began", "Name", "Build"].map(String::from).to_vec();
    let case = |&case: &usize| {
        let case = &history.cases[case];
        let label =
            history.labels.iter().find(|(name, _)| *name == case.workload).map(|(_, label)| label.as_str());
        let label = label.unwrap_or(&case.workload);
        if case.executor == BASELINE {
            format!("{label} serial")
        } else {
            format!("{label} {}/{}", case.executor, case.workers)
        }
    };
    head.extend(chosen.iter().map(case));
    let grid = Grid {
        title: format!("{} of one batch", count(history.runs.len(), "run")),
        head,
        rows: history.runs.iter().enumerate().map(row).collect(),
        keys: 1,
        ..Grid::default()
    };
    let mut notes =
        vec!["The serial baseline is a time, all else a speedup over that of its own run.".to_string()];
    if history.runs.iter().any(|run| !run.machine.is_empty()) {
        let first = history.runs.iter().find_map(|run| run.machine.first());
        let example = first.map(|difference| format!(", such as {difference}")).unwrap_or_default();
        notes.push(format!("* Another machine{example}: its times are not to be compared with the others."));
    }
    if history.runs.iter().any(|run| run.status != Status::Complete) {
        notes.push("† The run did not come to its end.".to_string());
    }
    (grid, notes)
}

fn mark(run: &PastRun) -> String {
    let machine = if run.machine.is_empty() { "" } else { "*" };
    let status = if run.status == Status::Complete { "" } else { "†" };
    format!("{machine}{status}")
}

fn revision(run: &PastRun) -> String {
    run.revision
        .as_ref()
        .map_or_else(|| run.program.clone(), |revision| revision.chars().take(SHORT).collect())
}

fn figure(executor: &str, past: Option<&Past>) -> Entry {
    let Some(past) = past else { return Entry::figure(None, seconds) };
    if executor == BASELINE {
        return Entry::figure(Some(past.time_s.value), seconds);
    }
    match past.speedup {
        None => Entry::written(MISSING, None),
        Some(speedup) => {
            let half = speedup.half_width().map(|half| format!(" ± {half:.2}")).unwrap_or_default();
            Entry::written(format!("{}{half}", times(speedup.value)), Some(speedup.value))
        }
    }
}
