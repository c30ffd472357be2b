//! The runs of one batch over time: the serial baseline's time, and the speedups, run by run.

use std::path::{Path, PathBuf};

use super::axis::{Axis, Scale};
use super::figure::Value;
use super::frame::{self, Spread};
use super::layout::{self, Band, Key, Page, Plot};
use super::look::{self, Look, Origin};
use super::numbers::in_brackets;
use super::scene::{Area, Point, Scene, Tag};
use super::{ChartError, theme, write_scene};
use crate::analysis::history::{History, Past};
use crate::record::BASELINE;
use crate::stats::Quantity;
use crate::view::units::count;

/// Name of its files.
const NAME: &str = "history";
/// Width of the plots.
const WIDTH: f64 = 860.0;
/// Height of a plot.
const HEIGHT: f64 = 190.0;
/// Radius of a marker where there is room for it.
const RADIUS: f64 = 3.5;

/// Draws a history into `folder`, which must exist, as `history.svg` and `history.png`. Returns their paths; none
/// where there is no run.
///
/// # Errors
///
/// [`ChartError`].
pub fn write_history(folder: &Path, history: &History) -> Result<Vec<PathBuf>, ChartError> {
    scene(history).map_or(Ok(Vec::new()), |scene| write_scene(folder, NAME, &scene))
}

pub(super) fn scene(history: &History) -> Option<Scene> {
    if history.runs.is_empty() {
        return None;
    }
    let chosen = history.chosen();
    let executors = executors(history, &chosen);
    let numbers: Vec<usize> = (1..=history.runs.len()).collect();
    let mut bands = Vec::new();
    for (workload, label) in &history.labels {
        let of_workload: Vec<usize> =
            chosen.iter().copied().filter(|&case| history.cases[case].workload == *workload).collect();
        let (serial, pools): (Vec<usize>, Vec<usize>) =
            of_workload.into_iter().partition(|&case| history.cases[case].executor == BASELINE);
        for (cases, what, unit) in [(serial, "serial time in s", " s"), (pools, "speedup", "x")] {
            let tracks: Vec<Track> = cases.iter().map(|&case| track(history, case, &executors)).collect();
            if tracks.iter().all(|track| track.points.is_empty()) {
                continue;
            }
            let title = format!("{label} · {what}");
            let plot = Runs { workload, title, tracks, history, numbers: &numbers, unit };
            bands.push(Band { y_label: what, plots: vec![Box::new(plot) as Box<dyn Plot>] });
        }
    }
    if bands.is_empty() {
        return None;
    }
    let look =
        |name: &str, executor: usize| (Key::Series(look_of(name, executor).undashed()), name.to_string());
    let legend = executors.iter().enumerate().map(|(index, name)| look(name, index));
    let serial = std::iter::once((Key::Series(look_of(BASELINE, 0).undashed()), BASELINE.to_string()));
    let (first, last) = (history.runs.first()?, history.runs.last()?);
    let mut notes = vec![format!(
        "{}, {} to {}. Bars are 95 % intervals from within each run; a machine that changes between runs is not in \
         them. Each executor with the most workers that do not exceed the CPUs.",
        count(history.runs.len(), "run"),
        first.created,
        last.created
    )];
    if history.runs.iter().any(|run| !run.machine.is_empty()) {
        notes.push("Hollow markers: runs on another machine.".to_string());
    }
    let page = Page {
        title: "History of one batch".to_string(),
        notes,
        legend: serial.chain(legend).collect(),
        columns: 1,
        plot_width: WIDTH,
        bands,
    };
    Some(layout::draw(&page))
}

/// The executors of the chosen cases but for the baseline, each once.
fn executors(history: &History, chosen: &[usize]) -> Vec<String> {
    let mut executors: Vec<String> = Vec::new();
    for executor in chosen.iter().map(|&case| &history.cases[case].executor) {
        if executor != BASELINE && !executors.contains(executor) {
            executors.push(executor.clone());
        }
    }
    executors
}

fn look_of(name: &str, index: usize) -> Look {
    if name == BASELINE { Look::BASELINE.full() } else { Look::of(index, Origin::Own) }
}

