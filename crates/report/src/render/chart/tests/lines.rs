//! `time` and `speedup`.

use super::synthetic::{POOLS, measured, plain};
use super::*;
use crate::analysis::Cell;

fn pictures(analysis: &Analysis, overlaid: &[Overlaid<'_>]) -> [Picture; 2] {
    let charts: [&dyn Chart; 2] = [&time::Time, &speedup::Speedup];
    charts.map(|chart| picture(chart, analysis, overlaid).unwrap())
}

#[test]
fn the_book_alone() {
    let analysis = Analysis::of(&book::record());
    for picture in pictures(&analysis, &[]) {
        for text in ["RC4", "SHA", "processes", "Intel Core i7 2.7 GHz, 4 CPUs · 2015-08-20"] {
            assert!(picture.says(text), "{text}");
        }
        assert!(picture.mentions("book-table-17-1") && picture.mentions("12 to 16 runs"));
        assert_eq!(picture.worker_ticks()[..4], ["1", "2", "3", "4"]);
    }
    let [time, speedup] = pictures(&analysis, &[]);
    assert!(time.says("ideal: time of processes with 1 worker ÷ workers"));
    assert!(time.says("mean time in seconds"));
    assert!(speedup.says("ideal: factor = workers"));
}

#[test]
fn several_executors_share_a_panel() {
    let analysis = plain(&["rc4", "sha256"], POOLS, &[1, 2, 3, 4]);
    let [time, speedup] = pictures(&analysis, &[]);
    for picture in [&time, &speedup] {
        for text in ["threads", "processes", "rayon", "RC4", "SHA256"] {
            assert!(picture.says(text), "{text}");
        }
        assert!(picture.mentions("20 runs"));
        assert!(!picture.mentions("gap") && !picture.mentions("not complete"));
    }
    assert!(time.says("ideal: serial time ÷ workers"));
}

#[test]
fn a_run_far_from_those_beside_has_a_log_axis() {
    let book = Analysis::of(&book::record());
    let overlaid = [Overlaid { label: "book", analysis: &book }];
    let near = plain(&["rc4", "sha256"], POOLS, &[1, 2, 3, 4]);
    let [time, speedup] = pictures(&near, &overlaid);
    assert!(time.says("mean time in seconds (log scale)"));
    for tick in ["0.2", "0.5", "1", "2", "5", "10", "20"] {
        assert!(time.says(tick), "{tick}");
    }
    for picture in [&time, &speedup] {
        assert!(picture.says("book: processes"));
        assert!(picture.mentions("book: Intel Core i7 2.7 GHz, 4 CPUs · 2015-08-20 · the mean of 12"));
    }
    assert!(!speedup.mentions("log scale"));
    let [time, _] = pictures(&book, &[Overlaid { label: "again", analysis: &book }]);
    assert!(!time.mentions("log scale") && time.says("again: processes"));
}

#[test]
fn a_single_number_of_workers() {
    let [time, speedup] = pictures(&plain(&["rc4"], POOLS, &[1]), &[]);
    assert_eq!(time.worker_ticks(), ["1"]);
    assert_eq!(speedup.worker_ticks(), ["1"]);
}

#[test]
fn many_numbers_of_workers() {
    let spread = plain(&["rc4", "sha256"], POOLS, &[1, 2, 4, 8, 16, 32, 64]);
    let [time, _] = pictures(&spread, &[]);
    assert!(time.worker_ticks().ends_with(&["16", "32", "64"]));
    let dense: Vec<usize> = (1..=64).collect();
    let [time, _] = pictures(&plain(&["rc4", "sha256", "crc"], POOLS, &dense), &[]);
    assert!(time.worker_ticks().starts_with(&["1", "5"]) || time.worker_ticks().starts_with(&["1", "10"]));
}

#[test]
fn an_ideal_far_above_the_values_does_not_flatten_them() {
    let mut flat = plain(&["rc4"], &["threads"], &[1, 2, 4, 8, 16, 32, 64]);
    for row in &mut flat.executors[0].rows {
        row.cells = vec![measured(0.5, Some(0.9))];
    }
    let [_, speedup] = pictures(&flat, &[]);
    assert!(!speedup.texts.iter().any(|text| text.text == "60" && text.right < 60.0));
    assert!(speedup.says("ideal: factor = workers"));
}

#[test]
fn more_workloads_than_fit_into_a_row() {
    let names = ["rc4", "sha256", "crc", "sort", "fft"];
    let [time, _] = pictures(&plain(&names, &["threads"], &[1, 2, 4]), &[]);
    let top = |name: &str| time.texts.iter().find(|text| text.text == name).unwrap().top;
    assert!((top("RC4") - top("CRC")).abs() < 1.0 && top("SORT") > top("RC4") + 200.0);
    pictures(&plain(&names[..4], POOLS, &[1, 2, 3, 4, 5, 6, 7, 8]), &[]);
}

#[test]
fn missing_and_failed_cells_are_gaps() {
    let mut analysis = plain(&["rc4", "sha256", "crc"], POOLS, &[1, 2, 3, 4]);
    analysis.executors[0].rows[2].cells[0] = Cell::NotMeasured;
    analysis.executors[1].rows[0].cells[0] = Cell::Failed { reason: "worker killed".to_string() };
    for row in &mut analysis.executors[1].rows {
        if let Cell::Measured(estimate) = &mut row.cells[0] {
            estimate.factor = None;
        }
    }
    for row in analysis.executors.iter_mut().flat_map(|table| &mut table.rows) {
        row.cells[2] = Cell::NotMeasured;
    }
    analysis.status = Status::Interrupted;
    let whole = plain(&["rc4", "sha256", "crc"], POOLS, &[1, 2, 3, 4]);
    let [time, speedup] = pictures(&analysis, &[]);
    let [whole_time, _] = pictures(&whole, &[]);
    assert!(time.svg.matches("<polygon").count() < whole_time.svg.matches("<polygon").count());
    for picture in [time, speedup] {
        assert!(picture.mentions("Where a curve is missing or has a gap"));
        assert!(picture.mentions("the run is not complete"));
        assert_eq!(picture.texts.iter().filter(|text| text.text == "not measured").count(), 1);
    }
}

#[test]
fn a_run_without_any_data_has_no_charts() {
    let mut analysis = plain(&["rc4", "sha256"], POOLS, &[1, 2]);
    analysis.executors.clear();
    let charts: [&dyn Chart; 2] = [&time::Time, &speedup::Speedup];
    assert!(charts.iter().all(|chart| picture(*chart, &analysis, &[]).is_none()));
    analysis.workloads.clear();
    assert!(charts.iter().all(|chart| picture(*chart, &analysis, &[]).is_none()));
}

#[test]
fn long_names_stay_inside() {
    let mut analysis = plain(&["rc4"], POOLS, &[1, 2]);
    analysis.machine =
        "Intel(R) Xeon(R) Platinum 8488C & a name <that> never seems to end at all, ".repeat(3);
    analysis.name = "bell-\u{7}-and-a-name-without-any-place-to-break-it-".repeat(4);
    analysis.workloads[0].label = "a workload with a very long label ".repeat(5);
    analysis.executors[1].executor = "an executor with a long name ".repeat(5);
    for picture in pictures(&analysis, &[]) {
        assert!(picture.mentions("& a name <that>") && picture.mentions("bell--and"));
        assert!(picture.mentions("…"));
    }
}

#[test]
fn a_single_run_has_no_bars_and_says_so() {
    let mut analysis = plain(&["rc4"], &["threads"], &[1, 2, 4]);
    for cell in analysis.executors[0].rows.iter_mut().flat_map(|row| &mut row.cells) {
        if let Cell::Measured(estimate) = cell {
            (estimate.runs, estimate.min_s, estimate.max_s) = (1, estimate.mean_s, estimate.mean_s);
        }
    }
    for picture in pictures(&analysis, &[]) {
        assert!(picture.mentions("a single run") && !picture.mentions("Bars"));
    }
}
