//! How many threads of a program were on a CPU, and how many waited for one, over time: of the executions
//! of median time.

use super::Chart;
use super::axis::Axis;
use super::fill::Fill;
use super::layout::{self, Band, Key, Page, Plot};
use super::numbers::number;
use super::runs::Runs;
use super::scene::{Area, Scene, Tag};
use super::timeline::Unit;
use super::{frame, theme};
use crate::analysis::Estimate;
use crate::record::{Axes, Course};
use crate::view::units::count;

/// The chart named `threads`; left out where no program was seen from outside over time.
pub(super) struct Threads;

/// Width of the plots.
const WIDTH: f64 = 860.0;
/// Height of each.
const HEIGHT: f64 = 130.0;
/// By how much each stretch reaches into the next one, so that no seam is seen between them.
const SEAM: f64 = 0.3;
/// Of more numbers of workers than these the first and the last are drawn.
const MOST: usize = 4;

impl Chart for Threads {
    fn name(&self) -> &'static str {
        "threads"
    }

    fn scene(&self, runs: Runs<'_>) -> Option<Scene> {
        let plots: Vec<Steps> =
            (0..runs.own.workloads.len()).flat_map(|column| of_program(runs, column)).collect();
        if plots.is_empty() {
            return None;
        }
        let mut notes = runs.alone().machines();
        notes.push(
            "Threads of the whole process tree in the execution of median time, as means over stretches of it. \
             Between the dashed line and the areas no thread could run."
                .to_string(),
        );
        Some(layout::draw(&Page {
            title: format!("Threads over time — {}", runs.own.name),
            notes,
            legend: vec![
                (Key::Fill(Fill::WORK), "on a CPU".to_string()),
                (Key::Fill(Fill::WAITING), "could run, and waited for a CPU".to_string()),
                (Key::Line(theme::IDEAL), "workers".to_string()),
            ],
            columns: 1,
            plot_width: WIDTH,
            bands: vec![Band {
                y_label: "threads",
                plots: plots.into_iter().map(|steps| Box::new(steps) as Box<dyn Plot>).collect(),
            }],
        }))
    }
}

/// The plots of a program, all on the same scale of time.
fn of_program(runs: Runs<'_>, column: usize) -> Vec<Steps> {
    let rows = runs.own.executors.iter().flat_map(|table| table.rows.iter().map(move |row| (table, row)));
    let mut cases: Vec<(&str, usize, &Course)> = rows
        .filter_map(|(table, row)| {
            let course = course(row.cells.get(column)?.estimate()?)?;
            Some((table.executor.as_str(), row.workers, course))
        })
        .collect();
    if cases.len() > MOST {
        cases = vec![cases[0], cases[cases.len() - 1]];
    }
    let length = |course: &Course| course.stretch_ns as f64 * course.running.len() as f64 / 1e9;
    let longest = cases.iter().map(|(.., course)| length(course)).fold(0.0, f64::max);
    let most = cases.iter().flat_map(|(_, workers, course)| {
        let both = course.running.iter().zip(&course.waiting).map(|(running, waiting)| running + waiting);
        both.chain([*workers as f64])
    });
    let most = most.fold(1.0, f64::max);
    let label = &runs.own.workloads[column].label;
    let plot = |(executor, workers, course): (&str, usize, &Course)| {
        // In a grid, several cases have one number of workers.
        let pair = Axes::pair(executor, workers).map(|(p, t)| format!("{p}×{t}, "));
        let many = format!("{}{}", pair.unwrap_or_default(), count(workers, "worker"));
        let unit = Unit::of(longest);
        let title = format!("{label} · {many}: {}", unit.written(length(course)));
        Steps { workload: label.clone(), title, workers, unit, course: course.clone(), longest, most }
    };
    cases.into_iter().map(plot).collect()
}

fn course(estimate: &Estimate) -> Option<&Course> {
    let course = estimate.outside.as_ref()?.course.value()?;
    let drawable = course.running.len() == course.waiting.len() && course.stretch_ns > 0;
    let possible = course.running.iter().chain(&course.waiting).all(|mean| mean.is_finite() && *mean >= 0.0);
    (drawable && possible && !course.running.is_empty()).then_some(course)
}

/// One execution.
struct Steps {
    workload: String,
    title: String,
    workers: usize,
    unit: Unit,
    course: Course,
    /// Where the axis of time ends, in seconds.
    longest: f64,
    /// Where the axis of threads ends.
    most: f64,
}

impl Steps {
    fn axis(&self) -> Axis {
        Axis::sparse(self.most)
    }
}

impl Plot for Steps {
    fn title(&self) -> String {
        self.title.clone()
    }

    fn tags(&self) -> Vec<Tag<'_>> {
        vec![Tag::Workload(&self.workload), Tag::Workers(self.workers)]
    }

    fn label_width(&self) -> f64 {
        self.axis().label_width()
    }

    fn height(&self) -> f64 {
        HEIGHT
    }

    fn draw(&self, scene: &mut Scene, area: Area) {
        let (axis, time) = (self.axis(), Axis::tight(0.0, self.longest * self.unit.per_s));
        frame::draw(scene, &axis, area);
        let stretch_s = self.course.stretch_ns as f64 / 1e9;
        let x = |index: usize| {
            let at = index as f64 * stretch_s * self.unit.per_s;
            area.left + time.part(at).clamp(0.0, 1.0) * area.width
        };
        let y = |threads: f64| frame::y(&area, &axis, threads);

        for (index, (&running, &waiting)) in self.course.running.iter().zip(&self.course.waiting).enumerate()
        {
            let (left, width) = (x(index), x(index + 1) - x(index) + SEAM);
            let (top, middle) = (y(running + waiting), y(running));
            let below = Area { left, top: middle, width, height: area.bottom() - middle };
            let above = Area { left, top, width, height: middle - top };
            let when = self.unit.written(index as f64 * stretch_s);
            let figures = format!("from {when}\n{} on a CPU\n{} waiting", number(running), number(waiting));
            scene.mark(&[], Area { top: area.top, height: area.height, ..below }, &figures, |scene| {
                scene.polygon(below.corners(), Fill::WORK.base);
                scene.polygon(above.corners(), Fill::WAITING.base);
            });
        }
        let workers = y(self.workers as f64);
        scene.path(&[(area.left, workers), (area.right(), workers)], theme::IDEAL);
        for (value, label) in &time.ticks {
            frame::tick(scene, area, area.left + time.part(*value) * area.width, label);
        }
        frame::x_label(scene, area, &format!("time in {}", self.unit.name));
    }
}
