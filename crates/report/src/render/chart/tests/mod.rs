//! Charts of many kinds of runs, looked at as a reader of the files would.

mod course;
mod engines;
mod laws;
mod limits;
mod lines;
mod losses;
mod picture;
mod sizes;

mod synthetic;
mod threads;

use std::fs;

use super::*;
use crate::record::{Status, book};

use picture::{Picture, check_png, read_svg};
use synthetic::{POOLS, plain, rich};

fn runs_of<'a>(own: &'a Analysis, overlaid: &'a [Overlaid<'a>]) -> Runs<'a> {
    Runs { own, overlaid, left_out: None, workers: None }
}

/// Draws a chart as SVG and checks what holds for all.
fn picture(chart: &dyn Chart, analysis: &Analysis, overlaid: &[Overlaid<'_>]) -> Option<Picture> {
    let scene = chart.scene(runs_of(analysis, overlaid))?;
    Some(read_svg(canvas::svg(&scene).unwrap()))
}

/// The charts of a run that computes, with nothing overlaid.
fn of_one_run() -> Vec<&'static str> {
    let others = ["engines", "io", "threads"];
    CHARTS.iter().map(|chart| chart.name()).filter(|name| !others.contains(name)).collect()
}

#[test]
fn charts_are_written_as_svg_and_png() {
    let folder = tempfile::tempdir().unwrap();
    let analysis = rich(&["rc4"], &POOLS[..2], &[1, 2, 3, 4], 4);
    let files = write_all(folder.path(), &analysis, &[]).unwrap();
    let names = of_one_run();
    assert_eq!(files.len(), 2 * names.len());
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), files.len());
    for (pair, name) in files.chunks(2).zip(names) {
        assert!(pair[0].ends_with(format!("{name}.svg")) && pair[1].ends_with(format!("{name}.png")));
        let picture = read_svg(fs::read_to_string(&pair[0]).unwrap());
        check_png(&fs::read(&pair[1]).unwrap(), &picture);
    }
}

#[test]
fn charts_without_figures_are_left_out() {
    let mut empty = plain(&[], &[], &[]);
    empty.status = Status::Running;
    assert!(svgs(&empty).unwrap().is_empty());
    let charts = svgs(&Analysis::of(&book::record())).unwrap();
    assert_eq!(charts.iter().map(|chart| chart.0).collect::<Vec<_>>(), ["time", "speedup"]);
}

#[test]
fn svgs_can_stand_in_one_document() {
    let mut analysis = rich(&["rc4", "sha256"], POOLS, &[1, 2, 3, 4], 4);
    analysis.name = "a & \"b\" <c>".to_string();
    let charts = svgs(&analysis).unwrap();
    assert_eq!(charts.len(), of_one_run().len());
    for (name, svg) in charts {
        assert!(!svg.contains(" id=") && !svg.contains("<?xml") && !svg.contains("<!DOCTYPE"), "{name}");
        assert!(svg.contains("aria-label=") && svg.contains("— a &amp; &quot;b&quot; &lt;c&gt;\""), "{name}");
    }
}

#[test]
fn marks_say_their_figures_when_pointed_at() {
    let speedup = picture(&speedup::Speedup, &rich(&["rc4"], POOLS, &[1, 2, 4], 4), &[]).unwrap();
    assert!(speedup.svg.contains("<title>threads, 4 workers\nspeedup 3.5"));
    assert!(speedup.svg.contains("\nmean of 20 runs: ") && speedup.svg.contains("\ngranularity bound 4.00"));
    assert_eq!(speedup.marks(), 4 * 3);
}

#[test]
fn shapes_are_in_groups_by_what_they_are_about() {
    let run = rich(&["rc4", "sha256"], POOLS, &[1, 2, 4], 4);
    for (name, svg) in svgs(&run).unwrap() {
        let groups = |tag: &str| svg.matches(tag).count();
        assert!(groups("data-workload=\"RC4\"") > 0 && groups("data-workload=\"SHA256\"") > 0, "{name}");
        assert!(groups("data-executor=\"threads\"") > 0, "{name}");
        assert!(groups("data-workers=\"4\"") > 0 || name == "data", "{name}");
        assert_eq!(groups("<g"), groups("</g>"), "{name}");
        assert_eq!(groups("class=\"mark\"><title>"), groups("class=\"hit\""), "{name}");
    }
}

#[test]
fn every_case_can_be_drawn_where_one_stands_for_an_executor() {
    let run = rich(&["rc4"], POOLS, &[1, 2, 4, 8], 4);
    for workers in [1, 8] {
        let charts = svgs_with(&run, workers).unwrap();
        assert_eq!(charts.iter().map(|chart| chart.0).collect::<Vec<_>>(), ["timeline", "drift"]);
        for (name, svg) in charts {
            let others = [1, 2, 4, 8].into_iter().filter(|other| *other != workers);
            assert!(svg.contains(&format!("data-workers=\"{workers}\"")), "{name}");
            assert!(others.into_iter().all(|other| !svg.contains(&format!("data-workers=\"{other}\""))));
        }
    }
    assert!(svgs_with(&run, 3).unwrap().iter().all(|chart| chart.0 == "drift"));
}

/// A long name and many workloads: what a large or hostile record may have.
#[test]
fn large_records_are_drawn_in_part_and_say_so() {
    let folder = tempfile::tempdir().unwrap();
    let names: Vec<String> = (0..1000).map(|index| format!("w{index}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let mut run = rich(&names, &POOLS[..2], &[1, 2], 4);
    run.executors[0].executor = "endless ".repeat(2_000);
    run.workloads[0].label = "endless".repeat(2_000);
    run.name = "endless".repeat(2_000);
    let files = write_all(folder.path(), &run, &[]).unwrap();
    assert!(files.len() > 10);
    for file in files {
        let bytes = fs::read(&file).unwrap();
        assert!(bytes.len() < 4_000_000, "{}: {}", file.display(), bytes.len());
        if file.extension().is_some_and(|extension| extension == "svg") {
            let picture = read_svg(String::from_utf8(bytes).unwrap());
            assert!(picture.mentions("Not drawn, for want of room: 988 workloads."), "{}", file.display());
        }
    }
}

#[test]
fn a_folder_that_is_missing_is_an_error_with_its_path() {
    let folder = tempfile::tempdir().unwrap();
    let error = write_all(&folder.path().join("gone"), &plain(&["rc4"], POOLS, &[1]), &[]).unwrap_err();
    assert!(error.to_string().contains("time.svg"), "{error}");
}
