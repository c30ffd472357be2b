//! `speedup` with a serial baseline, and `efficiency`.

use super::synthetic::{POOLS, about, plain, rich};
use super::*;
use crate::analysis::{CeilingWay, Cell};
use crate::stats::Quantity;
use speedup_machine::placement::{Boundary, Knee};

fn speedups(analysis: &Analysis, overlaid: &[Overlaid<'_>]) -> Picture {
    picture(&speedup::Speedup, analysis, overlaid).unwrap()
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
fn ceilings_of_several_ways_stand_with_marks_where_an_order_bends() {
    let mut run = rich(&["rc4"], POOLS, &[1, 2, 4, 8], 8);
    let ceilings = run.workloads[0].ceilings.clone();
    let way = |order, bytes_per_s, knees: &[(usize, Boundary)]| CeilingWay {
        order,
        knees: knees.iter().map(|&(workers, boundary)| Knee { workers, boundary }).collect(),
        bytes_per_s,
        ceilings: ceilings.clone(),
    };
    let compact = way("compact", None, &[(4, Boundary::Cache), (4, Boundary::Node)]);
    run.workloads[0].ceiling_ways = vec![compact.clone()];
    let picture = speedups(&run, &[]);
    assert!(picture.says("hardware ceiling") && picture.says("compact: last-level caches full"));
    // What lies at the edge, or beyond it, bends nothing that is drawn.
    let scatter = way("scatter", None, &[(4, Boundary::Cores), (8, Boundary::Cores)]);
    run.workloads[0].ceiling_ways =
        vec![compact, scatter, way("compact", Some(9.8e9), &[(2, Boundary::Node)])];
    let picture = speedups(&run, &[]);
    for text in ["ceiling, compact", "ceiling, scatter", "memory triad", "compact: memory nodes full"] {
        assert!(picture.says(text), "{text}: {:?}", picture.texts);
    }
    assert_eq!(
        picture.texts.iter().filter(|text| text.text == "scatter: every core has a worker").count(),
        1
    );
    assert!(!picture.says("hardware ceiling"));
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
    let picture = speedups(&run, &[Overlaid { label: "book", analysis: &book }]);
    assert!(picture.says("book: processes (factor)") && picture.mentions("Factor: time with 1 worker"));
    let picture = speedups(&run, &[Overlaid { label: "again", analysis: &run }]);
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
