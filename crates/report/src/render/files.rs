//! Everything that goes into the folder of a run next to its record.

use std::path::Path;

use super::{Format, chart, csv, html, markdown, trace};
use crate::analysis::Analysis;
use crate::record::store::write_whole;

/// Writes `table.md`, `table.csv`, `report.html`, `trace.json` and the charts. Tables, page and trace
/// hold the first run alone, and there is a trace only of a run that has timelines; the others are overlaid.
///
/// # Errors
///
/// [`chart::ChartError`] for the first file that cannot be written or drawn.
///
/// # Panics
///
/// If there is no run.
pub fn write_all(folder: &Path, runs: &[Analysis]) -> Result<(), chart::ChartError> {
    let (run, _) = runs.split_first().expect("a folder belongs to a run");
    let own = std::slice::from_ref(run);
    write_whole(&folder.join("table.md"), markdown::Markdown.render(own).as_bytes())?;
    write_whole(&folder.join("table.csv"), csv::Csv.render(own).as_bytes())?;
    write_whole(&folder.join("report.html"), html::page(own).as_bytes())?;
    if trace::has_timelines(run) {
        write_whole(&folder.join("trace.json"), trace::Trace.render(own).as_bytes())?;
    }
    write_charts(folder, runs)
}

/// The names of all files that [`write_all`] may write, and that of the record.
#[must_use]
pub fn names() -> Vec<String> {
    let fixed = ["run.json", "table.md", "table.csv", "report.html", "trace.json"];
    let charts = chart::names().flat_map(|name| ["svg", "png"].map(|form| format!("{name}.{form}")));
    fixed.into_iter().map(ToString::to_string).chain(charts).collect()
}

/// Writes the charts of the first run, with the others overlaid.
///
/// # Errors
///
/// As [`write_all`].
///
/// # Panics
///
/// If there is no run.
pub fn write_charts(folder: &Path, runs: &[Analysis]) -> Result<(), chart::ChartError> {
    let (run, others) = runs.split_first().expect("charts belong to a run");
    let labels: Vec<String> = others.iter().map(|other| label(other, runs)).collect();
    let overlaid: Vec<_> =
        others.iter().zip(&labels).map(|(analysis, label)| chart::Overlaid { label, analysis }).collect();
    chart::write_all(folder, run, &overlaid)?;
    Ok(())
}

/// The name of a run; where several of those drawn have the same, with the time of its start.
fn label(run: &Analysis, runs: &[Analysis]) -> String {
    if runs.iter().filter(|other| other.name == run.name).count() > 1 {
        return format!("{} {}", run.name, run.created);
    }
    run.name.clone()
}
