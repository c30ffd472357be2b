//! `speedup` with a serial baseline, and `efficiency`.

use super::synthetic::{POOLS, about, plain, rich};
use super::*;
use crate::analysis::Cell;
use crate::stats::Quantity;

fn speedups(analysis: &Analysis, beside: &[Beside<'_>]) -> Picture {
    picture(&speedup::Speedup, analysis, beside).unwrap()
}

#[test]
fn a_speedup_stands_with_its_limits() {
    let picture = speedups(&rich(&["rc4", "sha256"], POOLS, &[1, 2, 4], 4), &[]);
    for text in ["threads", "hardware ceiling", "granularity bound", "ideal: speedup = workers"] {
        assert!(picture.says(text), "{text}");
    }
    assert!(picture.mentions("Speedup against serial") && picture.mentions("Bars: 95 % intervals."));
    assert!(!picture.mentions("more workers than CPUs") && !picture.mentions("factor"));
    let mut bare = rich(&["rc4"], POOLS, &[1, 2, 4], 4);
    bare.workloads[0].bounds.clear();
    bare.workloads[0].ceilings.clear();
    let picture = speedups(&bare, &[]);
    assert!(!picture.mentions("ceiling") && !picture.mentions("ranularity"));
}

#[test]
fn intervals_are_bars() {
    let bars = |part: f64| {
        let mut run = rich(&["rc4"], &["threads"], &[1, 2, 4], 4);
        run.workloads[0].ceilings.clear();
        for cell in run.executors[0].rows.iter_mut().flat_map(|row| &mut row.cells) {
            let Cell::Measured(estimate) = cell else { unreachable!() };
            estimate.speedup = estimate.speedup.map(|speedup| about(speedup.value, part));
        }
        speedups(&run, &[]).svg.matches("<line").count()
    };
    // A bar and its two caps for each of three cases.
    assert_eq!(bars(0.1), bars(0.0) + 9);
}

#[test]
fn a_run_beside_without_serial_baseline_shows_factors() {
    let run = rich(&["rc4", "sha256"], POOLS, &[1, 2, 4], 4);
    let book = Analysis::of(&book::record());
    let picture = speedups(&run, &[Beside { label: "book", analysis: &book }]);
    assert!(picture.says("book: processes (factor)") && picture.mentions("Factor: time with 1 worker"));
    let picture = speedups(&run, &[Beside { label: "again", analysis: &run }]);
    assert!(picture.says("again: processes") && !picture.mentions("actor"));
    assert!(speedups(&book, &[]).mentions("no serial baseline"));
}

#[test]
fn numbers_of_workers_above_the_cpus_are_shaded() {
    let run = rich(&["rc4"], POOLS, &[1, 2, 4, 8], 2);
    let charts: [&dyn Chart; 5] =
        [&time::Time, &speedup::Speedup, &stack::Stack, &efficiency::Efficiency, &usl::UslFit];
    for chart in charts {
        assert!(picture(chart, &run, &[]).unwrap().says("more workers than CPUs"), "{}", chart.name());
    }
}

#[test]
fn the_bound_is_what_no_schedule_exceeds() {
    let height = |exact: bool| {
        let mut run = rich(&["rc4"], &["threads"], &[1, 2, 4], 4);
        for bound in &mut run.workloads[0].bounds {
            (bound.exact, bound.at_most) = (exact, bound.speedup + 5.0);
        }
        let ticks = speedups(&run, &[]).texts;
        ticks.iter().filter_map(|text| text.text.parse::<f64>().ok()).fold(0.0, f64::max)
    };
    assert!(height(true) < 5.0 && height(false) >= 9.0);
}

#[test]
fn efficiency_has_a_row_for_the_serial_fraction() {
    let chart = |run: &Analysis| picture(&efficiency::Efficiency, run, &[]);
    let whole = chart(&rich(&["rc4", "sha256"], POOLS, &[1, 2, 4], 4)).unwrap();
    assert_eq!(whole.texts.iter().filter(|text| text.text == "RC4").count(), 2);
    assert!(whole.says("serial fraction (Karp–Flatt)") && !whole.mentions("gap"));
    let single = chart(&rich(&["rc4"], POOLS, &[1], 4)).unwrap();
    assert!(!single.mentions("erial fraction:") && !single.says("not measured"));
    assert!(chart(&plain(&["rc4"], POOLS, &[1, 2])).is_none());
}

#[test]
fn a_serial_fraction_can_be_negative() {
    let mut run = rich(&["rc4"], &["threads"], &[1, 2, 4], 4);
    let Cell::Measured(estimate) = &mut run.executors[0].rows[1].cells[0] else { unreachable!() };
    estimate.karp_flatt = Some(Quantity::known(-0.04));
    assert!(picture(&efficiency::Efficiency, &run, &[]).unwrap().says("−0.04"));
}
