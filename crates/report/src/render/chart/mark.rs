//! The marks of single values: markers, and bars for intervals.

use super::scene::{Point, Scene};
use super::theme::{self, Look, Origin};

/// Draws a series' marker; a thin rim of white keeps it apart from lines that pass below.
pub(super) fn marker(scene: &mut Scene, look: Look, at: Point, radius: f64) {
    scene.polygon(look.marker(at, radius + 1.0), theme::PAPER);
    scene.polygon(look.marker(at, radius), look.colour);
    if look.origin == Origin::Beside {
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
