//! The speedup stack: where the difference between the number of workers and the speedup went.
//!
//! After Eyerman, Du Bois, Eeckhout: Speedup stacks, ISPASS 2012.

use super::Chart;
use super::axis::Axis;
use super::figure::Value;
use super::fill::Fill;
use super::layout::{self, Band, Key, Page, Plot};
use super::numbers::{in_brackets, list, number};
use super::runs::Runs;
use super::scene::{Anchor, Area, Scene, Tag};
use super::{font, frame, theme};
use crate::analysis::{Account, Loss, LossRow};
use crate::record::COMMAND;
use crate::view::units::count;

/// The chart named `stack`; left out where no gap is accounted for.
pub(super) struct Stack;

/// The widest that the plots of a row are together.
const ROOM: f64 = 900.0;
/// Widths that a bar can have.
const BAR: (f64, f64) = (15.0, 40.0);
/// Distance of the bars of a group.
const BETWEEN: f64 = 3.0;
/// Distance of groups.
const GROUP: f64 = 18.0;
/// The longest name of an executor below its bar.
const NAME: f64 = 84.0;
/// Height of the plot; high, because thin slices have to be seen.
const HEIGHT: f64 = 380.0;

impl Chart for Stack {
    fn name(&self) -> &'static str {
        "stack"
    }

    fn scene(&self, runs: Runs<'_>) -> Option<Scene> {
        let mut panels: Vec<(String, Vec<Bar<'_>>)> =
            (0..runs.own.workloads.len()).map(|column| bars(runs, column)).collect();
        let all: Vec<_> = panels.iter().flat_map(|(_, bars)| bars).copied().collect();
        if all.is_empty() {
            return None;
        }
        let (counts, left_out) = groups(runs, &all);
        for (_, bars) in &mut panels {
            bars.retain(|bar| counts.contains(&bar.account.workers));
        }
        let executors = runs.own.executors.len();
        let width = Stacked::width(counts.len(), executors, ROOM);
        let columns = if panels.len() > 1 && 2.0 * width < ROOM { 2 } else { 1 };
        let oversubscribed =
            runs.oversubscribed().filter(|over| counts.last().is_some_and(|last| over <= last));
        let mut legend = legend(&all);
        legend.extend(oversubscribed.map(|_| (Key::Shade, "more workers than CPUs".to_string())));
        let names: Vec<&str> = runs.own.executors.iter().map(|table| table.executor.as_str()).collect();
        let plots = panels.into_iter().map(|(title, bars)| {
            Box::new(Stacked::new(title, bars, (&counts, oversubscribed), &names)) as Box<dyn Plot>
        });
        let notes = runs.alone().machines().into_iter().chain(notes(&all)).chain(left_out).collect();
        Some(layout::draw(&Page {
            title: format!("Where the speedup went — {}", runs.own.name),
            notes,
            legend,
            columns,
            plot_width: width.max(theme::NARROW),
            bands: vec![Band { y_label: "speedup and losses", plots: plots.collect() }],
        }))
    }
}

/// The title of a workload's panel and its bars.
fn bars(runs: Runs<'_>, column: usize) -> (String, Vec<Bar<'_>>) {
    let tables = runs.own.executors.iter().enumerate();
    let bars = tables.flat_map(|(executor, table)| {
        table.rows.iter().filter_map(move |row| {
            let account = row.cells.get(column)?.estimate()?.account.as_ref()?;
            Some(Bar { executor, account })
        })
    });
    (runs.own.workloads[column].label.clone(), bars.collect())
}

/// The numbers of workers that have a bar, as many as there is room for, and a note on the others.
fn groups(runs: Runs<'_>, bars: &[Bar<'_>]) -> (Vec<usize>, Option<String>) {
    let mut counts: Vec<usize> = bars.iter().map(|bar| bar.account.workers).collect();
    counts.sort_unstable();
    counts.dedup();
    let most = Stacked::most_groups(runs.own.executors.len(), ROOM);
    if counts.len() <= most {
        return (counts, None);
    }
    let last = counts.len() - 1;
    let chosen = (0..most).map(|index| counts[index * last / (most - 1).max(1)]).collect();
    (chosen, Some("Some numbers of workers are left out for want of room.".to_string()))
}

