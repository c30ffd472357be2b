//! A plot of stacked bars: one for each executor, side by side for each number of workers.

use super::axis::Axis;
use super::figure::Value;
use super::fill::Fill;
use super::numbers::{in_brackets, number};
use super::page::Plot;
use super::scene::{Anchor, Area, Scene};
use super::{frame, text, theme};
use crate::analysis::{Account, Loss};

/// Widths that a bar can have.
const BAR: (f64, f64) = (15.0, 40.0);
/// Distance of the bars of a group.
const BESIDE: f64 = 3.0;
/// Distance of groups.
const GROUP: f64 = 18.0;
/// The longest name of an executor below its bar.
const NAME: f64 = 84.0;
/// Height of the plot; high, because thin slices have to be seen.
const HEIGHT: f64 = 380.0;

/// One case.
#[derive(Clone, Copy)]
pub(super) struct Bar<'a> {
    /// Index of the executor.
    pub(super) executor: usize,
    pub(super) account: &'a Account,
}

/// The bars of a workload.
pub(super) struct Stacked<'a> {
    title: String,
    bars: Vec<Bar<'a>>,
    counts: &'a [usize],
    /// The least number of workers above the number of CPUs.
    oversubscribed: Option<usize>,
    /// Names of the executors, as they stand below the bars.
    names: Vec<String>,
    axis: Axis,
}

impl<'a> Stacked<'a> {
    /// A plot of the bars of a workload; all its groups have room for the same executors.
    pub(super) fn new(
        title: String,
        bars: Vec<Bar<'a>>,
        (counts, oversubscribed): (&'a [usize], Option<usize>),
        names: &[&str],
    ) -> Self {
        let top = |bar: &Bar<'_>| bar.account.workers as f64 + gained(bar.account);
        let greatest = bars.iter().map(top).fold(0.0, f64::max);
        let least = bars.iter().map(|bar| -gained(bar.account)).fold(0.0, f64::min);
        let names = names.iter().map(|name| text::shorten(name, theme::TEXT, NAME)).collect();
        Self { title, bars, counts, oversubscribed, names, axis: Axis::tight(least, greatest) }
    }

    /// Width of a group whose bars are so wide.
    fn group(executors: usize, bar: f64) -> f64 {
        executors as f64 * (bar + BESIDE) - BESIDE + GROUP
    }

    /// How many groups fit into a width.
    pub(super) fn most_groups(executors: usize, room: f64) -> usize {
        ((room / Self::group(executors, BAR.0)) as usize).max(1)
    }

    /// The width that suits so many groups.
    pub(super) fn width(groups: usize, executors: usize, room: f64) -> f64 {
        (groups as f64 * Self::group(executors, BAR.1)).min(room)
    }

    /// Left edge and width of a bar.
    fn place(&self, area: Area, bar: Bar<'_>) -> (f64, f64) {
        let executors = self.names.len() as f64;
        let step = area.width / self.counts.len() as f64;
        let width = ((step - GROUP + BESIDE) / executors - BESIDE).min(BAR.1);
        let group = self.counts.iter().position(|count| *count == bar.account.workers).unwrap_or(0);
        let middle = area.left + (group as f64 + 0.5) * step;
        let start = middle - (executors * (width + BESIDE) - BESIDE) / 2.0;
        (start + bar.executor as f64 * (width + BESIDE), width)
    }

    fn draw_bar(&self, scene: &mut Scene, area: Area, bar: Bar<'_>) {
        let (left, width) = self.place(area, bar);
        let name = &self.names[bar.executor];
        let Account { workers, speedup, rows, .. } = bar.account;
        let slice = |from: f64, to: f64| {
            let (top, bottom) = (frame::y(&area, &self.axis, to), frame::y(&area, &self.axis, from));
            Area { left, top, width, height: bottom - top }
        };
        let case = format!("{name}, workers: {workers}");
        let work = slice(0.0, *speedup);
        Fill::WORK.draw(scene, work);
        scene.tip(work, &format!("{case}, speedup {}", number(*speedup)));
        let (mut top, mut bottom) = (*speedup, 0.0);
        for loss in Loss::ALL {
            for row in rows.iter().filter(|row| row.loss == loss) {
                let value = row.speedup.value;
                let area = if value >= 0.0 {
                    top += value;
                    slice(top - value, top)
                } else {
                    bottom += value;
                    slice(bottom, bottom - value)
                };
                Fill::of_loss(loss).draw(scene, area);
                let figure = Value::of(row.speedup).map_or_else(String::new, in_brackets);
                scene.tip(area, &format!("{case}, {}: {figure} of {}", loss.name(), number(*workers as f64)));
            }
        }
        let ideal = frame::y(&area, &self.axis, *workers as f64);
        scene.path(&[(left - 2.0, ideal), (left + width + 2.0, ideal)], theme::TOP);
        let label = format!("{speedup:.2}");
        if text::width(&label, theme::TEXT) + 3.0 <= width && work.height > 1.5 * theme::TEXT {
            let at = (left + width / 2.0, work.top + 1.2 * theme::TEXT);
            scene.text(&label, at, Anchor::Middle, (theme::TEXT, theme::PAPER));
        }
    }

    /// Height of the names below the bars.
    fn names_height(&self) -> f64 {
        self.names.iter().map(|name| text::width(name, theme::TEXT)).fold(0.0, f64::max) + 8.0
    }
}

impl Plot for Stacked<'_> {
    fn title(&self) -> String {
        self.title.clone()
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
            let middle = area.bottom() + 6.0 + text::width(name, theme::TEXT) / 2.0;
            scene.upright(name, (left + width / 2.0 + 0.36 * theme::TEXT, middle), (theme::TEXT, theme::INK));
            self.draw_bar(scene, area, *bar);
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
