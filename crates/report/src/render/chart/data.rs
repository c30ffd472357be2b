//! How long a task takes over the size of its array, for each executor and way of passing data, with
//! the size from which on processes cost little more than threads.

use super::Chart;
use super::axis::{Axis, Scale};
use super::figure::Value;
use super::layout::{self, Band, Key, Page, Plot};
use super::look::{self, Look, Origin};
use super::numbers::{in_brackets, number};
use super::runs::Runs;
use super::scene::{Area, Point, Scene, Stroke, Tag};
use super::{font, frame, theme};
use crate::analysis::{Crossing, TaskCrossing, TaskCurve, TaskTimes};
use crate::record::Data;

/// The chart named `data`; left out where no workload has tasks of several sizes, and where no array is
/// passed: each worker makes its own.
pub(super) struct TimeOverSize;

/// Empty strip on either side of a plot.
const PAD: f64 = 24.0;
/// Distance that the labels of neighbouring sizes keep.
const CLEAR: f64 = 8.0;
/// Microseconds of a second: a hand-over takes a few.
const MICRO: f64 = 1e6;

impl Chart for TimeOverSize {
    fn name(&self) -> &'static str {
        "data"
    }

    fn scene(&self, runs: Runs<'_>) -> Option<Scene> {
        let all = &runs.own.task_times;
        let curves = || all.iter().flat_map(|times| &times.curves);
        if curves().all(|curve| curve.data == Data::Generate) {
            return None;
        }
        let series = series(all);
        let plots: Vec<Box<dyn Plot + '_>> =
            all.iter().map(|times| Box::new(Panel { times, series: &series }) as Box<dyn Plot>).collect();
        let (columns, plot_width) = layout::grid(plots.len());
        let title = format!("Time per task over size — {}", runs.own.name);
        let notes = runs.alone().machines().into_iter().chain([notes(all)]).collect();
        let legend = legend(all, &series);
        let bands = vec![Band { y_label: "time per task in µs (log scale)", plots }];
        Some(layout::draw(&Page { title, notes, legend, columns, plot_width, bands }))
    }
}

fn notes(all: &[TaskTimes]) -> String {
    let workers = all[0].workers;
    let plural = if workers == 1 { "" } else { "s" };
    let points = all.iter().flat_map(|times| &times.curves).flat_map(|curve| &curve.points);
    let bars = points.clone().any(|point| point.seconds.interval.is_some());
    format!(
        "Points: median over the runs with {workers} worker{plural}, of the mean time of the tasks of a size, each from when \
         it was submitted and its worker free until it ended there.{}",
        if bars { " Bars: 95 % intervals." } else { "" }
    )
}

/// An executor with a way of passing data.
type Way = (String, Data);

fn way(curve: &TaskCurve) -> Way {
    (curve.executor.clone(), curve.data)
}

/// Every way in some panel, each with the same look in all of them.
fn series(all: &[TaskTimes]) -> Vec<(Way, Look)> {
    let mut ways: Vec<Way> = Vec::new();
    for curve in all.iter().flat_map(|times| &times.curves) {
        if !ways.contains(&way(curve)) {
            ways.push(way(curve));
        }
    }
    ways.into_iter().enumerate().map(|(index, way)| (way, Look::of(index, Origin::Own))).collect()
}

fn look(series: &[(Way, Look)], wanted: &Way) -> Look {
    let found = series.iter().find(|(way, _)| way == wanted);
    found.map_or(Look::BASELINE, |(_, look)| *look)
}

/// The line that marks where processes come close to threads: dotted, in the colour of the processes.
fn upright(series: &[(Way, Look)], data: Data) -> Stroke {
    Stroke { colour: look(series, &("processes".to_string(), data)).colour, ..theme::PEAK }
}

fn legend(all: &[TaskTimes], series: &[(Way, Look)]) -> Vec<(Key, String)> {
    let ways = series
        .iter()
        .map(|((executor, data), look)| (Key::Series(*look), format!("{executor}, {}", data.name())));
    let mut entries: Vec<(Key, String)> = ways.collect();
    for crossing in all.iter().flat_map(|times| &times.crossings) {
        let label = format!("processes cost {} more, {}", percent(crossing), crossing.data.name());
        let marked = matches!(crossing.place, Crossing::From(_));
        if marked && !entries.iter().any(|(_, other)| *other == label) {
            entries.push((Key::Upright(upright(series, crossing.data)), label));
        }
    }
    entries
}

fn percent(crossing: &TaskCrossing) -> String {
    format!("{} %", number(100.0 * crossing.share).trim_end_matches('0').trim_end_matches('.'))
}

/// What the crossing is, in words.
fn in_words(crossing: &TaskCrossing) -> String {
    let (data, share) = (crossing.data.name(), percent(crossing));
    match crossing.place {
        Crossing::From(bytes) => {
            format!("{data}: processes cost {share} more than threads at {}, less above.", size(bytes))
        }
        Crossing::EverySize => format!("{data}: processes cost less than {share} more at every size."),
        Crossing::NoSize => format!("{data}: nowhere do processes come within {share} of threads for good."),
    }
}

