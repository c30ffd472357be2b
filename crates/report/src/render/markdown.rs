//! Tables in Markdown.

use comfy_table::presets::ASCII_MARKDOWN;

use super::Format;
use super::grid::Grid;
use super::table::lay_out;
use super::tables;
use crate::analysis::Analysis;

/// Tables in Markdown.
#[derive(Debug)]
pub struct Markdown;

impl Format for Markdown {
    fn name(&self) -> &'static str {
        "markdown"
    }

    fn summary(&self) -> &'static str {
        "the same tables in Markdown"
    }

    fn render(&self, runs: &[Analysis]) -> String {
        let beside = engines(runs);
        let runs = runs.iter().map(|run| tables::text(run, titled));
        runs.chain((!beside.is_empty()).then_some(beside)).collect::<Vec<_>>().join("\n---\n\n")
    }
}

/// Only the tables of runs beside each other.
#[must_use]
pub fn engines(runs: &[Analysis]) -> String {
    tables::beside(runs, titled)
}

fn titled(table: &Grid) -> String {
    format!("**{}**\n\n{}", table.title, lay_out(table, ASCII_MARKDOWN))
}
