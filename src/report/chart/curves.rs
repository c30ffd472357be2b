//! From analyses to figures: which curves there are, and the words around them.
//!
//! Every chart over workers takes its figures from here; what it adds is the value it shows.

use crate::analysis::{Analysis, Cell, Estimate};
use crate::record::Status;
use crate::report::grid::runs_in_words;

use super::Beside;
use super::axis::Scale;
use super::theme::{Look, Origin};

/// What a chart is made from: the run it is about, and those drawn beside it.
pub(super) struct Runs<'a> {
    pub(super) own: &'a Analysis,
    pub(super) beside: &'a [Beside<'a>],
}

/// A chart before it is laid out.
pub(super) struct Figure {
    pub(super) title: String,
    /// Paragraphs under the title.
    pub(super) notes: Vec<String>,
    pub(super) y_label: &'static str,
    pub(super) y_range: YRange,
    pub(super) scale: Scale,
    pub(super) ideal_label: String,
    /// Every series that the figure may draw, so that each looks the same in all panels.
    pub(super) series: Vec<Series>,
    pub(super) panels: Vec<Panel>,
}

/// Whether panels can be compared by height.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum YRange {
    Shared,
    OwnOfEachPanel,
}

/// One executor of one run.
pub(super) struct Series {
    pub(super) label: String,
    pub(super) look: Look,
}

/// One workload.
pub(super) struct Panel {
    pub(super) title: String,
    pub(super) curves: Vec<Curve>,
    pub(super) ideal: Option<Ideal>,
    /// Whether a curve of the run is missing beside others, or some curve lacks a value.
    pub(super) gaps: bool,
}

/// A series in a panel.
pub(super) struct Curve {
    /// Index into [`Figure::series`].
    pub(super) series: usize,
    /// Values by ascending number of workers; none where the case was not measured.
    pub(super) points: Vec<(usize, Option<Value>)>,
}

/// A value with the ends of its bar.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Value {
    pub(super) middle: f64,
    pub(super) least: f64,
    pub(super) greatest: f64,
}

impl Value {
    /// The value, unless some part of it cannot be drawn.
    pub(super) fn new(middle: f64, least: f64, greatest: f64) -> Option<Self> {
        let drawable = [middle, least, greatest].iter().all(|part| part.is_finite() && *part > 0.0);
        drawable.then_some(Self { middle, least, greatest })
    }
}

/// What would be, had nothing been lost.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Ideal {
    /// As many times faster as there are workers.
    Workers,
    /// A time divided evenly among the workers.
    Share(f64),
}

impl Ideal {
    pub(super) fn at(self, workers: f64) -> f64 {
        match self {
            Self::Workers => workers,
            Self::Share(time) => time / workers,
        }
    }
}

impl Panel {
    /// Every value that the panel draws.
    pub(super) fn values(&self) -> impl Iterator<Item = Value> {
        self.curves.iter().flat_map(|curve| &curve.points).filter_map(|(_, value)| *value)
    }
}

impl Runs<'_> {
    /// The series of all runs, own first.
    pub(super) fn series(&self) -> Vec<Series> {
        let own = self.own.executors.iter().map(|table| (table.executor.clone(), Origin::Own));
        let beside = self.beside.iter().flat_map(|beside| {
            let labels = beside.analysis.executors.iter().map(|table| beside.series_label(&table.executor));
            labels.map(|label| (label, Origin::Beside))
        });
        (own.chain(beside).enumerate())
            .map(|(index, (label, origin))| Series { label, look: Look::of(index, origin) })
            .collect()
    }

    /// A panel for each workload of the run, with the values that `value` makes of estimates and
    /// the ideal that `ideal` gives for the workload with that index.
    pub(super) fn panels(
        &self,
        value: impl Fn(&Estimate) -> Option<Value>,
        ideal: impl Fn(usize) -> Option<Ideal>,
    ) -> Vec<Panel> {
        let columns = self.own.workloads.iter().enumerate();
        let mut panels: Vec<_> = columns
            .map(|(column, workload)| {
                let curves = self.curves(&workload.name, &value);
                let own = curves.iter().filter(|curve| curve.series < self.own.executors.len()).count();
                let missing = !curves.is_empty() && own < self.own.executors.len();
                let mut points = curves.iter().flat_map(|curve| &curve.points);
                let gaps = missing || points.any(|(_, value)| value.is_none());
                Panel { title: workload.label.clone(), curves, ideal: ideal(column), gaps }
            })
            .collect();
        if panels.is_empty() {
            panels.push(Panel { title: String::new(), curves: vec![], ideal: None, gaps: false });
        }
        panels
    }

    /// The curves that have a value for a workload.
    fn curves(&self, workload: &str, value: impl Fn(&Estimate) -> Option<Value>) -> Vec<Curve> {
        let analyses = std::iter::once(self.own).chain(self.beside.iter().map(|beside| beside.analysis));
        let tables = analyses.flat_map(|analysis| {
            let column = analysis.workloads.iter().position(|column| column.name == workload);
            analysis.executors.iter().map(move |table| (table, column))
        });
        (tables.enumerate())
            .map(|(series, (table, column))| {
                let cell = |cells: &[Cell]| cells.get(column?)?.estimate().and_then(&value);
                let points = table.rows.iter().map(|row| (row.workers, cell(&row.cells))).collect();
                Curve { series, points }
            })
            .filter(|curve: &Curve| curve.points.iter().any(|(_, value)| value.is_some()))
            .collect()
    }

    /// Whose figures these are, and where they were taken.
    pub(super) fn machines(&self) -> Vec<String> {
        let state = match self.own.status {
            Status::Complete => "",
            Status::Running | Status::Interrupted | Status::Failed => " · the run is not complete",
        };
        let own = format!("{}{state}", place(self.own));
        let beside = self.beside.iter().map(|beside| {
            let runs = behind_points(beside.analysis).map_or(String::new(), |runs| format!(" · {runs}"));
            format!("{}: {}{runs}", beside.label, place(beside.analysis))
        });
        std::iter::once(own).chain(beside).collect()
    }

    /// What is behind a point of the run, in words; none if nothing was measured.
    pub(super) fn behind_points(&self) -> Option<String> {
        behind_points(self.own)
    }
}

fn behind_points(analysis: &Analysis) -> Option<String> {
    Some(match analysis.runs()? {
        (1, 1) => "a single run".to_string(),
        counts => format!("the mean of {}", runs_in_words(counts)),
    })
}

/// Machine and date of a run.
fn place(analysis: &Analysis) -> String {
    let date: String = analysis.created.chars().take(10).collect();
    let parts = [analysis.machine.as_str(), date.as_str()];
    parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" · ")
}

/// A note for gaps, with what they mean, so that nobody takes one for a measurement.
pub(super) fn gap_note(panels: &[Panel], meaning: &str) -> Option<String> {
    let gaps = panels.iter().any(|panel| panel.gaps);
    gaps.then(|| format!("Where a curve is missing or has a gap, {meaning}."))
}

/// Whether any value has a bar.
pub(super) fn has_bars(panels: &[Panel]) -> bool {
    panels.iter().flat_map(Panel::values).any(|value| value.least < value.greatest)
}
