//! How the executors are told apart, and the marks of single values: markers, and bars for intervals.

use plotters::style::RGBColor;

use super::scene::{Area, Point, Scene, Stroke};
use super::theme;

/// Lengths of strokes and breaks; none for an unbroken line.
const DASHES: [&[f64]; 4] = [&[], &[9.0, 4.0], &[2.5, 3.0], &[11.0, 3.0, 2.5, 3.0]];

/// Shapes of markers in turn.
const MARKERS: [Marker; 5] = [
    Marker::regular(32, 0.0),
    Marker::regular(4, 45.0),
    Marker::regular(3, 90.0),
    Marker::regular(4, 0.0),
    Marker::regular(3, 270.0),
];

/// A polygon with its corners on a circle.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Marker {
    corners: u32,
    /// Angle of the first corner in degrees.
    first: f64,
    /// Height over width.
    squash: f64,
}

impl Marker {
    const fn regular(corners: u32, first: f64) -> Self {
        Self { corners, first, squash: 1.0 }
    }
}

/// Whose measurements a series shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Origin {
    /// Of the run that the chart is about.
    Own,
    /// Of a run that is overlaid.
    Overlaid,
}

/// How one series looks. Colour, marker and dashes differ together, so that each alone suffices.
#[derive(Debug, Clone, Copy)]
pub(super) struct Look {
    pub(super) colour: RGBColor,
    pub(super) dash: &'static [f64],
    /// Series of other runs have hollow markers.
    pub(super) origin: Origin,
    marker: Marker,
}

impl Look {
    /// The look of the series with that index within its chart.
    pub(super) fn of(series: usize, origin: Origin) -> Self {
        Self {
            colour: theme::COLOURS[series % theme::COLOURS.len()],
            dash: DASHES[series % DASHES.len()],
            origin,
            marker: MARKERS[series % MARKERS.len()],
        }
    }

    /// The look of a limit that was measured: flat markers, as on a ceiling.
    pub(super) const CEILING: Self = Self {
        colour: theme::INK,
        dash: &[2.0, 2.5],
        origin: Origin::Own,
        marker: Marker { corners: 4, first: 45.0, squash: 0.4 },
    };

    /// The look of the ceiling measured in the way of that index, all with flat markers.
    pub(super) fn ceiling(way: usize) -> Self {
        const COLOURS: [RGBColor; 4] = [theme::INK, RGBColor(90, 60, 140), RGBColor(128, 64, 0), theme::SOFT];
        const DASHES: [&[f64]; 4] = [&[2.0, 2.5], &[7.0, 2.5], &[1.0, 4.0], &[7.0, 2.5, 1.0, 2.5]];
        Self { colour: COLOURS[way % 4], dash: DASHES[way % 4], ..Self::CEILING }
    }

    /// The look of what every executor is compared with.
    pub(super) const BASELINE: Self = Self {
        colour: theme::INK,
        dash: &[2.0, 2.5],
        origin: Origin::Overlaid,
        marker: Marker::regular(32, 0.0),
    };

    /// Whether it is the look of a limit.
    pub(super) fn is_limit(&self) -> bool {
        self.marker == Self::CEILING.marker
    }

    /// The look with an unbroken line.
    pub(super) fn undashed(self) -> Self {
        Self { dash: &[], ..self }
    }

    /// The look with markers that are not hollow.
    pub(super) fn full(self) -> Self {
        Self { origin: Origin::Own, ..self }
    }

    /// The look with hollow markers.
    pub(super) fn hollow(self) -> Self {
        Self { origin: Origin::Overlaid, ..self }
    }

    /// Its line.
    pub(super) fn stroke(&self) -> Stroke {
        Stroke { width: theme::STROKE, colour: self.colour, dash: self.dash }
    }

    /// Corners of the marker around `(x, y)`.
    pub(super) fn marker(&self, (x, y): (f64, f64), radius: f64) -> Vec<(f64, f64)> {
        let Marker { corners, first, squash } = self.marker;
        let round = corners == 32;
        // A small disc does not show its corners.
        let corners = if round && radius < 4.0 { 16 } else { corners };
        // A triangle or square within the circle looks smaller than the disc; this evens them out.
        let radius = if round { radius } else { radius * 1.25 };
        (0..corners)
            .map(|corner| {
                let angle = (first + 360.0 * f64::from(corner) / f64::from(corners)).to_radians();
                (x + radius * angle.cos(), y - squash * radius * angle.sin())
            })
            .collect()
    }
}

/// Draws a series' marker; a thin rim of white keeps it apart from lines that pass below.
pub(super) fn marker(scene: &mut Scene, look: Look, at: Point, radius: f64) {
    scene.polygon(look.marker(at, radius + 1.0), theme::PAPER);
    scene.polygon(look.marker(at, radius), look.colour);
    if look.origin == Origin::Overlaid {
        scene.polygon(look.marker(at, 0.55 * radius), theme::PAPER);
    }
}

/// Draws an upright bar at `x` between two heights.
pub(super) fn bar(scene: &mut Scene, look: Look, x: f64, (least, greatest): (f64, f64), radius: f64) {
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

/// The area around a marker in which it can be pointed at.
pub(super) fn spot((x, y): Point, radius: f64) -> Area {
    Area { left: x - radius, top: y - radius, width: 2.0 * radius, height: 2.0 * radius }
}
