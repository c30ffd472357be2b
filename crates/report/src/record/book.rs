//! Table 17-1 of *Fluent Python* (1st edition), as a record that reports can draw beside ours.

use std::path::Path;

use super::RunRecord;

const JSON: &[u8] = include_bytes!("../../../../results/book-table-17-1/run.json");

/// The published table: RC4 and SHA-256 with one to four processes on a quad-core machine.
///
/// # Panics
///
/// Never: the file is part of the program, and a test reads it.
#[must_use]
pub fn record() -> RunRecord {
    RunRecord::from_json(JSON, Path::new("results/book-table-17-1/run.json"))
        .expect("the embedded table is valid")
}
