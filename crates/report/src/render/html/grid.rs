//! Tables as HTML.

use maud::{Markup, PreEscaped, html};

use crate::analysis::Loss;
use crate::render::chart::fill;
use crate::view::grid::{Content, Entry, Grid, MISSING};

/// What a row is about, so that the script can hide it.
#[derive(Debug, Clone, Default)]
pub(super) struct About<'a> {
    pub(super) executor: Option<&'a str>,
    pub(super) workers: Option<usize>,
}

/// A table in a frame of its own, which scrolls where it is too wide for the page.
pub(super) fn table(grid: &Grid, sortable: bool, about: &[About<'_>]) -> Markup {
    let words = |column: usize| {
        let figure = |row: &Vec<Entry>| matches!(row[column].content, Content::Figure(_));
        !grid.rows.iter().any(figure)
    };
    let none = About::default();
    html! {
        @for (_, note) in &grid.notes { p.quiet { (note) } }
        div.scroll tabindex="0" role="region" aria-label=(grid.title) {
            table.sortable[sortable].doubted[grid.faint] {
                caption { (grid.title) }
                thead {
                    tr { @for (column, head) in grid.head.iter().enumerate() { th.words[words(column)] scope="col" { (head) } } }
                }
                tbody {
                    @for (index, cells) in grid.rows.iter().enumerate() {
                        @let About { executor, workers } = about.get(index).unwrap_or(&none);
                        tr data-executor=[executor] data-workers=[workers] { (row(cells)) }
                    }
                }
                @if !grid.foot.is_empty() {
                    tfoot { @for cells in &grid.foot { tr { (row(cells)) } } }
                }
            }
        }
    }
}

fn row(cells: &[Entry]) -> Markup {
    html! {
        @for (index, entry) in cells.iter().enumerate() {
            @let (class, key) = match entry.content {
                Content::Name => (Some("words"), None),
                Content::Prose => (Some("words prose"), None),
                Content::Figure(key) => (None, key),
            };
            @if index == 0 {
                th scope="row" class=[class] data-key=[key] { (inside(entry)) }
            } @else {
                td class=[class] data-key=[key] { (inside(entry)) }
            }
        }
    }
}

fn inside(entry: &Entry) -> Markup {
    html! { @if let Some(loss) = entry.loss { (swatch(loss)) } (entry.text) }
}

/// A small square with the fill of a loss.
pub(super) fn swatch(loss: Loss) -> Markup {
    html! {
        svg.swatch width="14" height="14" aria-hidden="true" {
            (PreEscaped(format!("<use href=\"#{}\"/>", fill::swatch_id(loss))))
        }
    }
}

/// The table without the columns in which no row has anything.
pub(super) fn without_empty_columns(grid: Grid) -> Grid {
    let filled = |column: usize| grid.rows.iter().any(|row| row[column].text != MISSING);
    let kept: Vec<bool> = (0..grid.head.len()).map(filled).collect();
    grid.with_columns(|column, _| kept[column])
}
