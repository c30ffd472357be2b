//! A prediction in every form.

use super::comparison::to_json;
use super::screen::{Look, Screen};
use super::text::{Medium, join};
use super::{csv, markdown, table};
use crate::analysis::predict::model::{Forecast, Gain, Outcome, Prediction, Tried};
use crate::stats::Quantity;
use crate::view::predict::{Part, PredictionView};

/// A form of a prediction, ending with a newline.
pub type Render = fn(&Prediction, Screen) -> String;

/// Every form by its name, with what it is; the first is the default.
pub static FORMATS: &[(&str, &str, Render)] = &[
    ("table", "tables and sentences, for a terminal", |prediction, screen| {
        text(prediction, Medium { screen, ..table::MEDIUM })
    }),
    ("markdown", "the same in Markdown", |prediction, _| text(prediction, markdown::MEDIUM)),
    ("csv", "a line for each figure, all digits", |prediction, _| lines(prediction)),
    ("json", "all of it, for programs", |prediction, _| to_json(prediction)),
];

fn text(prediction: &Prediction, medium: Medium) -> String {
    let view = PredictionView::of(prediction);
    let heading = medium.screen.look(Look::Strong, &medium.lines(&view.heading));
    let answers = (!view.answers.is_empty()).then(|| medium.lines(&view.answers.join("\n")));
    let part = |part: &Part| {
        let grids = part.grids.iter().map(|grid| (medium.grid)(grid, medium.screen));
        let said = (!part.said.is_empty()).then(|| medium.lines(&part.said.join("\n")));
        grids.chain(said).collect::<Vec<_>>()
    };
    let parts = view.workloads.iter().chain([&view.held]).flat_map(part);
    join(std::iter::once(heading).chain(answers).chain(parts))
}

const HEAD: [&str; 14] = [
    "kind",
    "workload",
    "executor",
    "workers",
    "what",
    "state",
    "speedup",
    "low",
    "high",
    "gain",
    "gain_low",
    "gain_high",
    "error",
    "reason",
];

/// Figures of a line, each with the ends of its interval.
#[derive(Default)]
struct Figures {
    speedup: Option<Quantity>,
    gain: Option<Quantity>,
    error: Option<f64>,
    reason: Option<String>,
}

fn lines(prediction: &Prediction) -> String {
    let mut all = vec![HEAD.map(str::to_string).to_vec()];
    for forecast in &prediction.forecasts {
        for point in &forecast.measured {
            let figures = Figures { speedup: Some(point.speedup), ..Figures::default() };
            all.push(line(forecast, ("measured", point.workers, "", "measured"), &figures));
        }
        for asked in &forecast.predicted {
            all.push(outcome(forecast, ("predicted", asked.workers, "here"), &asked.here));
            if let Some(there) = &asked.with_cpus {
                all.push(outcome(forecast, ("predicted", asked.workers, "a CPU each"), there));
            }
        }
        for one in &forecast.held_out {
            let from = one.from.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ");
            let (state, figures) = match &one.outcome {
                Tried::Refused { reason } => {
                    ("refused", Figures { reason: Some(reason.clone()), ..Figures::default() })
                }
                Tried::Predicted { speedup, error, covered } => {
                    let state = if *covered { "covered" } else { "missed" };
                    let (speedup, error) = (Some(*speedup), Some(*error));
                    (state, Figures { speedup, error, ..Figures::default() })
                }
            };
            all.push(line(forecast, ("held out", one.workers, &format!("from {from}"), state), &figures));
        }
        for advice in &forecast.advice {
            let (state, figures) = match &advice.outcome {
                Gain::Untold { reason } => {
                    ("refused", Figures { reason: Some(reason.clone()), ..Figures::default() })
                }
                Gain::Told { speedup, gain, measured, .. } => {
                    let state = if *measured { "measured" } else { "expected" };
                    let (speedup, gain) = (Some(*speedup), Some(*gain));
                    (state, Figures { speedup, gain, ..Figures::default() })
                }
            };
            all.push(line(forecast, ("advice", advice.workers, &advice.choice.name(), state), &figures));
        }
    }
    csv::lines(all)
}

fn outcome(
    forecast: &Forecast,
    (kind, workers, what): (&str, usize, &str),
    outcome: &Outcome,
) -> Vec<String> {
    let (state, speedup) = match outcome {
        Outcome::Measured { speedup } => ("measured", Some(*speedup)),
        Outcome::Expected { speedup, .. } => ("expected", Some(*speedup)),
        Outcome::AtMost { speedup, .. } => ("at-most", Some(*speedup)),
        Outcome::Refused { .. } => ("refused", None),
        Outcome::Range { .. } => {
            let quantity = outcome.ends().map(|(value, low, high)| Quantity {
                value,
                interval: Some(crate::stats::Interval { low, high }),
            });
            ("range", quantity)
        }
    };
    let reason = outcome.reason().map(str::to_string);
    line(forecast, (kind, workers, what, state), &Figures { speedup, reason, ..Figures::default() })
}

fn line(
    forecast: &Forecast,
    (kind, workers, what, state): (&str, usize, &str, &str),
    figures: &Figures,
) -> Vec<String> {
    let with_ends = |quantity: Option<Quantity>| {
        let ends = quantity.and_then(|quantity| quantity.interval);
        [quantity.map(|it| it.value), ends.map(|it| it.low), ends.map(|it| it.high)].map(csv::number)
    };
    let mut fields = vec![kind.to_string(), csv::text(&forecast.workload), csv::text(&forecast.executor)];
    fields.extend([workers.to_string(), what.to_string(), state.to_string()]);
    fields.extend(with_ends(figures.speedup));
    fields.extend(with_ends(figures.gain));
    fields.extend([csv::number(figures.error), csv::text(figures.reason.as_deref().unwrap_or_default())]);
    fields
}
