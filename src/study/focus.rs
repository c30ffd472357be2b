//! Which cases the next round measures: all, or those whose speedups are known worst. Pure.
//!
//! A run that is limited by its time is as precise as its widest interval. A case that is already known well gains
//! nothing there from another round, so the time goes to the others, each with the serial baseline of its workload in
//! the same round. All cases are measured in between, so that none stays in the mood that the machine was in at
//! first.

use super::stopping::{Reached, StopRule};
use speedup_report::analysis::LEAST_ROUNDS;
use speedup_report::record::{BASELINE, Case};

/// One round of so many has every case. In a simulation over recorded rounds of two CPUs that others used too, this and
/// the next narrowed the widest interval after 60 s by a quarter.
const WHOLE: u32 = 8;

/// A case takes part if its interval is at least this part of the widest.
const PART: f64 = 0.7;

/// The cases of a round, of all those of a plan, in the order in which they stand there.
pub(super) fn focus(cases: &[Case], reached: &Reached, rule: &StopRule, round: u32) -> Vec<usize> {
    let all = || (0..cases.len()).collect();
    let least = LEAST_ROUNDS.max(rule.least_rounds);
    if rule.max_time.is_none() || reached.rounds < least || round.is_multiple_of(WHOLE) {
        return all();
    }
    // One without an interval is known worst of all.
    let width = |case: usize| reached.width(case).unwrap_or(f64::INFINITY);
    let pools = || (0..cases.len()).filter(|&case| cases[case].executor != BASELINE);
    let Some(widest) = pools().map(width).max_by(f64::total_cmp) else { return all() };
    let wide = |case: usize| width(case) > rule.precision && width(case) >= PART * widest;
    let takes_part = |case: usize| match cases[case].executor.as_str() {
        BASELINE => pools().any(|pool| cases[pool].workload == cases[case].workload && wide(pool)),
        _ => wide(case),
    };
    (0..cases.len()).filter(|&case| takes_part(case)).collect()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    const RULE: StopRule =
        StopRule { rounds: 100, precision: 0.01, max_time: Some(Duration::from_secs(60)), least_rounds: 0 };

    /// Two workloads, each with its baseline and two pools; their widths in that order.
    fn chosen(widths: [f64; 4], rule: &StopRule, rounds: u32, round: u32) -> Vec<usize> {
        let case = |workload: &str, executor: &str, again| Case {
            workload: workload.into(),
            executor: executor.into(),
            workers: 1,
            again,
        };
        let cases: Vec<Case> = ["a", "b"]
            .iter()
            .flat_map(|workload| {
                [
                    case(workload, BASELINE, false),
                    case(workload, BASELINE, true),
                    case(workload, "threads", false),
                    case(workload, "processes", false),
                ]
            })
            .collect();
        let known = |width: f64| width.is_finite().then_some(width);
        let widths = [2, 3, 6, 7].into_iter().zip(widths.map(known)).collect();
        focus(&cases, &Reached { rounds, widths }, rule, round)
    }

    #[test]
    fn time_goes_to_the_cases_that_are_known_worst_with_their_baselines() {
        assert_eq!(chosen([0.02, 0.08, 0.03, 0.039], &RULE, 9, 9), [0, 1, 3]);
        assert_eq!(chosen([0.02, 0.08, 0.03, 0.06], &RULE, 9, 9), [0, 1, 3, 4, 5, 7]);
        // What is known as well as was asked for is done, however near to the widest.
        assert_eq!(chosen([0.009, 0.01, 0.011, 0.01], &RULE, 9, 9), [4, 5, 6]);
        let none = f64::INFINITY;
        assert_eq!(chosen([0.02, none, 0.03, 0.5], &RULE, 9, 9), [0, 1, 3]);
    }

    #[test]
    fn every_case_has_its_least_rounds_and_comes_again() {
        let all = [0, 1, 2, 3, 4, 5, 6, 7];
        let widths = [0.02, 0.08, 0.03, 0.03];
        assert_eq!(chosen(widths, &RULE, 4, 9), all);
        assert_eq!(chosen(widths, &StopRule { least_rounds: 10, ..RULE }, 9, 9), all);
        assert_eq!(chosen(widths, &RULE, 9, 16), all);
        // Where the rounds are counted and not the time, there is none to spare.
        assert_eq!(chosen(widths, &StopRule { max_time: None, ..RULE }, 9, 9), all);
    }
}
