//! The legend: a strip of its own, so that it never covers a curve, in as many rows as it takes.

use plotters::style::RGBColor;

use super::fill::Fill;
use super::mark;
use super::scene::{Anchor, Area, Scene, Stroke};
use super::text;
use super::theme::{self, Look};

/// Length of the piece of line before a label.
const KEY: f64 = 38.0;
/// Distance of that from its label.
const SPACE: f64 = 7.0;
/// Distance of an entry from the next.
const GAP: f64 = 22.0;
/// Height of a row.
const ROW: f64 = 21.0;

/// What stands before a label.
#[derive(Debug, Clone, Copy)]
pub(super) enum Key {
    /// A curve with markers.
    Series(Look),
    /// Markers alone.
    Marker(Look),
    /// A line.
    Line(Stroke),
    /// A line that runs in steps.
    Steps(Stroke),
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
            let label = text::shorten(label, theme::TEXT, width - KEY - SPACE);
            let needed = entry_width(&label);
            if let Some(row) = rows.last_mut().filter(|_| used + GAP + needed <= width) {
                row.push((*key, label));
                used += GAP + needed;
            } else {
                rows.push(vec![(*key, label)]);
                used = needed;
            }
        }
        Self { rows }
    }

    pub(super) fn height(&self) -> f64 {
        self.rows.len() as f64 * ROW
    }

    /// Draws it below and to the right of a corner.
    pub(super) fn draw(&self, scene: &mut Scene, (left, top): (f64, f64)) {
        for (row, entries) in self.rows.iter().enumerate() {
            let y = top + (row as f64 + 0.5) * ROW;
            let mut x = left;
            for (key, label) in entries {
                draw_key(scene, *key, (x, y));
                let baseline = y + 0.36 * theme::TEXT;
                scene.text(label, (x + KEY + SPACE, baseline), Anchor::Start, (theme::TEXT, theme::INK));
                x += entry_width(label) + GAP;
            }
        }
    }
}

fn entry_width(label: &str) -> f64 {
    KEY + SPACE + text::width(label, theme::TEXT)
}

fn draw_key(scene: &mut Scene, key: Key, (x, y): (f64, f64)) {
    let line = [(x, y), (x + KEY, y)];
    let area = |half: f64| Area { left: x, top: y - half, width: KEY, height: 2.0 * half };
    match key {
        Key::Series(look) => {
            scene.path(&line, look.stroke());
            mark::marker(scene, look, (x + KEY / 2.0, y), theme::RADIUS);
        }
        Key::Marker(look) => {
            let bar = (y - 0.4 * ROW, y + 0.4 * ROW);
            mark::bar(scene, look, x + KEY / 2.0, bar, theme::RADIUS);
            mark::marker(scene, look, (x + KEY / 2.0, y), theme::RADIUS);
        }
        Key::Line(stroke) => scene.path(&line, stroke),
        Key::Steps(stroke) => {
            let (middle, low, high) = (x + KEY / 2.0, y + 4.0, y - 4.0);
            scene.path(&[(x, low), (middle, low), (middle, high), (x + KEY, high)], stroke);
        }
        Key::Upright(stroke) => {
            scene.path(&[(x + KEY / 2.0, y - 0.4 * ROW), (x + KEY / 2.0, y + 0.4 * ROW)], stroke);
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
