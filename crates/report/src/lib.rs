//! The record of a measured run, its analysis, and every form in which it is reported.
//!
//! ```text
//! RunRecord → Analysis → renderers
//! ```
//!
//! * [`record`]: the saved form of a run: plain data, JSON, files
//! * [`stats`]: numbers in, numbers out
//! * [`analysis`]: estimates, accounts, bounds and comparisons from records; no I/O, no clock
//! * [`render`]: tables, charts, the page and the trace

pub mod analysis;
pub mod record;
pub mod render;
pub mod stats;
