//! The fills that tell losses apart, in colour as well as in black and white.
//!
//! Each is a sheet of parallel lines, larger than anything that is filled with it, and shows through
//! a nested picture that cuts it off. SVG has patterns for this, but printers get those as coarse
//! bitmaps of a whole page each.

use super::escape::each;
use crate::analysis::Loss;

/// Size of a sheet in pixels.
const SHEET: (u32, u32) = (1400, 400);

/// Which way the lines of a hatch run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Way {
    Across,
    Down,
    Rising,
    Falling,
}

/// Lines at some distance. They are unbroken, because printers would get each dash as a shape of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Lines {
    way: Way,
    distance: u32,
}

/// The sheets of all losses, for the whole page.
pub(super) fn definitions() -> String {
    let (width, height) = SHEET;
    let sheets = each(Loss::ALL, |loss| {
        let paths = each(hatch(loss), path);
        let tint = if paths.is_empty() { "full" } else { "tint" };
        let (key, family) = (key(loss), family(loss));
        format!(
            "<g id=\"sheet-{key}\" class=\"sheet {family}\"><rect class=\"{tint}\" width=\"{width}\" height=\"{height}\"/>{paths}</g>\n"
        )
    });
    format!(
        "<svg class=\"defs\" width=\"0\" height=\"0\" aria-hidden=\"true\" focusable=\"false\"><defs>\n{sheets}</defs></svg>\n"
    )
}

/// Markup that fills a box with the sheet of a loss.
pub(super) fn filled(loss: Loss, (x, y): (f64, f64), (width, height): (f64, f64)) -> String {
    format!(
        "<svg x=\"{x:.2}\" y=\"{y:.2}\" width=\"{width:.2}\" height=\"{height:.2}\"><use href=\"#sheet-{}\"/></svg>",
        key(loss)
    )
}

/// A small square with the fill of a loss.
pub(super) fn swatch(loss: Loss) -> String {
    format!(
        "<svg class=\"swatch\" width=\"14\" height=\"14\" aria-hidden=\"true\"><use href=\"#sheet-{}\"/></svg>",
        key(loss)
    )
}

/// Name of a loss in ids and in the embedded data.
fn key(loss: Loss) -> String {
    loss.name().replace(' ', "-")
}

/// Losses of one family share a colour.
fn family(loss: Loss) -> &'static str {
    match loss {
        Loss::Spawn | Loss::Dispatch | Loss::Teardown => "of-pool",
        Loss::Granularity | Loss::Ordering | Loss::Jitter => "of-tail",
        Loss::Exit => "of-pool",
        Loss::Serial | Loss::Partial => "of-tail",
        Loss::SlowerTasks | Loss::ExtraUser | Loss::ExtraSystem | Loss::ExtraCpu => "of-task",
        Loss::RunQueue | Loss::Steal | Loss::Blocking | Loss::Waiting => "of-wait",
        Loss::StealExit | Loss::Idle | Loss::Untold => "of-wait",
        Loss::SerialLoop | Loss::Over => "of-loop",
    }
}

/// What tells losses apart without their colours; the one without lines is solid.
fn hatch(loss: Loss) -> Vec<Lines> {
    let lines = |way, distance| Lines { way, distance };
    match loss {
        Loss::Spawn => vec![lines(Way::Rising, 8)],
        Loss::Dispatch => vec![lines(Way::Across, 8)],
        Loss::Teardown => vec![lines(Way::Falling, 8)],
        Loss::Granularity => vec![lines(Way::Falling, 4)],
        Loss::Ordering => vec![lines(Way::Across, 4)],
        Loss::Jitter => vec![lines(Way::Rising, 4)],
        Loss::SlowerTasks | Loss::ExtraUser | Loss::ExtraCpu => Vec::new(),
        Loss::ExtraSystem => vec![lines(Way::Across, 8)],
        Loss::Serial => vec![lines(Way::Falling, 4)],
        Loss::Partial => vec![lines(Way::Across, 4)],
        Loss::Exit => vec![lines(Way::Falling, 8)],
        Loss::Over => vec![lines(Way::Rising, 14)],
        Loss::Untold => vec![lines(Way::Down, 8)],
        Loss::RunQueue => vec![lines(Way::Rising, 8), lines(Way::Falling, 8)],
        Loss::Steal | Loss::StealExit => vec![lines(Way::Down, 4)],
        Loss::Blocking | Loss::Idle => vec![lines(Way::Across, 7), lines(Way::Down, 7)],
        Loss::Waiting => vec![lines(Way::Down, 8)],
        Loss::SerialLoop => vec![lines(Way::Rising, 14)],
    }
}

/// The lines over a whole sheet as one path.
fn path(lines: Lines) -> String {
    let (width, height) = SHEET;
    let step = lines.distance as usize;
    let start = lines.distance.cast_signed() / 2;
    let (wide, high) = (width.cast_signed(), height.cast_signed());
    let d = match lines.way {
        Way::Across => each((start..high).step_by(step), |y| format!("M0 {y}H{width}")),
        Way::Down => each((start..wide).step_by(step), |x| format!("M{x} 0V{height}")),
        Way::Rising => each((start..wide + high).step_by(step), |x| format!("M{x} 0l-{height} {height}")),
        Way::Falling => each((start - high..wide).step_by(step), |x| format!("M{x} 0l{height} {height}")),
    };
    format!("<path d=\"{d}\"/>")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn no_two_losses_look_alike_even_without_colour() {
        // An account is either of a pool or from outside, and tells things apart or together.
        let merged = [Loss::ExtraCpu, Loss::StealExit, Loss::Untold];
        let outside = Loss::OUTSIDE.into_iter().filter(|loss| !merged.contains(loss)).collect::<Vec<_>>();
        for account in [&Loss::ALL[..12], &outside] {
            let hatches: BTreeSet<_> = account.iter().map(|loss| hatch(*loss)).collect();
            assert_eq!(hatches.len(), account.len());
        }
    }

    #[test]
    fn the_data_and_the_fills_use_the_same_names() {
        let sheets = definitions();
        for loss in Loss::ALL {
            let name = serde_json::to_string(&loss).unwrap();
            assert!(sheets.contains(&format!("id=\"sheet-{}\"", name.trim_matches('"'))), "{name}");
        }
    }
}
