//! How much more has to be measured for a decision.
//!
//! The distance from an estimate to the end of its interval falls with the square root of the rounds, or of the
//! runs where those are what differs. An end that has to come to half its distance needs four times as many.

use super::model::{CaseComparison, Needed, Verdict, WorkloadComparison};
use super::{PAIRS, Terms};

/// Fewer rounds say too little for an interval to be believed.
const LEAST_ROUNDS: f64 = 5.0;

/// More than this is no advice.
const MOST: f64 = 100_000.0;

/// What there is to decide by.
#[derive(Debug, Clone, Copy)]
pub(super) struct Runs {
    /// Runs that each side has at least.
    pub(super) each: usize,
    /// Whether they took turns.
    pub(super) turns: bool,
    /// Whether they are two in the same rounds.
    pub(super) same_rounds: bool,
}

/// What the cases that are open need.
pub(super) fn needed(workloads: &[WorkloadComparison], runs: Runs, terms: &Terms) -> Needed {
    let mut needed = Needed { rounds: None, runs: None, unknown: Vec::new() };
    for workload in workloads {
        for case in &workload.missing {
            needed
                .unknown
                .push(format!("{} {} cannot be compared: {}", workload.name, case.case, case.reason));
        }
        let open = |case: &&CaseComparison| {
            case.verdict != Verdict::Regression && !case.excludes_regression(terms.threshold)
        };
        for case in workload.cases.iter().filter(open) {
            match of_case(case, runs, terms.threshold) {
                More::Rounds(more) => needed.rounds = needed.rounds.max(Some(more)),
                More::Runs(more) => needed.runs = needed.runs.max(Some(more)),
                More::Unknown(reason) => {
                    needed.unknown.push(format!("{} {}: {reason}", workload.name, case.name()));
                }
            }
        }
    }
    needed
}

/// What one case needs.
#[derive(Debug, PartialEq)]
enum More {
    Rounds(u64),
    Runs(u64),
    Unknown(&'static str),
}

fn of_case(case: &CaseComparison, Runs { each: runs, turns, same_rounds }: Runs, threshold: f64) -> More {
    let rounds = case.a_rounds.min(case.b_rounds) as f64 / runs as f64;
    let Some((interval, with_drift)) = case.ratio.interval.zip(case.with_drift) else {
        return match rounds {
            0.0 => More::Unknown("a run has a published mean and no rounds"),
            _ => more(rounds, LEAST_ROUNDS / rounds).map_or_else(too_close, More::Rounds),
        };
    };
    let (ratio, bound) = (case.ratio.value, 1.0 + threshold);
    let excluded_to = bound * case.faster_clock();
    if ratio < excluded_to {
        // It would be no regression if its interval ended there.
        let part = (interval.high - ratio) / (excluded_to - ratio);
        return more(rounds, part * part).map_or_else(too_close, More::Rounds);
    }
    if case.between.is_some() {
        let part = (ratio - with_drift.low) / (ratio - bound);
        let more = if ratio > bound { more(runs as f64, part * part) } else { None };
        return more.map_or_else(too_close, More::Runs);
    }
    // The least that it may be once nothing but a slower machine has to be allowed for.
    let surely = ratio / case.drift.machine().high;
    let apart = case.drift.runs.is_some_and(|runs| surely / (1.0 + runs) <= bound);
    if same_rounds && surely <= bound {
        // The machine is the same for both.
        return too_close();
    }
    if surely <= bound || apart {
        // No number of rounds tells a slower machine from a slower program; runs that take turns do.
        return More::Runs(if turns { PAIRS.saturating_sub(runs).max(1) } else { PAIRS } as u64);
    }
    let part = (surely - with_drift.low) / (surely - bound);
    more(rounds, part * part).map_or_else(too_close, More::Rounds)
}

/// How many more there have to be than `now` for `times` as many, at least one.
fn more(now: f64, times: f64) -> Option<u64> {
    let more = (now * times).ceil() - now;
    (more.is_finite() && more <= MOST).then_some(more.max(1.0).ceil() as u64)
}

fn too_close() -> More {
    More::Unknown("its ratio lies too close to the threshold")
}

#[cfg(test)]
mod tests {
    use super::super::model::Drift;
    use super::*;
    use crate::stats::{Interval, Quantity};

