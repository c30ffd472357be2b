//! Laws of scaling as fitted to the speedups, or why they were not.

use super::Chart;
use super::axis::Scale;
use super::figure::{Across, Curve, Figure, Form, Group, Guide, Ideal, Panel, Value, YRange};
use super::layout;
use super::numbers::{in_brackets, number};
use super::runs::Runs;
use super::scene::Scene;
use super::theme;
use crate::analysis::scaling::{Amdahl, CurvePoint, Usl};
use crate::analysis::{ExecutorTable, Law, Scaling};
use crate::stats::Quantity;

/// The chart named `usl`; left out where no law was fitted.
pub(super) struct UslFit;

impl Chart for UslFit {
    fn name(&self) -> &'static str {
        "usl"
    }

    fn scene(&self, runs: Runs<'_>) -> Option<Scene> {
        let runs = runs.alone();
        let tables = || runs.own.executors.iter().enumerate();
        let panels: Vec<Panel> = (0..runs.own.workloads.len())
            .flat_map(|column| tables().filter_map(move |(index, table)| panel(runs, column, (index, table))))
            .collect();
        // Refusals alone are words, which stand next to the tables of the laws.
        let fitted = |table: &ExecutorTable| {
            table.scaling.iter().any(|it| it.usl.fit().is_some() || it.amdahl.fit().is_some())
        };
        if panels.is_empty() || !runs.own.executors.iter().any(fitted) {
            return None;
        }
        // A column for each executor, so that those of a workload stand next to each other.
        let executors = runs.own.executors.len();
        let whole = panels.len() == executors * runs.own.workloads.len();
        let grid =
            (whole && (2..=3).contains(&executors)).then(|| (executors, layout::grid(2 * executors).1));
        let mut series = runs.series();
        for series in &mut series {
            series.label.push_str(": measured");
        }
        let (y_label, y_range) = ("speedup T(serial) ÷ T(N)", YRange::Shared);
        let figure = Figure {
            title: format!("Fit of the universal scalability law — {}", runs.own.name),
            notes: runs.machines().into_iter().chain([meaning()]).collect(),
            grid,
            series,
            groups: vec![Group {
                y_label: y_label.to_string(),
                measure: ("speedup", ""),
                y_range,
                scale: Scale::Linear,
                panels,
            }],
            across: Across::Workers,
            oversubscribed: runs.oversubscribed(),
        };
        Some(figure.draw())
    }
}

fn meaning() -> String {
    "S(N) = λN ÷ (1 + σ(N − 1) + κN(N − 1)): λ is the speedup of one worker, σ what workers wait for each \
     other, κ what it costs them to agree; Amdahl's law is that with κ = 0. In brackets and as bars and \
     bands: 95 % intervals."
        .to_string()
}

fn panel(runs: Runs<'_>, column: usize, (index, table): (usize, &ExecutorTable)) -> Option<Panel> {
    let scaling = table.scaling.get(column)?;
    let curve = Curve::of(index, table, column, |estimate| Value::of(estimate.speedup?))?;
    let ideal = Guide {
        label: "ideal: speedup = workers".to_string(),
        stroke: theme::IDEAL,
        form: Form::Ideal(Ideal::Workers),
    };
    let mut guides = vec![ideal];
    guides.extend(guides_of(scaling, table.rows.last()?.workers as f64));
    Some(Panel {
        title: format!("{} · {}", runs.own.workloads[column].label, table.executor),
        workload: runs.own.workloads[column].label.clone(),
        executor: Some(table.executor.clone()),
        words: words(scaling),
        curves: vec![Curve { joined: false, ..curve }],
        guides,
        gaps: false,
    })
}

fn guides_of(scaling: &Scaling, most: f64) -> Vec<Guide> {
    let mut guides = Vec::new();
    if let Law::Fitted(Amdahl { curve, .. }) = &scaling.amdahl {
        let points = curve.iter().map(|point| (point.workers, point.speedup)).collect();
        let label = "Amdahl's law".to_string();
        guides.push(Guide { label, stroke: theme::OTHER_FIT, form: Form::Line(points) });
    }
    if let Law::Fitted(usl) = &scaling.usl {
        let label = "universal scalability law".to_string();
        let point = |point: &CurvePoint| [point.workers, point.speedup, point.low, point.high];
        let points = usl.curve.iter().map(point).filter(|point| point.iter().all(|part| part.is_finite()));
        let form = Form::Fit(points.collect(), theme::FIT_BAND);
        guides.push(Guide { label, stroke: theme::FIT, form });
        let peak = usl.significant_peak().map(|(peak, _)| peak);
        if let Some(peak) = peak.filter(|peak| (1.0..=most).contains(peak)) {
            let label = "peak N* of the fit".to_string();
            guides.push(Guide { label, stroke: theme::PEAK, form: Form::Upright(peak) });
        }
    }
    guides
}

/// The parameters, or what keeps them from being told.
fn words(scaling: &Scaling) -> Vec<String> {
    let written = |name: &str, figure: Quantity| {
        let figure = Value::of(figure).map_or("unknown".to_string(), in_brackets);
        unbroken(&format!("{name} {figure}"))
    };
    let usl = match &scaling.usl {
        Law::Fitted(usl) => {
            let Usl { lambda, sigma, kappa, .. } = usl;
            let peak = usl.significant_peak().map_or("no significant peak".to_string(), |(peak, _)| {
                unbroken(&format!("peak N* {}", number(peak)))
            });
            let (sigma, kappa) = (written("σ", *sigma), written("κ", *kappa));
            format!("USL: {}, {sigma}, {kappa}, {peak}", written("λ", *lambda))
        }
        Law::Refused(reason) => format!("USL not fitted: {reason}"),
    };
    let amdahl = match (&scaling.amdahl, &scaling.usl) {
        (Law::Fitted(Amdahl { lambda, serial_fraction, .. }), _) => {
            format!("Amdahl: {}, {}", written("λ", *lambda), written("σ", *serial_fraction))
        }
        (Law::Refused(reason), Law::Refused(same)) if reason == same => "Amdahl's law: likewise.".to_string(),
        (Law::Refused(reason), _) => format!("Amdahl's law not fitted: {reason}"),
    };
    vec![usl, amdahl]
}

/// The text with spaces at which no line breaks.
fn unbroken(text: &str) -> String {
    text.replace(' ', "\u{a0}")
}
