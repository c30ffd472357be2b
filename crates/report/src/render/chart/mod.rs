//! Charts of a run, as SVG and PNG.
//!
//! Each chart turns analyses into a `scene`, a list of shapes in groups; only `canvas` knows the file
//! formats. The font is embedded, so that a chart looks the same on every machine. A further chart
//! is one file here and one line in `CHARTS`. The files and the page show the same pictures.
//!
//! * `io`: work that waits; `time`, `speedup`, `stack`, `timeline`, `threads`, `efficiency`, `drift`, `usl`,
//!   `data`, `engines`: the charts
//! * `history`: the runs of one batch over time, and `predict`: what would be, which are no charts of a run
//! * `runs`: from analyses to curves; `figure`, `panel`: charts over numbers of workers; `limits`: how
//!   much of a large record is drawn
//! * `layout`, `frame`, `axis`: where things go
//! * `theme`, `look`, `fill`, `font`, `numbers`: how they look
//!
//! Plotters draws the shapes. Its charts are not used: they have no legend outside of a plot, no row
//! of plots with one legend, no wrapped notes, no hatching, no groups in SVG, and no ticks that leave
//! each other room; what is drawn by hand for that says so in its file.
//!
//! Nothing is estimated here: every value comes from an [`Analysis`], and one that is absent there
//! is a gap in the chart. A chart that a run has nothing for is left out.

mod axis;
mod canvas;
mod compose;
mod data;
mod drift;
mod efficiency;
mod engines;
mod figure;
pub(super) mod fill;
mod font;
mod frame;
mod history;
mod io;
mod layout;
pub(super) mod limits;
mod look;
mod numbers;
mod panel;
mod predict;
mod runs;
pub(super) mod scene;
mod speedup;
mod stack;
#[cfg(test)]
mod tests;
pub(super) mod theme;
mod threads;
mod time;
mod timeline;
mod usl;

use std::borrow::Cow;
use std::path::{Path, PathBuf};

use crate::analysis::Analysis;
use crate::record::StoreError;
use crate::record::store::write_whole;

pub use history::write_history;
pub use predict::write_prediction;
use runs::Runs;
use scene::Scene;

/// A run whose curves are overlaid on those of the run that a chart is about.
#[derive(Debug, Clone, Copy)]
pub struct Overlaid<'a> {
    /// Stands before the names of its executors in the legend, as in "book-table-17-1: processes".
    pub label: &'a str,
    /// Its figures. Workloads are matched by name; those that the run itself lacks are left out.
    pub analysis: &'a Analysis,
}

impl Overlaid<'_> {
    fn series_label(&self, executor: &str) -> String {
        format!("{}: {executor}", self.label)
    }
}

/// Why charts could not be made.
#[derive(Debug, thiserror::Error)]
pub enum ChartError {
    /// A file could not be written.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A picture could not be drawn.
    #[error("chart {chart}: cannot draw it: {reason}")]
    Draw {
        /// Name of the chart.
        chart: &'static str,
        /// What the drawing library said.
        reason: String,
    },
}

/// Which workloads of a run a chart is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    /// Those that compute.
    Computing,
    /// Those that wait.
    Waiting,
    /// All.
    Whole,
}

/// A kind of chart.
trait Chart: Sync {
    /// What of a run it gets to see.
    fn part(&self) -> Part {
        Part::Computing
    }

    /// Name of its files.
    fn name(&self) -> &'static str;

    /// The picture, unless the run has nothing to show in it.
    fn scene(&self, runs: Runs<'_>) -> Option<Scene>;
}

/// Every chart, in the order in which they are written.
static CHARTS: &[&dyn Chart] = &[
    &io::Io,
    &time::Time,
    &speedup::Speedup,
    &stack::Stack,
    &timeline::Timelines,
    &threads::Threads,
    &efficiency::Efficiency,
    &drift::Drift,
    &usl::UslFit,
    &data::TimeOverSize,
    &engines::EnginesChart,
];

/// The names of all charts, those that a run has no figures for too.
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    CHARTS.iter().map(|chart| chart.name())
}

