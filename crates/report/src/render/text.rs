//! What the terminal and Markdown have in common: the order of a report's parts as text.

use super::screen::{Detail, Look, Screen};
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
    pub(super) grid: fn(&Grid, Screen) -> String,
    /// What stands between two runs.
    pub(super) between: &'static str,
    /// How a title and what is below it are folded away, where the medium can do that.
    pub(super) fold: Option<fn(&str, &str) -> String>,
    /// What it is shown on.
    pub(super) screen: Screen,
}

impl Medium {
    /// Runs one after another, then the tables of what they computed alike.
    pub(super) fn runs(self, runs: &[Analysis]) -> String {
        let engines = self.engines(runs);
        let runs = runs.iter().map(|run| self.run(&View::of(run)));
        runs.chain((!engines.is_empty()).then_some(engines)).collect::<Vec<_>>().join(self.between)
    }

    /// The answer first: heading, verdicts and what must be known to read them. Then the book's tables, and the detail.
    fn run(self, view: &View) -> String {
        let heading = self.screen.look(Look::Strong, &self.lines(&view.heading.to_string()));
        let warnings = view.notes.iter().map(|note| self.screen.look(Look::Warning, &self.lines(note)));
        let answer = self.answer(view);
        let book = view.book.iter().map(|grid| self.table(grid));
        let detail: Vec<String> = match self.screen.detail {
            Detail::Brief => view.figures().map(|grid| self.table(grid)).collect(),
            Detail::Full => {
                let tables = view.grids().map(|grid| self.table(grid));
                tables.chain(view.paragraphs().iter().map(|text| self.lines(text))).collect()
            }
        };
        let detail = match self.fold {
            Some(fold) if !detail.is_empty() => vec![fold(DETAIL, &detail.join("\n\n"))],
            _ => detail,
        };
        let answer = Some(answer).filter(|text| !text.is_empty());
        join(std::iter::once(heading).chain(answer).chain(warnings).chain(book).chain(detail))
    }

    /// A sentence for each case that stands for an executor, then what must be known of them.
    fn answer(self, view: &View) -> String {
        let sentences = view.workloads.iter().flat_map(|workload| {
            let answers = workload.answers.iter().filter_map(|answer| {
                let (sentence, case) = (answer.sentence(&workload.label)?, answer.case.as_ref().ok()?);
                let look = if case.verdict.doubted { Look::Faint } else { Look::Strong };
                let value = (self.words)(&case.verdict.value);
                // The label may have the figure in it; the one that is meant follows it.
                let (before, after) = sentence.split_at(workload.label.len());
                Some(format!(
                    "{}{}",
                    (self.words)(before),
                    (self.words)(after).replacen(&value, &self.screen.look(look, &value), 1)
                ))
            });
            answers.chain(workload.findings.iter().map(|line| self.lines(line))).collect::<Vec<_>>()
        });
        sentences.chain(view.measured.iter().map(|line| self.lines(line))).collect::<Vec<_>>().join("\n")
    }

    fn table(self, grid: &Grid) -> String {
        match self.screen.detail {
            Detail::Brief => (self.grid)(&grid.clone().brief(), self.screen),
            Detail::Full => (self.grid)(grid, self.screen),
        }
    }

    /// The tables of runs of one batch, with the notes below each; empty where they have none in common.
    pub(super) fn engines(self, runs: &[Analysis]) -> String {
        let engines = tables::engines(runs);
        let parts = engines.iter().map(|(grid, notes)| {
            join(
                std::iter::once((self.grid)(grid, self.screen))
                    .chain(notes.iter().map(|note| self.lines(note))),
            )
        });
        parts.collect::<Vec<_>>().join("\n")
    }

    /// Runs against runs.
    pub(super) fn comparison(self, comparison: &Comparison) -> String {
        let view = ComparisonView::of(comparison);
        let details = self.comparison_details(&view, true);
        let outcome = self.screen.look(Look::Strong, &self.lines(&view.outcome));
        join([outcome, self.lines(&view.runs.join("\n"))].into_iter().chain(details))
    }

    /// What differs, and the workloads; with what follows from each, or without.
    pub(super) fn comparison_details(self, view: &ComparisonView, said: bool) -> Vec<String> {
        let words = |text: &String| self.lines(text);
        let workloads = view.workloads.iter().flat_map(|workload| {
            let said = workload.said.iter().filter(|_| said);
            let lines = said.chain(&workload.drift).map(words);
            workload.grid.iter().map(|grid| (self.grid)(grid, self.screen)).chain(lines).collect::<Vec<_>>()
        });
        view.differences.iter().map(words).chain(workloads).collect()
    }

    pub(super) fn lines(self, text: &str) -> String {
        text.lines().map(self.words).collect::<Vec<_>>().join("\n")
    }
}

/// What the detail of a run is called where it is folded away.
const DETAIL: &str = "Speedups, where the rest went, and how it was measured";

pub(super) fn join(parts: impl Iterator<Item = String>) -> String {
    parts.collect::<Vec<_>>().join("\n\n") + "\n"
}
