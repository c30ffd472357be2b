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

use std::fs;

use super::*;
use crate::record::{Status, book};

use picture::{Picture, check_png, read_svg};
use synthetic::{POOLS, plain, rich};

/// Draws a chart as SVG and checks what holds for all.
fn picture(chart: &dyn Chart, analysis: &Analysis, beside: &[Beside<'_>]) -> Option<Picture> {
    let scene = chart.scene(Runs { own: analysis, beside })?;
    Some(read_svg(canvas::svg(&scene).unwrap()))
}

/// The charts of a run that computes, with nothing beside it.
fn of_one_run() -> Vec<&'static str> {
    let others = ["engines", "io"];
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
    for analysis in [Analysis::of(&book::record()), empty] {
        let charts = svgs(&analysis, &[]).unwrap();
        assert_eq!(charts.iter().map(|chart| chart.0).collect::<Vec<_>>(), ["time", "speedup"]);
    }
}

#[test]
fn svgs_can_stand_in_one_document() {
    let mut analysis = rich(&["rc4", "sha256"], POOLS, &[1, 2, 4], 4);
    analysis.name = "a & \"b\" <c>".to_string();
    let charts = svgs(&analysis, &[]).unwrap();
    assert_eq!(charts.len(), of_one_run().len());
    for (name, title, svg) in charts {
        assert!(title.ends_with("— a & \"b\" <c>"), "{name}: {title}");
        assert!(!svg.contains(" id=") && !svg.contains("<?xml") && !svg.contains("<!DOCTYPE"), "{name}");
        assert!(svg.contains("aria-label=") && svg.contains("— a &amp; &quot;b&quot; &lt;c&gt;\""), "{name}");
    }
}

#[test]
fn marks_say_their_figures_when_pointed_at() {
    let speedup = picture(&speedup::Speedup, &rich(&["rc4"], POOLS, &[1, 2, 4], 4), &[]).unwrap();
    assert!(speedup.svg.contains("<title>threads, workers: 4, 3.5"));
    assert_eq!(speedup.svg.matches("class=\"tip\"").count(), 4 * 3);
}

#[test]
fn a_folder_that_is_missing_is_an_error_with_its_path() {
    let folder = tempfile::tempdir().unwrap();
    let error = write_all(&folder.path().join("gone"), &plain(&["rc4"], POOLS, &[1]), &[]).unwrap_err();
    assert!(error.to_string().contains("time.svg"), "{error}");
}
