//! The laws of scaling as fitted, or why they were not.

use super::tables::as_in_the_view;
use crate::analysis::Analysis;
use crate::view::tables::laws;

/// A table with Amdahl's law and the universal scalability law of each executor and workload; nothing if there
/// are none.
pub(super) fn section(run: &Analysis) -> String {
    laws(run).map_or(String::new(), |grid| as_in_the_view(&grid, true))
}