    fn case(value: f64, (low, high): (f64, f64), drift: Drift) -> CaseComparison {
        let interval = Interval { low, high };
        CaseComparison {
            executor: "threads".into(),
            workers: 2,
            a_s: 1.0,
            b_s: value,
            a_speedup: None,
            b_speedup: None,
            a_rounds: 10,
            b_rounds: 12,
            ratio: Quantity { value, interval: Some(interval) },
            again: None,
            drift,
            between: None,
            with_drift: Some(drift.widen(value, interval)),
            verdict: Verdict::Inconclusive,
            change: None,
        }
    }

    fn runs(each: usize, turns: bool) -> Runs {
        Runs { each, turns, same_rounds: false }
    }

    #[test]
    fn in_the_same_rounds_no_machine_has_to_be_told_apart() {
        let same_rounds = Runs { same_rounds: true, ..runs(1, true) };
        let floor = Drift { floor: Some(0.03), ..Drift::default() };
        // From 1.06, the end at 1.06 / 1.03 has to come to 1.02, which takes more rounds and no more runs.
        let worse = case(1.06, (1.0, 1.12), floor);
        assert_eq!(of_case(&worse, same_rounds, 0.02), More::Rounds(13));
        let at = case(1.02, (0.99, 1.05), floor);
        assert_eq!(of_case(&at, same_rounds, 0.02), too_close());
    }

    #[test]
    fn half_the_distance_takes_four_times_the_rounds() {
        // From 1.00, the end at 1.04 has to come to 1.02.
        let open = case(1.0, (0.96, 1.04), Drift::default());
        assert_eq!(of_case(&open, runs(1, true), 0.02), More::Rounds(30));
        // From 1.06, the end at 1.00 has to come to 1.02.
        let worse = case(1.06, (1.0, 1.12), Drift::default());
        assert_eq!(of_case(&worse, runs(1, true), 0.02), More::Rounds(13));
        // The rounds are those of each run.
        assert_eq!(of_case(&open, runs(2, true), 0.02), More::Rounds(15));
    }

    #[test]
    fn a_slower_machine_is_told_apart_by_runs_and_not_by_rounds() {
        let drift = Drift { clock: Some(1.05), ..Drift::default() };
        let slower = case(1.06, (1.05, 1.07), drift);
        assert_eq!(of_case(&slower, runs(1, true), 0.02), More::Runs(2));
        assert_eq!(of_case(&slower, runs(2, false), 0.02), More::Runs(3));
        let paired = CaseComparison {
            between: Some(Interval { low: 1.0, high: 1.12 }),
            with_drift: Some(Interval { low: 1.0, high: 1.12 }),
            ..slower
        };
        assert_eq!(of_case(&paired, runs(4, true), 0.02), More::Runs(5));
    }

    #[test]
    fn what_no_number_decides_has_its_reason() {
        let at = case(1.02, (0.99, 1.05), Drift::default());
        assert_eq!(of_case(&at, runs(1, true), 0.02), More::Runs(2));
        let close = case(1.019_999_9, (0.99, 1.05), Drift::default());
        assert_eq!(of_case(&close, runs(1, true), 0.02), too_close());
        let few = CaseComparison { ratio: Quantity::known(1.0), with_drift: None, a_rounds: 2, ..at };
        assert_eq!(of_case(&few, runs(1, true), 0.02), More::Rounds(3));
        let published = CaseComparison { a_rounds: 0, ..few };
        assert!(
            matches!(of_case(&published, runs(1, true), 0.02), More::Unknown(reason) if reason.contains("published"))
        );
    }
}
