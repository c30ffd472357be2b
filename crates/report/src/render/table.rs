//! Tables for a terminal.

use comfy_table::{CellAlignment, ContentLineStyle, LineStyle, Table as Layout, TableStyle};

use super::Format;
use super::text::Medium;
use crate::analysis::Analysis;
use crate::view::grid::{Entry, Grid};

/// Tables for a terminal.
#[derive(Debug)]
pub struct Table;

// Texts are safe to print since the record was read.
pub(super) const MEDIUM: Medium = Medium { words: str::to_string, grid, between: "\n" };

impl Format for Table {
    fn name(&self) -> &'static str {
        "table"
    }

    fn summary(&self) -> &'static str {
        "the book's table per executor, for a terminal"
    }

    fn render(&self, runs: &[Analysis]) -> String {
        MEDIUM.runs(runs)
    }
}

/// Only the tables of runs of one batch.
#[must_use]
pub fn engines(runs: &[Analysis]) -> String {
    MEDIUM.engines(runs)
}

/// A table with its title above it.
#[must_use]
pub fn grid(grid: &Grid) -> String {
    format!("{}\n{}", grid.title, lay_out_with(grid, STYLE, str::to_string))
}

/// Columns parted by bars and a rule below the head, with nothing around.
const STYLE: TableStyle = TableStyle::new()
    .header_lines(ContentLineStyle::none().junction('|'))
    .header_separator(LineStyle::none().fill('-').junction('+'))
    .content_lines(ContentLineStyle::none().junction('|'));

/// Lays a grid out, each text as `words` writes it: all to the right, no wrapping.
pub(super) fn lay_out_with(grid: &Grid, style: TableStyle, words: fn(&str) -> String) -> String {
    let row = |row: &Vec<Entry>| row.iter().map(|entry| words(&entry.text)).collect::<Vec<_>>();
    let mut table = Layout::new();
    table
        .load_style(style)
        .set_header(grid.head.iter().map(|head| words(head)))
        .add_rows(grid.rows.iter().chain(&grid.foot).map(row));
    for column in table.column_iter_mut() {
        column.set_cell_alignment(CellAlignment::Right);
    }
    table.lines().map(|line| line.trim_end().to_string()).collect::<Vec<_>>().join("\n")
}
