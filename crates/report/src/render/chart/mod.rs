//! Charts of a run, as SVG and PNG.
//!
//! Each chart turns analyses into a `scene`, a list of shapes; only `canvas` knows the file
//! formats. The font is embedded, so that a chart looks the same on every machine. A further chart
//! is one file here and one line in `CHARTS`.
//!
//! * `io`: work that waits; `time`, `speedup`, `stack`, `timeline`, `threads`, `efficiency`, `drift`, `usl`, `data`, `engines`: the charts;
//!   `stacked`, `lanes` and `rounds` draw the plots of three of them
//! * `curves`, `figure`, `panel`, `layout`: what charts over numbers of workers have in common
//! * `page`, `legend`, `frame`, `axis`, `ticks`, `spread`: where things go
//! * `theme`, `fill`, `mark`, `text`, `numbers`, `words`: how they look, and what is said about them
//!
//! Nothing is estimated here: every value comes from an [`Analysis`], and one that is absent there
//! is a gap in the chart. `time` and `speedup` are drawn for every run that computes; the others
//! only for runs that have what they show.

mod axis;
mod canvas;
mod curves;
mod data;
mod drift;
mod efficiency;
mod engines;
mod figure;
mod fill;
mod frame;
mod io;
mod lanes;
mod layout;
mod legend;
mod mark;
mod numbers;
mod page;
mod panel;
mod rounds;
mod scene;
mod speedup;
mod spread;
mod stack;
mod stacked;
#[cfg(test)]
mod tests;
mod text;
mod theme;
mod threads;
mod ticks;
mod time;
mod timeline;
mod usl;
mod words;

use std::path::{Path, PathBuf};

use crate::analysis::Analysis;
use crate::record::StoreError;
use crate::record::store::write_whole;

use curves::Runs;
use scene::Scene;

/// A run whose curves are drawn beside those of the run that a chart is about.
#[derive(Debug, Clone, Copy)]
pub struct Beside<'a> {
    /// Stands before the names of its executors in the legend, as in "book-table-17-1: processes".
    pub label: &'a str,
    /// Its figures. Workloads are matched by name; those that the run itself lacks are left out.
    pub analysis: &'a Analysis,
}

impl Beside<'_> {
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

/// Draws the charts of a run into `folder`, as SVG and PNG: those for which it has figures, and
/// `time` and `speedup` in any case but that of a run that only waits.
///
/// The folder must exist; files of the same names are replaced. Returns the paths of the files.
///
/// # Errors
///
/// [`ChartError`]; charts written before it happened stay.
pub fn write_all(
    folder: &Path,
    analysis: &Analysis,
    beside: &[Beside<'_>],
) -> Result<Vec<PathBuf>, ChartError> {
    let mut written = Vec::new();
    for (chart, scene) in scenes(analysis, beside) {
        let failed = |reason| ChartError::Draw { chart, reason };
        let files = [
            ("svg", canvas::svg(&scene).map_err(failed)?.into_bytes()),
            ("png", canvas::png(&scene).map_err(failed)?),
        ];
        for (extension, bytes) in files {
            let path = folder.join(format!("{chart}.{extension}"));
            write_whole(&path, &bytes)?;
            written.push(path);
        }
    }
    Ok(written)
}

/// The charts that [`write_all`] draws, as name, title and SVG.
///
/// The SVGs can stand in one HTML document: they are whole elements without ids. Areas of class
/// `tip` lie above their marks and hold a `title` that says the mark's figures.
///
/// # Errors
///
/// [`ChartError::Draw`].
pub fn svgs(
    analysis: &Analysis,
    beside: &[Beside<'_>],
) -> Result<Vec<(&'static str, String, String)>, ChartError> {
    scenes(analysis, beside)
        .into_iter()
        .map(|(chart, scene)| {
            let svg = canvas::svg(&scene).map_err(|reason| ChartError::Draw { chart, reason })?;
            Ok((chart, scene.title, svg))
        })
        .collect()
}

/// The pictures of a run with the names of their charts.
fn scenes(analysis: &Analysis, beside: &[Beside<'_>]) -> Vec<(&'static str, Scene)> {
    let (computing, waiting) = (analysis.computing(), analysis.waiting());
    let scene = |chart: &&dyn Chart| {
        let own = match chart.part() {
            // A run that has nothing but waiting has no chart of a computation that is missing.
            Part::Computing if computing.workloads.is_empty() && !waiting.workloads.is_empty() => {
                return None;
            }
            Part::Computing => &*computing,
            Part::Waiting => &*waiting,
            Part::Whole => analysis,
        };
        Some((chart.name(), chart.scene(Runs { own, beside })?))
    };
    CHARTS.iter().filter_map(scene).collect()
}
