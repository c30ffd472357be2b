//! Plots over the rounds of a run: times, and below them what was stolen.

use super::axis::{Axis, Scale};
use super::numbers::number;
use super::page::Plot;
use super::scene::{Area, Point, Scene, Stroke};
use super::spread::Spread;
use super::theme::{self, Look};
use super::{frame, mark};

/// Height of the plot of times.
const TIMES: f64 = 210.0;
/// Height of the plot of steal.
const STEAL: f64 = 70.0;
/// Ends of the least range of the plot of times.
const LEAST: (f64, f64) = (0.97, 1.03);
/// Radius of a marker where there is room for it.
const RADIUS: f64 = 3.0;
/// The widest bar.
const BAR: f64 = 12.0;

/// Rounds that stand out, with what was the matter.
pub(super) type Noisy = Vec<(usize, String)>;

/// One case, round by round.
pub(super) struct Track {
    /// What stands in the legend.
    pub(super) executor: String,
    /// The case.
    pub(super) label: String,
    pub(super) look: Look,
    /// Round, and time over the median time.
    pub(super) points: Vec<(usize, f64)>,
}

/// The times of a workload's cases.
pub(super) struct Times<'a> {
    pub(super) title: String,
    pub(super) tracks: Vec<Track>,
    pub(super) rounds: &'a [usize],
    pub(super) noisy: &'a Noisy,
    /// Whether no other plot stands below on the same axis.
    pub(super) last: bool,
}

impl Times<'_> {
    fn axis(&self) -> Axis {
        let parts = self.tracks.iter().flat_map(|track| &track.points).map(|(_, part)| *part);
        let (least, greatest) = parts.fold(LEAST, |(low, high), part| (low.min(part), high.max(part)));
        Axis::between(least, greatest)
    }
}

impl Plot for Times<'_> {
    fn title(&self) -> String {
        self.title.clone()
    }

    fn label_width(&self) -> f64 {
        self.axis().label_width()
    }

    fn height(&self) -> f64 {
        TIMES
    }

    fn below(&self) -> f64 {
        if self.last { frame::BELOW } else { 12.0 }
    }

    fn draw(&self, scene: &mut Scene, area: Area) {
        let (axis, spread) = (self.axis(), Spread { counts: self.rounds, area, scale: Scale::Linear });
        draw_noisy(scene, spread, self.noisy);
        frame::draw(scene, &axis, area);
        if self.last {
            spread.draw_ticks(scene);
            frame::x_label(scene, area, "round");
        }
        let radius = RADIUS.min(0.35 * spread.distances().1).max(1.5);
        for track in &self.tracks {
            let place = |point: &(usize, f64)| (spread.x(point.0 as f64), frame::y(&area, &axis, point.1));
            let points: Vec<Point> = track.points.iter().map(place).collect();
            let stroke = Stroke::solid(theme::HAIR, track.look.colour);
            scene.path(&points, stroke);
            for (point, (round, part)) in points.iter().zip(&track.points) {
                mark::marker(scene, track.look, *point, radius);
                let (left, top) = (point.0 - radius, point.1 - radius);
                let spot = Area { left, top, width: 2.0 * radius, height: 2.0 * radius };
                scene.tip(spot, &format!("{}, round {round}: {} of its median", track.label, number(*part)));
            }
        }
    }
}

/// The share of the CPUs' time that was stolen.
pub(super) struct Steal<'a> {
    /// Round, and share in per cent.
    pub(super) shares: Vec<(usize, f64)>,
    pub(super) rounds: &'a [usize],
    pub(super) noisy: &'a Noisy,
}

impl Steal<'_> {
    fn axis(&self) -> Axis {
        let greatest = self.shares.iter().map(|(_, share)| *share).fold(1.0, f64::max);
        Axis::sparse(greatest)
    }
}

impl Plot for Steal<'_> {
    fn title(&self) -> String {
        String::new()
    }

    fn label_width(&self) -> f64 {
        self.axis().label_width()
    }

    fn height(&self) -> f64 {
        STEAL
    }

    fn draw(&self, scene: &mut Scene, area: Area) {
        let (axis, spread) = (self.axis(), Spread { counts: self.rounds, area, scale: Scale::Linear });
        draw_noisy(scene, spread, self.noisy);
        frame::draw(scene, &axis, area);
        spread.draw_ticks(scene);
        frame::x_label(scene, area, "round");
        let width = BAR.min(0.7 * spread.distances().0);
        for (round, share) in &self.shares {
            let top = frame::y(&area, &axis, *share);
            let left = spread.x(*round as f64) - width / 2.0;
            let bar = Area { left, top, width, height: area.bottom() - top };
            scene.polygon(bar.corners(), theme::SOFT);
            scene.tip(
                Area { top: area.top, height: area.height, ..bar },
                &format!("round {round}: {} % stolen", number(*share)),
            );
        }
    }
}

/// Shades the rounds that stand out.
fn draw_noisy(scene: &mut Scene, spread: Spread<'_>, noisy: &Noisy) {
    let area = spread.area;
    let width = (0.9 * spread.distances().0).min(2.0 * BAR);
    for (round, reason) in noisy.iter().filter(|(round, _)| spread.counts.contains(round)) {
        let shade = Area { left: spread.x(*round as f64) - width / 2.0, width, ..area };
        scene.polygon(shade.corners(), theme::SHADE);
        scene.tip(shade, &format!("round {round} stands out: {reason}"));
    }
}
