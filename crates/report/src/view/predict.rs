//! A prediction in tables and sentences.

use super::grid::{Entry, Grid, MISSING, heads};
use super::units::{count, fixed, percent, seconds, signed, speedup, times};
use crate::analysis::predict::model::{Advice, Asked, Forecast, Gain, HeldOut, Outcome, Prediction, Tried};
use crate::stats::{Interval, Quantity};

/// Gains that two decimals do not show say nothing.
const SEEN: f64 = 0.005;

/// A prediction as a person is told about it.
#[derive(Debug, Clone, PartialEq)]
pub struct PredictionView {
    /// Of which run it is, and on which machine.
    pub heading: String,
    /// What would gain most, a sentence for each executor of each workload that has such a choice.
    pub answers: Vec<String>,
    /// For each workload its tables, with the sentences below them.
    pub workloads: Vec<Part>,
    /// How well such predictions have held within the run.
    pub held: Part,
}

/// A table with the sentences below it.
#[derive(Debug, Clone, PartialEq)]
pub struct Part {
    /// The tables; none where there is nothing in them.
    pub grids: Vec<Grid>,
    /// The sentences.
    pub said: Vec<String>,
}

impl PredictionView {
    /// What is to be told of a prediction.
    #[must_use]
    pub fn of(prediction: &Prediction) -> Self {
        let mut by_workload: Vec<(&str, Vec<&Forecast>)> = Vec::new();
        for forecast in &prediction.forecasts {
            match by_workload.iter_mut().find(|(name, _)| *name == forecast.workload) {
                Some((_, forecasts)) => forecasts.push(forecast),
                None => by_workload.push((&forecast.workload, vec![forecast])),
            }
        }
        Self {
            heading: format!("{} · {} · predicted", prediction.name, prediction.machine),
            answers: prediction.forecasts.iter().filter_map(answer).collect(),
            workloads: by_workload.iter().map(|(_, forecasts)| workload(forecasts)).collect(),
            held: held(prediction),
        }
    }
}

/// What a choice would give, as in `longest first would give 1.93x [1.91, 1.95] instead of 1.86x`; `None` where it
/// may gain nothing, and where that is not worth a sentence.
#[must_use]
pub fn promise(advice: &Advice) -> Option<String> {
    advice.sure_gain()?;
    let Gain::Told { speedup: with, instead, measured, .. } = &advice.outcome else { return None };
    let would = if *measured { "gave" } else { "would give" };
    Some(format!("{} {would} {} instead of {}", advice.choice.name(), speedup(*with), times(instead.value)))
}

fn answer(forecast: &Forecast) -> Option<String> {
    let best = forecast.advice.iter().filter(|advice| advice.choice.is_at_hand()).find_map(promise)?;
    Some(format!("{} {}: {best}.", forecast.label, forecast.executor))
}

fn workload(forecasts: &[&Forecast]) -> Part {
    let grids = [figures(forecasts), choices(forecasts)].into_iter().flatten().collect();
    Part { grids, said: notes(forecasts).into_iter().chain(reasons(forecasts)).collect() }
}

/// Texts in the order of their first mention, each with all that it is said of.
#[derive(Default)]
struct Grouped(Vec<(String, Vec<String>)>);

impl Grouped {
    fn add(&mut self, text: &str, of: String) {
        match self.0.iter_mut().find(|(other, _)| other == text) {
            Some((_, all)) => all.push(of),
            None => self.0.push((text.to_string(), vec![of])),
        }
    }
}

/// What must be known, once for all executors of which it is said, and the choices that gain nothing.
fn notes(forecasts: &[&Forecast]) -> Vec<String> {
    let label = forecasts.first().map_or("", |forecast| &forecast.label);
    let mut grouped = Grouped::default();
    for forecast in forecasts {
        forecast.notes.iter().for_each(|note| grouped.add(note, forecast.executor.clone()));
    }
    let notes = grouped.0.into_iter().map(|(note, of)| format!("{label} {}: {note}", of.join(", ")));
    let no_gain = forecasts.iter().filter_map(|forecast| {
        let lost = forecast.advice.iter().filter(|it| matches!(it.outcome, Gain::Told { .. }));
        let lost = lost.filter(|it| value(&it.outcome) < SEEN).map(|it| it.choice.name());
        let lost: Vec<String> = lost.collect();
        let workers = forecast.advice.first()?.workers;
        (!lost.is_empty())
            .then(|| format!("{label} {}/{workers}: no gain from {}.", forecast.executor, or(&lost)))
    });
    notes.chain(no_gain).collect()
}

fn or(items: &[String]) -> String {
    match items {
        [first @ .., last] if !first.is_empty() => format!("{} or {last}", first.join(", ")),
        items => items.join(""),
    }
}

