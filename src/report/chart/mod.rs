//! Charts of a run, as SVG and PNG.
//!
//! Each chart turns analyses into a `scene`, a list of shapes; only `canvas` knows the file
//! formats. The font is embedded, so that a chart looks the same on every machine. A further chart
//! is one file here and one line in `CHARTS`.
//!
//! * `time`, `speedup`: the charts
//! * `curves`: the curves over workers that both show, and the words around them
//! * `page`, `panel`, `legend`, `axis`: where things go
//! * `theme`, `text`: how they look
//!
//! Nothing is estimated here: every value comes from an [`Analysis`], and one that is absent there
//! is a gap in the chart.

mod axis;
mod canvas;
mod curves;
mod legend;
mod page;
mod panel;
mod scene;
mod speedup;
#[cfg(test)]
mod tests;
mod text;
mod theme;
mod time;

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

/// A kind of chart.
trait Chart: Sync {
    /// Name of its files.
    fn name(&self) -> &'static str;

    /// The picture. A chart without any data is a picture too.
    fn scene(&self, runs: &Runs<'_>) -> Scene;
}

/// Every chart, in the order in which they are written.
static CHARTS: &[&dyn Chart] = &[&time::Time, &speedup::Speedup];

/// Draws every chart of a run into `folder`, as SVG and PNG.
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
    let runs = Runs { own: analysis, beside };
    let mut written = Vec::new();
    for chart in CHARTS {
        let name = chart.name();
        let scene = chart.scene(&runs);
        let failed = |reason| ChartError::Draw { chart: name, reason };
        let files =
            [("svg", canvas::svg(&scene).map_err(failed)?), ("png", canvas::png(&scene).map_err(failed)?)];
        for (extension, bytes) in files {
            let path = folder.join(format!("{name}.{extension}"));
            write_whole(&path, &bytes)?;
            written.push(path);
        }
    }
    Ok(written)
}