fn occurs(bars: &[Bar<'_>], test: impl Fn(Loss, f64) -> bool) -> bool {
    bars.iter().flat_map(|bar| &bar.account.rows).any(|row| test(row.loss, row.speedup.value))
}

/// The speedup, then the losses that occur, from the bottom of the bars to their top.
fn legend(bars: &[Bar<'_>]) -> Vec<(Key, String)> {
    let losses = Loss::ALL.into_iter().filter(|loss| occurs(bars, |row, value| row == *loss && value != 0.0));
    let losses = losses.map(|loss| (Key::Fill(Fill::of_loss(loss)), loss.name().to_string()));
    std::iter::once((Key::Fill(Fill::WORK), "speedup".to_string()))
        .chain(losses)
        .chain([(Key::Line(theme::TOP), "ideal: number of workers".to_string())])
        .collect()
}

fn notes(bars: &[Bar<'_>]) -> Vec<String> {
    let mut notes = vec![
        "Each bar: the speedup, and on top of it the losses that make up the rest of the number of workers."
            .to_string(),
    ];
    if occurs(bars, |_, value| value < 0.0) {
        notes[0].push_str(" Gains are drawn below zero.");
    }
    let mut merged: Vec<String> = bars.iter().flat_map(|bar| bar.account.notes.clone()).collect();
    merged.sort();
    merged.dedup();
    if !merged.is_empty() {
        notes.push(list(&merged, 3));
    }
    notes
}

/// One case.
#[derive(Clone, Copy)]
struct Bar<'a> {
    /// Index of the executor.
    executor: usize,
    account: &'a Account,
}

/// The bars of a workload.
struct Stacked<'a> {
    title: String,
    bars: Vec<Bar<'a>>,
    counts: &'a [usize],
    /// The least number of workers above the number of CPUs.
    oversubscribed: Option<usize>,
    executors: &'a [&'a str],
    /// Names of the executors, as they stand below the bars.
    names: Vec<String>,
    axis: Axis,
}

impl<'a> Stacked<'a> {
    /// A plot of the bars of a workload; all its groups have room for the same executors.
    fn new(
        title: String,
        bars: Vec<Bar<'a>>,
        (counts, oversubscribed): (&'a [usize], Option<usize>),
        executors: &'a [&'a str],
    ) -> Self {
        let top = |bar: &Bar<'_>| bar.account.workers as f64 + gained(bar.account);
        let greatest = bars.iter().map(top).fold(0.0, f64::max);
        let least = bars.iter().map(|bar| -gained(bar.account)).fold(0.0, f64::min);
        let names = executors.iter().map(|name| font::shorten(name, theme::TEXT, NAME)).collect();
        Self { title, bars, counts, oversubscribed, executors, names, axis: Axis::tight(least, greatest) }
    }

    /// Width of a group whose bars are so wide.
    fn group(executors: usize, bar: f64) -> f64 {
        executors as f64 * (bar + BETWEEN) - BETWEEN + GROUP
    }

    /// How many groups fit into a width.
    fn most_groups(executors: usize, room: f64) -> usize {
        ((room / Self::group(executors, BAR.0)) as usize).max(1)
    }

    /// The width that suits so many groups.
    fn width(groups: usize, executors: usize, room: f64) -> f64 {
        (groups as f64 * Self::group(executors, BAR.1)).min(room)
    }

    /// Left edge and width of a bar.
    fn place(&self, area: Area, bar: Bar<'_>) -> (f64, f64) {
        let executors = self.names.len() as f64;
        let step = area.width / self.counts.len() as f64;
        let width = ((step - GROUP + BETWEEN) / executors - BETWEEN).min(BAR.1);
        let group = self.counts.iter().position(|count| *count == bar.account.workers).unwrap_or(0);
        let middle = area.left + (group as f64 + 0.5) * step;
        let start = middle - (executors * (width + BETWEEN) - BETWEEN) / 2.0;
        (start + bar.executor as f64 * (width + BETWEEN), width)
    }

