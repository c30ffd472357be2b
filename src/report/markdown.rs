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
        let lay_out = |table: &Grid| format!("**{}**\n\n{}", table.title, lay_out(table, ASCII_MARKDOWN));
        runs.iter().map(|run| tables::text(run, lay_out)).collect::<Vec<_>>().join("\n---\n\n")
    }
}
