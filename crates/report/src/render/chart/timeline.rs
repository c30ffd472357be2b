//! What every worker did during one execution: the one of median time of chosen cases.

use super::Chart;
use super::curves::{Runs, chosen};
use super::fill::Fill;
use super::lanes::{Lanes, Unit};
use super::legend::Key;
use super::page::{self, Band, Page, Plot};
use super::scene::Scene;
use crate::analysis::State;

/// The chart named `timeline`; left out where no raw samples are known.
pub(super) struct Timelines;

/// Width of the plots.
const WIDTH: f64 = 860.0;

const STATES: [(State, &str); 5] = [
    (State::Spawn, "spawn: not yet ready"),
    (State::Dispatch, "dispatch: ready, waiting for a task"),
    (State::Task, "task, with the job's number"),
    (State::Tail, "tail: done, while others still work"),
    (State::Teardown, "teardown"),
];

impl Chart for Timelines {
    fn name(&self) -> &'static str {
        "timeline"
    }

    fn scene(&self, runs: Runs<'_>) -> Option<Scene> {
        let mut plots: Vec<Lanes<'_>> = Vec::new();
        for column in 0..runs.own.workloads.len() {
            plots.extend(of_workload(runs, column));
        }
        if plots.is_empty() {
            return None;
        }
        let states = plots.iter().flat_map(Lanes::states);
        let states: Vec<State> = states.collect();
        let legend = STATES.iter().filter(|(state, _)| states.contains(state));
        let mut notes = runs.alone().machines();
        notes.push(
            "Of each executor the execution of median time, with the most workers that do not exceed the \
             CPUs. Workers and jobs are numbered from 0."
                .to_string(),
        );
        if plots.iter().any(|lanes| lanes.left_out() > 0) {
            notes.push("Of many workers only the first and the last have a lane.".to_string());
        }
        Some(page::draw(&Page {
            title: format!("Timeline of the workers — {}", runs.own.name),
            notes,
            legend: legend
                .map(|(state, name)| (Key::Fill(Fill::of_state(*state)), (*name).to_string()))
                .collect(),
            columns: 1,
            plot_width: WIDTH,
            bands: vec![Band {
                y_label: "worker",
                plots: plots.into_iter().map(|lanes| Box::new(lanes) as Box<dyn Plot>).collect(),
            }],
        }))
    }
}

/// The timelines of a workload, all on the same scale.
fn of_workload(runs: Runs<'_>, column: usize) -> Vec<Lanes<'_>> {
    let label = &runs.own.workloads[column].label;
    let cases: Vec<_> = (runs.own.executors.iter())
        .filter_map(|table| {
            let drawable = |wall_s: f64| wall_s.is_finite() && wall_s > 0.0;
            let (workers, estimate) = chosen(table, column, |estimate| {
                estimate.timeline.as_ref().is_some_and(|timeline| drawable(timeline.wall_s))
            })?;
            Some((table.executor.as_str(), workers, estimate.timeline.as_ref()?))
        })
        .collect();
    let longest = cases.iter().map(|(_, _, timeline)| timeline.wall_s).fold(0.0, f64::max);
    let unit = Unit::of(longest);
    (cases.into_iter())
        .map(|(executor, workers, timeline)| {
            let many = if workers == 1 { "1 worker".to_string() } else { format!("{workers} workers") };
            let length = unit.written(timeline.wall_s);
            let title = format!("{label} · {executor}, {many}, round {}: {length}", timeline.round);
            Lanes::new(title, timeline, unit, longest)
        })
        .collect()
}