    fn draw_bar(&self, scene: &mut Scene, area: Area, bar: Bar<'_>) {
        let (left, width) = self.place(area, bar);
        let name = &self.names[bar.executor];
        let Account { workers, speedup, rows, .. } = bar.account;
        let slice = |from: f64, to: f64| {
            let (top, bottom) = (frame::y(&area, &self.axis, to), frame::y(&area, &self.axis, from));
            Area { left, top, width, height: bottom - top }
        };
        let case = format!("{name}, {}", count(*workers, "worker"));
        let work = slice(0.0, *speedup);
        let ideal = frame::y(&area, &self.axis, *workers as f64);
        scene.mark(&[], work, &format!("{case}\nspeedup {}", number(*speedup)), |scene| {
            Fill::WORK.draw(scene, work);
            let label = format!("{speedup:.2}");
            if font::width(&label, theme::TEXT) + 3.0 <= width && work.height > 1.5 * theme::TEXT {
                // Where more than the ideal was reached, its line is not to cross the figure.
                let crossed = (work.top..work.top + 1.5 * theme::TEXT).contains(&ideal);
                let top = if crossed { ideal } else { work.top };
                let at = (left + width / 2.0, top + 1.2 * theme::TEXT);
                scene.text(&label, at, Anchor::Middle, (theme::TEXT, theme::PAPER));
            }
        });
        let (mut top, mut bottom) = (*speedup, 0.0);
        for loss in Loss::ALL {
            for row in rows.iter().filter(|row| row.loss == loss && row.speedup.value != 0.0) {
                let value = row.speedup.value;
                let area = if value > 0.0 {
                    top += value;
                    slice(top - value, top)
                } else {
                    bottom += value;
                    slice(bottom, bottom - value)
                };
                scene.mark(&[], area, &tip(&case, row), |scene| Fill::of_loss(loss).draw(scene, area));
            }
        }
        scene.path(&[(left - 2.0, ideal), (left + width + 2.0, ideal)], theme::TOP);
    }

    /// Whether bars need names: a program alone does not.
    fn several(&self) -> bool {
        self.executors != [COMMAND]
    }

    /// Height of the names below the bars.
    fn names_height(&self) -> f64 {
        if !self.several() {
            return 0.0;
        }
        self.names.iter().map(|name| font::width(name, theme::TEXT)).fold(0.0, f64::max) + 8.0
    }
}

impl Plot for Stacked<'_> {
    fn title(&self) -> String {
        self.title.clone()
    }

    fn tags(&self) -> Vec<Tag<'_>> {
        vec![Tag::Workload(&self.title)]
    }

    fn label_width(&self) -> f64 {
        self.axis.label_width()
    }

    fn height(&self) -> f64 {
        HEIGHT
    }

    fn below(&self) -> f64 {
        self.names_height() + frame::BELOW
    }

    fn is_empty(&self) -> bool {
        self.bars.is_empty()
    }

    fn draw(&self, scene: &mut Scene, area: Area) {
        let step = area.width / self.counts.len() as f64;
        let over = |over: usize| self.counts.iter().position(|count| *count >= over);
        if let Some(group) = self.oversubscribed.and_then(over) {
            let left = area.left + group as f64 * step;
            scene.polygon(Area { left, width: area.right() - left, ..area }.corners(), theme::SHADE);
        }
        frame::draw(scene, &self.axis, area);
        let bottom = area.bottom() + self.names_height();
        for bar in &self.bars {
            let (left, width) = self.place(area, *bar);
            let name = &self.names[bar.executor];
            let middle = area.bottom() + 6.0 + font::width(name, theme::TEXT) / 2.0;
            let tags = [Tag::Executor(self.executors[bar.executor]), Tag::Workers(bar.account.workers)];
            scene.tagged(&tags, |scene| {
                let at = (left + width / 2.0 + 0.36 * theme::TEXT, middle);
                if self.several() {
                    scene.upright(name, at, (theme::TEXT, theme::INK));
                }
                self.draw_bar(scene, area, *bar);
            });
        }
        let below = Area { height: bottom - area.top, ..area };
        for (group, count) in self.counts.iter().enumerate() {
            let at = (area.left + (group as f64 + 0.5) * step, bottom + 14.0);
            scene.text(&count.to_string(), at, Anchor::Middle, (theme::TEXT, theme::INK));
        }
        frame::x_label(scene, below, "workers");
    }
}

/// What an account leaves below zero, as a positive number.
fn gained(account: &Account) -> f64 {
    account.rows.iter().map(|row| (-row.speedup.value).max(0.0)).sum()
}

/// What a slice of a bar stands for.
fn tip(case: &str, row: &LossRow) -> String {
    let figure = Value::of(row.speedup).map_or_else(String::new, in_brackets);
    let gain = if row.speedup.value < 0.0 { "\na gain" } else { "" };
    let parts = row
        .parts
        .iter()
        .fold(String::new(), |parts, part| parts + "\n" + part.name + " " + &number(part.speedup.value));
    format!("{case}\n{} {figure}\n{}{parts}{gain}", row.loss.name(), row.loss.meaning())
}
