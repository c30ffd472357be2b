//! A table as titles, heads and cells, before any layout.

use crate::analysis::Loss;

pub use super::units::MISSING;

/// A table before layout: its first columns name the rows.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Grid {
    /// Title above the table.
    pub title: String,
    /// Column heads.
    pub head: Vec<String>,
    /// Rows of as many cells.
    pub rows: Vec<Vec<Entry>>,
    /// Rows at the foot, such as sums, which stay there where readers may sort the others.
    pub foot: Vec<Vec<Entry>>,
    /// How many of the first columns name a row, and stand in each part of a table that is cut; 0 is as 1.
    pub keys: usize,
    /// Heads of columns that a short report leaves out.
    pub aside: &'static [&'static str],
    /// What has to be known of a column, by its head.
    pub notes: Vec<(&'static str, String)>,
    /// Whether its figures are no measurement.
    pub faint: bool,
}

impl Grid {
    /// The columns for which that is so, and the notes on them.
    #[must_use]
    pub fn with_columns(mut self, keep: impl Fn(usize, &str) -> bool) -> Self {
        let kept: Vec<bool> = self.head.iter().enumerate().map(|(index, head)| keep(index, head)).collect();
        for row in self.rows.iter_mut().chain(&mut self.foot) {
            retain(row, &kept);
        }
        retain(&mut self.head, &kept);
        self.notes.retain(|(head, _)| self.head.iter().any(|other| other == head));
        self
    }

    /// The table as a short report has it.
    #[must_use]
    pub fn brief(self) -> Self {
        let aside = self.aside;
        self.with_columns(|_, head| !aside.contains(&head))
    }
}

fn retain<T>(row: &mut Vec<T>, kept: &[bool]) {
    let mut kept = kept.iter();
    row.retain(|_| kept.next() == Some(&true));
}

/// A formatted cell.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Entry {
    /// What stands in it.
    pub text: String,
    /// What it is, which tells where it is aligned and how it is sorted.
    pub content: Content,
    /// The loss that it is about, for its color.
    pub loss: Option<Loss>,
}

/// What a cell holds.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub enum Content {
    /// A name: few words, which stay on one line.
    #[default]
    Name,
    /// Whole sentences.
    Prose,
    /// A figure with the number that it is sorted by; a missing one comes last.
    Figure(Option<f64>),
}

impl Entry {
    /// A name.
    #[must_use]
    pub fn name(text: impl Into<String>) -> Self {
        Self { text: text.into(), ..Self::default() }
    }

    /// A cell of whole sentences.
    #[must_use]
    pub fn prose(text: impl Into<String>) -> Self {
        Self { content: Content::Prose, ..Self::name(text) }
    }

    /// A figure as `write` writes it; the sign for a missing one if there is none.
    #[must_use]
    pub fn figure(value: Option<f64>, write: impl FnOnce(f64) -> String) -> Self {
        Self::written(super::units::or_missing(value.map(write)), value)
    }

    /// A figure that is written already.
    #[must_use]
    pub fn written(text: impl Into<String>, value: Option<f64>) -> Self {
        Self { content: Content::Figure(value), ..Self::name(text) }
    }

    /// The same with the loss that it is about.
    #[must_use]
    pub fn of(self, loss: Loss) -> Self {
        Self { loss: Some(loss), ..self }
    }
}

impl<T: Into<String>> From<T> for Entry {
    fn from(text: T) -> Self {
        Self::name(text)
    }
}

/// Heads of columns.
#[must_use]
pub fn heads<const N: usize>(names: [&str; N]) -> Vec<String> {
    names.map(str::to_string).to_vec()
}
