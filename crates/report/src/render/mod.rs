//! What people and programs read: tables, CSV, JSON, charts and the page.
//!
//! * [`table`], [`markdown`]: a [`View`](crate::view::View) as text, in the order that `text` gives
//! * [`screen`], [`prose`]: what a report is shown on; lines that fit
//! * [`csv`], [`json`]: figures for programs; [`trace`]: the timelines for Perfetto
//! * [`html`]: everything on one page; [`chart`]: the pictures
//! * [`comparison`]: runs against runs; [`history`]: the runs of one batch; [`confusion`]: the matrix of a self-test; [`doctor`]: what
//!   `speedup doctor` says; [`predict`]: what would be
//! * [`files`]: everything that goes into the folder of a run
//!
//! Nothing here measures, estimates or decides.

pub mod chart;
pub mod comparison;
pub mod confusion;
pub mod csv;
pub mod doctor;
pub mod files;
pub mod history;
pub mod html;
pub mod json;
pub mod markdown;
pub mod predict;
pub mod prose;
pub mod screen;
pub mod table;
mod text;
pub mod trace;

use crate::analysis::Analysis;

pub use screen::{Detail, Screen};

/// A form in which runs can be reported.
pub trait Format: Sync {
    /// Name on the command line.
    fn name(&self) -> &'static str;

    /// What it is, in a few words.
    fn summary(&self) -> &'static str;

    /// Renders the runs, ending with a newline.
    fn render(&self, runs: &[Analysis]) -> String;

    /// Renders the runs for a screen. A form that is not made for one is as always.
    fn render_on(&self, runs: &[Analysis], _screen: Screen) -> String {
        self.render(runs)
    }
}

/// Every format; the first is the default. A new one is one file and one line here.
pub static FORMATS: &[&dyn Format] =
    &[&table::Table, &markdown::Markdown, &csv::Csv, &json::Json, &html::Html, &trace::Trace];

/// The format of that name.
#[must_use]
pub fn find_format(name: &str) -> Option<&'static dyn Format> {
    FORMATS.iter().copied().find(|format| format.name() == name)
}
