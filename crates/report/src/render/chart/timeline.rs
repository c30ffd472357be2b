//! What every worker did during one execution: the one of median time of chosen cases.

use super::Chart;
use super::axis::Axis;
use super::fill::Fill;
use super::layout::{self, Band, Key, Page, Plot};
use super::numbers::number;
use super::runs::Runs;
use super::scene::{Anchor, Area, Scene, Tag};
use super::{font, frame, theme};
use crate::analysis::{Lane, Segment, State, Timeline};
use crate::view::units::count;

/// The chart named `timeline`; left out where no raw samples are known.
pub(super) struct Timelines;

/// Width of the plots.
const WIDTH: f64 = 860.0;
/// Width below which a segment is not seen.
const FINEST: f64 = 0.5;
/// Distance of lanes.
const LANE: f64 = 20.0;
/// Height of what is drawn in a lane.
const BODY: f64 = 15.0;
/// Up to how many lanes are all drawn.
const ALL: usize = 16;
/// How many of more are drawn at either end.
const ENDS: usize = 6;

const STATES: [(State, &str); 6] = [
    (State::Spawn, "spawn: not yet ready"),
    (State::Dispatch, "dispatch: ready, waiting for a task"),
    (State::Network, "network: waiting for a message to or from its host"),
    (State::Task, "task, with the job's number"),
    (State::Tail, "tail: done, while others still work"),
    (State::Teardown, "teardown: all tasks are done; the pool ends"),
];

impl Chart for Timelines {
    fn name(&self) -> &'static str {
        "timeline"
    }

    fn scene(&self, runs: Runs<'_>) -> Option<Scene> {
        let mut plots: Vec<Lanes<'_>> = Vec::new();
        for column in 0..runs.own.workloads.len() {
            plots.extend(of_workload(runs, column));
        }
        if plots.is_empty() {
            return None;
        }
        let states = plots.iter().flat_map(Lanes::states);
        let states: Vec<State> = states.collect();
        let legend = STATES.iter().filter(|(state, _)| states.contains(state));
        let mut notes = runs.alone().machines();
        let which = match runs.workers {
            Some(workers) => format!("with {}", count(workers, "worker")),
            None => "with the most workers that do not exceed the CPUs".to_string(),
        };
        notes.push(format!(
            "For each executor the execution of median time, {which}. Workers and jobs are numbered from 0."
        ));
        if plots.iter().any(Lanes::has_hosts) {
            notes.push(
                "Lanes of workers on other machines are grouped by host, and are by that host's clock."
                    .to_string(),
            );
        }
        if plots.iter().any(|lanes| lanes.left_out() > 0) {
            notes.push("Of many workers only the first and the last have a lane.".to_string());
        }
        Some(layout::draw(&Page {
            title: format!("Timeline of the workers — {}", runs.own.name),
            notes,
            legend: legend
                .map(|(state, name)| (Key::Fill(Fill::of_state(*state)), (*name).to_string()))
                .collect(),
            columns: 1,
            plot_width: WIDTH,
            bands: vec![Band {
                y_label: "worker",
                plots: plots.into_iter().map(|lanes| Box::new(lanes) as Box<dyn Plot>).collect(),
            }],
        }))
    }
}

/// The timelines of a workload, all on the same scale.
fn of_workload(runs: Runs<'_>, column: usize) -> Vec<Lanes<'_>> {
    let label = runs.own.workloads[column].label.as_str();
    let cases: Vec<_> = (runs.own.executors.iter().enumerate())
        .filter_map(|(index, table)| {
            let drawable = |wall_s: f64| wall_s.is_finite() && wall_s > 0.0;
            let (workers, estimate) = runs.chosen(index, column, |estimate| {
                estimate.timeline.as_ref().is_some_and(|timeline| drawable(timeline.wall_s))
            })?;
            Some((table.executor.as_str(), workers, estimate.timeline.as_ref()?))
        })
        .collect();
    let longest = cases.iter().map(|(_, _, timeline)| timeline.wall_s).fold(0.0, f64::max);
    let unit = Unit::of(longest);
    (cases.into_iter())
        .map(|(executor, workers, timeline)| {
            let many = count(workers, "worker");
            let length = unit.written(timeline.wall_s);
            let title = format!("{label} · {executor}, {many}, round {}: {length}", timeline.round);
            Lanes::new((label, executor, workers), title, timeline, unit, longest)
        })
        .collect()
}

/// A unit of time.
#[derive(Debug, Clone, Copy)]
pub(super) struct Unit {
    pub(super) name: &'static str,
    pub(super) per_s: f64,
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

    pub(super) fn written(self, seconds: f64) -> String {
        format!("{} {}", number(seconds * self.per_s), self.name)
    }
}

/// The lanes of one execution.
struct Lanes<'a> {
    /// Workload, executor and number of workers.
    case: (&'a str, &'a str, usize),
    title: String,
    /// None where lanes are left out.
    shown: Vec<Option<&'a Lane>>,
    left_out: usize,
    axis: Axis,
    unit: Unit,
}

