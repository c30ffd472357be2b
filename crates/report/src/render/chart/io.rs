//! Work that waits: time, factor and jobs per second over the number of connections, for each style.

use super::axis::Scale;
use super::figure::{Across, Figure, Form, Group, Guide, Ideal, Panel, Value, YRange};
use super::look::Look;
use super::runs::{Runs, has_bars};
use super::scene::{Scene, Stroke};
use super::{Chart, Part, layout, theme};
use crate::analysis::{Estimate, WorkloadColumn};
use crate::view::batch;

/// The chart named `io`; left out where no workload waits.
pub(super) struct Io;

/// How far above the measured factors the ideal is drawn.
const ABOVE: f64 = 1.6;

const SERIAL: Stroke = Stroke { width: 1.25, colour: theme::INK, dash: Look::BASELINE.dash };

impl Chart for Io {
    fn name(&self) -> &'static str {
        "io"
    }

    fn part(&self) -> Part {
        Part::Waiting
    }

    fn scene(&self, runs: Runs<'_>) -> Option<Scene> {
        let [mut times, mut factors, mut rates] = [time, factor, rate].map(|value| panels(runs, value));
        if times.iter().all(|panel| panel.curves.is_empty()) {
            return None;
        }
        for (column, workload) in runs.own.workloads.iter().enumerate() {
            let serial = workload.serial.estimate();
            times[column].words = vec![batch(workload)];
            times[column].guides.extend(serial.and_then(time).map(|value| level("serial", value.middle)));
            let ideal = ideal(&factors[column]);
            factors[column].guides.extend(ideal);
            rates[column].guides.extend(serial.and_then(rate).map(|value| level("serial", value.middle)));
        }
        for panel in factors.iter_mut().chain(&mut rates) {
            panel.title = String::new();
        }
        let points = runs.behind_points().map(|behind| format!("Points: {behind}."));
        let bars = has_bars(&times).then(|| {
            "Bars: fastest to slowest run, in the middle row set against the mean of one connection."
                .to_string()
        });
        let points = [points, bars].into_iter().flatten().collect::<Vec<_>>().join(" ");
        let jobs = jobs(&runs.own.workloads);
        let rate_label = format!("{jobs} per second (log scale)");
        let (_, width) = layout::grid(runs.own.workloads.len().max(2));
        let groups = vec![
            group("mean time in seconds (log scale)", ("mean time", " s"), times),
            group("factor T₁ ÷ Tₙ (log scale)", ("factor", ""), factors),
            group(&rate_label, ("jobs done", " per second"), rates),
        ];
        let figure = Figure {
            title: format!(
                "Work that waits: time, factor and throughput over connections — {}",
                runs.own.name
            ),
            notes: runs.machines().into_iter().chain([points]).collect(),
            grid: Some((runs.own.workloads.len(), width)),
            series: runs.series(),
            groups,
            across: Across::Connections,
            oversubscribed: None,
        };
        Some(figure.draw())
    }
}

/// A panel for each workload, with the cases that it has: others have other numbers of connections.
fn panels(runs: Runs<'_>, value: fn(&Estimate) -> Option<Value>) -> Vec<Panel> {
    let mut panels = runs.panels(|_, estimate| value(estimate));
    for curve in panels.iter_mut().flat_map(|panel| &mut panel.curves) {
        curve.points.retain(|(_, value)| value.is_some());
    }
    panels
}

/// What the jobs are, if they are the same everywhere.
fn jobs(workloads: &[WorkloadColumn]) -> &str {
    let mut all = workloads.iter().filter_map(|workload| Some(workload.waits.as_ref()?.jobs.as_str()));
    let first = all.next().unwrap_or("jobs");
    if all.all(|jobs| jobs == first) { first } else { "jobs" }
}

fn group(y_label: &str, measure: (&'static str, &'static str), panels: Vec<Panel>) -> Group {
    let y_range = YRange::OwnOfEachPanel;
    Group { y_label: y_label.to_string(), measure, y_range, scale: Scale::Log, panels }
}

fn positive(value: Value) -> Option<Value> {
    Some(value).filter(|value| value.least > 0.0)
}

fn time(estimate: &Estimate) -> Option<Value> {
    Value::new(estimate.mean_s, estimate.min_s, estimate.max_s).and_then(positive)
}

fn factor(estimate: &Estimate) -> Option<Value> {
    let one_s = estimate.factor? * estimate.mean_s;
    Value::new(estimate.factor?, one_s / estimate.max_s, one_s / estimate.min_s).and_then(positive)
}

fn rate(estimate: &Estimate) -> Option<Value> {
    let jobs = estimate.waiting.as_ref()?.jobs_per_s * estimate.mean_s;
    Value::new(jobs / estimate.mean_s, jobs / estimate.max_s, jobs / estimate.min_s).and_then(positive)
}

pub(super) fn level(label: &str, value: f64) -> Guide {
    Guide { label: label.to_string(), stroke: SERIAL, form: Form::Ideal(Ideal::Level(value)) }
}

/// A factor of as much as there are connections, up to a little above what was measured.
fn ideal(panel: &Panel) -> Option<Guide> {
    let points = panel.curves.iter().flat_map(|curve| &curve.points);
    let most = points.map(|(connections, _)| *connections).max()? as f64;
    let measured = panel.values().map(|value| value.greatest).fold(1.0, f64::max);
    let end = most.min(ABOVE * measured);
    (end > 1.0).then(|| Guide {
        label: "ideal: factor = connections".to_string(),
        stroke: theme::IDEAL,
        form: Form::Line(vec![(1.0, 1.0), (end, end)]),
    })
}
