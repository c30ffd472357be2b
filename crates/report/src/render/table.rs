//! Tables for a terminal.

use comfy_table::{CellAlignment, ContentLineStyle, LineStyle, Table as Layout, TableStyle};

use super::Format;
use super::grid::Grid;
use super::tables;
use crate::analysis::Analysis;

/// Tables for a terminal.
#[derive(Debug)]
pub struct Table;

impl Format for Table {
    fn name(&self) -> &'static str {
        "table"
    }

    fn summary(&self) -> &'static str {
        "the book's table per executor, for a terminal"
    }

    fn render(&self, runs: &[Analysis]) -> String {
        let beside = engines(runs);
        let runs = runs.iter().map(|run| tables::text(run, titled));
        runs.chain((!beside.is_empty()).then_some(beside)).collect::<Vec<_>>().join("\n")
    }
}

/// Only the tables of runs beside each other.
#[must_use]
pub fn engines(runs: &[Analysis]) -> String {
    tables::beside(runs, titled)
}

fn titled(table: &Grid) -> String {
    format!("{}\n{}", table.title, lay_out(table, STYLE))
}

/// Columns parted by bars and a rule below the head, with nothing around.
pub const STYLE: TableStyle = TableStyle::new()
    .header_lines(ContentLineStyle::none().junction('|'))
    .header_separator(LineStyle::none().fill('-').junction('+'))
    .content_lines(ContentLineStyle::none().junction('|'));

/// Lays a grid out: numbers to the right, no wrapping.
#[must_use]
pub fn lay_out(grid: &Grid, style: TableStyle) -> String {
    let mut table = Layout::new();
    table.load_style(style).set_header(&grid.head).add_rows(&grid.rows);
    for column in table.column_iter_mut() {
        column.set_cell_alignment(CellAlignment::Right);
    }
    table.lines().map(|line| line.trim_end().to_string()).collect::<Vec<_>>().join("\n")
}
