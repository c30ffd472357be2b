//! Lays out a chart: title, notes, plots in bands of rows, and below them the legend, so that it never
//! covers a curve. Plotters puts legends into the plots and knows no text that is wrapped.

use plotters::style::RGBColor;

use super::fill::Fill;
use super::look::{self, Look};
use super::scene::{Anchor, Area, Scene, Stroke, Tag};
use super::{font, frame, theme};

/// Space above a plot for its title.
const ABOVE: f64 = 34.0;
/// Space above a plot without one.
const ABOVE_UNTITLED: f64 = 8.0;
/// Space left of a row's plots for the name of the vertical axis.
const SIDE: f64 = 20.0;
/// Space between tick labels and plot.
const TICK: f64 = 7.0;

/// Length of the piece of line before a label.
const KEY: f64 = 38.0;
/// Distance of that from its label.
const SPACE: f64 = 7.0;
/// Distance of an entry from the next.
const ENTRY: f64 = 22.0;
/// Height of a row.
const LINE: f64 = 21.0;

/// What stands on a page.
pub(super) struct Page<'a> {
    pub(super) title: String,
    /// Paragraphs under the title.
    pub(super) notes: Vec<String>,
    pub(super) legend: Vec<(Key, String)>,
    pub(super) columns: usize,
    /// Width of every plot.
    pub(super) plot_width: f64,
    pub(super) bands: Vec<Band<'a>>,
}

/// Plots that share the name of their vertical axis, in as many rows as they take.
pub(super) struct Band<'a> {
    pub(super) y_label: &'a str,
    pub(super) plots: Vec<Box<dyn Plot + 'a>>,
}

/// One plot.
pub(super) trait Plot {
    /// Stands above it; empty for none.
    fn title(&self) -> String;

    /// Lines under the title.
    fn words(&self) -> Vec<String> {
        Vec::new()
    }

    /// What it is about.
    fn tags(&self) -> Vec<Tag<'_>>;

    /// Width of the widest label on the vertical axis.
    fn label_width(&self) -> f64;

    /// Height of the plot itself.
    fn height(&self) -> f64 {
        theme::PLOT_HEIGHT
    }

    /// Space for what stands below the plot.
    fn below(&self) -> f64 {
        frame::BELOW
    }

    /// Whether it has nothing to show.
    fn is_empty(&self) -> bool {
        false
    }

    /// Draws it into an area of the page; not called if there is nothing to show.
    fn draw(&self, scene: &mut Scene, area: Area);
}

/// Columns, and width of a plot, that suit a number of plots.
pub(super) fn grid(plots: usize) -> (usize, f64) {
    match plots {
        0 | 1 => (1, 560.0),
        2 | 4 => (2, 380.0),
        _ => (3, theme::NARROW),
    }
}

/// Lays out and draws a page.
pub(super) fn draw(page: &Page<'_>) -> Scene {
    let plots = || page.bands.iter().flat_map(|band| &band.plots);
    let gutter = TICK + plots().map(|plot| plot.label_width()).fold(0.0, f64::max);
    let step = gutter + page.plot_width + theme::GAP;
    let inner = SIDE + page.columns as f64 * step - theme::GAP;
    let title = font::wrap(&page.title, theme::TITLE, inner);
    let notes: Vec<String> =
        page.notes.iter().flat_map(|note| font::wrap(note, theme::TEXT, inner)).collect();
    let legend = Legend::new(&page.legend, inner);

    let mut scene = Scene::new(&page.title, inner + 2.0 * theme::MARGIN, 0.0);
    draw_header(&mut scene, &title, &notes);
    let mut top = theme::MARGIN + 24.0 * title.len() as f64 + theme::LEADING * notes.len() as f64;
    for band in &page.bands {
        for row in band.plots.chunks(page.columns) {
            let row = Row { plots: row, y_label: band.y_label, width: page.plot_width, step };
            top += row.draw(&mut scene, (theme::MARGIN + SIDE + gutter, top));
        }
    }
    top += 14.0;
    legend.draw(&mut scene, (theme::MARGIN, top));
    scene.height = top + legend.height() + theme::MARGIN - 6.0;
    scene
}

/// Plots next to each other.
struct Row<'a> {
    plots: &'a [Box<dyn Plot + 'a>],
    y_label: &'a str,
    width: f64,
    /// From one plot's left edge to the next.
    step: f64,
}

