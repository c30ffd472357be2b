//! Several runs a side, on a machine that is not always as fast.

use super::tests::{planned, sample};
use super::*;

/// A run of the serial baseline and threads/2 with ten rounds, at a speed of the machine and a time of the pool in
/// units of the baseline's. Within a run, nothing differs but by a little.
fn run(number: u32, speed: f64, pool: f64) -> RunRecord {
    let mut record = planned();
    record.ceilings.clear();
    record.created = format!("2026-01-01T00:{number:02}:00Z");
    let sample = |case: usize, round: u32, wall: f64| {
        let wall_ns = wall * speed * (1e9 + 1e6 * f64::from((round * 7 + number) % 3));
        sample(case, round, wall_ns as u64, Vec::new())
    };
    record.samples = (0..10).flat_map(|round| [sample(0, round, 1.0), sample(1, round, pool)]).collect();
    record
}

fn compared(a: &[RunRecord], b: &[RunRecord], measure: Measure) -> Comparison {
    let refs = |runs: &[RunRecord]| -> Vec<RunRecord> { runs.to_vec() };
    let (a, b) = (refs(a), refs(b));
    let terms = Terms { threshold: 0.02, measure };
    compare_all(&a.iter().collect::<Vec<_>>(), &b.iter().collect::<Vec<_>>(), terms)
}

fn pool(comparison: &Comparison) -> &CaseComparison {
    comparison.cases().map(|(_, case)| case).find(|case| case.executor == "threads").unwrap()
}

/// The speeds of a machine that gets slower by 4 % with each run: far more than the pool does.
const DRIFT: [f64; 8] = [1.0, 1.04, 1.08, 1.12, 1.16, 1.20, 1.24, 1.28];

/// Pairs of runs in turns, A first in every other one, so that the drift falls on both alike.
fn turns(pairs: usize, slower: f64) -> (Vec<RunRecord>, Vec<RunRecord>) {
    let (mut a, mut b) = (Vec::new(), Vec::new());
    for pair in 0..pairs {
        let (first, second) = (2 * pair, 2 * pair + 1);
        let (of_a, of_b) = if pair % 2 == 0 { (first, second) } else { (second, first) };
        a.push(run(of_a as u32, DRIFT[of_a], 0.6));
        b.push(run(of_b as u32, DRIFT[of_b], 0.6 * slower));
    }
    (a, b)
}

#[test]
fn runs_that_take_turns_tell_a_slower_program_from_a_slower_machine() {
    let (a, b) = turns(4, 1.0);
    let same = compared(&a, &b, Measure::Times);
    assert!(same.turns && pool(&same).between.is_some());
    assert_eq!(same.outcome, Outcome::NoRegression, "the drift is in both of each pair: {same:#?}");
    let (a, b) = turns(4, 1.2);
    let slower = compared(&a, &b, Measure::Times);
    assert_eq!(pool(&slower).verdict, Verdict::Regression, "{:#?}", pool(&slower));
    assert!((pool(&slower).ratio.value - 1.2).abs() < 0.01);
    assert_eq!((pool(&slower).a_rounds, pool(&slower).b_rounds), (40, 40));
}

#[test]
fn runs_of_one_side_after_those_of_the_other_do_not() {
    let a: Vec<RunRecord> = (0..3).map(|number| run(number, DRIFT[number as usize], 0.6)).collect();
    let b: Vec<RunRecord> = (3..6).map(|number| run(number, DRIFT[number as usize], 0.6)).collect();
    let grouped = compared(&a, &b, Measure::Times);
    assert!(!grouped.turns && pool(&grouped).between.is_none());
    // The runs of a side lie 8 % apart, so that 11 % between the sides may be a drift that goes on.
    assert!((pool(&grouped).drift.runs.unwrap() - 0.151).abs() < 0.01);
    assert_eq!(grouped.outcome, Outcome::Inconclusive, "{:#?}", pool(&grouped));
    assert_eq!(grouped.needed.unwrap().runs, Some(3));
}

#[test]
fn two_pairs_are_widened_by_how_far_their_runs_lie_apart() {
    let (a, b) = turns(2, 1.08);
    let two = compared(&a, &b, Measure::Times);
    let case = pool(&two);
    assert!(case.between.is_none() && case.drift.runs.unwrap() > 0.03, "{case:#?}");
    assert_eq!(two.outcome, Outcome::Inconclusive);
    assert_eq!(two.needed.unwrap().runs, Some(1), "a third pair may tell");
}

#[test]
fn on_another_machine_speedups_are_compared_and_times_are_not() {
    let (here, there) = (vec![run(0, 1.0, 0.6)], vec![run(1, 3.0, 0.6)]);
    let times = compared(&here, &there, Measure::Times);
    assert_eq!(times.outcome, Outcome::Regression);
    let speedups = compared(&here, &there, Measure::Speedups);
    assert_eq!(speedups.outcome, Outcome::NoRegression, "{speedups:#?}");
    assert_eq!(speedups.cases().count(), 1, "the serial baseline is what all is relative to");
    let case = pool(&speedups);
    assert!((case.a_speedup.unwrap() - 1.0 / 0.6).abs() < 1e-2 && (case.ratio.value - 1.0).abs() < 1e-2);
    let worse = compared(&here, &[run(1, 0.5, 0.7)], Measure::Speedups);
    assert_eq!(worse.outcome, Outcome::Regression, "half the time, but less speedup: {worse:#?}");
    assert!((pool(&worse).ratio.value - 7.0 / 6.0).abs() < 1e-2);
}

#[test]
fn a_record_without_a_baseline_has_no_speedups() {
    let mut bare = run(1, 1.0, 0.6);
    bare.samples.retain(|sample| sample.case == 1);
    let compared = compared(&[run(0, 1.0, 0.6)], &[bare], Measure::Speedups);
    assert_eq!(compared.workloads[0].missing[0].reason, "run B: no serial baseline");
}
