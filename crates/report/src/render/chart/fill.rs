//! Fills of areas: a colour and a hatching, so that each can be told apart in black and white, and the
//! swatches and bars that a page shows with them.
//!
//! The lines of a hatching are drawn one by one, as plotters has no patterns; printers would get those
//! of SVG as coarse bitmaps of a whole page each.

use plotters::style::RGBColor;

use super::scene::{Area, Scene, Stroke};
use super::{canvas, theme};
use crate::analysis::{Account, Loss, State};

/// Distance of the lines of a hatching.
const SPACING: f64 = 5.0;
/// Areas thinner than this have no outline, which would make them look larger than they are.
const THIN: f64 = 2.5;

/// Side of a swatch.
const SWATCH: f64 = 14.0;
/// Size of the bar of one account.
const BAR: (f64, f64) = (320.0, 28.0);

/// Lines over an area.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Hatch {
    None,
    Rising,
    Falling,
    Level,
    Upright,
    /// Rising and falling.
    Crossed,
    /// Level and upright.
    Grid,
}

/// How an area looks.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Fill {
    pub(super) base: RGBColor,
    pub(super) hatch: Hatch,
    lines: RGBColor,
}

impl Fill {
    /// Work: what there is to gain.
    pub(super) const WORK: Self = Self::plain(theme::COLOURS[0]);

    /// Threads that could run and wait for a CPU: the colour of the run queue, as areas too thin for lines.
    pub(super) const WAITING: Self = Self::plain(RGBColor(86, 180, 233));

    const fn plain(base: RGBColor) -> Self {
        Self { base, hatch: Hatch::None, lines: theme::INK }
    }

    const fn hatched(base: RGBColor, hatch: Hatch, lines: RGBColor) -> Self {
        Self { base, hatch, lines }
    }

    /// The fill of a loss. No two share both their hatching and their lightness.
    pub(super) const fn of_loss(loss: Loss) -> Self {
        use theme::{LEVEL as GREY, LINES as INK};
        match loss {
            Loss::Spawn => Self::plain(RGBColor(230, 159, 0)),
            Loss::Dispatch => Self::hatched(RGBColor(252, 225, 170), Hatch::Upright, RGBColor(150, 90, 0)),
            Loss::Network => Self::hatched(RGBColor(106, 61, 154), Hatch::Rising, theme::PAPER),
            Loss::Granularity => Self::plain(GREY),
            Loss::Ordering => Self::hatched(GREY, Hatch::Rising, INK),
            Loss::Jitter => Self::hatched(GREY, Hatch::Crossed, INK),
            Loss::SlowerTasks => Self::hatched(RGBColor(213, 94, 0), Hatch::Falling, theme::PAPER),
            Loss::RunQueue => Self::hatched(RGBColor(86, 180, 233), Hatch::Level, RGBColor(0, 60, 100)),
            Loss::Quota => Self::hatched(RGBColor(240, 228, 66), Hatch::Level, RGBColor(90, 80, 0)),
            Loss::Steal => Self::hatched(RGBColor(204, 121, 167), Hatch::Grid, RGBColor(90, 20, 60)),
            Loss::Blocking => Self::hatched(RGBColor(0, 158, 115), Hatch::Upright, theme::PAPER),
            Loss::Waiting => Self::hatched(RGBColor(205, 230, 247), Hatch::Falling, RGBColor(0, 60, 100)),
            Loss::Teardown => Self::plain(theme::EARTH),
            Loss::SerialLoop => Self::hatched(INK, Hatch::Grid, theme::PAPER),
            // An account is either of a pool or from outside, which may look alike where they mean the like.
            Loss::ExtraUser | Loss::ExtraCpu => Self::of_loss(Loss::SlowerTasks),
            Loss::ExtraSystem => Self::of_loss(Loss::Spawn),
            Loss::StealExit => Self::of_loss(Loss::Steal),
            Loss::Serial => Self::of_loss(Loss::Granularity),
            Loss::Partial => Self::of_loss(Loss::Ordering),
            Loss::Idle => Self::of_loss(Loss::Blocking),
            Loss::Exit => Self::of_loss(Loss::Teardown),
            Loss::Over => Self::of_loss(Loss::SerialLoop),
            Loss::Untold => Self::of_loss(Loss::Waiting),
        }
    }

    /// The fill of what a worker does; that of the loss which it leads to, if it is one.
    pub(super) const fn of_state(state: State) -> Self {
        match state {
            State::Spawn => Self::of_loss(Loss::Spawn),
            State::Dispatch => Self::of_loss(Loss::Dispatch),
            State::Network => Self::of_loss(Loss::Network),
            State::Task => Self::WORK,
            State::Tail => Self::of_loss(Loss::Ordering),
            State::Teardown => Self::of_loss(Loss::Teardown),
        }
    }

    /// Fills an area of the picture.
    pub(super) fn draw(self, scene: &mut Scene, area: Area) {
        scene.polygon(area.corners(), self.base);
        if area.width < THIN || area.height < THIN {
            return;
        }
        let stroke = |scene: &mut Scene, (from, to)| scene.line(from, to, theme::HATCH, self.lines);
        match self.hatch {
            Hatch::None => {}
            Hatch::Rising => rising(area).for_each(|line| stroke(scene, line)),
            Hatch::Falling => falling(area).for_each(|line| stroke(scene, line)),
            Hatch::Level => level(area).for_each(|line| stroke(scene, line)),
            Hatch::Upright => upright(area).for_each(|line| stroke(scene, line)),
            Hatch::Crossed => rising(area).chain(falling(area)).for_each(|line| stroke(scene, line)),
            Hatch::Grid => level(area).chain(upright(area)).for_each(|line| stroke(scene, line)),
        }
        scene.outline(area, Stroke::solid(0.5 * theme::HAIR, theme::INK));
    }
}

