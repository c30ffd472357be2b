//! The speedup: mean time of the serial baseline over that of N workers, with what limits it.
//!
//! A run without serial baseline, as the book's table, shows the book's factor instead: mean time
//! of one worker over that of N workers of the same executor.

use std::collections::BTreeMap;

use super::Chart;
use super::axis::Scale;
use super::figure::{Across, Curve, Figure, Form, Group, Guide, Ideal, Panel, Series, Value, YRange};
use super::look::{Look, Origin};
use super::runs::{Runs, gap_note, has_bars};
use super::scene::Scene;
use super::theme;
use crate::analysis::{Analysis, Bound, Ceiling, CeilingWay, Estimate, WorkloadColumn};
use speedup_machine::placement::Boundary;

/// The chart named `speedup`; left out where nothing can be compared.
pub(super) struct Speedup;

impl Chart for Speedup {
    fn name(&self) -> &'static str {
        "speedup"
    }

    fn scene(&self, runs: Runs<'_>) -> Option<Scene> {
        let figure = if has_serial(runs.own) { against_serial(runs) } else { against_one_worker(runs) };
        let measured = figure.groups[0].panels.iter().any(|panel| !panel.curves.is_empty());
        measured.then(|| figure.draw())
    }
}

fn has_serial(analysis: &Analysis) -> bool {
    analysis.estimates().any(|estimate| estimate.speedup.is_some())
}

fn against_serial(runs: Runs<'_>) -> Figure {
    // A factor's bar would be a range of runs among intervals of means, so it has none.
    let mut panels = runs.panels(|analysis, estimate| {
        if has_serial(analysis) {
            Value::of(estimate.speedup?)
        } else {
            Value::new(estimate.factor?, estimate.factor?, estimate.factor?)
        }
    });
    let mut series = labelled(runs);
    let executors = series.len();
    series.extend(ceiling_series(runs.own));
    let of_hosts = series.len();
    if runs.own.workloads.iter().any(|workload| !workload.ceilings_over_hosts.is_empty()) {
        series.push(Series {
            label: "ceiling of the hosts".to_string(),
            look: Look::ceiling(of_hosts - executors),
        });
    }
    for (panel, workload) in panels.iter_mut().zip(&runs.own.workloads) {
        for bound in &workload.bounds {
            let most = if bound.exact { String::new() } else { format!(" to {:.2}", bound.at_most) };
            let fact = format!("\ngranularity bound {:.2}{most}", bound.speedup);
            let facts = panel.curves.iter_mut().filter_map(|curve| curve.facts.get_mut(&bound.workers));
            facts.for_each(|facts| facts.push_str(&fact));
        }
        panel.curves.extend(ceilings(workload, executors));
        let fact = "pinned threads of all its hosts, over one thread of this machine";
        panel.curves.extend(ceiling_curve(of_hosts, &workload.ceilings_over_hosts, fact));
        panel.guides.extend(knees(workload, &panel.counts()));
        panel.guides.push(ideal("ideal: speedup = workers"));
        panel.guides.extend(granularity(workload, panel));
    }
    let behind = runs.behind_points().map(|behind| {
        format!("Points: mean time of the serial baseline ÷ mean time with N workers, each {behind}.")
    });
    let bars = has_bars(&panels).then(|| "Bars: 95 % intervals.".to_string());
    let points =
        behind.map(|behind| [Some(behind), bars].into_iter().flatten().collect::<Vec<_>>().join(" "));
    let factors = runs.overlaid.iter().any(|overlaid| !has_serial(overlaid.analysis)).then(|| {
        "Factor: time with 1 worker ÷ time with N of the same executor, where there is no serial baseline."
            .to_string()
    });
    let gaps = gap_note(&panels, "the case or its serial baseline failed or was not measured");
    let notes = [points, limits(&panels, executors), factors, gaps];
    figure(runs, ("Speedup against serial", "speedup T(serial) ÷ T(N)", "speedup"), notes, series, panels)
}

fn against_one_worker(runs: Runs<'_>) -> Figure {
    let mut panels = runs.panels(|_, estimate| factor(estimate));
    for panel in &mut panels {
        panel.guides.push(ideal("ideal: factor = workers"));
    }
    let missing = runs.behind_points().map(|_| {
        "There is no serial baseline here to measure a speedup against, so this is the book's factor."
            .to_string()
    });
    let points = runs.behind_points().map(|behind| {
        format!("Points: time with 1 worker ÷ time with N of the same executor, each {behind}.")
    });
    let bars = has_bars(&panels)
        .then(|| "Bars: mean time with 1 worker ÷ slowest and fastest run with N.".to_string());
    let gaps = gap_note(&panels, "the case, or its case with 1 worker, failed or was not measured");
    let notes = [missing, points, bars, gaps];
    figure(runs, ("Factor against one worker", "factor T₁ ÷ Tₙ", "factor"), notes, runs.series(), panels)
}

fn figure(
    runs: Runs<'_>,
    (title, y_label, measure): (&str, &'static str, &'static str),
    notes: [Option<String>; 4],
    series: Vec<Series>,
    panels: Vec<Panel>,
) -> Figure {
    Figure {
        title: format!("{title} — {}", runs.own.name),
        notes: runs.machines().into_iter().chain(notes.into_iter().flatten()).collect(),
        grid: None,
        series,
        groups: vec![Group {
            y_label: y_label.to_string(),
            measure: (measure, ""),
            y_range: YRange::Shared,
            scale: Scale::Linear,
            panels,
        }],
        across: Across::Workers,
        oversubscribed: runs.oversubscribed(),
    }
}

