//! `usl`.

use super::synthetic::{POOLS, plain, rich};
use super::*;
use crate::analysis::Law;

fn laws(run: &Analysis) -> Picture {
    picture(&usl::UslFit, run, &[]).unwrap()
}

#[test]
fn a_fit_stands_with_its_parameters() {
    let picture = laws(&rich(&["rc4", "sha256"], &POOLS[..2], &[1, 2, 4, 8, 16, 32, 64], 64));
    for text in ["RC4 · threads", "SHA256 · processes", "threads: measured", "Amdahl's law"] {
        assert!(picture.says(text), "{text}");
    }
    assert!(picture.mentions("σ\u{a0}0.040\u{a0}[0.036,\u{a0}0.044]") && picture.mentions("N*\u{a0}40.0"));
    assert!(picture.says("peak N* of the fit"));
}

#[test]
fn a_peak_beyond_the_workers_is_said_but_not_drawn() {
    let picture = laws(&rich(&["rc4"], &POOLS[..1], &[1, 2, 4, 8], 8));
    assert!(picture.mentions("N*\u{a0}40.0") && !picture.says("peak N* of the fit"));
}

#[test]
fn a_refusal_is_said_in_words_beside_the_points() {
    let mut run = rich(&["rc4"], POOLS, &[1, 2, 4, 8], 8);
    let refused = Law::Refused("It takes four numbers of workers.".to_string());
    (run.executors[0].scaling[0].usl, run.executors[0].scaling[0].amdahl) =
        (Law::Refused("It takes four numbers of workers.".to_string()), refused);
    let picture = laws(&run);
    assert!(picture.mentions("USL not fitted: It takes four") && picture.says("Amdahl's law: likewise."));
    assert!(picture.says("universal scalability law") && picture.says("rayon: measured"));
    assert_eq!(picture.marks(), 12);
    run.executors[0].scaling[0].amdahl = Law::Refused("Another reason.".to_string());
    assert!(laws(&run).says("Amdahl's law not fitted: Another reason."));
    // Refusals alone are no chart.
    assert!(picture_of(&rich(&["rc4"], POOLS, &[1, 2], 2)).is_none());
}

fn picture_of(run: &Analysis) -> Option<Picture> {
    picture(&usl::UslFit, run, &[])
}

#[test]
fn without_laws_or_speedups_there_is_no_chart() {
    assert!(picture(&usl::UslFit, &plain(&["rc4"], POOLS, &[1, 2]), &[]).is_none());
    let mut run = rich(&["rc4"], POOLS, &[1, 2, 4, 8], 8);
    run.executors.iter_mut().for_each(|table| table.scaling.clear());
    assert!(picture(&usl::UslFit, &run, &[]).is_none());
}
