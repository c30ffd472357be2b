//! Colours, markers and sizes that all charts share. Lengths are in logical pixels.

use plotters::style::RGBColor;

use super::scene::Stroke;

/// Text and axes.
pub(super) const INK: RGBColor = RGBColor(34, 34, 34);
/// Text that explains.
pub(super) const SOFT: RGBColor = RGBColor(95, 95, 95);
/// Lines that only guide the eye.
pub(super) const GRID: RGBColor = RGBColor(226, 226, 226);
/// Behind the part of a plot where something is not as in the rest.
pub(super) const SHADE: RGBColor = RGBColor(240, 240, 240);
/// Behind everything.
pub(super) const PAPER: RGBColor = RGBColor(255, 255, 255);

/// Text sizes, in pixels per em.
pub(super) const TITLE: f64 = 17.0;
/// Heads of panels.
pub(super) const HEAD: f64 = 14.0;
/// Everything else.
pub(super) const TEXT: f64 = 12.0;
/// Distance of baselines of [`TEXT`] that belongs together.
pub(super) const LEADING: f64 = 17.0;

/// Empty strip along the edges of a picture.
pub(super) const MARGIN: f64 = 24.0;
/// Height of a panel's plot.
pub(super) const PLOT_HEIGHT: f64 = 290.0;
/// Width of the narrowest plots.
pub(super) const NARROW: f64 = 310.0;
/// Distance between panels.
pub(super) const GAP: f64 = 26.0;
/// Width of a curve.
pub(super) const STROKE: f64 = 1.75;
/// Width of everything thinner: axes, grid, error bars.
pub(super) const HAIR: f64 = 1.0;
/// Radius of a marker where there is room for it.
pub(super) const RADIUS: f64 = 4.5;
/// Horizontal distance between the points of neighbouring series with the same number of workers.
pub(super) const DODGE: f64 = 7.0;

/// Width of the lines of a hatching.
pub(super) const HATCH: f64 = 0.9;

const REFERENCE: RGBColor = RGBColor(130, 130, 130);
/// What would be, had nothing been lost.
pub(super) const IDEAL: Stroke = Stroke { width: STROKE, colour: REFERENCE, dash: &[5.0, 4.0] };
/// The top edge of a bar.
pub(super) const TOP: Stroke = Stroke::solid(2.5, INK);
/// What no schedule can exceed.
pub(super) const BOUND: Stroke = Stroke::solid(1.25, SOFT);
/// A fitted curve.
pub(super) const FIT: Stroke = Stroke::solid(STROKE, INK);
/// Where a fit is likely to lie.
pub(super) const FIT_BAND: RGBColor = RGBColor(186, 208, 228);
/// A curve that a fit is compared with.
pub(super) const OTHER_FIT: Stroke =
    Stroke { width: STROKE, colour: RGBColor(150, 75, 0), dash: &[9.0, 3.0, 2.0, 3.0] };
/// The place of a fit's highest point.
pub(super) const PEAK: Stroke = Stroke { width: 1.25, colour: INK, dash: &[1.5, 3.0] };

/// Okabe and Ito's palette, which people with any colour vision can tell apart, without its yellow,
/// which is too faint on white.
const COLOURS: [RGBColor; 7] = [
    RGBColor(0, 114, 178),
    RGBColor(213, 94, 0),
    RGBColor(0, 158, 115),
    RGBColor(204, 121, 167),
    RGBColor(230, 159, 0),
    RGBColor(86, 180, 233),
    RGBColor(0, 0, 0),
];

/// Lengths of strokes and breaks; none for an unbroken line.
const DASHES: [&[f64]; 4] = [&[], &[9.0, 4.0], &[2.5, 3.0], &[11.0, 3.0, 2.5, 3.0]];

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
    /// Of a run drawn beside it.
    Beside,
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
            colour: COLOURS[series % COLOURS.len()],
            dash: DASHES[series % DASHES.len()],
            origin,
            marker: MARKERS[series % MARKERS.len()],
        }
    }

    /// The look of a limit that was measured: flat markers, as on a ceiling.
    pub(super) const CEILING: Self = Self {
        colour: INK,
        dash: &[2.0, 2.5],
        origin: Origin::Own,
        marker: Marker { corners: 4, first: 45.0, squash: 0.4 },
    };

    /// The look of what every executor is compared with.
    pub(super) const BASELINE: Self =
        Self { colour: INK, dash: &[2.0, 2.5], origin: Origin::Beside, marker: Marker::regular(32, 0.0) };

    /// Whether it is the look of a limit.
    pub(super) fn is_limit(&self) -> bool {
        self.marker == Self::CEILING.marker
    }

    /// The look with an unbroken line.
    pub(super) fn undashed(self) -> Self {
        Self { dash: &[], ..self }
    }

    /// Its line.
    pub(super) fn stroke(&self) -> Stroke {
        Stroke { width: STROKE, colour: self.colour, dash: self.dash }
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
