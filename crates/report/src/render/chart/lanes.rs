//! A plot of one execution: a lane for each worker over time.

use super::axis::Axis;
use super::fill::Fill;
use super::numbers::number;
use super::page::Plot;
use super::scene::{Anchor, Area, Scene};
use super::{frame, text, theme};
use crate::analysis::{Lane, Segment, State, Timeline};

/// Distance of lanes.
const LANE: f64 = 20.0;
/// Height of what is drawn in a lane.
const BODY: f64 = 15.0;
/// Up to how many lanes are all drawn.
const ALL: usize = 16;
/// How many of more are drawn at either end.
const ENDS: usize = 6;

/// A unit of time.
#[derive(Debug, Clone, Copy)]
pub(super) struct Unit {
    name: &'static str,
    per_s: f64,
}

impl Unit {
    /// The unit in which a time is a number that can be read.
    pub(super) fn of(seconds: f64) -> Self {
        match seconds {
            s if s >= 2.0 => Self { name: "s", per_s: 1.0 },
            s if s >= 2e-3 => Self { name: "ms", per_s: 1e3 },
            _ => Self { name: "µs", per_s: 1e6 },
        }
    }

    pub(super) fn name(self) -> &'static str {
        self.name
    }

    pub(super) fn per_s(self) -> f64 {
        self.per_s
    }

    pub(super) fn written(self, seconds: f64) -> String {
        format!("{} {}", number(seconds * self.per_s), self.name)
    }
}

/// The lanes of one execution.
pub(super) struct Lanes<'a> {
    title: String,
    /// None where lanes are left out.
    shown: Vec<Option<&'a Lane>>,
    left_out: usize,
    axis: Axis,
    unit: Unit,
}

impl<'a> Lanes<'a> {
    /// A plot whose horizontal axis reaches to `longest` seconds.
    pub(super) fn new(title: String, timeline: &'a Timeline, unit: Unit, longest: f64) -> Self {
        let all = timeline.lanes.len();
        let shown: Vec<_> = if all <= ALL {
            timeline.lanes.iter().map(Some).collect()
        } else {
            let (first, last) = (&timeline.lanes[..ENDS], &timeline.lanes[all - ENDS..]);
            first.iter().map(Some).chain([None]).chain(last.iter().map(Some)).collect()
        };
        let left_out = all - shown.iter().flatten().count();
        let axis = Axis::tight(0.0, longest * unit.per_s);
        Self { title, shown, left_out, axis, unit }
    }

    /// How many lanes are not drawn.
    pub(super) fn left_out(&self) -> usize {
        self.left_out
    }

    /// What the drawn workers do.
    pub(super) fn states(&self) -> impl Iterator<Item = State> {
        self.shown.iter().flatten().flat_map(|lane| &lane.segments).map(|segment| segment.state)
    }

    fn draw_segment(&self, scene: &mut Scene, body: Area, plot: Area, (worker, segment): (usize, &Segment)) {
        let x =
            |seconds: f64| plot.left + self.axis.part(seconds * self.unit.per_s).clamp(0.0, 1.0) * plot.width;
        let (from, to) = (x(segment.from_s), x(segment.to_s));
        if to <= from {
            return;
        }
        let area = Area { left: from, width: to - from, ..body };
        Fill::of_state(segment.state).draw(scene, area);
        let job = segment.job.map(|job| job.to_string());
        let length = self.unit.written(segment.to_s - segment.from_s);
        let what =
            job.as_ref().map_or_else(|| state_name(segment.state).to_string(), |job| format!("job {job}"));
        let begin = self.unit.written(segment.from_s);
        scene.tip(area, &format!("worker {worker}, {what}: {length}, from {begin}"));
        if let Some(job) = job.filter(|job| text::width(job, theme::TEXT) + 4.0 <= area.width) {
            let at = (area.middle().0, area.middle().1 + 0.36 * theme::TEXT);
            scene.text(&job, at, Anchor::Middle, (theme::TEXT, theme::PAPER));
        }
    }
}

fn state_name(state: State) -> &'static str {
    match state {
        State::Spawn => "spawn",
        State::Dispatch => "dispatch",
        State::Task => "task",
        State::Tail => "tail",
        State::Teardown => "teardown",
    }
}

impl Plot for Lanes<'_> {
    fn title(&self) -> String {
        self.title.clone()
    }

    fn label_width(&self) -> f64 {
        let numbers = self.shown.iter().flatten().map(|lane| lane.worker.to_string());
        numbers.map(|number| text::width(&number, theme::TEXT)).fold(0.0, f64::max)
    }

    fn height(&self) -> f64 {
        self.shown.len() as f64 * LANE + 4.0
    }

    fn draw(&self, scene: &mut Scene, area: Area) {
        for (value, label) in &self.axis.ticks {
            let x = area.left + self.axis.part(*value) * area.width;
            scene.line((x, area.top), (x, area.bottom()), theme::HAIR, theme::GRID);
            frame::tick(scene, area, x, label);
        }
        for (index, lane) in self.shown.iter().enumerate() {
            let top = area.top + index as f64 * LANE + (LANE - BODY) / 2.0 + 1.0;
            let body = Area { top, height: BODY, ..area };
            let baseline = body.middle().1 + 0.36 * theme::TEXT;
            let Some(lane) = lane else {
                let words = format!("… {} more workers …", self.left_out);
                scene.text(&words, (area.middle().0, baseline), Anchor::Middle, (theme::TEXT, theme::SOFT));
                continue;
            };
            let number = lane.worker.to_string();
            scene.text(&number, (area.left - 7.0, baseline), Anchor::End, (theme::TEXT, theme::INK));
            for segment in &lane.segments {
                self.draw_segment(scene, body, area, (lane.worker, segment));
            }
        }
        frame::edges(scene, area);
        frame::x_label(scene, area, &format!("time in {}", self.unit.name));
    }
}
