//! One panel: axes, grid, the ideal line, and curves with markers and bars.

use super::axis::{Axis, worker_ticks};
use super::curves::{Curve, Figure, Ideal, Panel, Value};
use super::scene::{Anchor, Point, Scene};
use super::text;
use super::theme::{self, Look, Origin};

/// Steps in which the ideal line follows its curve.
const IDEAL_STEPS: u32 = 96;

/// Where a panel's plot lies in the picture.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Area {
    pub(super) left: f64,
    pub(super) top: f64,
    pub(super) width: f64,
    pub(super) height: f64,
}

impl Area {
    fn right(&self) -> f64 {
        self.left + self.width
    }

    fn bottom(&self) -> f64 {
        self.top + self.height
    }

    fn y(&self, axis: &Axis, value: f64) -> f64 {
        self.bottom() - axis.part(value) * self.height
    }
}

/// The numbers of workers that a figure shows, spread over the width of a plot.
struct Workers<'a> {
    counts: &'a [usize],
    area: Area,
}

impl Workers<'_> {
    fn ends(&self) -> (f64, f64) {
        let end = |count: Option<&usize>| count.map_or(1.0, |&count| count as f64);
        (end(self.counts.first()), end(self.counts.last()))
    }

    /// Empty strip on either side: half a step of whole numbers, within reason.
    fn pad(&self) -> f64 {
        let (first, last) = self.ends();
        (self.area.width / (2.0 * (last - first + 1.0))).clamp(24.0, 80.0)
    }

    fn x(&self, workers: f64) -> f64 {
        let (first, last) = self.ends();
        if last <= first {
            return self.area.left + self.area.width / 2.0;
        }
        self.area.left
            + self.pad()
            + (workers - first) / (last - first) * (self.area.width - 2.0 * self.pad())
    }

    /// Least and mean distance of neighbouring numbers.
    fn distances(&self) -> (f64, f64) {
        let gaps = self.counts.windows(2).map(|pair| self.x(pair[1] as f64) - self.x(pair[0] as f64));
        let (least, sum) =
            gaps.fold((f64::INFINITY, 0.0), |(least, sum): (f64, f64), gap| (least.min(gap), sum + gap));
        (least, if self.counts.len() > 1 { sum / (self.counts.len() - 1) as f64 } else { f64::INFINITY })
    }
}

/// Draws a panel into `area`; `counts` are the numbers of workers on its axis, ascending.
pub(super) fn draw(
    scene: &mut Scene,
    figure: &Figure,
    panel: &Panel,
    (axis, counts): (&Axis, &[usize]),
    area: Area,
) {
    let title = text::shorten(&panel.title, theme::HEAD, area.width);
    scene.text(&title, (area.left, area.top - 11.0), Anchor::Start, (theme::HEAD, theme::INK));
    if panel.curves.is_empty() {
        draw_empty(scene, area);
        return;
    }
    let workers = Workers { counts, area };
    draw_axes(scene, axis, &workers);
    if let Some(ideal) = panel.ideal {
        draw_ideal(scene, axis, &workers, ideal);
    }
    for (position, curve) in panel.curves.iter().enumerate() {
        let offset = position as f64 - (panel.curves.len() - 1) as f64 / 2.0;
        let (least, _) = workers.distances();
        // However many series there are, the points of neighbouring counts stay apart.
        let dodge = theme::DODGE.min(0.45 * least / panel.curves.len() as f64);
        draw_curve(scene, axis, &workers, curve, (figure.series[curve.series].look, offset * dodge));
    }
}

fn draw_empty(scene: &mut Scene, area: Area) {
    let (right, bottom) = (area.right(), area.bottom());
    let corners = [
        (area.left, area.top),
        (right, area.top),
        (right, bottom),
        (area.left, bottom),
        (area.left, area.top),
    ];
    scene.path(&corners, theme::HAIR, theme::GRID, &[]);
    let middle = (area.left + area.width / 2.0, area.top + area.height / 2.0);
    scene.text("not measured", middle, Anchor::Middle, (theme::HEAD, theme::SOFT));
}

fn draw_axes(scene: &mut Scene, axis: &Axis, workers: &Workers<'_>) {
    let area = workers.area;
    let style = (theme::TEXT, theme::INK);
    for (value, label) in &axis.ticks {
        let y = area.y(axis, *value);
        scene.line((area.left, y), (area.right(), y), theme::HAIR, theme::GRID);
        scene.text(label, (area.left - 7.0, y + 0.36 * theme::TEXT), Anchor::End, style);
    }
    let bottom = area.bottom();
    scene.line((area.left, area.top), (area.left, bottom), theme::HAIR, theme::INK);
    scene.line((area.left, bottom), (area.right(), bottom), theme::HAIR, theme::INK);
    for count in worker_ticks(workers.counts, |count| workers.x(count as f64)) {
        let x = workers.x(count as f64);
        scene.line((x, bottom), (x, bottom + 4.0), theme::HAIR, theme::INK);
        scene.text(&count.to_string(), (x, bottom + 17.0), Anchor::Middle, style);
    }
    let middle = area.left + area.width / 2.0;
    scene.text("workers", (middle, bottom + 36.0), Anchor::Middle, style);
}

