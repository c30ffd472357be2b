//! Whether times changed in the course of the run: round by round, relative to their own median.

use std::collections::BTreeMap;

use super::axis::{Axis, Scale};
use super::frame::{self, Spread};
use super::layout::{self, Band, Key, Page, Plot};
use super::look::{self, Look};
use super::numbers::{list, number};
use super::runs::Runs;
use super::scene::{Area, Point, Scene, Stroke, Tag};
use super::{Chart, Part, theme};
use crate::analysis::{Cell, Estimate, RoundPoint, WorkloadColumn};
use crate::record::BASELINE;
use crate::stats;
use crate::view::units::{count, seconds};

/// The chart named `drift`; left out where no case has two rounds.
pub(super) struct Drift;

/// Width of the plots.
const WIDTH: f64 = 860.0;
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

impl Chart for Drift {
    fn name(&self) -> &'static str {
        "drift"
    }

    fn part(&self) -> Part {
        Part::Whole
    }

    fn scene(&self, runs: Runs<'_>) -> Option<Scene> {
        let tracks: Vec<_> = (0..runs.own.workloads.len()).map(|column| tracks(runs, column)).collect();
        let rounds = rounds(tracks.iter().flatten());
        if rounds.len() < 2 {
            return None;
        }
        let noisy: Noisy =
            runs.own.effort.noisy.iter().map(|noisy| (noisy.round as usize, noisy.reason.clone())).collect();
        let legend = legend(&tracks, &noisy, &rounds);
        let mut bands = Vec::new();
        let mut steals = Vec::new();
        for (column, tracks) in tracks.into_iter().enumerate().filter(|(_, tracks)| !tracks.is_empty()) {
            let workload = runs.own.workloads[column].label.as_str();
            let shares = steal(runs, column);
            let stolen = shares.iter().any(|(_, share)| *share > 0.0);
            steals.push((!shares.is_empty()).then_some(stolen));
            let cases: Vec<_> = tracks.iter().map(|track| track.label.as_str()).collect();
            let title = format!("{workload} · {}", cases.join(", "));
            let times = Times { workload, title, tracks, rounds: &rounds, noisy: &noisy, last: !stolen };
            bands.push(Band { y_label: "time ÷ own median", plots: vec![Box::new(times) as Box<dyn Plot>] });
            if stolen {
                let steal = Steal { workload, shares, rounds: &rounds, noisy: &noisy };
                bands.push(Band { y_label: "steal in %", plots: vec![Box::new(steal)] });
            }
        }
        let mut notes = runs.alone().machines();
        notes.push(which(runs));
        notes.push(on_steal(&steals));
        if !noisy.is_empty() {
            let rounds: Vec<_> = noisy.iter().map(|(round, reason)| format!("{round} ({reason})")).collect();
            notes.push(format!("Rounds that stand out; they count like all others: {}.", list(&rounds, 4)));
        }
        let title = format!("Drift over the rounds — {}", runs.own.name);
        Some(layout::draw(&Page { title, notes, legend, columns: 1, plot_width: WIDTH, bands }))
    }
}

/// Which cases are drawn.
fn which(runs: Runs<'_>) -> String {
    let waits = runs.own.workloads.iter().any(WorkloadColumn::waits);
    match runs.workers {
        Some(workers) => format!("The serial baseline, and each executor with {}.", count(workers, "worker")),
        None if waits => {
            "The serial baseline, and each executor with the most workers that do not exceed the \
                          CPUs, or, where jobs wait, with the fewest connections that are as fast as any."
                .to_string()
        }
        None => "The serial baseline, and each executor with the most workers that do not exceed the CPUs."
            .to_string(),
    }
}

/// What is known of the time that a hypervisor took: of each workload, whether any, if that is known.
fn on_steal(steals: &[Option<bool>]) -> String {
    let what = "Steal: the share of all CPUs' time that a hypervisor took during the samples of a round";
    if steals.iter().all(Option::is_none) {
        return "How much time a hypervisor took (steal) is not known here.".to_string();
    }
    match (steals.contains(&Some(true)), steals.contains(&Some(false))) {
        (true, true) => format!("{what}; none where it is not drawn."),
        (true, false) => format!("{what}."),
        (false, _) => "A hypervisor took no time (steal) during the samples.".to_string(),
    }
}

