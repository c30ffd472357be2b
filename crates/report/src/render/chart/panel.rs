//! One panel over numbers of workers: guides, and curves with markers and bars.

use super::axis::{Axis, Scale};
use super::figure::{Across, Curve, Form, Guide, Panel, Series, Value};
use super::frame::Spread;
use super::layout::Plot;
use super::numbers::in_brackets;
use super::scene::{Area, Point, Scene, Stroke, Tag};
use super::{frame, look, theme};

/// Half the width of a mark, in pixels.
const MARK: f64 = 14.0;
/// Steps in which a line follows its function.
const STEPS: u32 = 96;

/// A panel with all that it takes to draw it.
pub(super) struct Plotted<'a> {
    pub(super) panel: &'a Panel,
    pub(super) series: &'a [Series],
    pub(super) axis: Axis,
    /// The numbers of workers on the horizontal axis, ascending.
    pub(super) counts: Vec<usize>,
    pub(super) across: Across,
    /// Where the numbers of workers begin that are above the number of CPUs.
    pub(super) edge: Option<f64>,
    /// What a value is, and its unit.
    pub(super) measure: (&'static str, &'static str),
}

impl Plot for Plotted<'_> {
    fn title(&self) -> String {
        self.panel.title.clone()
    }

    fn words(&self) -> Vec<String> {
        self.panel.words.clone()
    }

    fn tags(&self) -> Vec<Tag<'_>> {
        let executor = self.panel.executor.as_deref().map(Tag::Executor);
        std::iter::once(Tag::Workload(&self.panel.workload)).chain(executor).collect()
    }

    fn label_width(&self) -> f64 {
        self.axis.label_width()
    }

    fn is_empty(&self) -> bool {
        self.panel.curves.is_empty()
    }

    fn draw(&self, scene: &mut Scene, area: Area) {
        let workers = Spread { counts: &self.counts, area, scale: self.across.scale() };
        if let Some(edge) = self.edge {
            let left = workers.x(edge.max(0.0)).max(area.left);
            if left < area.right() {
                let shade = Area { left, width: area.right() - left, ..area };
                scene.polygon(shade.corners(), theme::SHADE);
            }
        }
        for guide in &self.panel.guides {
            self.draw_band(scene, workers, guide);
        }
        frame::draw(scene, &self.axis, area);
        workers.draw_ticks(scene);
        frame::x_label(scene, area, &self.x_label());
        for guide in &self.panel.guides {
            self.draw_guide(scene, workers, guide);
        }
        // What all are compared with stays where its number of workers is; the others stand next to
        // each other, and however many they are, the points of neighbouring counts stay apart.
        let (limits, pools): (Vec<_>, Vec<_>) =
            self.panel.curves.iter().partition(|curve| self.series[curve.series].look.is_limit());
        for curve in limits {
            self.draw_curve(scene, workers, curve, 0.0);
        }
        let dodge = theme::DODGE.min(0.45 * workers.distances().0 / pools.len() as f64);
        for (position, curve) in pools.iter().enumerate() {
            let offset = position as f64 - (pools.len() - 1) as f64 / 2.0;
            self.draw_curve(scene, workers, curve, offset * dodge);
        }
    }
}

