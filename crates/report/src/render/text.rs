//! What the terminal and Markdown have in common: the order of a report's parts as text.

use crate::analysis::Analysis;
use crate::analysis::compare::Comparison;
use crate::view::View;
use crate::view::comparison::ComparisonView;
use crate::view::grid::Grid;
use crate::view::tables;

/// How a medium writes what a view holds.
#[derive(Clone, Copy)]
pub(super) struct Medium {
    /// A line of words, with what the medium would read as markup escaped.
    pub(super) words: fn(&str) -> String,
    /// A table with its title.
    pub(super) grid: fn(&Grid) -> String,
    /// What stands between two runs.
    pub(super) between: &'static str,
}

impl Medium {
    /// Runs one after another, then the tables of what they computed alike.
    pub(super) fn runs(self, runs: &[Analysis]) -> String {
        let engines = self.engines(runs);
        let runs = runs.iter().map(|run| self.run(&View::of(run)));
        runs.chain((!engines.is_empty()).then_some(engines)).collect::<Vec<_>>().join(self.between)
    }

    /// Heading, tables, what they say in sentences, notes, an empty line between each.
    fn run(self, view: &View) -> String {
        let heading = std::iter::once(self.lines(&view.heading.to_string()));
        let tables = view.grids().map(self.grid);
        join(heading.chain(tables).chain(view.paragraphs().iter().map(|text| self.lines(text))))
    }

    /// The tables of runs of one batch, with the notes below each; empty where they have none in common.
    pub(super) fn engines(self, runs: &[Analysis]) -> String {
        let engines = tables::engines(runs);
        let parts = engines.iter().map(|(grid, notes)| {
            join(std::iter::once((self.grid)(grid)).chain(notes.iter().map(|note| self.lines(note))))
        });
        parts.collect::<Vec<_>>().join("\n")
    }

    /// Runs against runs.
    pub(super) fn comparison(self, comparison: &Comparison) -> String {
        let view = ComparisonView::of(comparison);
        let details = self.comparison_details(&view, true);
        join(
            std::iter::once(self.lines(&view.runs.join("\n")))
                .chain(details)
                .chain([self.lines(&view.outcome)]),
        )
    }

    /// What differs, and the workloads; with what follows from each, or without.
    pub(super) fn comparison_details(self, view: &ComparisonView, said: bool) -> Vec<String> {
        let words = |text: &String| self.lines(text);
        let workloads = view.workloads.iter().flat_map(|workload| {
            let said = workload.said.iter().filter(|_| said);
            let lines = said.chain(&workload.drift).map(words);
            workload.grid.iter().map(self.grid).chain(lines).collect::<Vec<_>>()
        });
        view.differences.iter().map(words).chain(workloads).collect()
    }

    pub(super) fn lines(self, text: &str) -> String {
        text.lines().map(self.words).collect::<Vec<_>>().join("\n")
    }
}

pub(super) fn join(parts: impl Iterator<Item = String>) -> String {
    parts.collect::<Vec<_>>().join("\n\n") + "\n"
}
