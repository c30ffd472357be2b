//! The record of a measured run, its analysis, and every form in which it is reported.
//!
//! ```text
//! RunRecord → Analysis → View → renderers
//! ```
//!
//! * [`record`]: the saved form of a run: plain data, JSON, files
//! * [`stats`]: numbers in, numbers out
//! * [`analysis`]: estimates, accounts, bounds and comparisons from records; no I/O, no clock
//! * [`view`]: what a person is told: representative cases, verdicts, formatted cells, remarks
//! * [`render`]: tables, charts, the page and the trace

pub mod analysis;
pub mod record;
pub mod render;
pub mod stats;
pub mod view;