/// Measured and predicted speedups.
fn figures(forecasts: &[&Forecast]) -> Option<Grid> {
    let first = forecasts.first()?;
    let with_cpus = forecasts.iter().flat_map(|it| &it.predicted).any(|asked| asked.with_cpus.is_some());
    let mut asked = forecasts.iter().flat_map(|it| &it.predicted);
    let ranges = asked.any(|asked| matches!(asked.with_cpus, Some(Outcome::Range { .. })));
    let mut rows = Vec::new();
    for forecast in forecasts {
        let measured = forecast.measured.iter().map(|point| Asked {
            workers: point.workers,
            here: Outcome::Measured { speedup: point.speedup },
            with_cpus: None,
        });
        let mut all: Vec<Asked> = measured.collect();
        for asked in &forecast.predicted {
            match all.iter_mut().find(|other| other.workers == asked.workers) {
                Some(other) => other.with_cpus.clone_from(&asked.with_cpus),
                None => all.push(asked.clone()),
            }
        }
        all.sort_by_key(|asked| asked.workers);
        rows.extend(all.iter().map(|asked| row(forecast, asked, with_cpus)));
    }
    let workers = if first.waits { "connections" } else { "workers" };
    let mut head = heads(["Executor", "N", "what", "speedup", "95 %", "time"]);
    if with_cpus {
        head.push("a CPU each".to_string());
    }
    Some(Grid {
        title: format!("{}: speedup over serial ({}) with N {workers}", first.label, seconds(first.serial_s)),
        head,
        rows,
        keys: 2,
        notes: if ranges {
            let meaning =
                "a CPU each: from what the law of the measured ceiling leaves to tasks that take as long as \
                           measured, on a machine like it with a CPU for each worker."
                    .to_string();
            vec![("a CPU each", meaning)]
        } else {
            Vec::new()
        },
        ..Grid::default()
    })
}

fn row(forecast: &Forecast, asked: &Asked, with_cpus: bool) -> Vec<Entry> {
    let what = match &asked.here {
        Outcome::Measured { .. } => "measured",
        Outcome::Expected { .. } | Outcome::Range { .. } => "predicted",
        Outcome::AtMost { .. } => "at most",
        Outcome::Refused { .. } => "cannot tell",
    };
    let ends = asked.here.ends();
    let spread = ends.filter(|(value, low, high)| low < value || value < high);
    let time = ends.map(|(value, ..)| forecast.serial_s / value);
    let mut row = vec![
        Entry::name(&forecast.executor),
        Entry::written(asked.workers.to_string(), Some(asked.workers as f64)),
        Entry::name(what),
        Entry::figure(ends.map(|(value, ..)| value), times),
        match spread {
            Some((_, low, high)) => Entry::written(range(low, high), Some(low)),
            None => Entry::figure(None, times),
        },
        Entry::figure(time, seconds),
    ];
    if with_cpus {
        row.push(match asked.with_cpus.as_ref().map(|outcome| (outcome, outcome.ends())) {
            Some((Outcome::AtMost { speedup, .. }, _)) => {
                Entry::written(format!("≤ {}", times(speedup.value)), Some(speedup.value))
            }
            Some((_, Some((_, low, high)))) => Entry::written(range(low, high), Some(low)),
            _ => Entry::written(MISSING, None),
        });
    }
    row
}

fn range(low: f64, high: f64) -> String {
    format!("{}–{}", fixed(low, 2), fixed(high, 2))
}

fn value(gain: &Gain) -> f64 {
    match gain {
        Gain::Told { gain, .. } => gain.value,
        Gain::Untold { .. } => f64::NEG_INFINITY,
    }
}

/// Choices with their gains, the largest first.
fn choices(forecasts: &[&Forecast]) -> Option<Grid> {
    let label = &forecasts.first()?.label;
    let mut told: Vec<(&Forecast, &Advice, &Gain)> = Vec::new();
    for forecast in forecasts {
        told.extend(forecast.advice.iter().map(|advice| (*forecast, advice, &advice.outcome)));
    }
    told.retain(|(.., gain)| value(gain) >= SEEN);
    told.sort_by(|one, other| value(other.2).total_cmp(&value(one.2)));
    let row = |(forecast, advice, gain): &(&Forecast, &Advice, &Gain)| {
        let Gain::Told { speedup: with, instead, gain, measured } = gain else { return Vec::new() };
        let mark = if *measured { "*" } else { "" };
        vec![
            Entry::name(format!("{}/{}", forecast.executor, advice.workers)),
            Entry::name(format!("{}{mark}", advice.choice.name())),
            Entry::written(times(instead.value), Some(instead.value)),
            Entry::written(times(with.value), Some(with.value)),
            Entry::written(signed(gain.value, 2), Some(gain.value)),
            Entry::written(ends(gain), Some(gain.value)),
        ]
    };
    let rows: Vec<Vec<Entry>> = told.iter().map(row).collect();
    let measured = told.iter().any(|(.., gain)| matches!(gain, Gain::Told { measured: true, .. }));
    (!rows.is_empty()).then(|| Grid {
        title: format!("{label}: what other choices would give, the largest gain first"),
        head: heads(["Case", "choice", "now", "then", "gain", "95 %"]),
        rows,
        keys: 2,
        notes: if measured {
            vec![("choice", "* measured in this run, and not predicted.".to_string())]
        } else {
            Vec::new()
        },
        ..Grid::default()
    })
}

