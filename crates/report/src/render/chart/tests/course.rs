//! What runs over time: `timeline` and `drift`.

use super::synthetic::{POOLS, ROUNDS, plain, rich};
use super::*;
use crate::analysis::{Cell, Estimate};

fn timelines(run: &Analysis) -> Picture {
    picture(&timeline::Timelines, run, &[]).unwrap()
}

fn drift(run: &Analysis) -> Picture {
    picture(&drift::Drift, run, &[]).unwrap()
}

fn estimates(run: &mut Analysis) -> impl Iterator<Item = &mut Estimate> {
    let pools = run.executors.iter_mut().flat_map(|table| &mut table.rows).flat_map(|row| &mut row.cells);
    let serial = run.workloads.iter_mut().map(|workload| &mut workload.serial);
    pools.chain(serial).filter_map(|cell| match cell {
        Cell::Measured(estimate) => Some(estimate.as_mut()),
        _ => None,
    })
}

#[test]
fn a_timeline_has_the_most_workers_within_the_cpus() {
    let picture = timelines(&rich(&["rc4", "sha256"], POOLS, &[1, 2, 3, 4], 2));
    for executor in POOLS {
        assert!(picture.mentions(&format!("RC4 · {executor}, 2 workers, round 17: ")));
    }
    assert!(picture.says("time in ms") && picture.says("tail: done, while others still work"));
    // Twelve jobs in each of six executions, all wide enough for their numbers.
    assert_eq!(picture.svg.matches("\njob ").count(), 72);
    assert_eq!(picture.texts.iter().filter(|text| text.text == "11").count(), 6);
}

#[test]
fn a_timeline_of_oversubscribed_cases_alone_takes_the_fewest_workers() {
    assert!(timelines(&rich(&["rc4"], &["threads"], &[4, 8], 2)).mentions("4 workers"));
}

#[test]
fn many_lanes_are_cut_short() {
    let lanes = |workers: usize| timelines(&rich(&["rc4"], &["threads"], &[workers], 64));
    assert!(!lanes(16).mentions("more workers") && lanes(16).says("15"));
    let many = lanes(64);
    assert!(many.says("… 52 more workers …") && many.mentions("only the first and the last"));
    assert!(many.says("5") && many.says("58") && many.says("63") && !many.says("57"));
}

#[test]
fn times_have_a_unit_that_suits_them() {
    for (factor, unit) in [(1e-4, "time in µs"), (1e-2, "time in ms"), (10.0, "time in s")] {
        let mut run = rich(&["rc4"], &["threads"], &[1], 2);
        for timeline in estimates(&mut run).filter_map(|estimate| estimate.timeline.as_mut()) {
            timeline.wall_s *= factor;
            for segment in timeline.lanes.iter_mut().flat_map(|lane| &mut lane.segments) {
                (segment.from_s, segment.to_s) = (segment.from_s * factor, segment.to_s * factor);
            }
        }
        assert!(timelines(&run).says(unit), "{unit}");
    }
}

#[test]
fn drift_shows_the_serial_baseline_and_a_case_of_each_executor() {
    let picture = drift(&rich(&["rc4", "sha256"], POOLS, &[1, 2, 4, 8], 4));
    for text in [
        "serial",
        "threads",
        "RC4 · serial, threads/4, processes/4, rayon/4",
        "steal in %",
        "round that stands out",
    ] {
        assert!(picture.says(text), "{text}");
    }
    assert!(picture.mentions("7 (steal took 6 % of the CPU time) and 31 (the issue width"));
    // The two arms of the baseline are one point.
    assert_eq!(picture.svg.matches("<title>serial, round").count(), 2 * ROUNDS as usize);
}

#[test]
fn steal_is_a_share_of_all_cpus() {
    let mut run = rich(&["rc4"], &["threads"], &[1, 2], 4);
    for point in estimates(&mut run).flat_map(|estimate| &mut estimate.rounds) {
        point.steal_s = (point.round != 9).then_some(0.5 * point.wall_s);
    }
    let shown = drift(&run);
    assert!(shown.svg.contains("<title>round 3\n12.5 % stolen") && !shown.svg.contains("<title>round 9\n"));
    for point in estimates(&mut run).flat_map(|estimate| &mut estimate.rounds) {
        point.steal_s = None;
    }
    let without = drift(&run);
    assert!(!without.says("steal in %") && without.mentions("(steal) is not known"));
    estimates(&mut run).flat_map(|estimate| &mut estimate.rounds).for_each(|point| point.steal_s = Some(0.0));
    let none = drift(&run);
    assert!(!none.says("steal in %") && none.mentions("A hypervisor took no time"));
}

#[test]
fn what_was_not_sampled_is_left_out() {
    let run = plain(&["rc4"], POOLS, &[1, 2]);
    assert!(picture(&timeline::Timelines, &run, &[]).is_none());
    assert!(picture(&drift::Drift, &run, &[]).is_none());
    let mut short = rich(&["rc4"], POOLS, &[1, 2], 2);
    estimates(&mut short).for_each(|estimate| estimate.rounds.retain(|point| point.round == 1));
    assert!(picture(&drift::Drift, &short, &[]).is_none());
}
