//! Colours, markers and sizes that all charts share. Lengths are in logical pixels.

use plotters::style::RGBColor;

/// Text and axes.
pub(super) const INK: RGBColor = RGBColor(34, 34, 34);
/// Text that explains.
pub(super) const SOFT: RGBColor = RGBColor(95, 95, 95);
/// Lines that only guide the eye.
pub(super) const GRID: RGBColor = RGBColor(226, 226, 226);
/// What would be, had nothing been lost.
pub(super) const IDEAL: RGBColor = RGBColor(130, 130, 130);
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
/// Distance between panels.
pub(super) const GAP: f64 = 26.0;
/// Width of a curve.
pub(super) const STROKE: f64 = 1.75;
/// Width of everything thinner: axes, grid, error bars.
pub(super) const HAIR: f64 = 1.0;
/// Radius of a marker where there is room for it.
pub(super) const RADIUS: f64 = 4.5;
/// Horizontal distance between the points of neighbouring series with the same number of workers.
pub(super) const DODGE: f64 = 9.0;

/// Lengths of strokes and breaks of the ideal line.
pub(super) const IDEAL_DASH: &[f64] = &[5.0, 4.0];

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

/// Corners of the markers on the unit circle, as (corners, angle of the first in degrees).
const MARKERS: [(u32, f64); 5] = [(32, 0.0), (4, 45.0), (3, 90.0), (4, 0.0), (3, 270.0)];

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
    marker: (u32, f64),
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

    /// Corners of the marker around `(x, y)`.
    pub(super) fn marker(&self, (x, y): (f64, f64), radius: f64) -> Vec<(f64, f64)> {
        let (corners, first) = self.marker;
        // A triangle or square within the circle looks smaller than the disc; this evens them out.
        let radius = if corners == 32 { radius } else { radius * 1.25 };
        (0..corners)
            .map(|corner| {
                let angle = (first + 360.0 * f64::from(corner) / f64::from(corners)).to_radians();
                (x + radius * angle.cos(), y - radius * angle.sin())
            })
            .collect()
    }
}
