//! What was measured and what would be: speedups over numbers of workers, with the bands of the predictions.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::axis::Scale;
use super::figure::{Across, Curve, Figure, Form, Group, Guide, Ideal, Panel, Series, Value, YRange};
use super::look::{Look, Origin};
use super::scene::Scene;
use super::{ChartError, theme, write_scene};
use crate::analysis::predict::model::{Asked, Forecast, Outcome, Prediction};

/// Names of the files: of work that computes, and of work that waits.
const NAMES: [(&str, bool); 2] = [("predict", false), ("predict-io", true)];

/// The series, in their order.
const MEASURED: usize = 0;
const HERE: usize = 1;
const WITH_CPUS: usize = 2;

/// Draws a prediction into `folder`, which must exist, as `predict.svg` and `predict.png`, and as `predict-io` of work
/// that waits. Returns the paths; none where nothing was measured.
///
/// # Errors
///
/// [`ChartError`].
pub fn write_prediction(folder: &Path, prediction: &Prediction) -> Result<Vec<PathBuf>, ChartError> {
    let mut written = Vec::new();
    for (name, waits) in NAMES {
        if let Some(scene) = scene(prediction, waits) {
            written.extend(write_scene(folder, name, &scene)?);
        }
    }
    Ok(written)
}

pub(super) fn scene(prediction: &Prediction, waits: bool) -> Option<Scene> {
    let forecasts = prediction.forecasts.iter().filter(|forecast| forecast.waits == waits);
    let panels: Vec<Panel> = forecasts.map(panel).collect();
    if panels.is_empty() {
        return None;
    }
    let look = |index: usize| Look::of(index, Origin::Own).undashed();
    let series = [
        ("measured", look(MEASURED)),
        ("predicted on this machine", look(HERE).hollow()),
        ("predicted with a CPU each: the range", look(WITH_CPUS).hollow()),
    ];
    let figure = Figure {
        title: format!("What would be — {}", prediction.name),
        notes: vec![
            prediction.machine.clone(),
            "Bars and bands: 95 % intervals; of a prediction that in which the mean of as many rounds would lie."
                .to_string(),
        ],
        grid: None,
        series: series.map(|(label, look)| Series { label: label.to_string(), look }).into(),
        groups: vec![Group {
            y_label: "speedup T(serial) ÷ T(N)".to_string(),
            measure: ("speedup", ""),
            y_range: YRange::OwnOfEachPanel,
            scale: Scale::Linear,
            panels,
        }],
        across: if waits { Across::Connections } else { Across::Workers },
        oversubscribed: prediction.cpus.filter(|_| !waits).map(|cpus| cpus + 1),
    };
    Some(figure.draw())
}

fn panel(forecast: &Forecast) -> Panel {
    let measured: Vec<(usize, Option<Value>)> =
        forecast.measured.iter().map(|point| (point.workers, Value::of(point.speedup))).collect();
    let here = points(&forecast.predicted, |asked| match &asked.here {
        // It is drawn as measured.
        Outcome::Measured { .. } => None,
        other => Some(other),
    });
    let there = points(&forecast.predicted, |asked| asked.with_cpus.as_ref());
    let last = measured.iter().rev().find_map(|(workers, value)| Some((*workers, (*value)?)));
    let band: Vec<[f64; 4]> = (last.into_iter())
        .chain(here.iter().filter_map(|(workers, value)| Some((*workers, (*value)?))))
        .map(|(workers, value)| [workers as f64, value.middle, value.least, value.greatest])
        .collect();
    let mut guides = vec![Guide {
        label: "ideal: speedup = workers".to_string(),
        stroke: theme::IDEAL,
        form: Form::Ideal(Ideal::Workers),
    }];
    if band.len() > 1 {
        guides.push(Guide {
            label: "prediction".to_string(),
            stroke: theme::FIT,
            form: Form::Fit(band, theme::FIT_BAND),
        });
    }
    let curves = [(MEASURED, measured, true), (HERE, here, false), (WITH_CPUS, there, false)];
    let curve = |(series, points, joined)| Curve { series, points, facts: BTreeMap::new(), joined };
    Panel {
        title: format!("{} · {}", forecast.label, forecast.executor),
        workload: forecast.label.clone(),
        executor: Some(forecast.executor.clone()),
        curves: curves.into_iter().filter(|(_, points, _)| !points.is_empty()).map(curve).collect(),
        guides,
        ..Panel::default()
    }
}

/// The places of predictions that have a value, by number of workers.
fn points<'a>(
    predicted: &'a [Asked],
    of: impl Fn(&'a Asked) -> Option<&'a Outcome>,
) -> Vec<(usize, Option<Value>)> {
    let point = |asked: &'a Asked| {
        let (middle, least, greatest) = of(asked)?.ends()?;
        Some((asked.workers, Some(Value::new(middle, least, greatest)?)))
    };
    predicted.iter().filter_map(point).collect()
}
