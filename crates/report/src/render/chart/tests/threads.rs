//! Threads over time: from made-up courses.

use super::synthetic::rich;
use super::*;
use crate::analysis::{Cell, OutsideFigures};
use crate::record::{Course, Known};

fn figures(course: Known<Course>) -> OutsideFigures {
    OutsideFigures {
        source: "wait4".to_string(),
        cpu_s: 1.0,
        cpus_used: 1.0,
        inflation: None,
        serial_fraction: Known::default(),
        peak_memory_bytes: Known::default(),
        largest_process_only: false,
        voluntary_switches: 0.0,
        involuntary_switches: 0.0,
        major_faults: 0.0,
        processes: Known::default(),
        threads: Known::default(),
        failures: 0,
        killed: 0,
        course,
    }
}

fn run(course: &Known<Course>) -> Analysis {
    let mut run = rich(&["xz"], &["command"], &[1, 2], 2);
    let cells = run.executors.iter_mut().flat_map(|table| &mut table.rows).flat_map(|row| &mut row.cells);
    for cell in cells {
        if let Cell::Measured(estimate) = cell {
            estimate.outside = Some(figures(course.clone()));
        }
    }
    run
}

fn scene(run: &Analysis) -> Option<Scene> {
    super::super::threads::Threads.scene(runs_of(run, &[]))
}

#[test]
fn every_number_of_workers_has_its_plot_on_one_scale() {
    let course = Course { stretch_ns: 500_000_000, running: vec![1.0, 2.0], waiting: vec![0.0, 0.5] };
    let scene = scene(&run(&Known::Value(course))).unwrap();
    let svg = canvas::svg(&scene).unwrap();
    for expected in ["XZ · 1 worker: 1000 ms", "XZ · 2 workers: 1000 ms", "workers"] {
        assert!(svg.contains(expected), "no {expected} in {svg}");
    }
}

#[test]
fn what_cannot_be_drawn_is_left_out() {
    assert!(scene(&run(&Known::Missing("no trace".to_string()))).is_none());
    let broken = |running: Vec<f64>| Known::Value(Course { stretch_ns: 1, waiting: vec![0.0], running });
    for running in [vec![], vec![f64::NAN], vec![-1.0], vec![1.0, 1.0]] {
        assert!(scene(&run(&broken(running))).is_none());
    }
    let none = Known::Value(Course { stretch_ns: 0, running: vec![1.0], waiting: vec![1.0] });
    assert!(scene(&run(&none)).is_none());
}
