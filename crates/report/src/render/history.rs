//! The runs of one batch in every form: for people, and for the programs that look for changes.

use std::collections::BTreeMap;

use serde::Serialize;

use super::text::join;
use super::{csv, markdown, table};
use crate::analysis::history::{History, Past};
use crate::record::{BASELINE, Case};
use crate::stats::Quantity;
use crate::view;

/// A form of a history, ending with a newline.
pub type Render = fn(&History) -> String;

/// Every form by its name, with what it is; the first is the default.
pub static FORMATS: &[(&str, &str, Render)] = &[
    ("table", "a line a run, for a terminal", |history| text(history, table::grid, str::to_string)),
    ("markdown", "the same table in Markdown", |history| text(history, markdown::grid, markdown::escape)),
    ("csv", "a line a run with all cases, as Apache Otava reads it", wide),
    ("bencher", "the latest run in Bencher Metric Format", bencher),
];

fn text(history: &History, grid: fn(&view::grid::Grid) -> String, words: fn(&str) -> String) -> String {
    let (table, notes) = view::history::history(history);
    join(std::iter::once(grid(&table)).chain(notes.iter().map(|note| words(note))))
}

/// A column for the time of each case, and one for each speedup, of the runs that have all. Readers of such files take
/// an empty value for an error.
fn wide(history: &History) -> String {
    let metrics = |case: &Case| {
        let name = name(case);
        let speedup = (case.executor != BASELINE).then(|| format!("{name} speedup"));
        std::iter::once(format!("{name} time_s")).chain(speedup).collect::<Vec<_>>()
    };
    let head = ["time", "name", "commit", "program", "machine"].map(String::from).into_iter();
    let head: Vec<String> = head.chain(history.cases.iter().flat_map(metrics)).collect();
    let lines = history.whole().map(|run| {
        let machine = if run.machine.is_empty() { "same" } else { "another" };
        let commit = run.revision.as_deref().unwrap_or_default();
        let mut fields =
            vec![run.created.clone(), csv::text(&run.name), csv::text(commit), csv::text(&run.program)];
        fields.push(machine.to_string());
        for (case, past) in history.cases.iter().zip(&run.figures) {
            fields.push(csv::number(past.map(|past| past.time_s.value)));
            if case.executor != BASELINE {
                fields.push(csv::number(past.and_then(|past| past.speedup).map(|speedup| speedup.value)));
            }
        }
        fields
    });
    csv::lines(std::iter::once(head.iter().map(|head| csv::text(head)).collect()).chain(lines))
}

/// A value of a benchmark with the ends of its interval.
#[derive(Debug, Serialize)]
struct Metric {
    value: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    lower_value: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    upper_value: Option<f64>,
}

impl Metric {
    fn of(quantity: Quantity, unit: f64) -> Self {
        let end =
            |of: fn(crate::stats::Interval) -> f64| quantity.interval.map(|interval| unit * of(interval));
        Self {
            value: unit * quantity.value,
            lower_value: end(|interval| interval.low),
            upper_value: end(|interval| interval.high),
        }
    }
}

/// Benchmarks are cases; `latency` is in nanoseconds, as its unit is there, and `speedup` a measure of our own.
/// <https://bencher.dev/docs/reference/bencher-metric-format>
fn bencher(history: &History) -> String {
    let measures = |past: &Past| {
        let latency = [("latency", Metric::of(past.time_s, 1e9))];
        latency.into_iter().chain(past.speedup.map(|speedup| ("speedup", Metric::of(speedup, 1.0))))
    };
    let latest = history.runs.last().map_or(&[][..], |run| &run.figures);
    let benchmarks =
        history.cases.iter().zip(latest).filter_map(|(case, past)| {
            Some((name(case), measures(past.as_ref()?).collect::<BTreeMap<_, _>>()))
        });
    let benchmarks: BTreeMap<String, BTreeMap<&str, Metric>> = benchmarks.collect();
    serde_json::to_string_pretty(&benchmarks).expect("it has only JSON types") + "\n"
}

/// A case as a metric is called, such as `rc4 threads/2`.
fn name(case: &Case) -> String {
    case.to_string()
}
