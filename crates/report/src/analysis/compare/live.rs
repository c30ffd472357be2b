//! Two runs in the same rounds: a live comparison.

use super::side::Executions;
use super::{Comparison, Measure, Sides, Terms, compared};
use crate::record::{Case, Design, RunRecord};
use crate::stats::Quantity;
use crate::stats::trimmed::{self, Pair};

/// Compares two runs that took turns within the same rounds, case by case: each round gives a pair, and the interval of
/// the ratio B / A, a [trimmed mean](crate::stats::trimmed), is that of pairs. `again` is a second arm of `a` in the same
/// rounds, which `b` makes pairs with as well: how far the two arms lie apart is what the machine alone does, and no
/// smaller change is laid on the program. Runs of other rounds are compared as
/// [`compare_all`](super::compare_all) does it.
#[must_use]
pub fn compare_live(a: &RunRecord, b: &RunRecord, again: Option<&RunRecord>, terms: Terms) -> Comparison {
    compared(&Sides::of(&[a], &[b], again, terms), (&[a], &[b]))
}

/// The widest relative half-width of the ratio of any case; `None` while one has no interval.
#[must_use]
pub fn widest_live(a: &RunRecord, b: &RunRecord, again: &RunRecord) -> Option<f64> {
    let terms = Terms { threshold: 0.0, measure: Measure::Times };
    let sides = Sides::of(&[a], &[b], Some(again), terms);
    let widths = a.plan.cases.iter().filter(|case| !case.again).map(|case| {
        let (a, b) = sides.executions(case).ok()?;
        sides.ratio(&a, &b, sides.again(case).as_ref()).relative_half_width()
    });
    widths.collect::<Option<Vec<f64>>>()?.into_iter().reduce(f64::max)
}

/// Whether the rounds of two runs are the same: round r of the one was measured with round r of the other.
pub(super) fn in_same_rounds(a: &RunRecord, b: &RunRecord) -> bool {
    let in_rounds = |record: &RunRecord| record.design == Design::InterleavedRounds;
    let same_draws = a.plan.invocation_rounds == b.plan.invocation_rounds;
    a.plan.turns.is_some() && a.plan.turns == b.plan.turns && in_rounds(a) && in_rounds(b) && same_draws
}

impl Sides<'_> {
    /// The executions of the second arm of the side before.
    pub(super) fn again(&self, case: &Case) -> Option<Executions> {
        Some(self.again.as_ref()?.executions(case, self.terms.measure).ok()?.swap_remove(0))
    }
}

