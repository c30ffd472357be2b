//! Engines next to each other.

use super::synthetic::{POOLS, plain, rich};
use super::*;

#[test]
fn each_engine_has_a_line_with_its_times() {
    let own = rich(&["rc4"], &POOLS[..2], &[1, 2], 2);
    let mut other = plain(&["rc4"], &["cpython-processes"], &[1, 2]);
    (other.name, other.program) = ("cpython".to_string(), "CPython 3.13.1".to_string());
    other.workloads[0].kernel = "cpython".to_string();
    other.workloads[0].serial = crate::analysis::Cell::NotMeasured;
    let overlaid = [Overlaid { label: "cpython", analysis: &other }];
    let picture = picture(&super::super::engines::EnginesChart, &own, &overlaid).unwrap();
    assert!(picture.svg.contains("CPython 3.13.1 · cpython · cpython-processes, 2 workers\nmean time "));
    // Of ours, serial, one worker and two on two executors; of the other, which has no serial baseline,
    // one and two workers.
    assert_eq!(picture.marks(), 2 * 3 + 2);
}

#[test]
fn nothing_is_drawn_where_no_other_engine_has_the_batch() {
    let own = rich(&["rc4"], POOLS, &[1, 2], 2);
    let other = plain(&["sha256"], POOLS, &[1, 2]);
    let overlaid = [Overlaid { label: "other", analysis: &other }];
    assert!(picture(&super::super::engines::EnginesChart, &own, &overlaid).is_none());
    assert!(picture(&super::super::engines::EnginesChart, &own, &[]).is_none());
}