impl Row<'_> {
    /// Draws the row below a height, its first plot right of `left`, and says how high it is.
    fn draw(&self, scene: &mut Scene, (left, start): (f64, f64)) -> f64 {
        let most = |length: &dyn Fn(&dyn Plot) -> f64| {
            self.plots.iter().map(|plot| length(plot.as_ref())).fold(0.0, f64::max)
        };
        let words: Vec<Vec<String>> = (self.plots.iter())
            .map(|plot| {
                plot.words().iter().flat_map(|line| font::wrap(line, theme::TEXT, self.width)).collect()
            })
            .collect();
        let lines = words.iter().map(Vec::len).max().unwrap_or(0);
        let head = most(&|plot| if plot.title().is_empty() { ABOVE_UNTITLED } else { ABOVE });
        let (height, below) = (most(&|plot| plot.height()), most(&|plot| plot.below()));
        let top = start + head + lines as f64 * theme::LEADING;
        for (column, (plot, words)) in self.plots.iter().zip(&words).enumerate() {
            let left = left + column as f64 * self.step;
            let area = Area { left, top, width: self.width, height: plot.height() };
            scene.tagged(&plot.tags(), |scene| {
                let title = font::shorten(&plot.title(), theme::HEAD, self.width);
                scene.text(&title, (left, start + head - 11.0), Anchor::Start, (theme::HEAD, theme::INK));
                for (index, line) in words.iter().enumerate() {
                    let baseline = start + head - 11.0 + (index + 1) as f64 * theme::LEADING;
                    scene.text(line, (left, baseline), Anchor::Start, (theme::TEXT, theme::SOFT));
                }
                if plot.is_empty() { frame::empty(scene, area) } else { plot.draw(scene, area) }
            });
        }
        if self.plots.iter().any(|plot| !plot.is_empty()) {
            let at = (theme::MARGIN + 0.76 * theme::TEXT, top + height / 2.0);
            scene.upright(self.y_label, at, (theme::TEXT, theme::INK));
        }
        top + height + below - start
    }
}

fn draw_header(scene: &mut Scene, title: &[String], notes: &[String]) {
    let mut baseline = theme::MARGIN - 6.0;
    for line in title {
        baseline += 24.0;
        scene.text(line, (theme::MARGIN, baseline - 3.0), Anchor::Start, (theme::TITLE, theme::INK));
    }
    for line in notes {
        baseline += theme::LEADING;
        scene.text(line, (theme::MARGIN, baseline), Anchor::Start, (theme::TEXT, theme::SOFT));
    }
}

/// What stands before a label.
#[derive(Debug, Clone, Copy)]
pub(super) enum Key {
    /// A curve with markers.
    Series(Look),
    /// Markers alone.
    Marker(Look),
    /// A line.
    Line(Stroke),
    /// A short level stroke.
    Mark(Stroke),
    /// A line upwards.
    Upright(Stroke),
    /// A line with a band around it.
    Band(Stroke, RGBColor),
    /// An area.
    Fill(Fill),
    /// A part of a plot with another background.
    Shade,
}

/// A legend, laid out for a width.
pub(super) struct Legend {
    rows: Vec<Vec<(Key, String)>>,
}

impl Legend {
    /// Lays out the entries in rows of at most `width`.
    pub(super) fn new(entries: &[(Key, String)], width: f64) -> Self {
        let mut rows: Vec<Vec<(Key, String)>> = Vec::new();
        let mut used = 0.0;
        for (key, label) in entries {
            let label = font::shorten(label, theme::TEXT, width - KEY - SPACE);
            let needed = entry_width(&label);
            if let Some(row) = rows.last_mut().filter(|_| used + ENTRY + needed <= width) {
                row.push((*key, label));
                used += ENTRY + needed;
            } else {
                rows.push(vec![(*key, label)]);
                used = needed;
            }
        }
        Self { rows }
    }

    pub(super) fn height(&self) -> f64 {
        self.rows.len() as f64 * LINE
    }

    /// Draws it below and to the right of a corner.
    pub(super) fn draw(&self, scene: &mut Scene, (left, top): (f64, f64)) {
        for (row, entries) in self.rows.iter().enumerate() {
            let y = top + (row as f64 + 0.5) * LINE;
            let mut x = left;
            for (key, label) in entries {
                draw_key(scene, *key, (x, y));
                let baseline = y + 0.36 * theme::TEXT;
                scene.text(label, (x + KEY + SPACE, baseline), Anchor::Start, (theme::TEXT, theme::INK));
                x += entry_width(label) + ENTRY;
            }
        }
    }
}

fn entry_width(label: &str) -> f64 {
    KEY + SPACE + font::width(label, theme::TEXT)
}

fn draw_key(scene: &mut Scene, key: Key, (x, y): (f64, f64)) {
    let line = [(x, y), (x + KEY, y)];
    let area = |half: f64| Area { left: x, top: y - half, width: KEY, height: 2.0 * half };
    match key {
        Key::Series(look) => {
            scene.path(&line, look.stroke());
            look::marker(scene, look, (x + KEY / 2.0, y), theme::RADIUS);
        }
        Key::Marker(look) => {
            let bar = (y - 0.4 * LINE, y + 0.4 * LINE);
            look::bar(scene, look, x + KEY / 2.0, bar, theme::RADIUS);
            look::marker(scene, look, (x + KEY / 2.0, y), theme::RADIUS);
        }
        Key::Line(stroke) => scene.path(&line, stroke),
        Key::Mark(stroke) => {
            scene.path(&[(x + KEY / 4.0, y), (x + 3.0 * KEY / 4.0, y)], stroke);
        }
        Key::Upright(stroke) => {
            scene.path(&[(x + KEY / 2.0, y - 0.4 * LINE), (x + KEY / 2.0, y + 0.4 * LINE)], stroke);
        }
        Key::Band(stroke, colour) => {
            scene.polygon(area(6.0).corners(), colour);
            scene.path(&line, stroke);
        }
        Key::Fill(fill) => fill.draw(scene, area(7.0)),
        Key::Shade => {
            scene.polygon(area(7.0).corners(), theme::SHADE);
            scene.outline(area(7.0), Stroke::solid(0.5 * theme::HAIR, theme::SOFT));
        }
    }
}
