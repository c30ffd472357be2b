//! The factor: mean time of one worker over that of N workers of the same executor.

use crate::analysis::Estimate;

use super::axis::Scale;
use super::curves::{Figure, Ideal, Runs, Value, YRange, gap_note, has_bars};
use super::scene::Scene;
use super::{Chart, page};

/// The chart named `speedup`.
pub(super) struct Speedup;

impl Chart for Speedup {
    fn name(&self) -> &'static str {
        "speedup"
    }

    fn scene(&self, runs: &Runs<'_>) -> Scene {
        let panels = runs.panels(value, |_| Some(Ideal::Workers));
        let points = runs.behind_points().map(|behind| {
            format!("Points: time with 1 worker ÷ time with N of the same executor, each {behind}.")
        });
        let bars = has_bars(&panels)
            .then(|| "Bars: mean time with 1 worker ÷ slowest and fastest run with N.".to_string());
        let gaps = gap_note(&panels, "the case, or its case with 1 worker, failed or was not measured");
        page::draw(&Figure {
            title: format!("Factor against one worker — {}", runs.own.name),
            notes: runs.machines().into_iter().chain(points).chain(bars).chain(gaps).collect(),
            y_label: "factor T₁ ÷ Tₙ",
            y_range: YRange::Shared,
            scale: Scale::Linear,
            ideal_label: "ideal: factor = workers".to_string(),
            series: runs.series(),
            panels,
        })
    }
}

fn value(estimate: &Estimate) -> Option<Value> {
    let one_s = estimate.factor? * estimate.mean_s;
    Value::new(estimate.factor?, one_s / estimate.max_s, one_s / estimate.min_s)
}
