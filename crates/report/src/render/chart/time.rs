//! The mean time of the batch over the number of workers.

use crate::analysis::{Analysis, Cell, Estimate};

use super::Chart;
use super::axis::Scale;
use super::figure::{Across, Figure, Form, Group, Guide, Ideal, Panel, Value, YRange};
use super::io::level;
use super::look::Origin;
use super::runs::{Runs, gap_note, has_bars};
use super::scene::Scene;
use super::theme;

/// Times that differ by more than this from those overlaid need a logarithmic axis.
const FAR: f64 = 4.0;

/// The chart named `time`; left out where no executor was measured.
pub(super) struct Time;

impl Chart for Time {
    fn name(&self) -> &'static str {
        "time"
    }

    fn scene(&self, runs: Runs<'_>) -> Option<Scene> {
        let reference = Reference::of(runs.own);
        let mut panels = runs.panels(|_, estimate| value(estimate));
        if panels.iter().all(|panel| panel.curves.is_empty()) {
            return None;
        }
        for (column, panel) in panels.iter_mut().enumerate() {
            let ideal = reference.mean(runs.own, column).map(|mean| Form::Ideal(Ideal::Share(mean)));
            let label = reference.label(runs.own);
            panel.guides.extend(ideal.map(|form| Guide { label, stroke: theme::IDEAL, form }));
            let serial = Reference::Serial.mean(runs.own, column);
            panel.guides.extend(serial.map(|mean| level("serial", mean)));
        }
        let (scale, y_label) = if far_apart(runs, &panels) {
            (Scale::Log, "mean time in seconds (log scale)")
        } else {
            (Scale::Linear, "mean time in seconds")
        };
        let bars = if has_bars(&panels) { " Bars: fastest to slowest run." } else { "" };
        let points = runs.behind_points().map(|behind| format!("Points: {behind}.{bars}"));
        let gaps = gap_note(&panels, "the case failed or was not measured");
        let figure = Figure {
            title: format!("Mean time over workers — {}", runs.own.name),
            notes: runs.machines().into_iter().chain(points).chain(gaps).collect(),
            grid: None,
            series: runs.series(),
            groups: vec![Group {
                y_label: y_label.to_string(),
                measure: ("mean time", " s"),
                y_range: YRange::OwnOfEachPanel,
                scale,
                panels,
            }],
            across: Across::Workers,
            oversubscribed: runs.oversubscribed(),
        };
        Some(figure.draw())
    }
}

fn value(estimate: &Estimate) -> Option<Value> {
    // A time of zero has no place on a logarithmic axis.
    Value::new(estimate.mean_s, estimate.min_s, estimate.max_s).filter(|value| value.least > 0.0)
}

/// Whether in some panel the run and an overlaid one are so far apart that the lower would lie flat.
fn far_apart(runs: Runs<'_>, panels: &[Panel]) -> bool {
    let series = runs.series();
    panels.iter().any(|panel| {
        let most = |origin: Origin| {
            let curves = panel.curves.iter().filter(|curve| series[curve.series].look.origin == origin);
            let values = curves.flat_map(|curve| &curve.points).filter_map(|(_, value)| *value);
            values.map(|value| value.middle).reduce(f64::max)
        };
        let pair = most(Origin::Own).zip(most(Origin::Overlaid));
        pair.is_some_and(|(own, overlaid)| own > FAR * overlaid || overlaid > FAR * own)
    })
}

/// The time that the ideal line divides by the number of workers; the same kind in all panels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reference {
    Serial,
    /// One worker of the executor with that index.
    OneWorker(usize),
}

impl Reference {
    /// The one that most workloads have, the serial baseline before executors in their order.
    fn of(analysis: &Analysis) -> Self {
        let executors = (0..analysis.executors.len()).map(Self::OneWorker);
        let covered = |reference: Self| {
            (0..analysis.workloads.len()).filter(|column| reference.mean(analysis, *column).is_some()).count()
        };
        executors.fold(Self::Serial, |best, next| if covered(next) > covered(best) { next } else { best })
    }

    fn mean(self, analysis: &Analysis, column: usize) -> Option<f64> {
        let cell: &Cell = match self {
            Self::Serial => &analysis.workloads.get(column)?.serial,
            Self::OneWorker(executor) => {
                let rows = &analysis.executors.get(executor)?.rows;
                rows.iter().find(|row| row.workers == 1)?.cells.get(column)?
            }
        };
        cell.estimate().and_then(value).map(|value| value.middle)
    }

    fn label(self, analysis: &Analysis) -> String {
        match self {
            Self::Serial => "ideal: serial time ÷ workers".to_string(),
            Self::OneWorker(executor) => {
                let name = analysis.executors.get(executor).map_or("", |table| table.executor.as_str());
                format!("ideal: time of {name} with 1 worker ÷ workers")
            }
        }
    }
}
