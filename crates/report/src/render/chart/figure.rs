//! Charts over numbers of workers: what they consist of.

use std::collections::BTreeMap;

use plotters::style::RGBColor;

use super::axis::{Axis, Scale};
use super::look::Look;
use super::scene::Stroke;
use crate::stats::Quantity;

/// How far above the data a guide may stretch the axis before it leaves the plot instead.
const STRETCH: f64 = 2.5;

/// A chart before it is laid out.
pub(super) struct Figure {
    pub(super) title: String,
    /// Paragraphs under the title.
    pub(super) notes: Vec<String>,
    /// Columns and width of a plot, if not those that suit the number of panels.
    pub(super) grid: Option<(usize, f64)>,
    /// Every series that the figure may draw, so that each looks the same in all panels.
    pub(super) series: Vec<Series>,
    pub(super) groups: Vec<Group>,
    pub(super) across: Across,
    /// The least number of workers above the number of CPUs.
    pub(super) oversubscribed: Option<usize>,
}

/// What the horizontal axes show.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Across {
    /// Numbers of workers, the same in all panels.
    Workers,
    /// Numbers of connections, each panel's own, equal distances for equal ratios.
    Connections,
}

impl Across {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Workers => "workers",
            Self::Connections => "connections",
        }
    }

    pub(super) fn scale(self) -> Scale {
        match self {
            Self::Workers => Scale::Linear,
            Self::Connections => Scale::Log,
        }
    }
}

/// Panels of one kind.
pub(super) struct Group {
    pub(super) y_label: String,
    /// What a value is, and the unit behind it, in the words of a mark.
    pub(super) measure: (&'static str, &'static str),
    pub(super) y_range: YRange,
    pub(super) scale: Scale,
    pub(super) panels: Vec<Panel>,
}

/// Whether panels can be compared by height.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum YRange {
    Shared,
    OwnOfEachPanel,
}

/// One executor of one run, or something measured that all are compared with.
pub(super) struct Series {
    pub(super) label: String,
    pub(super) look: Look,
}

/// One workload, or one workload on one executor.
#[derive(Default)]
pub(super) struct Panel {
    pub(super) title: String,
    pub(super) workload: String,
    /// The only executor in it, if it is about one.
    pub(super) executor: Option<String>,
    /// Paragraphs under the title.
    pub(super) words: Vec<String>,
    pub(super) curves: Vec<Curve>,
    pub(super) guides: Vec<Guide>,
    /// Whether a curve of the run is missing next to others, or some curve lacks a value.
    pub(super) gaps: bool,
}

/// A series in a panel.
pub(super) struct Curve {
    /// Index into [`Figure::series`].
    pub(super) series: usize,
    /// Values by ascending number of workers; none where the case was not measured.
    pub(super) points: Vec<(usize, Option<Value>)>,
    /// What else a mark says, by number of workers.
    pub(super) facts: BTreeMap<usize, String>,
    /// Whether a line joins them.
    pub(super) joined: bool,
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
        let drawable = [middle, least, greatest].iter().all(|part| part.is_finite());
        drawable.then_some(Self { middle, least, greatest })
    }

    /// A figure with its interval, if it has one.
    pub(super) fn of(quantity: Quantity) -> Option<Self> {
        let ends = quantity.interval.map_or((quantity.value, quantity.value), |ends| (ends.low, ends.high));
        Self::new(quantity.value, ends.0, ends.1)
    }
}

/// Something that measurements are compared with.
pub(super) struct Guide {
    pub(super) label: String,
    pub(super) stroke: Stroke,
    pub(super) form: Form,
}

/// The course of a guide.
pub(super) enum Form {
    /// A function of the number of workers.
    Ideal(Ideal),
    /// A level for each number of workers.
    Marks(Vec<(usize, f64)>),
    /// A curve through points.
    Line(Vec<(f64, f64)>),
    /// A curve in a band: number of workers, middle, lower and upper end; and the band's colour.
    Fit(Vec<[f64; 4]>, RGBColor),
    /// A place on the horizontal axis.
    Upright(f64),
}

/// What would be, had nothing been lost.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Ideal {
    /// As many times faster as there are workers.
    Workers,
    /// A time divided evenly among the workers.
    Share(f64),
    /// The same on any number of workers.
    Level(f64),
}

impl Ideal {
    pub(super) fn at(self, workers: f64) -> f64 {
        match self {
            Self::Workers => workers,
            Self::Share(time) => time / workers,
            Self::Level(level) => level,
        }
    }
}

impl Guide {
    /// Least and greatest value between two numbers of workers.
    fn range(&self, fewest: f64, most: f64) -> Option<(f64, f64)> {
        let ends = |values: &mut dyn Iterator<Item = f64>| {
            values.fold(None, |range: Option<(f64, f64)>, value| {
                Some(range.map_or((value, value), |(low, high)| (low.min(value), high.max(value))))
            })
        };
        match &self.form {
            Form::Ideal(ideal) => ends(&mut [fewest, most].iter().map(|workers| ideal.at(*workers))),
            Form::Marks(steps) => ends(&mut steps.iter().map(|step| step.1)),
            Form::Line(points) => ends(&mut points.iter().map(|point| point.1)),
            Form::Fit(points, _) => ends(&mut points.iter().flat_map(|point| [point[2], point[3]])),
            Form::Upright(_) => None,
        }
    }
}

impl Panel {
    /// The numbers of workers that it has a place for, ascending.
    pub(super) fn counts(&self) -> Vec<usize> {
        let points = self.curves.iter().flat_map(|curve| &curve.points);
        let mut counts: Vec<usize> = points.map(|(count, _)| *count).collect();
        counts.sort_unstable();
        counts.dedup();
        counts
    }

    /// Every value that the panel draws.
    pub(super) fn values(&self) -> impl Iterator<Item = Value> {
        self.curves.iter().flat_map(|curve| &curve.points).filter_map(|(_, value)| *value)
    }

    /// Least and greatest value that the panel's axis must hold.
    fn range(&self, scale: Scale, counts: &[usize]) -> (f64, f64) {
        let mut bottom = self.values().map(|value| value.least).fold(f64::INFINITY, f64::min);
        let mut top = self.values().map(|value| value.greatest).fold(0.0, f64::max);
        let (Some(fewest), Some(most)) = (counts.first(), counts.last()) else { return (bottom, top) };
        let data = top;
        for guide in &self.guides {
            let Some((low, high)) = guide.range(*fewest as f64, *most as f64) else { continue };
            // With many more workers than CPUs the ideal is far above anything measured; were it
            // shown in full, the measurements would be flat on the ground.
            let high = if scale == Scale::Linear && high > STRETCH * data { 1.5 * data } else { high };
            (bottom, top) = (bottom.min(low), top.max(high));
        }
        (bottom, top)
    }
}

impl Group {
    /// The axis of each panel, for the numbers of workers that the figure shows.
    pub(super) fn axes(&self, counts: &[usize]) -> Vec<Axis> {
        let ranges: Vec<_> = self.panels.iter().map(|panel| panel.range(self.scale, counts)).collect();
        let shared = (ranges.iter())
            .fold((f64::INFINITY, 0.0), |all: (f64, f64), own| (all.0.min(own.0), all.1.max(own.1)));
        (ranges.into_iter())
            .map(|own| if self.y_range == YRange::Shared { shared } else { own })
            .map(|(least, greatest)| Axis::over(self.scale, least, greatest))
            .collect()
    }
}
