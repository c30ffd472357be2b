//! The words around charts: whose figures they show, and what marks and gaps mean.

use super::curves::Runs;
use super::figure::{Panel, Value};
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

/// A number with about three digits that count.
pub(super) fn number(value: f64) -> String {
    let decimals = match value.abs() {
        size if size >= 100.0 => 0,
        size if size >= 10.0 => 1,
        size if size >= 1.0 => 2,
        size if size >= 0.01 || size == 0.0 => 3,
        _ => 5,
    };
    format!("{value:.decimals$}").replace('-', "−")
}

/// A value with the ends of its bar.
pub(super) fn in_brackets(value: Value) -> String {
    if value.least < value.greatest {
        format!("{} [{}, {}]", number(value.middle), number(value.least), number(value.greatest))
    } else {
        number(value.middle)
    }
}

/// A list as in "1, 2 and 3"; beyond `most`, the rest is only counted.
pub(super) fn list(items: &[String], most: usize) -> String {
    match items {
        [] => String::new(),
        [one] => one.clone(),
        _ if items.len() > most => format!("{} and {} more", items[..most].join(", "), items.len() - most),
        [all @ .., last] => format!("{} and {last}", all.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_with_the_digits_that_count() {
        let written = [0.0, 1.2345, -0.04567, 123.4, 12.34, 0.000_456].map(number);
        assert_eq!(written, ["0.000", "1.23", "−0.046", "123", "12.3", "0.00046"]);
    }

    #[test]
    fn lists_end_with_and() {
        let items: Vec<String> = ["a", "b", "c"].map(String::from).into();
        assert_eq!(list(&items[..1], 3), "a");
        assert_eq!(list(&items, 3), "a, b and c");
        assert_eq!(list(&items, 2), "a, b and 1 more");
    }
}
