//! Runs of one batch next to each other: a line for each engine, from its serial time to that with the
//! most workers. The distance between lines is what a better engine gives, the length of a line what
//! workers give.

use super::axis::{Axis, Scale};
use super::layout::{self, Band, Key, Page, Plot};
use super::look::{self, Look, Origin};
use super::numbers::number;
use super::runs::Runs;
use super::scene::{Anchor, Area, Scene, Tag};
use super::{Chart, Part, font, frame, theme};
use crate::analysis::{Engine, Engines};
use crate::view::tables::engine_name;
use crate::view::units::count;

/// The chart named `engines`; left out where no other engine ran a batch of the run.
pub(super) struct EnginesChart;

/// Width of the plots.
const WIDTH: f64 = 620.0;
/// Distance of lines.
const LINE: f64 = 24.0;
/// The longest name of an engine.
const NAME: f64 = 330.0;

impl Chart for EnginesChart {
    fn name(&self) -> &'static str {
        "engines"
    }

    fn part(&self) -> Part {
        Part::Whole
    }

    fn scene(&self, runs: Runs<'_>) -> Option<Scene> {
        let batches = Engines::of(std::iter::once(runs.own).chain(runs.overlaid.iter().map(|b| b.analysis)));
        if batches.is_empty() {
            return None;
        }
        let mosts: Vec<usize> = batches.iter().filter_map(|batch| batch.most).collect();
        let most = match mosts.first() {
            Some(first) if mosts.iter().all(|most| most == first) => count(*first, "worker"),
            _ => "most workers".to_string(),
        };
        let plots = batches.into_iter().map(|batch| Box::new(Lines::of(batch)) as Box<dyn Plot>).collect();
        let mut notes = runs.machines();
        notes.push(
            "Mean times of the batch. Between lines lies what a better engine gives, along a line what \
             workers give."
                .to_string(),
        );
        Some(layout::draw(&Page {
            title: format!("One batch by every engine — {}", runs.own.name),
            notes,
            legend: [Stage::Serial, Stage::One, Stage::Most]
                .map(|stage| {
                    let name = match stage {
                        Stage::Serial => "serial",
                        Stage::One => "1 worker",
                        Stage::Most => most.as_str(),
                    };
                    (Key::Marker(stage.look()), name.to_string())
                })
                .to_vec(),
            columns: 1,
            plot_width: WIDTH,
            bands: vec![Band { y_label: "", plots }],
        }))
    }
}

/// What a marker on a line shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    Serial,
    One,
    Most,
}

impl Stage {
    fn look(self) -> Look {
        match self {
            Self::Serial => Look::BASELINE,
            Self::One => Look::of(1, Origin::Overlaid),
            Self::Most => Look::of(0, Origin::Own),
        }
    }
}

/// The engines of a batch.
struct Lines {
    batch: Engines,
    axis: Axis,
}

impl Lines {
    fn of(batch: Engines) -> Self {
        let times = || {
            let engines = batch.engines.iter();
            engines.flat_map(|engine| times(&batch, engine)).map(|(_, time_s)| time_s)
        };
        let (least, greatest) = (times().fold(f64::INFINITY, f64::min), times().fold(0.0, f64::max));
        let axis = Axis::over(Scale::Log, least, greatest);
        Self { batch, axis }
    }
}

/// The times that a line joins, in seconds.
fn times(batch: &Engines, engine: &Engine) -> Vec<(Stage, f64)> {
    let with = |workers: Option<usize>| {
        let index = batch.counts.iter().position(|count| Some(*count) == workers)?;
        engine.times_s[index]
    };
    let one = with(Some(1)).filter(|_| batch.most != Some(1));
    let stages = [(Stage::Serial, engine.serial_s), (Stage::One, one), (Stage::Most, with(batch.most))];
    let drawable = |time_s: &f64| time_s.is_finite() && *time_s > 0.0;
    stages.into_iter().filter_map(|(stage, time_s)| Some((stage, time_s.filter(drawable)?))).collect()
}

/// The name of a line. What the kernel came down to is in the table, and is left out first.
fn name(engine: &Engine) -> String {
    let (kernel, executor) = engine_name(engine);
    let with = |kernel: &str| format!("{} · {kernel} · {executor}", engine.program);
    let whole = with(&kernel);
    if font::width(&whole, theme::TEXT) <= NAME {
        return whole;
    }
    font::shorten(&with(&engine.kernel), theme::TEXT, NAME)
}

impl Plot for Lines {
    fn title(&self) -> String {
        format!("{}, {}", self.batch.label, count(self.batch.passes as usize, "pass"))
    }

    fn tags(&self) -> Vec<Tag<'_>> {
        vec![Tag::Workload(&self.batch.label)]
    }

    fn label_width(&self) -> f64 {
        let widths = self.batch.engines.iter().map(|engine| font::width(&name(engine), theme::TEXT));
        widths.fold(0.0, f64::max)
    }

    fn height(&self) -> f64 {
        self.batch.engines.len() as f64 * LINE + 6.0
    }

    fn is_empty(&self) -> bool {
        self.batch.engines.iter().all(|engine| times(&self.batch, engine).is_empty())
    }

    fn draw(&self, scene: &mut Scene, area: Area) {
        let x = |time_s: f64| area.left + self.axis.part(time_s) * area.width;
        for (value, label) in &self.axis.ticks {
            scene.line((x(*value), area.top), (x(*value), area.bottom()), theme::HAIR, theme::GRID);
            frame::tick(scene, area, x(*value), label);
        }
        for (index, engine) in self.batch.engines.iter().enumerate() {
            let y = area.top + 3.0 + (index as f64 + 0.5) * LINE;
            let name = name(engine);
            let at = (area.left - 7.0, y + 0.36 * theme::TEXT);
            scene.text(&name, at, Anchor::End, (theme::TEXT, theme::INK));
            let times = times(&self.batch, engine);
            let path: Vec<_> = times.iter().map(|(_, time_s)| (x(*time_s), y)).collect();
            for pair in path.windows(2) {
                scene.line(pair[0], pair[1], theme::STROKE, theme::SOFT);
            }
            for (stage, time_s) in times {
                let at = (x(time_s), y);
                let tip = format!("{name}, {}\nmean time {} s", self.stage(stage), number(time_s));
                scene.mark(&[], look::spot(at, 1.5 * theme::RADIUS), &tip, |scene| {
                    look::marker(scene, stage.look(), at, theme::RADIUS);
                });
            }
        }
        frame::edges(scene, area);
        frame::x_label(scene, area, "mean time in seconds (log scale)");
    }
}

impl Lines {
    fn stage(&self, stage: Stage) -> String {
        match (stage, self.batch.most) {
            (Stage::Serial, _) => "serial".to_string(),
            (Stage::Most, Some(workers)) => count(workers, "worker"),
            (Stage::One | Stage::Most, _) => count(1, "worker"),
        }
    }
}