fn draw_ideal(scene: &mut Scene, axis: &Axis, workers: &Workers<'_>, ideal: Ideal) {
    let area = workers.area;
    let (first, last) = workers.ends();
    let points: Vec<Point> = if first < last {
        let steps = (0..=IDEAL_STEPS).map(|step| f64::from(step) / f64::from(IDEAL_STEPS));
        steps
            .map(|part| first + part * (last - first))
            .map(|count| (workers.x(count), area.y(axis, ideal.at(count))))
            .collect()
    } else {
        // A single number of workers has no line; a level stroke says where its ideal is.
        let (x, y) = (workers.x(first), area.y(axis, ideal.at(first)));
        vec![(x - 40.0, y), (x + 40.0, y)]
    };
    // It rises or falls throughout, so it leaves the plot once at most.
    scene.path(&clip(&points, area.top), theme::STROKE, theme::IDEAL, theme::IDEAL_DASH);
}

/// What lies below `top` of a path that crosses it at most once.
fn clip(points: &[Point], top: f64) -> Vec<Point> {
    let mut inside = Vec::new();
    let mut before: Option<Point> = None;
    for &point in points {
        if let Some(before) = before
            && (before.1 < top) != (point.1 < top)
        {
            let part = (top - before.1) / (point.1 - before.1);
            inside.push((before.0 + part * (point.0 - before.0), top));
        }
        if point.1 >= top {
            inside.push(point);
        }
        before = Some(point);
    }
    inside
}

fn draw_curve(
    scene: &mut Scene,
    axis: &Axis,
    workers: &Workers<'_>,
    curve: &Curve,
    (look, offset): (Look, f64),
) {
    let (_, mean) = workers.distances();
    let radius = theme::RADIUS.min(0.4 * mean).max(1.8);
    let place = |count: usize, value: Value| {
        let y = |value: f64| workers.area.y(axis, value);
        (workers.x(count as f64) + offset, y(value.middle), y(value.least), y(value.greatest))
    };
    for unbroken in curve.points.split(|(_, value)| value.is_none()) {
        let places: Vec<_> =
            unbroken.iter().filter_map(|(count, value)| value.map(|value| place(*count, value))).collect();
        let line: Vec<Point> = places.iter().map(|&(x, y, ..)| (x, y)).collect();
        scene.path(&line, theme::STROKE, look.colour, look.dash);
        for (x, y, least, greatest) in places {
            draw_bar(scene, look, x, (least, greatest), radius);
            draw_marker(scene, look, (x, y), radius);
        }
    }
}

fn draw_bar(scene: &mut Scene, look: Look, x: f64, (least, greatest): (f64, f64), radius: f64) {
    // A bar without a length says nothing that the marker does not.
    if (least - greatest).abs() < 1.0 {
        return;
    }
    let (cap, width) = (0.8 * radius, 1.25 * theme::HAIR);
    scene.line((x, least), (x, greatest), width, look.colour);
    // Where markers are crowded, caps would join into lines that look like curves.
    let ends = if radius < theme::RADIUS { [].as_slice() } else { &[least, greatest] };
    for &end in ends {
        scene.line((x - cap, end), (x + cap, end), width, look.colour);
    }
}

/// Draws a series' marker; a thin rim of white keeps it apart from lines that pass below.
pub(super) fn draw_marker(scene: &mut Scene, look: Look, at: Point, radius: f64) {
    scene.polygon(look.marker(at, radius + 1.0), theme::PAPER);
    scene.polygon(look.marker(at, radius), look.colour);
    if look.origin == Origin::Beside {
        scene.polygon(look.marker(at, 0.55 * radius), theme::PAPER);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_cut_where_it_leaves_the_plot() {
        assert_eq!(clip(&[(0.0, 10.0), (10.0, 0.0)], 5.0), [(0.0, 10.0), (5.0, 5.0)]);
        assert_eq!(clip(&[(0.0, 0.0), (10.0, 10.0)], 5.0), [(5.0, 5.0), (10.0, 10.0)]);
        assert_eq!(clip(&[(0.0, 6.0), (1.0, 7.0)], 5.0), [(0.0, 6.0), (1.0, 7.0)]);
        assert!(clip(&[(0.0, 1.0), (1.0, 2.0)], 5.0).is_empty());
    }
}