/// A number of bytes, as in "64 KiB".
fn size(bytes: f64) -> String {
    let units = ["bytes", "KiB", "MiB", "GiB"];
    let mut unit = 0;
    let mut value = bytes;
    while value >= 1024.0 && unit + 1 < units.len() {
        (value, unit) = (value / 1024.0, unit + 1);
    }
    let whole = value >= 10.0 || (value - value.round()).abs() < 0.005;
    format!("{value:.*} {}", usize::from(!whole), units[unit])
}

/// One workload.
struct Panel<'a> {
    times: &'a TaskTimes,
    series: &'a [(Way, Look)],
}

impl Panel<'_> {
    fn axis(&self) -> Axis {
        let points = self.times.curves.iter().flat_map(|curve| &curve.points);
        let (mut least, mut greatest) = (f64::INFINITY, 0.0_f64);
        for value in points.filter_map(|point| Value::of(point.seconds)) {
            (least, greatest) = (least.min(value.least * MICRO), greatest.max(value.greatest * MICRO));
        }
        Axis::over(Scale::Log, least, greatest)
    }

    /// Every size that was measured, ascending.
    fn sizes(&self) -> Vec<usize> {
        let points = self.times.curves.iter().flat_map(|curve| &curve.points);
        let mut sizes: Vec<usize> = points.map(|point| point.bytes).collect();
        sizes.sort_unstable();
        sizes.dedup();
        sizes
    }
}

/// The sizes along a plot, equal distances for equal ratios.
struct Sizes {
    sizes: Vec<usize>,
    area: Area,
}

impl Sizes {
    fn x(&self, bytes: f64) -> f64 {
        let end = |size: Option<&usize>| size.map_or(1.0, |&size| size as f64);
        let (first, last) = (end(self.sizes.first()), end(self.sizes.last()));
        self.area.left + PAD + (bytes / first).ln() / (last / first).ln() * (self.area.width - 2.0 * PAD)
    }

    /// Draws those that have room for their labels, the largest for certain.
    fn draw_ticks(&self, scene: &mut Scene) {
        let mut free = f64::INFINITY;
        for &bytes in self.sizes.iter().rev() {
            let (x, label) = (self.x(bytes as f64), size(bytes as f64));
            let half = font::width(&label, theme::TEXT) / 2.0;
            if x + half <= free {
                frame::tick(scene, self.area, x, &label);
                free = x - half - CLEAR;
            }
        }
    }
}

impl Plot for Panel<'_> {
    fn title(&self) -> String {
        self.times.label.clone()
    }

    fn words(&self) -> Vec<String> {
        self.times.crossings.iter().map(in_words).collect()
    }

    fn tags(&self) -> Vec<Tag<'_>> {
        vec![Tag::Workload(&self.times.label)]
    }

    fn label_width(&self) -> f64 {
        self.axis().label_width()
    }

    fn draw(&self, scene: &mut Scene, area: Area) {
        let (axis, sizes) = (self.axis(), Sizes { sizes: self.sizes(), area });
        frame::draw(scene, &axis, area);
        sizes.draw_ticks(scene);
        frame::x_label(scene, area, "size of a task's array (log scale)");
        for crossing in &self.times.crossings {
            if let Crossing::From(bytes) = crossing.place {
                let x = sizes.x(bytes).clamp(area.left, area.right());
                scene.path(&[(x, area.top), (x, area.bottom())], upright(self.series, crossing.data));
            }
        }
        for curve in &self.times.curves {
            self.draw_curve(scene, curve, (&axis, &sizes));
        }
    }
}

impl Panel<'_> {
    fn draw_curve(&self, scene: &mut Scene, curve: &TaskCurve, (axis, sizes): (&Axis, &Sizes)) {
        let look = look(self.series, &way(curve));
        let y = |seconds: f64| frame::y(&sizes.area, axis, seconds * MICRO);
        let points = curve.points.iter().filter_map(|point| Some((point.bytes, Value::of(point.seconds)?)));
        let points: Vec<(usize, Value)> = points.collect();
        let place = |(bytes, value): &(usize, Value)| (sizes.x(*bytes as f64), y(value.middle));
        let line: Vec<Point> = points.iter().map(place).collect();
        let radius = theme::RADIUS - 1.0;
        scene.tagged(&[Tag::Executor(&curve.executor)], |scene| {
            scene.path(&line, look.stroke());
            for (at, (bytes, value)) in line.into_iter().zip(points) {
                let micro = |seconds: f64| seconds * MICRO;
                let (middle, least, greatest) =
                    (micro(value.middle), micro(value.least), micro(value.greatest));
                let figure = in_brackets(Value { middle, least, greatest });
                let (executor, data, size) = (&curve.executor, curve.data.name(), size(bytes as f64));
                let tip = format!("{executor}, {data}, {size}\ntime per task {figure} µs");
                scene.mark(&[], look::spot(at, radius), &tip, |scene| {
                    look::bar(scene, look, at.0, (y(value.least), y(value.greatest)), radius);
                    look::marker(scene, look, at, radius);
                });
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_written_in_the_unit_that_suits() {
        let written = [512.0, 4096.0, 1_500.0, 152_918.0, 67_108_864.0, 1.3 * 1_048_576.0].map(size);
        assert_eq!(written, ["512 bytes", "4 KiB", "1.5 KiB", "149 KiB", "64 MiB", "1.3 MiB"]);
    }
}
