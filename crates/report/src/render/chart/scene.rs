//! What a picture is made of, before it is drawn as SVG or PNG.
//!
//! Charts fill a [`Scene`] and cannot fail at it; only [`canvas`](super::canvas) meets the drawing
//! backends and their errors. Lengths are in logical pixels, with y growing downwards.

use plotters::style::RGBColor;

/// A place in the picture.
pub(super) type Point = (f64, f64);

/// Which part of a text stands at its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Anchor {
    Start,
    Middle,
    End,
}

/// Which way a text runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Direction {
    Across,
    Upwards,
}

/// How a line is drawn.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Stroke {
    pub(super) width: f64,
    pub(super) colour: RGBColor,
    /// Lengths of strokes and breaks in turn; none for an unbroken line.
    pub(super) dash: &'static [f64],
}

impl Stroke {
    /// An unbroken line.
    pub(super) const fn solid(width: f64, colour: RGBColor) -> Self {
        Self { width, colour, dash: &[] }
    }
}

/// A rectangle.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Area {
    pub(super) left: f64,
    pub(super) top: f64,
    pub(super) width: f64,
    pub(super) height: f64,
}

impl Area {
    pub(super) fn right(&self) -> f64 {
        self.left + self.width
    }

    pub(super) fn bottom(&self) -> f64 {
        self.top + self.height
    }

    pub(super) fn middle(&self) -> Point {
        (self.left + self.width / 2.0, self.top + self.height / 2.0)
    }

    pub(super) fn corners(&self) -> Vec<Point> {
        let (right, bottom) = (self.right(), self.bottom());
        vec![(self.left, self.top), (right, self.top), (right, bottom), (self.left, bottom)]
    }
}

/// A line of text, placed by its baseline.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Label {
    pub(super) text: String,
    /// Pixels per em.
    pub(super) size: f64,
    pub(super) at: Point,
    pub(super) anchor: Anchor,
    pub(super) direction: Direction,
    pub(super) colour: RGBColor,
}

/// One thing to draw.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Shape {
    /// A straight line.
    Line { from: Point, to: Point, width: f64, colour: RGBColor },
    /// A filled convex polygon.
    Polygon { corners: Vec<Point>, colour: RGBColor },
    /// Text.
    Text(Label),
}

/// Words that a viewer shows while something points at a part of the picture.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Tip {
    pub(super) area: Area,
    pub(super) text: String,
}

/// A picture: its size, and its shapes from back to front.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Scene {
    /// What the picture shows, in a line.
    pub(super) title: String,
    pub(super) width: f64,
    pub(super) height: f64,
    pub(super) shapes: Vec<Shape>,
    /// Later ones lie above earlier ones. Only an SVG can show them.
    pub(super) tips: Vec<Tip>,
}

impl Scene {
    /// An empty picture.
    pub(super) fn new(title: &str, width: f64, height: f64) -> Self {
        Self { title: printable(title), width, height, shapes: Vec::new(), tips: Vec::new() }
    }

    pub(super) fn line(&mut self, from: Point, to: Point, width: f64, colour: RGBColor) {
        self.shapes.push(Shape::Line { from, to, width, colour });
    }

    pub(super) fn polygon(&mut self, corners: Vec<Point>, colour: RGBColor) {
        self.shapes.push(Shape::Polygon { corners, colour });
    }

    pub(super) fn tip(&mut self, area: Area, text: &str) {
        self.tips.push(Tip { area, text: printable(text) });
    }

    /// Text that runs across, in the given size and colour.
    pub(super) fn text(&mut self, text: &str, at: Point, anchor: Anchor, style: (f64, RGBColor)) {
        self.label(text, at, (anchor, Direction::Across), style);
    }

    /// Text that runs upwards, centred at `at`.
    pub(super) fn upright(&mut self, text: &str, at: Point, style: (f64, RGBColor)) {
        self.label(text, at, (Anchor::Middle, Direction::Upwards), style);
    }

    fn label(
        &mut self,
        text: &str,
        at: Point,
        (anchor, direction): (Anchor, Direction),
        (size, colour): (f64, RGBColor),
    ) {
        let text = printable(text);
        if text.is_empty() {
            return;
        }
        self.shapes.push(Shape::Text(Label { text, size, at, anchor, direction, colour }));
    }

    /// A line through `points`.
    ///
    /// The dashes are cut here because neither backend knows any, and go on around corners.
    pub(super) fn path(&mut self, points: &[Point], Stroke { width, colour, dash }: Stroke) {
        let period: f64 = dash.iter().sum();
        let mut walked = 0.0;
        for pair in points.windows(2) {
            let (from, to) = (pair[0], pair[1]);
            let length = (to.0 - from.0).hypot(to.1 - from.1);
            if period <= 0.0 || length <= 0.0 {
                self.line(from, to, width, colour);
                continue;
            }
            let along = |distance: f64| {
                let part = (distance / length).clamp(0.0, 1.0);
                (from.0 + part * (to.0 - from.0), from.1 + part * (to.1 - from.1))
            };
            let mut start = -(walked % period);
            while start < length {
                for stroke in dash.chunks(2) {
                    let end = start + stroke[0];
                    if end > 0.0 && start < length {
                        self.line(along(start), along(end), width, colour);
                    }
                    start = end + stroke.get(1).copied().unwrap_or(0.0);
                }
            }
            walked += length;
        }
    }

    /// The outline of an area.
    pub(super) fn outline(&mut self, area: Area, stroke: Stroke) {
        let mut corners = area.corners();
        corners.push(corners[0]);
        self.path(&corners, stroke);
    }
}

/// Names come from files; a control character in one would make an SVG no viewer opens.
fn printable(text: &str) -> String {
    text.chars().filter(|character| !character.is_control()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const BLACK: RGBColor = RGBColor(0, 0, 0);

    fn strokes(scene: &Scene) -> Vec<(f64, f64)> {
        (scene.shapes.iter())
            .filter_map(|shape| match shape {
                Shape::Line { from, to, .. } => Some((from.0, to.0)),
                _ => None,
            })
            .collect()
    }

    #[test]
    fn dashes_go_on_around_corners() {
        let mut scene = Scene::new("", 100.0, 10.0);
        let stroke = Stroke { width: 1.0, colour: BLACK, dash: &[4.0, 3.0] };
        scene.path(&[(0.0, 5.0), (5.0, 5.0), (20.0, 5.0)], stroke);
        assert_eq!(strokes(&scene), [(0.0, 4.0), (7.0, 11.0), (14.0, 18.0)]);
    }

    #[test]
    fn a_path_without_dashes_is_its_segments() {
        let mut scene = Scene::new("", 100.0, 10.0);
        scene.path(&[(0.0, 5.0), (5.0, 5.0), (20.0, 5.0)], Stroke::solid(1.0, BLACK));
        assert_eq!(strokes(&scene), [(0.0, 5.0), (5.0, 20.0)]);
        scene.path(&[(1.0, 1.0)], Stroke { width: 1.0, colour: BLACK, dash: &[4.0, 3.0] });
        assert_eq!(scene.shapes.len(), 2);
    }
}