/// The cases that stand for the serial baseline and the executors.
fn tracks(runs: Runs<'_>, column: usize) -> Vec<Track> {
    let series = runs.alone().series();
    let has = |estimate: &Estimate| !estimate.rounds.is_empty();
    let serial = runs.own.workloads[column].serial.estimate().filter(|estimate| has(estimate));
    let serial = serial.map(|estimate| track((BASELINE.to_string(), None), Look::BASELINE, &estimate.rounds));
    let pools = series.into_iter().enumerate().filter_map(|(executor, series)| {
        let (workers, estimate) = runs.chosen(executor, column, has)?;
        Some(track((series.label, Some(workers)), series.look, &estimate.rounds))
    });
    serial.into_iter().chain(pools).collect()
}

fn track((executor, workers): (String, Option<usize>), look: Look, points: &[RoundPoint]) -> Track {
    let times: Vec<f64> = points.iter().map(|point| point.wall_s).collect();
    let median = stats::median(&times).unwrap_or(f64::NAN);
    // The serial baseline has two arms; what counts is the round.
    let mut sums: BTreeMap<usize, (f64, f64, &RoundPoint)> = BTreeMap::new();
    for point in points {
        let (sum, times, _) = sums.entry(point.round as usize).or_insert((0.0, 0.0, point));
        (*sum, *times) = (*sum + point.wall_s / median, *times + 1.0);
    }
    let points = sums.into_iter().map(|(round, (sum, times, point))| Moment {
        round,
        part: sum / times,
        facts: facts(point, sum / times * median),
    });
    let label = workers.map_or(executor.clone(), |workers| format!("{executor}/{workers}"));
    Track {
        executor,
        workers,
        label,
        look,
        points: points.filter(|moment| moment.part.is_finite()).collect(),
    }
}

/// What is known of a round, each in a line.
fn facts(point: &RoundPoint, time_s: f64) -> String {
    let known = [
        Some(format!("time {}", seconds(time_s))),
        point.serial_s.map(|serial_s| format!("serial baseline in this round {}", seconds(serial_s))),
        point.steal_s.map(|steal_s| format!("steal {}", seconds(steal_s))),
        point.clock_hz.map(|hz| format!("clock {:.2} GHz", hz / 1e9)),
        point.width.map(|width| format!("issue width {width:.1}")),
    ];
    known.into_iter().flatten().fold(String::new(), |facts, fact| facts + "\n" + &fact)
}

/// The rounds that any track has a point for, ascending.
fn rounds<'a>(tracks: impl Iterator<Item = &'a Track>) -> Vec<usize> {
    let mut rounds: Vec<usize> = tracks.flat_map(|track| &track.points).map(|moment| moment.round).collect();
    rounds.sort_unstable();
    rounds.dedup();
    rounds
}

/// The share of all CPUs' time, in per cent, that was stolen during a workload's samples of a round;
/// empty where the system does not say.
fn steal(runs: Runs<'_>, column: usize) -> Vec<(usize, f64)> {
    let environment = &runs.own.environment;
    let cpus = environment.cpus_online.value().or(environment.cpus_available.value());
    let Some(&cpus) = cpus else { return Vec::new() };
    let cells = runs.own.executors.iter().flat_map(|table| &table.rows).map(|row| row.cells.get(column));
    let cells = cells.chain([runs.own.workloads.get(column).map(|workload| &workload.serial)]);
    let mut sums: BTreeMap<usize, (f64, f64)> = BTreeMap::new();
    for point in cells.flatten().filter_map(Cell::estimate).flat_map(|estimate| &estimate.rounds) {
        if let Some(steal_s) = point.steal_s {
            let (stolen, whole) = sums.entry(point.round as usize).or_default();
            (*stolen, *whole) = (*stolen + steal_s, *whole + point.wall_s * cpus as f64);
        }
    }
    let shares = sums.into_iter().map(|(round, (stolen, whole))| (round, 100.0 * stolen / whole));
    shares.filter(|(_, share)| share.is_finite()).collect()
}