impl Plotted<'_> {
    fn x_label(&self) -> String {
        match self.across.scale() {
            Scale::Linear => self.across.name().to_string(),
            Scale::Log => format!("{} (log scale)", self.across.name()),
        }
    }

    fn place(&self, workers: Spread<'_>, (count, value): (f64, f64)) -> Point {
        (workers.x(count), frame::y(&workers.area, &self.axis, value))
    }

    fn draw_band(&self, scene: &mut Scene, workers: Spread<'_>, guide: &Guide) {
        let Form::Fit(points, colour) = &guide.form else { return };
        let area = workers.area;
        let edge = |point: &[f64; 4], end: usize| {
            let (x, y) = self.place(workers, (point[0], point[end]));
            (x, y.clamp(area.top, area.bottom()))
        };
        for pair in points.windows(2) {
            let corners = vec![edge(&pair[0], 2), edge(&pair[1], 2), edge(&pair[1], 3), edge(&pair[0], 3)];
            scene.polygon(corners, *colour);
        }
    }

    fn draw_guide(&self, scene: &mut Scene, workers: Spread<'_>, guide: &Guide) {
        let area = workers.area;
        let (first, last) = workers.ends();
        let course: Vec<(f64, f64)> = match &guide.form {
            Form::Ideal(ideal) => (0..=STEPS)
                .map(|step| first + f64::from(step) / f64::from(STEPS) * (last - first))
                .map(|count| (count, ideal.at(count)))
                .collect(),
            Form::Marks(levels) => {
                self.draw_marks(scene, workers, levels, guide.stroke);
                return;
            }
            Form::Line(points) => points.clone(),
            Form::Fit(points, _) => points.iter().map(|point| (point[0], point[1])).collect(),
            Form::Upright(place) => {
                let x = workers.x(*place);
                scene.path(&[(x, area.top), (x, area.bottom())], guide.stroke);
                return;
            }
        };
        let mut points: Vec<Point> = course.iter().map(|point| self.place(workers, *point)).collect();
        if first >= last {
            // A single number of workers has no line; a level stroke says what belongs to it.
            let Some(&(x, y)) = points.first() else { return };
            points = vec![(x - 40.0, y), (x + 40.0, y)];
        }
        for part in frame::clip(&points, area.top, area.bottom()) {
            scene.path(&part, guide.stroke);
        }
    }

    /// A level stroke at each number of workers: between them there is nothing, and no curve crosses it.
    fn draw_marks(&self, scene: &mut Scene, workers: Spread<'_>, levels: &[(usize, f64)], stroke: Stroke) {
        let half = MARK.min(0.4 * workers.distances().1);
        for &(count, level) in levels {
            let (x, y) = self.place(workers, (count as f64, level));
            for part in frame::clip(&[(x - half, y), (x + half, y)], workers.area.top, workers.area.bottom())
            {
                scene.path(&part, stroke);
            }
        }
    }

    fn draw_curve(&self, scene: &mut Scene, workers: Spread<'_>, curve: &Curve, offset: f64) {
        let Series { label, look } = &self.series[curve.series];
        let radius = theme::RADIUS.min(0.4 * workers.distances().1).max(1.8);
        let x = |count: usize| workers.x(count as f64) + offset;
        let y = |value: f64| frame::y(&workers.area, &self.axis, value);
        let tags = if look.is_limit() { vec![] } else { vec![Tag::Executor(label)] };
        scene.tagged(&tags, |scene| {
            for unbroken in curve.points.split(|(_, value)| value.is_none()) {
                let values: Vec<(usize, Value)> =
                    unbroken.iter().filter_map(|(count, value)| Some((*count, (*value)?))).collect();
                if curve.joined {
                    let line: Vec<Point> =
                        values.iter().map(|(count, value)| (x(*count), y(value.middle))).collect();
                    scene.path(&line, look.stroke());
                }
                for (count, value) in values {
                    let (at, ends) = ((x(count), y(value.middle)), (y(value.least), y(value.greatest)));
                    let (spot, bottom) = (look::spot(at, radius + 1.0), ends.0.max(at.1 + radius + 1.0));
                    let top = ends.1.min(spot.top);
                    let spot = Area { top, height: bottom - top, ..spot };
                    let tags = (self.across == Across::Workers).then_some(Tag::Workers(count));
                    scene.mark(tags.as_slice(), spot, &self.tip(curve, count, value), |scene| {
                        look::bar(scene, *look, at.0, ends, radius);
                        look::marker(scene, *look, at, radius);
                    });
                }
            }
        });
    }

    /// What a point stands for.
    fn tip(&self, curve: &Curve, count: usize, value: Value) -> String {
        let (label, (measure, unit)) = (&self.series[curve.series].label, self.measure);
        let what = self.across.name().strip_suffix(if count == 1 { "s" } else { "" });
        let over = if self.oversubscribed(count) { " (more than CPUs)" } else { "" };
        let head = format!("{label}, {count} {}{over}", what.unwrap_or_default());
        let fact = curve.facts.get(&count).map_or(String::new(), |fact| format!("\n{fact}"));
        format!("{head}\n{measure} {}{unit}{fact}", in_brackets(value))
    }

    fn oversubscribed(&self, count: usize) -> bool {
        self.edge.is_some_and(|edge| count as f64 > edge)
    }
}
