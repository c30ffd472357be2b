//! What a picture is made of, before it is drawn as SVG or PNG.
//!
//! Charts fill a [`Scene`] and cannot fail at it; only [`canvas`](super::canvas) meets the drawing
//! backends and their errors. Lengths are in logical pixels, with y growing downwards.

use plotters::style::RGBColor;

use super::font;

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
    /// Shapes that belong together.
    Group(Group),
}

impl Shape {
    pub(super) fn is_group(&self) -> bool {
        matches!(self, Self::Group(_))
    }

    /// The least and the greatest height that it may reach to.
    pub(super) fn heights(&self) -> (f64, f64) {
        let ends = |heights: &mut dyn Iterator<Item = f64>, around: f64| {
            let (least, greatest) = heights
                .fold((f64::INFINITY, f64::NEG_INFINITY), |(least, greatest), y| {
                    (least.min(y), greatest.max(y))
                });
            (least - around, greatest + around)
        };
        match self {
            Self::Line { from, to, width, .. } => ends(&mut [from.1, to.1].into_iter(), *width),
            Self::Polygon { corners, .. } => ends(&mut corners.iter().map(|corner| corner.1), 1.0),
            Self::Text(label) => match label.direction {
                Direction::Across => (label.at.1 - 2.0 * label.size, label.at.1 + label.size),
                Direction::Upwards => {
                    ends(&mut [label.at.1].into_iter(), font::width(&label.text, label.size))
                }
            },
            Self::Group(_) => (f64::NEG_INFINITY, f64::INFINITY),
        }
    }
}

/// What shapes are about. A page shows and hides them by it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tag<'a> {
    Executor(&'a str),
    Workload(&'a str),
    Workers(usize),
}

/// Shapes that belong together: they have tags, or are a mark, which says what it stands for.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Group {
    /// Names and values of data attributes.
    pub(super) tags: Vec<(&'static str, String)>,
    /// The area to point at and the words that a viewer then shows, a fact in each line.
    pub(super) mark: Option<(Area, String)>,
    pub(super) shapes: Vec<Shape>,
}

/// A picture: its size, and its shapes from back to front.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Scene {
    /// What the picture shows, in a line.
    pub(super) title: String,
    pub(super) width: f64,
    pub(super) height: f64,
    pub(super) shapes: Vec<Shape>,
}

impl Scene {
    /// An empty picture.
    pub(super) fn new(title: &str, width: f64, height: f64) -> Self {
        Self { title: printable(title), width, height, shapes: Vec::new() }
    }

    /// Puts what `draw` draws into a group with tags.
    pub(super) fn tagged(&mut self, tags: &[Tag<'_>], draw: impl FnOnce(&mut Self)) {
        self.group(tags, None, draw);
    }

    /// Makes what `draw` draws a mark that can be pointed at in `area`; its text has a fact in each line.
    pub(super) fn mark(&mut self, tags: &[Tag<'_>], area: Area, text: &str, draw: impl FnOnce(&mut Self)) {
        let lines: Vec<String> = text.lines().map(printable).collect();
        self.group(tags, Some((area, lines.join("\n"))), draw);
    }

    fn group(&mut self, tags: &[Tag<'_>], mark: Option<(Area, String)>, draw: impl FnOnce(&mut Self)) {
        let tags = tags.iter().map(|tag| match tag {
            Tag::Executor(name) => ("executor", printable(name)),
            Tag::Workload(label) => ("workload", printable(label)),
            Tag::Workers(count) => ("workers", count.to_string()),
        });
        let before = std::mem::take(&mut self.shapes);
        draw(self);
        let shapes = std::mem::replace(&mut self.shapes, before);
        self.shapes.push(Shape::Group(Group { tags: tags.collect(), mark, shapes }));
    }

    pub(super) fn line(&mut self, from: Point, to: Point, width: f64, colour: RGBColor) {
        self.shapes.push(Shape::Line { from, to, width, colour });
    }

    pub(super) fn polygon(&mut self, corners: Vec<Point>, colour: RGBColor) {
        self.shapes.push(Shape::Polygon { corners, colour });
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

/// Names come from files: a control character in one would make an SVG that no viewer opens, and some
/// characters turn the direction of what follows or end a line of a script.
pub(super) fn printable(text: &str) -> String {
    let hidden = |c: char| {
        c.is_control()
            || matches!(c, '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{fffe}' | '\u{ffff}')
    };
    text.chars().filter(|character| !hidden(*character)).collect()
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
