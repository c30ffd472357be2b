//! What people and programs read: tables, CSV, JSON and charts, from analyses of saved files.
//!
//! * [`grid`]: a table as headings and cells, before any layout; [`tables`]: those of a run, and what they
//!   say in sentences
//! * [`verdict`]: a case in a sentence
//! * [`table`], [`markdown`], [`csv`], [`json`]: the formats, one file each
//! * [`comparison`]: two runs against each other, in words
//! * [`confusion`]: the matrix of a self-test
//! * [`html`]: everything on one page; [`trace`]: the timelines for Perfetto
//! * `facts`: the machine and the build in words
//! * [`rules`]: how a run was measured, against twelve rules
//! * [`chart`]: the pictures
//! * [`doctor`]: what `speedup doctor` says
//! * [`files`]: everything that goes into the folder of a run
//!
//! Nothing here measures or estimates.

pub mod chart;
pub mod comparison;
pub mod confusion;
pub mod csv;
pub mod doctor;
mod facts;
pub mod files;
pub mod grid;
pub mod html;
pub mod json;
pub mod markdown;
pub mod rules;
pub mod table;
pub mod tables;
pub mod trace;
pub mod units;
pub mod verdict;

use crate::analysis::Analysis;

/// A form in which runs can be reported.
pub trait Format: Sync {
    /// Name on the command line.
    fn name(&self) -> &'static str;

    /// What it is, in a few words.
    fn summary(&self) -> &'static str;

    /// Renders the runs, ending with a newline.
    fn render(&self, runs: &[Analysis]) -> String;
}

/// Every format; the first is the default. A new one is one file and one line here.
pub static FORMATS: &[&dyn Format] =
    &[&table::Table, &markdown::Markdown, &csv::Csv, &json::Json, &html::Html, &trace::Trace];

/// The format of that name.
#[must_use]
pub fn find_format(name: &str) -> Option<&'static dyn Format> {
    FORMATS.iter().copied().find(|format| format.name() == name)
}