fn track(history: &History, case: usize, executors: &[String]) -> Track {
    let of = &history.cases[case];
    let index = executors.iter().position(|executor| *executor == of.executor).unwrap_or(0);
    let figure = |past: &Past| if of.executor == BASELINE { Some(past.time_s) } else { past.speedup };
    let points = history.runs.iter().enumerate();
    let points = points.filter_map(|(run, past)| Some((run, figure(past.figures[case].as_ref()?)?)));
    Track {
        executor: of.executor.clone(),
        label: of.to_string(),
        look: look_of(&of.executor, index),
        points: points.filter(|(_, quantity)| quantity.value.is_finite()).collect(),
    }
}

/// A case, run by run.
struct Track {
    executor: String,
    label: String,
    look: Look,
    /// Index of a run, and its figure.
    points: Vec<(usize, Quantity)>,
}

/// The cases of a workload that have one unit.
struct Runs<'a> {
    workload: &'a str,
    title: String,
    tracks: Vec<Track>,
    history: &'a History,
    /// Of the runs, from 1.
    numbers: &'a [usize],
    unit: &'static str,
}

impl Runs<'_> {
    fn axis(&self) -> Axis {
        let ends = self.tracks.iter().flat_map(|track| &track.points).flat_map(|(_, quantity)| {
            let interval = quantity.interval;
            [
                quantity.value,
                interval.map_or(quantity.value, |i| i.low),
                interval.map_or(quantity.value, |i| i.high),
            ]
        });
        let (least, most) =
            ends.fold((f64::INFINITY, 0.0_f64), |(low, high), end| (low.min(end), high.max(end)));
        // Changes are what it is about; still a change of a hundredth is not to look like a cliff.
        let (least, most) = (least.min(0.95 * most), most.max(1.05 * least));
        Axis::between(least, most)
    }
}

impl Plot for Runs<'_> {
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
        HEIGHT
    }

    fn draw(&self, scene: &mut Scene, area: Area) {
        let (axis, spread) = (self.axis(), Spread { counts: self.numbers, area, scale: Scale::Linear });
        frame::draw(scene, &axis, area);
        spread.draw_ticks(scene);
        frame::x_label(scene, area, "run, in the order of time");
        let radius = RADIUS.min(0.35 * spread.distances().1).max(1.5);
        let dodge = theme::DODGE.min(0.45 * spread.distances().0 / self.tracks.len() as f64);
        for (position, track) in self.tracks.iter().enumerate() {
            let offset = dodge * (position as f64 - (self.tracks.len() - 1) as f64 / 2.0);
            let x = |run: usize| spread.x((run + 1) as f64) + offset;
            let y = |value: f64| frame::y(&area, &axis, value);
            let points: Vec<Point> =
                track.points.iter().map(|(run, quantity)| (x(*run), y(quantity.value))).collect();
            scene.tagged(&[Tag::Executor(&track.executor)], |scene| {
                scene.path(&points, track.look.undashed().stroke());
                for (at, (run, quantity)) in points.iter().zip(&track.points) {
                    let ends = quantity.interval.map_or((at.1, at.1), |ends| (y(ends.low), y(ends.high)));
                    let past = &self.history.runs[*run];
                    let look = if past.machine.is_empty() { track.look } else { track.look.hollow() };
                    scene.mark(&[], look::spot(*at, radius), &self.tip(track, *run, *quantity), |scene| {
                        look::bar(scene, look, at.0, ends, radius);
                        look::marker(scene, look, *at, radius);
                    });
                }
            });
        }
    }
}

impl Runs<'_> {
    /// What a point stands for.
    fn tip(&self, track: &Track, run: usize, quantity: Quantity) -> String {
        let past = &self.history.runs[run];
        let value = Value {
            middle: quantity.value,
            least: quantity.interval.map_or(quantity.value, |ends| ends.low),
            greatest: quantity.interval.map_or(quantity.value, |ends| ends.high),
        };
        let revision = past.revision.as_ref().map(|revision| format!("\n{revision}")).unwrap_or_default();
        let machine = past.machine.first().map(|difference| format!("\n{difference}")).unwrap_or_default();
        let (label, number, unit) = (&track.label, run + 1, self.unit);
        format!(
            "{label}, run {number}\n{}{unit}\n{} {}{revision}{machine}",
            in_brackets(value),
            past.name,
            past.created
        )
    }
}
