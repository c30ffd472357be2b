//! Tables for a terminal.

use comfy_table::{CellAlignment, ContentLineStyle, LineStyle, Table as Layout, TableStyle};

use super::Format;
use super::screen::{Look, Screen};
use super::text::Medium;
use crate::analysis::Analysis;
use crate::view::grid::{Entry, Grid};

/// Tables for a terminal.
#[derive(Debug)]
pub struct Table;

// Texts are safe to print since the record was read.
pub(super) const MEDIUM: Medium =
    Medium { words: str::to_string, grid: grid_on, between: "\n", fold: None, screen: Screen::PLAIN };

impl Format for Table {
    fn name(&self) -> &'static str {
        "table"
    }

    fn summary(&self) -> &'static str {
        "the answer and the book's table per executor, for a terminal"
    }

    fn render(&self, runs: &[Analysis]) -> String {
        MEDIUM.runs(runs)
    }

    fn render_on(&self, runs: &[Analysis], screen: Screen) -> String {
        Medium { screen, ..MEDIUM }.runs(runs)
    }
}

/// Only the tables of runs of one batch.
#[must_use]
pub fn engines(runs: &[Analysis]) -> String {
    MEDIUM.engines(runs)
}

/// A table with its title above it, whatever its width.
#[must_use]
pub fn grid(grid: &Grid) -> String {
    grid_on(grid, Screen { width: usize::MAX, ..Screen::PLAIN })
}

/// A table with its title above it and its notes below. One that is too wide for the screen is cut between columns;
/// the first columns stand in every part.
fn grid_on(grid: &Grid, screen: Screen) -> String {
    let look = |text: String| if grid.faint { screen.look(Look::Faint, &text) } else { text };
    let mut parts = cut(grid, screen.width).into_iter().map(look);
    let first = format!("{}\n{}", screen.look(Look::Strong, &grid.title), parts.next().unwrap_or_default());
    let parts = std::iter::once(first).chain(parts).collect::<Vec<_>>().join("\n\n");
    grid.notes.iter().fold(parts, |text, (_, note)| format!("{text}\n\n{note}"))
}

/// The table in parts of at most that many characters in a line, as far as that goes.
fn cut(grid: &Grid, width: usize) -> Vec<String> {
    let lay_out = |grid: &Grid| lay_out_with(grid, STYLE, str::to_string);
    let whole = lay_out(grid);
    // The rule below the head tells where columns end.
    let rule = whole.lines().nth(1).unwrap_or_default();
    let widths: Vec<usize> = rule.split('+').map(str::len).collect();
    if rule.len() <= width || widths.len() != grid.head.len() {
        return vec![whole];
    }
    let keys = grid.keys.max(1);
    let of_keys: usize = widths[..keys.min(widths.len())].iter().map(|width| width + 1).sum();
    let mut parts: Vec<Vec<usize>> = Vec::new();
    let mut used = usize::MAX;
    for (column, own) in widths.iter().enumerate().skip(keys) {
        match parts.last_mut() {
            Some(part) if used + 1 + own <= width => {
                used += 1 + own;
                part.push(column);
            }
            _ => {
                used = of_keys + own;
                parts.push(vec![column]);
            }
        }
    }
    let part = |columns: &Vec<usize>| {
        lay_out(&grid.clone().with_columns(|column, _| column < keys || columns.contains(&column)))
    };
    parts.iter().map(part).collect()
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view::grid::heads;
    use proptest::prelude::*;

    fn wide() -> Grid {
        let row = |name: &str| std::iter::once(name).chain(["12345678"; 6]).map(Entry::from).collect();
        Grid {
            title: "title".to_string(),
            head: heads(["name", "a", "b", "c", "d", "e", "f"]),
            rows: vec![row("one"), row("two")],
            ..Grid::default()
        }
    }

    #[test]
    fn a_wide_table_is_cut_between_columns_and_repeats_its_names() {
        let text = grid_on(&wide(), Screen { width: 40, ..Screen::PLAIN });
        let heads: Vec<&str> = text.lines().filter(|line| line.contains("name")).collect();
        assert_eq!(heads.len(), 2, "{text}");
        assert!(heads[0].contains(" c") && !heads[0].contains(" d") && heads[1].contains(" f"), "{text}");
        assert_eq!(text.matches("two").count(), 2);
    }

    proptest! {
        #[test]
        fn no_line_is_wider_and_no_cell_is_lost(width in 18_usize..100) {
            let text = grid_on(&wide(), Screen { width, ..Screen::PLAIN });
            prop_assert!(text.lines().all(|line| line.chars().count() <= width), "{}", text);
            prop_assert_eq!(text.matches("12345678").count(), 12);
        }
    }
}
