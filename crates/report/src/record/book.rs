//! Table 17-1 of *Fluent Python* (1st edition), as a record that reports can overlay on ours.

use std::path::Path;

use super::RunRecord;

// A link to the file in `results/`; a package of this crate holds the file itself.
const JSON: &[u8] = include_bytes!("book.json");

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