/// The tracks, each once, although a workload may lack some.
fn legend(tracks: &[Vec<Track>], noisy: &Noisy, rounds: &[usize]) -> Vec<(Key, String)> {
    let mut entries: Vec<(Key, String)> = Vec::new();
    for track in tracks.iter().flatten() {
        if !entries.iter().any(|(_, label)| *label == track.executor) {
            entries.push((Key::Series(track.look.undashed()), track.executor.clone()));
        }
    }
    if noisy.iter().any(|(round, _)| rounds.contains(round)) {
        entries.push((Key::Shade, "round that stands out".to_string()));
    }
    entries
}

/// Rounds that stand out, with what was the matter.
type Noisy = Vec<(usize, String)>;

/// One case, round by round.
struct Track {
    /// What stands in the legend.
    executor: String,
    /// None of the serial baseline.
    workers: Option<usize>,
    /// The case.
    label: String,
    look: Look,
    points: Vec<Moment>,
}

/// One round of a case.
struct Moment {
    round: usize,
    /// Its time over the median time of the case.
    part: f64,
    /// What else is known of it.
    facts: String,
}

impl Track {
    fn tags(&self) -> Vec<Tag<'_>> {
        let workers = self.workers.map(Tag::Workers);
        std::iter::once(Tag::Executor(&self.executor)).chain(workers).collect()
    }
}

/// The times of a workload's cases.
struct Times<'a> {
    workload: &'a str,
    title: String,
    tracks: Vec<Track>,
    rounds: &'a [usize],
    noisy: &'a Noisy,
    /// Whether no other plot stands below on the same axis.
    last: bool,
}

impl Times<'_> {
    fn axis(&self) -> Axis {
        let parts = self.tracks.iter().flat_map(|track| &track.points).map(|moment| moment.part);
        let (least, greatest) = parts.fold(LEAST, |(low, high), part| (low.min(part), high.max(part)));
        Axis::between(least, greatest)
    }
}

impl Plot for Times<'_> {
    fn title(&self) -> String {
        self.title.clone()
    }

    fn tags(&self) -> Vec<Tag<'_>> {
        vec![Tag::Workload(self.workload)]
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
            let place = |point: &Moment| (spread.x(point.round as f64), frame::y(&area, &axis, point.part));
            let points: Vec<Point> = track.points.iter().map(place).collect();
            scene.tagged(&track.tags(), |scene| {
                scene.path(&points, Stroke::solid(theme::HAIR, track.look.colour));
                for (at, moment) in points.iter().zip(&track.points) {
                    let (round, part, facts) = (moment.round, number(moment.part), &moment.facts);
                    let tip = format!("{}, round {round}\n{part} of its median{facts}", track.label);
                    scene.mark(&[], look::spot(*at, radius), &tip, |scene| {
                        look::marker(scene, track.look, *at, radius);
                    });
                }
            });
        }
    }
}

/// The share of the CPUs' time that was stolen.
struct Steal<'a> {
    workload: &'a str,
    /// Round, and share in per cent.
    shares: Vec<(usize, f64)>,
    rounds: &'a [usize],
    noisy: &'a Noisy,
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

    fn tags(&self) -> Vec<Tag<'_>> {
        vec![Tag::Workload(self.workload)]
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
            let column = Area { top: area.top, height: area.height, ..bar };
            scene.mark(&[], column, &format!("round {round}\n{} % stolen", number(*share)), |scene| {
                scene.polygon(bar.corners(), theme::SOFT);
            });
        }
    }
}

/// Shades the rounds that stand out.
fn draw_noisy(scene: &mut Scene, spread: Spread<'_>, noisy: &Noisy) {
    let area = spread.area;
    let width = (0.9 * spread.distances().0).min(2.0 * BAR);
    for (round, reason) in noisy.iter().filter(|(round, _)| spread.counts.contains(round)) {
        let shade = Area { left: spread.x(*round as f64) - width / 2.0, width, ..area };
        scene.mark(&[], shade, &format!("round {round} stands out\n{reason}"), |scene| {
            scene.polygon(shade.corners(), theme::SHADE);
        });
    }
}