/// Draws the charts of a run into `folder`, as SVG and PNG: those for which it has figures.
///
/// The folder must exist; files of the same names are replaced. Returns the paths of the files.
///
/// # Errors
///
/// [`ChartError`]; charts written before it happened stay.
pub fn write_all(
    folder: &Path,
    analysis: &Analysis,
    overlaid: &[Overlaid<'_>],
) -> Result<Vec<PathBuf>, ChartError> {
    let mut written = Vec::new();
    for (chart, scene) in scenes(CHARTS, analysis, overlaid, None) {
        written.extend(write_scene(folder, chart, &scene)?);
    }
    Ok(written)
}

/// Writes one picture in both forms.
fn write_scene(folder: &Path, chart: &'static str, scene: &Scene) -> Result<Vec<PathBuf>, ChartError> {
    let failed = |reason| ChartError::Draw { chart, reason };
    let files = [
        ("svg", canvas::svg(scene).map_err(failed)?.into_bytes()),
        ("png", canvas::png(scene).map_err(failed)?),
    ];
    let mut written = Vec::new();
    for (extension, bytes) in files {
        let path = folder.join(format!("{chart}.{extension}"));
        write_whole(&path, &bytes)?;
        written.push(path);
    }
    Ok(written)
}

/// The charts that [`write_all`] draws, as name and SVG.
///
/// The SVGs can stand in one HTML document: they are whole elements without ids. Groups with the
/// attributes `data-executor`, `data-workload` and `data-workers` hold what is about those; groups of
/// class `mark` hold a `title` that says the mark's figures, a fact in each line.
///
/// # Errors
///
/// [`ChartError::Draw`].
pub fn svgs(analysis: &Analysis) -> Result<Vec<(&'static str, String)>, ChartError> {
    drawn(CHARTS, analysis, None)
}

/// The charts that show one case of each executor, for the cases with so many workers.
///
/// # Errors
///
/// [`ChartError::Draw`].
pub fn svgs_with(analysis: &Analysis, workers: usize) -> Result<Vec<(&'static str, String)>, ChartError> {
    drawn(&[&timeline::Timelines, &drift::Drift], analysis, Some(workers))
}

fn drawn(
    charts: &[&dyn Chart],
    analysis: &Analysis,
    workers: Option<usize>,
) -> Result<Vec<(&'static str, String)>, ChartError> {
    let svg = |(chart, scene)| {
        let svg = canvas::svg(&scene).map_err(|reason| ChartError::Draw { chart, reason })?;
        Ok((chart, svg))
    };
    scenes(charts, analysis, &[], workers).into_iter().map(svg).collect()
}

/// The pictures of a run with the names of their charts.
fn scenes(
    charts: &[&dyn Chart],
    analysis: &Analysis,
    overlaid: &[Overlaid<'_>],
    workers: Option<usize>,
) -> Vec<(&'static str, Scene)> {
    let analysis = limits::with_short_names(analysis.clone());
    let others: Vec<Analysis> = overlaid
        .iter()
        .map(|other| limits::drawn(&limits::with_short_names(other.analysis.clone())).0)
        .collect();
    let overlaid: Vec<Overlaid<'_>> = (overlaid.iter().zip(&others))
        .map(|(other, analysis)| Overlaid { label: other.label, analysis })
        .collect();
    let part = |part: Part| {
        let part = match part {
            Part::Computing => analysis.computing(),
            Part::Waiting => analysis.waiting(),
            Part::Whole => Cow::Borrowed(&analysis),
        };
        limits::drawn(&part)
    };
    let parts = [Part::Computing, Part::Waiting, Part::Whole].map(|of| (of, part(of)));
    let scene = |chart: &&dyn Chart| {
        let (_, (own, left_out)) = parts.iter().find(|(part, _)| *part == chart.part())?;
        let left_out = left_out.as_deref();
        Some((chart.name(), chart.scene(Runs { own, left_out, overlaid: &overlaid, workers })?))
    };
    charts.iter().filter_map(scene).collect()
}