/// The ratio of executions to those of some arms in the same rounds.
pub(super) fn to_arms<'a>(
    above: &Executions,
    arms: impl IntoIterator<Item = &'a Executions>,
) -> Option<Quantity> {
    let pairs = arms.into_iter().flat_map(|arm| {
        arm.keys.iter().zip(&arm.values).filter_map(|(key, &below)| {
            let round = above.keys.binary_search(key).ok()?;
            Some(Pair { round, above: above.values[round], below })
        })
    });
    trimmed::ratio_of_pairs(above.keys.len(), &pairs.collect::<Vec<_>>())
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroU32;

    use super::super::tests::{planned, sample};
    use super::super::{Outcome, Verdict};
    use super::*;
    use crate::analysis::Loss;
    use crate::record::Sample;

    /// Rounds of the serial baseline and threads/2, which a machine that swings by a quarter makes `slower` times as
    /// long; each round differs by so much more.
    fn run(rounds: u32, slower: impl Fn(u32) -> f64) -> RunRecord {
        let mut record = planned();
        record.ceilings.clear();
        record.plan.turns = Some("live".to_string());
        let swing = |round: u32| 1.0 + 0.25 * f64::from(round * 7 % 5) / 4.0;
        let at = |case, round, wall: f64| -> Sample {
            sample(case, round, (wall * swing(round) * slower(round) * 1e9) as u64, Vec::new())
        };
        record.samples = (0..rounds).flat_map(|round| [at(0, round, 1.0), at(1, round, 0.6)]).collect();
        record
    }

    fn little(round: u32) -> f64 {
        1.0 + 1e-3 * f64::from(round * 3 % 4)
    }

    const TERMS: Terms = Terms { threshold: 0.01, measure: Measure::Times };

    #[test]
    fn a_change_of_two_per_cent_is_seen_on_a_machine_that_swings_by_a_quarter() {
        let (a, again) = (run(20, little), run(20, |round| little(round + 1)));
        let b = run(20, |round| 1.02 * little(round + 2));
        let live = compare_live(&a, &b, Some(&again), TERMS);
        assert!(live.same_rounds && live.outcome == Outcome::Regression, "{live:#?}");
        let case = live.cases().next().unwrap().1;
        assert!(
            (case.ratio.value - 1.02).abs() < 1e-3 && case.ratio.half_width().unwrap() < 2e-3,
            "{case:#?}"
        );
        assert!(case.drift.floor.unwrap() < 2e-3 && case.drift.clock.is_none());
        assert_eq!(live.cases().filter(|(_, case)| case.verdict == Verdict::Regression).count(), 2);
        assert!(
            (widest_live(&a, &b, &again).unwrap() - case.ratio.relative_half_width().unwrap()).abs() < 1e-3
        );
        // Without the pairs, the swing hides it.
        let mut apart = b.clone();
        apart.plan.turns = None;
        let apart = compare_live(&a, &apart, Some(&again), TERMS);
        assert!(!apart.same_rounds && apart.outcome == Outcome::Inconclusive);
        assert_eq!(compare_live(&a, &again, Some(&b), TERMS).outcome, Outcome::NoRegression);
    }

    #[test]
    fn what_the_side_before_does_to_itself_is_no_regression() {
        let (a, b) = (run(20, little), run(20, |round| 1.02 * little(round + 2)));
        let again = run(20, |round| 1.015 * little(round + 1));
        let live = compare_live(&a, &b, Some(&again), TERMS);
        assert_eq!(live.outcome, Outcome::Inconclusive, "{live:#?}");
        let case = live.cases().next().unwrap().1;
        assert!((case.again.unwrap().value - 1.015).abs() < 1e-3 && case.with_drift.unwrap().low < 1.01);
    }

    #[test]
    fn a_floor_that_is_not_known_leaves_a_change_open() {
        let (a, b) = (run(6, little), run(6, |round| 1.5 * little(round)));
        let mut again = run(6, little);
        again.samples.retain(|sample| sample.round == 3);
        let live = compare_live(&a, &b, Some(&again), TERMS);
        let case = live.cases().next().unwrap().1;
        assert!(case.ratio.interval.is_some() && case.again.unwrap().interval.is_none(), "{case:#?}");
        assert_eq!(
            (case.verdict, live.outcome, case.with_drift),
            (Verdict::Inconclusive, Outcome::Inconclusive, None)
        );
    }

    #[test]
    fn rounds_of_one_process_are_one_draw() {
        let layout = |round: u32| if (round / 5).is_multiple_of(2) { 1.0 } else { 1.05 };
        let (mut a, mut b) = (run(20, little), run(20, |round| layout(round) * little(round + 2)));
        let by_rounds = compare_live(&a, &b, None, TERMS);
        for record in [&mut a, &mut b] {
            record.plan.invocation_rounds = NonZeroU32::new(5);
        }
        let by_processes = compare_live(&a, &b, None, TERMS);
        let width = |of: &Comparison| of.cases().next().unwrap().1.ratio.half_width().unwrap();
        assert!(width(&by_processes) > 2.0 * width(&by_rounds), "{by_processes:#?}");
        assert_eq!(by_processes.cases().next().unwrap().1.a_rounds, 4);
    }

    #[test]
    fn only_rounds_that_have_both_count() {
        let (mut a, mut b) = (run(8, little), run(8, |round| 1.5 * little(round)));
        a.samples.retain(|sample| sample.round != 2);
        b.samples.retain(|sample| sample.round < 6);
        let live = compare_live(&a, &b, None, TERMS);
        let case = live.cases().next().unwrap().1;
        assert_eq!((case.a_rounds, case.b_rounds), (5, 5));
        assert!((case.ratio.value - 1.5).abs() < 1e-6, "{case:#?}");
        b.samples.retain(|sample| sample.round == 2);
        let none = compare_live(&a, &b, None, TERMS);
        assert_eq!(none.workloads[0].missing[0].reason, "no round has both");
        assert_eq!(none.outcome, Outcome::Inconclusive);
    }

    #[test]
    fn the_change_of_a_pair_is_as_narrow_as_the_pair() {
        let with_task = |record: &mut RunRecord| {
            for sample in &mut record.samples {
                sample.tasks = vec![crate::record::TaskSpan::busy(0, 0, (0, sample.wall_ns))];
            }
        };
        let (mut a, mut b) = (run(20, little), run(20, |round| 1.02 * little(round + 2)));
        with_task(&mut a);
        with_task(&mut b);
        let live = compare_live(&a, &b, None, TERMS);
        let change = live.cases().next().unwrap().1.change.clone().unwrap();
        let row = change.largest().unwrap();
        assert!(row.loss == Loss::SlowerTasks && row.is_beyond_doubt(), "{change:#?}");
        // A fiftieth of a second or a little more, since the machine was slower in some rounds.
        assert!((0.019..0.027).contains(&row.worker_seconds.value), "{row:#?}");
        assert!(row.worker_seconds.half_width().unwrap() < 0.005, "{row:#?}");
    }
}
