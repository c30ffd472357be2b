//! The words around charts: whose figures they show, and what marks and gaps mean.

use super::curves::Runs;
use super::figure::Panel;
use crate::analysis::Analysis;
use crate::record::Status;
use crate::report::grid::runs_in_words;

impl Runs<'_> {
    /// Whose figures these are, and where they were taken.
    pub(super) fn machines(&self) -> Vec<String> {
        let state = match self.own.status {
            Status::Complete => "",
            Status::Running | Status::Interrupted | Status::Failed => " · the run is not complete",
        };
        let own = format!("{}{state}", place(self.own));
        let beside = self.beside.iter().map(|beside| {
            let runs = behind_points(beside.analysis).map_or(String::new(), |runs| format!(" · {runs}"));
            format!("{}: {}{runs}", beside.label, place(beside.analysis))
        });
        std::iter::once(own).chain(beside).collect()
    }

    /// What is behind a point of the run, in words; none if nothing was measured.
    pub(super) fn behind_points(&self) -> Option<String> {
        behind_points(self.own)
    }
}

fn behind_points(analysis: &Analysis) -> Option<String> {
    Some(match analysis.runs()? {
        (1, 1) => "a single run".to_string(),
        counts => format!("the mean of {}", runs_in_words(counts)),
    })
}

/// Machine and date of a run.
fn place(analysis: &Analysis) -> String {
    let date: String = analysis.created.chars().take(10).collect();
    let parts = [analysis.machine.as_str(), date.as_str()];
    parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" · ")
}

/// A note for gaps, with what they mean, so that nobody takes one for a measurement.
pub(super) fn gap_note(panels: &[Panel], meaning: &str) -> Option<String> {
    let gaps = panels.iter().any(|panel| panel.gaps);
    gaps.then(|| format!("Where a curve is missing or has a gap, {meaning}."))
}

/// Whether any value has a bar.
pub(super) fn has_bars(panels: &[Panel]) -> bool {
    panels.iter().flat_map(Panel::values).any(|value| value.least < value.greatest)
}
