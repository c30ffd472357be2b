//! The page of a figure: title, notes, panels in a grid, and the legend below them.

use super::axis::{Axis, Scale};
use super::curves::{Figure, Panel, YRange};
use super::legend::{Key, Legend};
use super::panel::{self, Area};
use super::scene::{Anchor, Scene};
use super::{text, theme};

/// Space above a plot for the panel's title.
const ABOVE: f64 = 34.0;
/// Space below a plot for its ticks and the name of its axis.
const BELOW: f64 = 42.0;
/// Space left of a row's plots for the name of the vertical axis.
const SIDE: f64 = 20.0;
/// Space between tick labels and plot.
const TICK: f64 = 7.0;
/// How far above the data the ideal line may stretch the axis before it leaves the plot instead.
const STRETCH: f64 = 2.5;

/// Lays out a figure.
pub(super) fn draw(figure: &Figure) -> Scene {
    let counts = counts(figure);
    let axes = axes(figure, &counts);
    let gutter = TICK + axes.iter().map(Axis::label_width).fold(0.0, f64::max);
    let (columns, plot_width) = match figure.panels.len() {
        0 | 1 => (1, 560.0),
        2 | 4 => (2, 380.0),
        _ => (3, 310.0),
    };
    let rows = figure.panels.len().div_ceil(columns);
    let inner = SIDE + columns as f64 * (gutter + plot_width) + (columns - 1) as f64 * theme::GAP;
    let title = text::wrap(&figure.title, theme::TITLE, inner);
    let notes: Vec<String> =
        figure.notes.iter().flat_map(|note| text::wrap(note, theme::TEXT, inner)).collect();
    let legend = Legend::new(entries(figure), inner);

    let grid_top = theme::MARGIN + 24.0 * title.len() as f64 + theme::LEADING * notes.len() as f64;
    let row_height = ABOVE + theme::PLOT_HEIGHT + BELOW;
    let legend_top = grid_top + rows as f64 * row_height + 14.0;
    let mut scene =
        Scene::new(inner + 2.0 * theme::MARGIN, legend_top + legend.height() + theme::MARGIN - 6.0);

    draw_header(&mut scene, &title, &notes);
    for (index, (panel, axis)) in figure.panels.iter().zip(&axes).enumerate() {
        let (row, column) = (index / columns, index % columns);
        let left = theme::MARGIN + SIDE + gutter + column as f64 * (gutter + plot_width + theme::GAP);
        let top = grid_top + row as f64 * row_height + ABOVE;
        let area = Area { left, top, width: plot_width, height: theme::PLOT_HEIGHT };
        panel::draw(&mut scene, figure, panel, (axis, &counts), area);
        let mut row_panels = figure.panels.iter().skip(row * columns).take(columns);
        if column == 0 && row_panels.any(|panel| !panel.curves.is_empty()) {
            let at = (theme::MARGIN + 0.76 * theme::TEXT, top + theme::PLOT_HEIGHT / 2.0);
            scene.upright(figure.y_label, at, (theme::TEXT, theme::INK));
        }
    }
    legend.draw(&mut scene, (theme::MARGIN, legend_top));
    scene
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

/// The legend's entries: the series that some panel draws, then the ideal line.
fn entries(figure: &Figure) -> Vec<(Key, String)> {
    let drawn = |series: usize| {
        figure.panels.iter().flat_map(|panel| &panel.curves).any(|curve| curve.series == series)
    };
    let series = (figure.series.iter().enumerate())
        .filter(|(index, _)| drawn(*index))
        .map(|(_, series)| (Key::Series(series.look), series.label.clone()));
    let ideal = figure.panels.iter().any(|panel| !panel.curves.is_empty() && panel.ideal.is_some());
    series.chain(ideal.then(|| (Key::Ideal, figure.ideal_label.clone()))).collect()
}

/// The numbers of workers that any panel has a place for.
fn counts(figure: &Figure) -> Vec<usize> {
    let points = figure.panels.iter().flat_map(|panel| &panel.curves).flat_map(|curve| &curve.points);
    let mut counts: Vec<usize> = points.map(|(count, _)| *count).collect();
    counts.sort_unstable();
    counts.dedup();
    counts
}

/// The axis of each panel, for the numbers of workers that the figure shows.
fn axes(figure: &Figure, counts: &[usize]) -> Vec<Axis> {
    let ranges: Vec<_> = figure.panels.iter().map(|panel| range(figure.scale, panel, counts)).collect();
    let shared = (ranges.iter())
        .fold((f64::INFINITY, 0.0), |all: (f64, f64), own| (all.0.min(own.0), all.1.max(own.1)));
    (ranges.into_iter())
        .map(|own| if figure.y_range == YRange::Shared { shared } else { own })
        .map(|(least, greatest)| Axis::over(figure.scale, least, greatest))
        .collect()
}

/// Least and greatest value that a panel's axis must hold.
fn range(scale: Scale, panel: &Panel, counts: &[usize]) -> (f64, f64) {
    let bottom = panel.values().map(|value| value.least).fold(f64::INFINITY, f64::min);
    let top = panel.values().map(|value| value.greatest).fold(0.0, f64::max);
    let (Some(ideal), Some(fewest), Some(most)) = (panel.ideal, counts.first(), counts.last()) else {
        return (bottom, top);
    };
    let ends = (ideal.at(*fewest as f64), ideal.at(*most as f64));
    let (lower, upper) = (ends.0.min(ends.1), ends.0.max(ends.1));
    // With many more workers than CPUs the ideal is far above anything measured; were it shown
    // in full, the measurements would be flat on the ground.
    let upper = if scale == Scale::Linear && upper > STRETCH * top { 1.5 * top } else { upper };
    (bottom.min(lower), top.max(upper))
}