/// The series of all runs; those that show factors say so.
fn labelled(runs: Runs<'_>) -> Vec<Series> {
    let mut series = runs.series();
    let overlaid = runs.overlaid.iter().flat_map(|overlaid| {
        let executors = overlaid.analysis.executors.len();
        std::iter::repeat_n(has_serial(overlaid.analysis), executors)
    });
    let others = series.iter_mut().filter(|series| series.look.origin == Origin::Overlaid);
    for (series, serial) in others.zip(overlaid) {
        if !serial {
            series.label.push_str(" (factor)");
        }
    }
    series
}

fn factor(estimate: &Estimate) -> Option<Value> {
    let one_s = estimate.factor? * estimate.mean_s;
    Value::new(estimate.factor?, one_s / estimate.max_s, one_s / estimate.min_s)
}

fn ideal(label: &str) -> Guide {
    Guide { label: label.to_string(), stroke: theme::IDEAL, form: Form::Ideal(Ideal::Workers) }
}

/// The bound as far as the panel's cases reach.
fn granularity(workload: &WorkloadColumn, panel: &Panel) -> Option<Guide> {
    let counts = || panel.curves.iter().flat_map(|curve| &curve.points).map(|(count, _)| *count);
    let (fewest, most) = counts().min().zip(counts().max())?;
    let bounds = workload.bounds.iter().filter(|bound| (fewest..=most).contains(&bound.workers));
    // Where the best schedule is not known, only the upper end is a bound.
    let level = |bound: &Bound| if bound.exact { bound.speedup } else { bound.at_most };
    let levels: Vec<_> = bounds.map(|bound| (bound.workers, level(bound))).collect();
    (!levels.is_empty()).then(|| Guide {
        label: "granularity bound".to_string(),
        stroke: theme::BOUND,
        form: Form::Marks(levels),
    })
}

/// A series for each way in which the ceiling was measured, or one where it is not known in which.
fn ceiling_series(run: &Analysis) -> Vec<Series> {
    let ways = run.workloads.iter().map(|workload| &workload.ceiling_ways).max_by_key(|ways| ways.len());
    let label = |way: &CeilingWay| match way.bytes_per_s {
        Some(_) => "memory triad".to_string(),
        None => format!("ceiling, {}", way.order),
    };
    match ways.map_or(&[][..], |ways| ways) {
        [] | [_] => vec![Series { label: "hardware ceiling".to_string(), look: Look::CEILING }],
        ways => ways
            .iter()
            .enumerate()
            .map(|(index, way)| Series { label: label(way), look: Look::ceiling(index) })
            .collect(),
    }
}

fn ceiling_curve(series: usize, ceilings: &[Ceiling], fact: &str) -> Option<Curve> {
    let points: Vec<_> =
        ceilings.iter().map(|ceiling| (ceiling.workers, Value::of(ceiling.speedup))).collect();
    let facts = points.iter().map(|(count, _)| (*count, fact.to_string())).collect();
    (!points.is_empty()).then_some(Curve { series, points, facts, joined: true })
}

fn ceilings(workload: &WorkloadColumn, first: usize) -> Vec<Curve> {
    let curves: Vec<_> = match &workload.ceiling_ways[..] {
        [] | [_] => vec![ceiling_curve(first, &workload.ceilings, "pinned threads without any queue")],
        ways => {
            let fact = |way: &CeilingWay| match way.bytes_per_s {
                Some(_) => "bytes read and written by pinned threads",
                None => "pinned threads without any queue",
            };
            ways.iter()
                .zip(first..)
                .map(|(way, series)| ceiling_curve(series, &way.ceilings, fact(way)))
                .collect()
        }
    };
    curves.into_iter().flatten().collect()
}

/// Where the orders of CPUs have filled cores, caches and nodes, among the numbers of workers that are drawn.
fn knees(workload: &WorkloadColumn, counts: &[usize]) -> Vec<Guide> {
    let drawn = counts.first().copied().unwrap_or(0)..counts.last().copied().unwrap_or(0);
    let mut places: BTreeMap<(usize, Boundary), Vec<&str>> = BTreeMap::new();
    for way in workload.ceiling_ways.iter().filter(|way| way.bytes_per_s.is_none()) {
        for knee in way.knees.iter().filter(|knee| drawn.contains(&knee.workers)) {
            places.entry((knee.workers, knee.boundary)).or_default().push(way.order);
        }
    }
    let label = |boundary: Boundary| match boundary {
        Boundary::Cores => "every core has a worker",
        Boundary::Cache => "last-level caches full",
        Boundary::Node => "memory nodes full",
    };
    let guide = |((workers, boundary), orders): ((usize, Boundary), Vec<&str>)| Guide {
        label: format!("{}: {}", orders.join(", "), label(boundary)),
        stroke: theme::KNEES[boundary as usize],
        form: Form::Upright(workers as f64),
    };
    places.into_iter().map(guide).collect()
}

/// What the limits mean that are drawn.
fn limits(panels: &[Panel], ceilings: usize) -> Option<String> {
    let marks =
        panels.iter().flat_map(|panel| &panel.guides).any(|guide| matches!(guide.form, Form::Marks(_)));
    let measured = panels.iter().flat_map(|panel| &panel.curves).any(|curve| curve.series >= ceilings);
    let marks = marks.then_some(
        "Granularity bound: no schedule of these jobs is faster (a mark at each number of workers).",
    );
    let measured = measured.then_some(
        "Hardware ceiling: work done by N pinned threads without any queue, over that of one thread.",
    );
    let said: Vec<_> = [marks, measured].into_iter().flatten().collect();
    (!said.is_empty()).then(|| said.join(" "))
}