/// The fills of all losses as small squares, to be used by their ids within a page.
pub(crate) fn swatches() -> Result<String, String> {
    let swatch = |loss: Loss| {
        let mut scene = Scene::new("", SWATCH, SWATCH);
        Fill::of_loss(loss)
            .draw(&mut scene, Area { left: 0.5, top: 0.5, width: SWATCH - 1.0, height: SWATCH - 1.0 });
        canvas::symbol(&swatch_id(loss), &scene)
    };
    Loss::ALL.into_iter().map(swatch).collect()
}

/// Id of the swatch of a loss.
pub(crate) fn swatch_id(loss: Loss) -> String {
    format!("loss-{}", loss.name().replace(' ', "-"))
}

/// A speedup and its losses as one bar: the speedup, then the losses by size, up to the number of
/// workers and beyond it by what was gained.
pub(crate) fn account_bar(account: &Account, title: &str) -> Result<String, String> {
    let mut losses: Vec<_> = account.rows.iter().filter(|row| row.speedup.value > 0.0).collect();
    losses.sort_by(|a, b| b.speedup.value.total_cmp(&a.speedup.value));
    let lost: f64 = losses.iter().map(|row| row.speedup.value).sum();
    let whole = (account.speedup + lost).max(account.workers as f64);
    let scale = if whole.is_finite() && whole > 0.0 { (BAR.0 - 2.0) / whole } else { 0.0 };
    let mut scene = Scene::new(title, BAR.0, BAR.1);
    let mut left = 1.0;
    let first = (Fill::WORK, account.speedup.max(0.0));
    for (fill, value) in
        std::iter::once(first).chain(losses.iter().map(|row| (Fill::of_loss(row.loss), row.speedup.value)))
    {
        let width = value * scale;
        fill.draw(&mut scene, Area { left, top: 2.0, width, height: BAR.1 - 4.0 });
        left += width;
    }
    let edge = 1.0 + account.workers as f64 * scale;
    scene.path(&[(edge, 0.0), (edge, BAR.1)], theme::TOP);
    canvas::svg(&scene)
}

type Line = ((f64, f64), (f64, f64));

/// Multiples of the spacing between two numbers. They count from the picture's corner, so that
/// the lines of neighbouring areas meet.
fn steps(from: f64, to: f64, spacing: f64) -> impl Iterator<Item = f64> {
    let first = (from / spacing).floor() as i64 + 1;
    (first..).map(move |index| index as f64 * spacing).take_while(move |step| *step < to)
}

/// Lines on which x + y is the same.
fn rising(area: Area) -> impl Iterator<Item = Line> {
    let (right, bottom) = (area.right(), area.bottom());
    steps(area.left + area.top, right + bottom, SPACING * std::f64::consts::SQRT_2).map(move |sum| {
        let (from, to) = (area.left.max(sum - bottom), right.min(sum - area.top));
        ((from, sum - from), (to, sum - to))
    })
}

/// Lines on which x − y is the same.
fn falling(area: Area) -> impl Iterator<Item = Line> {
    let (right, bottom) = (area.right(), area.bottom());
    steps(area.left - bottom, right - area.top, SPACING * std::f64::consts::SQRT_2).map(move |difference| {
        let (from, to) = (area.left.max(difference + area.top), right.min(difference + bottom));
        ((from, from - difference), (to, to - difference))
    })
}

fn level(area: Area) -> impl Iterator<Item = Line> {
    steps(area.top, area.bottom(), SPACING).map(move |y| ((area.left, y), (area.right(), y)))
}

fn upright(area: Area) -> impl Iterator<Item = Line> {
    steps(area.left, area.right(), SPACING).map(move |x| ((x, area.top), (x, area.bottom())))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Perceived lightness, from 0 to 1.
    fn lightness(RGBColor(red, green, blue): RGBColor) -> f64 {
        let linear = |channel: u8| (f64::from(channel) / 255.0).powf(2.2);
        (0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue)).powf(1.0 / 2.2)
    }

    #[test]
    fn no_two_fills_look_the_same_in_black_and_white() {
        let merged = [Loss::ExtraCpu, Loss::StealExit, Loss::Untold];
        let outside = Loss::OUTSIDE.into_iter().filter(|loss| !merged.contains(loss)).collect::<Vec<_>>();
        for account in [&Loss::ALL[..13], &outside] {
            let mut fills = vec![Fill::WORK];
            fills.extend(account.iter().copied().map(Fill::of_loss));
            for (index, one) in fills.iter().enumerate() {
                for other in &fills[index + 1..] {
                    let apart = (lightness(one.base) - lightness(other.base)).abs();
                    assert!(one.hatch != other.hatch || apart > 0.1, "{one:?} {other:?} {apart}");
                }
            }
        }
    }

    #[test]
    fn hatching_stays_inside_its_area() {
        let area = Area { left: 13.0, top: 7.0, width: 31.0, height: 12.0 };
        let lines = rising(area).chain(falling(area)).chain(level(area)).chain(upright(area));
        let mut count = 0;
        for (from, to) in lines {
            for (x, y) in [from, to] {
                assert!((13.0 - 1e-9..=44.0 + 1e-9).contains(&x) && (7.0 - 1e-9..=19.0 + 1e-9).contains(&y));
            }
            count += 1;
        }
        // 43 / 7.07, twice; 12 / 5 and 31 / 5.
        assert!((19..=22).contains(&count), "{count}");
    }
}
