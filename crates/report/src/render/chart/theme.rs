//! Colours and sizes that all charts share, and what the colours become on dark ground. Lengths are in
//! logical pixels.

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

/// Grey areas.
pub(super) const LEVEL: RGBColor = RGBColor(214, 214, 214);
/// Lines over them.
pub(super) const LINES: RGBColor = RGBColor(60, 60, 60);
/// Dark brown areas.
pub(super) const EARTH: RGBColor = RGBColor(95, 55, 10);

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

/// Where every core has a worker, where caches are full, and where memory nodes are.
pub(super) const KNEES: [Stroke; 3] = [
    Stroke { width: 1.0, colour: SOFT, dash: &[1.5, 3.0] },
    Stroke { width: 1.0, colour: SOFT, dash: &[6.0, 3.0] },
    Stroke { width: 1.5, colour: SOFT, dash: &[9.0, 3.0, 1.5, 3.0] },
];

/// Okabe and Ito's palette, which people with any colour vision can tell apart, without its yellow,
/// which is too faint on white.
pub(super) const COLOURS: [RGBColor; 7] = [
    RGBColor(0, 114, 178),
    RGBColor(213, 94, 0),
    RGBColor(0, 158, 115),
    RGBColor(204, 121, 167),
    RGBColor(230, 159, 0),
    RGBColor(86, 180, 233),
    RGBColor(0, 0, 0),
];

/// What a page on dark ground shows instead of some colours.
const DARK: [(RGBColor, RGBColor); 17] = [
    (INK, RGBColor(231, 232, 234)),
    (SOFT, RGBColor(163, 170, 180)),
    (GRID, RGBColor(58, 63, 72)),
    (SHADE, RGBColor(41, 45, 53)),
    (PAPER, RGBColor(28, 31, 37)),
    (REFERENCE, RGBColor(145, 152, 162)),
    (FIT_BAND, RGBColor(38, 66, 92)),
    (OTHER_FIT.colour, RGBColor(224, 151, 80)),
    (COLOURS[0], RGBColor(75, 165, 222)),
    (COLOURS[1], RGBColor(240, 136, 62)),
    (COLOURS[2], RGBColor(47, 199, 155)),
    (COLOURS[3], RGBColor(223, 155, 196)),
    (COLOURS[5], RGBColor(156, 200, 255)),
    (COLOURS[6], RGBColor(255, 255, 255)),
    (LEVEL, RGBColor(82, 88, 98)),
    (LINES, RGBColor(196, 201, 208)),
    (EARTH, RGBColor(176, 122, 64)),
];

/// Style sheet that shows charts within a page of class `chart` on dark ground, where the page is dark.
/// The charts themselves name the light colours, so that their files need no style sheet.
pub(crate) fn dark_style() -> String {
    let hex = |RGBColor(red, green, blue): RGBColor| format!("#{red:02X}{green:02X}{blue:02X}");
    DARK.iter().fold(String::new(), |style, (light, dark)| {
        let (light, dark) = (hex(*light), hex(*dark));
        let rule =
            |what: &str| format!(".chart [{what}=\"{light}\"] {{ {what}: light-dark({light}, {dark}); }}\n");
        style + &rule("fill") + &rule("stroke")
    })
}
