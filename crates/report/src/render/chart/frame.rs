//! What plots have in common: axes with their ticks, whole numbers spread over the width, and paths
//! cut at the edges.

use super::axis::{Axis, Scale, whole_ticks};
use super::scene::{Anchor, Area, Point, Scene, Stroke};
use super::theme;

/// Space below a plot for its ticks and the name of its axis.
pub(super) const BELOW: f64 = 42.0;

/// The height of a value.
pub(super) fn y(area: &Area, axis: &Axis, value: f64) -> f64 {
    area.bottom() - axis.part(value) * area.height
}

/// Draws the level lines of the grid, the labels of the vertical axis, and the two axes.
pub(super) fn draw(scene: &mut Scene, axis: &Axis, area: Area) {
    for (value, label) in &axis.ticks {
        let y = y(&area, axis, *value);
        scene.line((area.left, y), (area.right(), y), theme::HAIR, theme::GRID);
        let at = (area.left - 7.0, y + 0.36 * theme::TEXT);
        scene.text(label, at, Anchor::End, (theme::TEXT, theme::INK));
    }
    let zero = y(&area, axis, 0.0);
    if axis.ticks.first().is_some_and(|(least, _)| *least < 0.0) && zero > area.top {
        scene.line((area.left, zero), (area.right(), zero), theme::HAIR, theme::SOFT);
    }
    edges(scene, area);
}

/// Draws the two axes alone.
pub(super) fn edges(scene: &mut Scene, area: Area) {
    let bottom = area.bottom();
    scene.line((area.left, area.top), (area.left, bottom), theme::HAIR, theme::INK);
    scene.line((area.left, bottom), (area.right(), bottom), theme::HAIR, theme::INK);
}

/// Draws a tick below a plot.
pub(super) fn tick(scene: &mut Scene, area: Area, x: f64, label: &str) {
    let bottom = area.bottom();
    scene.line((x, bottom), (x, bottom + 4.0), theme::HAIR, theme::INK);
    scene.text(label, (x, bottom + 17.0), Anchor::Middle, (theme::TEXT, theme::INK));
}

/// Draws the name of the horizontal axis.
pub(super) fn x_label(scene: &mut Scene, area: Area, label: &str) {
    let at = (area.middle().0, area.bottom() + 36.0);
    scene.text(label, at, Anchor::Middle, (theme::TEXT, theme::INK));
}

/// Draws a plot that has nothing to show.
pub(super) fn empty(scene: &mut Scene, area: Area) {
    scene.outline(area, Stroke::solid(theme::HAIR, theme::GRID));
    scene.text("not measured", area.middle(), Anchor::Middle, (theme::HEAD, theme::SOFT));
}

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
            tick(scene, self.area, self.x(count as f64), &count.to_string());
        }
    }
}

/// What lies between two heights of a path: its unbroken parts.
pub(super) fn clip(points: &[Point], top: f64, bottom: f64) -> Vec<Vec<Point>> {
    let mut parts: Vec<Vec<Point>> = Vec::new();
    for pair in points.windows(2) {
        let (from, to) = (pair[0], pair[1]);
        let (mut start, mut end) = (0.0_f64, 1.0_f64);
        let fall = to.1 - from.1;
        if fall == 0.0 {
            if !(top..=bottom).contains(&from.1) {
                continue;
            }
        } else {
            let (one, other) = ((top - from.1) / fall, (bottom - from.1) / fall);
            (start, end) = (start.max(one.min(other)), end.min(one.max(other)));
        }
        if start > end {
            continue;
        }
        let at = |part: f64| (from.0 + part * (to.0 - from.0), from.1 + part * fall);
        let continues = parts.last().and_then(|part| part.last()).is_some_and(|last| *last == from);
        if continues && start == 0.0 {
            parts.last_mut().expect("it has a last point").push(at(end));
        } else {
            parts.push(vec![at(start), at(end)]);
        }
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_cut_where_it_leaves_the_plot() {
        let cut = |points: &[Point]| clip(points, 5.0, 20.0);
        assert_eq!(cut(&[(0.0, 10.0), (10.0, 0.0)]), [[(0.0, 10.0), (5.0, 5.0)]]);
        assert_eq!(cut(&[(0.0, 0.0), (10.0, 10.0)]), [[(5.0, 5.0), (10.0, 10.0)]]);
        assert_eq!(cut(&[(0.0, 6.0), (1.0, 7.0), (2.0, 7.0)]), [[(0.0, 6.0), (1.0, 7.0), (2.0, 7.0)]]);
        assert_eq!(
            cut(&[(0.0, 10.0), (10.0, 30.0), (20.0, 10.0)]),
            [[(0.0, 10.0), (5.0, 20.0)], [(15.0, 20.0), (20.0, 10.0)]]
        );
        assert!(cut(&[(0.0, 1.0), (1.0, 2.0)]).is_empty());
        assert!(cut(&[(0.0, 1.0), (1.0, 1.0)]).is_empty());
    }
}
