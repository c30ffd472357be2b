//! Whole numbers, of workers or of rounds, spread over the width of a plot.

use super::axis::Scale;
use super::frame;
use super::scene::{Area, Scene};
use super::ticks::whole_ticks;

/// The numbers that a plot has a place for, ascending.
#[derive(Clone, Copy)]
pub(super) struct Spread<'a> {
    pub(super) counts: &'a [usize],
    pub(super) area: Area,
    pub(super) scale: Scale,
}

impl Spread<'_> {
    /// The first number and the last.
    pub(super) fn ends(&self) -> (f64, f64) {
        let end = |count: Option<&usize>| count.map_or(1.0, |&count| count as f64);
        (end(self.counts.first()), end(self.counts.last()))
    }

    /// Empty strip on either side: half a step of whole numbers, within reason.
    fn pad(&self) -> f64 {
        let (first, last) = self.ends();
        if self.scale == Scale::Log {
            return 24.0;
        }
        (self.area.width / (2.0 * (last - first + 1.0))).clamp(24.0, 80.0)
    }

    /// Where a number lies.
    pub(super) fn x(&self, number: f64) -> f64 {
        let (first, last) = self.ends();
        if last <= first {
            return self.area.middle().0;
        }
        let part = match self.scale {
            Scale::Linear => (number - first) / (last - first),
            Scale::Log => (number / first).ln() / (last / first).ln(),
        };
        self.area.left + self.pad() + part * (self.area.width - 2.0 * self.pad())
    }

    /// Least and mean distance of neighbouring numbers.
    pub(super) fn distances(&self) -> (f64, f64) {
        let gaps = self.counts.windows(2).map(|pair| self.x(pair[1] as f64) - self.x(pair[0] as f64));
        let (least, sum) =
            gaps.fold((f64::INFINITY, 0.0), |(least, sum): (f64, f64), gap| (least.min(gap), sum + gap));
        (least, if self.counts.len() > 1 { sum / (self.counts.len() - 1) as f64 } else { f64::INFINITY })
    }

    /// Draws the ticks below the plot.
    pub(super) fn draw_ticks(&self, scene: &mut Scene) {
        for count in whole_ticks(self.counts, |count| self.x(count as f64)) {
            frame::tick(scene, self.area, self.x(count as f64), &count.to_string());
        }
    }
}
