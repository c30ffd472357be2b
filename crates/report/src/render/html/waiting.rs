//! The tables of work that waits.

use super::escape::each;
use super::tables::as_in_the_view;
use crate::view::View;

/// A table for each workload that waits.
pub(super) fn tables(view: &View) -> String {
    let waiting = view.workloads.iter().filter(|workload| workload.waits);
    each(waiting.filter_map(|workload| workload.figures.as_ref()), |grid| as_in_the_view(grid, true))
}
