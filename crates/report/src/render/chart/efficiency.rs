//! Efficiency, and the serial fraction of Karp and Flatt, over the number of workers.

use super::Chart;
use super::axis::Scale;
use super::figure::{Across, Figure, Form, Group, Guide, Ideal, Panel, Value, YRange};
use super::layout;
use super::runs::{Runs, gap_note};
use super::scene::Scene;
use super::theme;
use crate::analysis::Estimate;

/// The chart named `efficiency`; left out where nothing has an efficiency.
pub(super) struct Efficiency;

const BELOW: &str = "Serial fraction: (1 ÷ speedup − 1 ÷ N) ÷ (1 − 1 ÷ N). If it is level, a part of the \
                     work is serial; if it rises, the cost of having workers grows with their number.";

impl Chart for Efficiency {
    fn name(&self) -> &'static str {
        "efficiency"
    }

    fn scene(&self, runs: Runs<'_>) -> Option<Scene> {
        let runs = runs.alone();
        let mut above = runs.panels(|_, estimate| Value::of(estimate.efficiency?));
        let mut below = runs.panels(|_, estimate| Value::of(estimate.karp_flatt?));
        if above.iter().all(|panel| panel.curves.is_empty()) {
            return None;
        }
        for panel in &mut above {
            panel.guides.push(Guide {
                label: "ideal: efficiency 1".to_string(),
                stroke: theme::IDEAL,
                form: Form::Ideal(Ideal::Level(1.0)),
            });
        }
        for panel in &mut below {
            // The fraction is not defined for one worker; that is no gap.
            let lacks = |(workers, value): &(usize, Option<Value>)| *workers > 1 && value.is_none();
            panel.gaps = panel.curves.iter().flat_map(|curve| &curve.points).any(lacks);
        }
        let gaps = gap_note(&above, "the case or its serial baseline failed or was not measured")
            .or_else(|| gap_note(&below, "the fraction could not be told"));
        let (columns, width) = layout::grid(above.len());
        let mut groups = vec![group("efficiency: speedup ÷ workers", "efficiency", YRange::Shared, above)];
        let mut notes = vec![above_in_words(runs)];
        if below.iter().any(|panel| !panel.curves.is_empty()) {
            groups.push(group(
                "serial fraction (Karp–Flatt)",
                "serial fraction",
                YRange::OwnOfEachPanel,
                below,
            ));
            notes.push(BELOW.to_string());
        }
        let figure = Figure {
            title: format!("Efficiency and serial fraction over workers — {}", runs.own.name),
            notes: runs.machines().into_iter().chain(notes).chain(gaps).collect(),
            grid: Some((columns, width)),
            series: runs.series(),
            groups,
            across: Across::Workers,
            oversubscribed: runs.oversubscribed(),
        };
        Some(figure.draw())
    }
}

fn group(y_label: &'static str, measure: &'static str, y_range: YRange, panels: Vec<Panel>) -> Group {
    Group { y_label: y_label.to_string(), measure: (measure, ""), y_range, scale: Scale::Linear, panels }
}

fn above_in_words(runs: Runs<'_>) -> String {
    let interval = |estimate: &Estimate| estimate.efficiency.is_some_and(|part| part.interval.is_some());
    let bars = if runs.own.estimates().any(interval) { " Bars: 95 % intervals." } else { "" };
    format!("Efficiency: how much of a worker each worker is worth.{bars}")
}