impl<'a> Lanes<'a> {
    /// A plot whose horizontal axis reaches to `longest` seconds.
    fn new(
        case: (&'a str, &'a str, usize),
        title: String,
        timeline: &'a Timeline,
        unit: Unit,
        longest: f64,
    ) -> Self {
        let all = timeline.lanes.len();
        let shown: Vec<_> = if all <= ALL {
            timeline.lanes.iter().map(Some).collect()
        } else {
            let (first, last) = (&timeline.lanes[..ENDS], &timeline.lanes[all - ENDS..]);
            first.iter().map(Some).chain([None]).chain(last.iter().map(Some)).collect()
        };
        let left_out = all - shown.iter().flatten().count();
        let axis = Axis::tight(0.0, longest * unit.per_s);
        Self { case, title, shown, left_out, axis, unit }
    }

    /// Whether some of its workers are on other machines.
    fn has_hosts(&self) -> bool {
        self.shown.iter().flatten().any(|lane| lane.host.is_some())
    }

    /// What stands in front of a lane: the host too, where it is that host's first.
    fn label(&self, index: usize) -> Option<String> {
        let lane = self.shown[index]?;
        let host = lane.host.filter(|_| self.begins_host(index));
        Some(host.map_or_else(|| lane.worker.to_string(), |host| format!("host {host} · {}", lane.worker)))
    }

    /// Whether the lane is the first that is drawn of its host.
    fn begins_host(&self, index: usize) -> bool {
        let host = |index: usize| self.shown[index].and_then(|lane| lane.host);
        host(index).is_some() && (0..index).rev().find_map(host) != host(index)
    }

    /// How many lanes are not drawn.
    fn left_out(&self) -> usize {
        self.left_out
    }

    /// What the drawn workers do.
    fn states(&self) -> impl Iterator<Item = State> {
        self.shown.iter().flatten().flat_map(|lane| &lane.segments).map(|segment| segment.state)
    }

    fn draw_segment(&self, scene: &mut Scene, area: Area, (worker, segment): (usize, &Segment)) {
        let job = segment.job.map(|job| job.to_string());
        let length = self.unit.written(segment.to_s - segment.from_s);
        let what =
            job.as_ref().map_or_else(|| in_words(segment.state).to_string(), |job| format!("job {job}"));
        let (begin, end) = (self.unit.written(segment.from_s), self.unit.written(segment.to_s));
        scene.mark(
            &[],
            area,
            &format!("worker {worker}\n{what}\n{length}, from {begin} to {end}"),
            |scene| {
                Fill::of_state(segment.state).draw(scene, area);
                if let Some(job) = job.filter(|job| font::width(job, theme::TEXT) + 4.0 <= area.width) {
                    let at = (area.middle().0, area.middle().1 + 0.36 * theme::TEXT);
                    scene.text(&job, at, Anchor::Middle, (theme::TEXT, theme::PAPER));
                }
            },
        );
    }

    /// Draws what a worker did. Where that is finer than can be seen, the first of it stands for the rest.
    fn draw_lane(&self, scene: &mut Scene, body: Area, lane: &Lane) {
        let x =
            |seconds: f64| body.left + self.axis.part(seconds * self.unit.per_s).clamp(0.0, 1.0) * body.width;
        let mut drawn = f64::NEG_INFINITY;
        for segment in &lane.segments {
            let (from, to) = (x(segment.from_s), x(segment.to_s));
            if to > from && to - drawn >= FINEST {
                let area = Area { left: from, width: to - from, ..body };
                self.draw_segment(scene, area, (lane.worker, segment));
                drawn = to;
            }
        }
    }
}

/// What a state is, in words.
fn in_words(state: State) -> &'static str {
    STATES.iter().find(|(of, _)| *of == state).map_or("", |(_, words)| words)
}

impl Plot for Lanes<'_> {
    fn title(&self) -> String {
        self.title.clone()
    }

    fn tags(&self) -> Vec<Tag<'_>> {
        let (workload, executor, workers) = self.case;
        vec![Tag::Workload(workload), Tag::Executor(executor), Tag::Workers(workers)]
    }

    fn label_width(&self) -> f64 {
        let labels = (0..self.shown.len()).filter_map(|index| self.label(index));
        labels.map(|label| font::width(&label, theme::TEXT)).fold(0.0, f64::max)
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
            let label = self.label(index).unwrap_or_default();
            if index > 0 && self.begins_host(index) {
                let y = area.top + index as f64 * LANE + 1.0;
                scene.line((area.left, y), (area.right(), y), theme::HAIR, theme::INK);
            }
            scene.text(&label, (area.left - 7.0, baseline), Anchor::End, (theme::TEXT, theme::INK));
            self.draw_lane(scene, body, lane);
        }
        frame::edges(scene, area);
        frame::x_label(scene, area, &format!("time in {}", self.unit.name));
    }
}