fn ends(quantity: &Quantity) -> String {
    quantity.interval.map_or(MISSING.to_string(), |Interval { low, high }| range(low, high))
}

/// Why something is not told, each reason once with what it is the reason of.
fn reasons(forecasts: &[&Forecast]) -> Vec<String> {
    let mut grouped = Grouped::default();
    for forecast in forecasts {
        let cases = |of: fn(&Asked) -> Option<&Outcome>, suffix: &str| {
            let mut counts = Grouped::default();
            for asked in &forecast.predicted {
                if let Some(reason) = of(asked).and_then(Outcome::reason) {
                    counts.add(reason, asked.workers.to_string());
                }
            }
            let case = |counts: Vec<String>| format!("{}/{}{suffix}", forecast.executor, counts.join(","));
            counts.0.into_iter().map(|(reason, counts)| (reason, case(counts))).collect::<Vec<_>>()
        };
        let here = cases(|asked| Some(&asked.here), "");
        let there = cases(|asked| asked.with_cpus.as_ref(), " with a CPU each");
        here.into_iter().chain(there).for_each(|(reason, case)| grouped.add(&reason, case));
        for advice in &forecast.advice {
            if let Gain::Untold { reason } = &advice.outcome {
                grouped.add(
                    reason,
                    format!("{}/{}, {}", forecast.executor, advice.workers, advice.choice.name()),
                );
            }
        }
    }
    let label = forecasts.first().map_or("", |forecast| &forecast.label);
    grouped.0.into_iter().map(|(reason, of)| format!("{label} {}: {reason}.", of.join("; "))).collect()
}

/// What each measured number of workers would have been predicted as.
fn held(prediction: &Prediction) -> Part {
    let mut rows = Vec::new();
    let mut refused = Grouped::default();
    for forecast in &prediction.forecasts {
        for one in &forecast.held_out {
            let case = format!("{} {}/{}", forecast.label, forecast.executor, one.workers);
            match &one.outcome {
                Tried::Refused { reason } => refused.add(reason, case),
                Tried::Predicted { speedup, error, covered } => {
                    rows.push(held_row(case, one, (speedup, *error, *covered)));
                }
            }
        }
    }
    let mut said = Vec::new();
    let held = &prediction.held;
    if let (Some(coverage), Some(worst)) = (held.coverage(), held.worst) {
        said.push(format!(
            "Hold-out: {} of {} held what was measured ({}); the largest error is {} %.",
            held.covered,
            count(held.pairs, "interval"),
            percent(coverage, 0),
            signed(100.0 * worst, 1)
        ));
    }
    said.extend(refused.0.into_iter().map(|(reason, cases)| format!("{}: {reason}.", cases.join(", "))));
    let grid = (!rows.is_empty()).then(|| Grid {
        title: "Hold-out: each number of workers predicted from the smaller ones alone".to_string(),
        head: heads(["Case", "predicted", "95 %", "measured", "error", "held"]),
        rows,
        keys: 1,
        ..Grid::default()
    });
    if grid.is_none() && said.is_empty() {
        said.push("Hold-out: no case was measured with two numbers of workers, so nothing says how well this predicts.".to_string());
    }
    Part { grids: grid.into_iter().collect(), said }
}

fn held_row(case: String, one: &HeldOut, (predicted, error, covered): (&Quantity, f64, bool)) -> Vec<Entry> {
    vec![
        Entry::name(case),
        Entry::written(times(predicted.value), Some(predicted.value)),
        Entry::written(ends(predicted), Some(predicted.value)),
        Entry::written(times(one.measured.value), Some(one.measured.value)),
        Entry::written(format!("{} %", signed(100.0 * error, 1)), Some(error)),
        Entry::name(match (covered, predicted.interval) {
            (_, None) => MISSING,
            (true, _) => "yes",
            (false, _) => "no",
        }),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::predict::model::Choice;

    fn advice(choice: Choice, gain: (f64, f64, f64)) -> Advice {
        let quantity = |value, low, high| Quantity { value, interval: Some(Interval { low, high }) };
        let outcome = Gain::Told {
            speedup: quantity(1.93, 1.91, 1.95),
            instead: Quantity::known(1.86),
            gain: quantity(gain.0, gain.1, gain.2),
            measured: false,
        };
        Advice { choice, workers: 2, outcome }
    }

    #[test]
    fn a_gain_is_promised_where_it_is_sure_and_seen() {
        let sure = advice(Choice::LongestFirst, (0.07, 0.05, 0.09));
        let expected = "longest first would give 1.93x [1.91, 1.95] instead of 1.86x";
        assert_eq!(promise(&sure).as_deref(), Some(expected));
        assert_eq!(promise(&advice(Choice::LongestFirst, (0.07, -0.01, 0.15))), None);
        assert_eq!(promise(&advice(Choice::LongestFirst, (0.018, 0.017, 0.019))), None, "less than 1 %");
    }
}
