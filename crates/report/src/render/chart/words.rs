//! The words around charts: whose figures they show, and what marks and gaps mean.

use super::curves::Runs;
use super::figure::Panel;
use crate::analysis::{Analysis, WorkloadColumn};
use crate::record::Status;
use crate::view::units::count_range;

impl Runs<'_> {
    /// Whose figures these are, and where they were taken.
    pub(super) fn machines(&self) -> Vec<String> {
        let state = match self.own.status {
            Status::Complete => "",
            Status::Running | Status::Interrupted | Status::Failed => " · the run is not complete",
        };
        let kernels = if self.beside.iter().any(|beside| self.other_kernels(beside.analysis).is_some()) {
            kernels(self.own.workloads.iter())
        } else {
            String::new()
        };
        let own = format!("{}{state}{kernels}", place(self.own));
        let beside = self.beside.iter().map(|beside| {
            let runs = behind_points(beside.analysis).map_or(String::new(), |runs| format!(" · {runs}"));
            let kernels = self.other_kernels(beside.analysis).unwrap_or_default();
            format!("{}: {}{runs}{kernels}", beside.label, place(beside.analysis))
        });
        std::iter::once(own).chain(beside).collect()
    }

    /// The kernels of a run that are not those of this one; none if all are.
    fn other_kernels(&self, beside: &Analysis) -> Option<String> {
        let others: Vec<&WorkloadColumn> = (beside.workloads.iter())
            .filter(|column| {
                let same = self.own.workloads.iter().find(|own| own.name == column.name);
                same.is_some_and(|own| own.kernel != column.kernel)
            })
            .collect();
        (!others.is_empty()).then(|| kernels(others.into_iter()))
    }

    /// What is behind a point of the run, in words; none if nothing was measured.
    pub(super) fn behind_points(&self) -> Option<String> {
        behind_points(self.own)
    }
}

fn behind_points(analysis: &Analysis) -> Option<String> {
    Some(match analysis.runs()? {
        (1, 1) => "a single run".to_string(),
        counts => format!("the mean of {}", count_range(counts, "run")),
    })
}

/// What computed which workload.
fn kernels<'a>(columns: impl Iterator<Item = &'a WorkloadColumn>) -> String {
    let each: Vec<_> = columns.map(|column| format!("{} by {}", column.name, column.kernel)).collect();
    format!(" · {}", each.join(", "))
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
