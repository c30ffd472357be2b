//! The factor: mean time of one worker over that of N workers of the same executor.

use crate::analysis::Estimate;

use super::axis::Scale;
use super::curves::{Figure, Ideal, Runs, Value, YRange, gap_note};
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
        let bars = match runs.runs() {
            Some(one) if one == "1 run" => Some("Points: a single run each, without bars.".to_string()),
            Some(many) => Some(format!(
                "Points: mean of {many} with 1 worker ÷ mean with N of the same executor. \
                 Bars: the same ÷ slowest and fastest run with N."
            )),
            None => None,
        };
        page::draw(&Figure {
            title: format!("Factor against one worker — {}", runs.own.name),
            notes: runs.machines().into_iter().chain(bars).chain(gap_note(&panels)).collect(),
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
