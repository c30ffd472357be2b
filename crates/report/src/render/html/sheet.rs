//! Tables as HTML.

use super::escape::{each, text};
use crate::view::grid::MISSING;

/// A table: its first column names the rows.
pub(super) struct Sheet {
    /// What the table shows.
    pub(super) caption: String,
    /// Heads of the columns.
    pub(super) head: Vec<String>,
    /// The rows, each with as many cells as there are heads.
    pub(super) rows: Vec<Line>,
    /// Rows at the foot, which stay there when the others are sorted.
    pub(super) foot: Vec<Vec<Entry>>,
    /// Whether readers may sort it.
    pub(super) sortable: bool,
}

/// A row.
pub(super) struct Line {
    /// Its class, for the look; empty for none.
    pub(super) class: &'static str,
    /// Its cells.
    pub(super) cells: Vec<Entry>,
}

/// A cell.
pub(super) struct Entry {
    text: String,
    /// What it is sorted by; without one, by its text.
    key: Option<f64>,
    /// Markup in front of the text.
    mark: String,
    kind: Kind,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Name,
    Prose,
    Figure,
}

impl Kind {
    fn class(self) -> &'static str {
        match self {
            Self::Name => " class=\"words\"",
            Self::Prose => " class=\"words prose\"",
            Self::Figure => "",
        }
    }
}

impl Entry {
    /// A cell of few words, which stay on one line.
    pub(super) fn name(text: impl Into<String>) -> Self {
        Self { text: text.into(), key: None, mark: String::new(), kind: Kind::Name }
    }

    /// A cell of whole sentences.
    pub(super) fn prose(text: impl Into<String>) -> Self {
        Self { text: text.into(), key: None, mark: String::new(), kind: Kind::Prose }
    }

    /// A cell with a figure, which is sorted by `key`; one without comes last.
    pub(super) fn figure(text: impl Into<String>, key: Option<f64>) -> Self {
        Self { text: text.into(), key, mark: String::new(), kind: Kind::Figure }
    }

    /// The same with markup in front.
    pub(super) fn marked(mut self, mark: String) -> Self {
        self.mark = mark;
        self
    }

    fn html(&self, first: bool) -> String {
        let key = self.key.map_or(String::new(), |key| format!(" data-key=\"{key}\""));
        let class = self.kind.class();
        let (open, close) = if first { ("th scope=\"row\"", "th") } else { ("td", "td") };
        format!("<{open}{class}{key}>{}{}</{close}>", self.mark, text(&self.text))
    }
}

impl Sheet {
    /// The same without the columns in which no row has anything.
    pub(super) fn without_empty_columns(mut self) -> Self {
        let filled = |column: usize| self.rows.iter().any(|row| row.cells[column].text != MISSING);
        let kept: Vec<bool> = (0..self.head.len()).map(filled).collect();
        let mut keep = kept.iter();
        self.head.retain(|_| keep.next().copied().unwrap_or(true));
        for row in &mut self.rows {
            let mut keep = kept.iter();
            row.cells.retain(|_| keep.next().copied().unwrap_or(true));
        }
        self
    }

    /// The table in a frame of its own that scrolls where it is too wide for the page.
    pub(super) fn html(&self) -> String {
        let caption = text(&self.caption);
        let class = if self.sortable { " class=\"sortable\"" } else { "" };
        let words = |column: usize| {
            self.rows.iter().all(|row| row.cells.get(column).is_some_and(|entry| entry.kind != Kind::Figure))
        };
        let head = each(self.head.iter().enumerate(), |(column, head)| {
            let class = if words(column) { " class=\"words\"" } else { "" };
            format!("<th scope=\"col\"{class}>{}</th>", text(head))
        });
        let rows = each(&self.rows, |row| line(row.class, &row.cells));
        let foot = each(&self.foot, |cells| line("", cells));
        let foot = if foot.is_empty() { foot } else { format!("<tfoot>\n{foot}</tfoot>\n") };
        format!(
            "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"{caption}\">\n<table{class}>\n<caption>{caption}</caption>\n\
             <thead>\n<tr>{head}</tr>\n</thead>\n<tbody>\n{rows}</tbody>\n{foot}</table>\n</div>\n"
        )
    }
}

fn line(class: &str, cells: &[Entry]) -> String {
    let class = if class.is_empty() { String::new() } else { format!(" class=\"{class}\"") };
    let cells = each(cells.iter().enumerate(), |(index, entry)| entry.html(index == 0));
    format!("<tr{class}>{cells}</tr>\n")
}
