//! When a run has measured enough. Pure: it is told the time and what was reached.

use std::time::Duration;

use crate::settings::Limits;
use crate::settings::values::{MAX_ROUNDS, Precision, RoundLimit};
use speedup_report::analysis::LEAST_ROUNDS;
use speedup_report::record::{RunRecord, Stop};

/// The goal where the user does not say: 1 %.
pub const DEFAULT_PRECISION: f64 = 0.01;

/// The limits where the user gives none.
const DEFAULT_LIMITS: (u32, Duration) = (100, Duration::from_secs(120));

/// When to stop. Whichever comes first counts.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct StopRule {
    /// After that many counted rounds.
    pub rounds: u32,
    /// When the half-width of every speedup's interval, relative to the speedup, is at most this; 0
    /// is never. Not before [`LEAST_ROUNDS`].
    pub precision: f64,
    /// When one more round like the last would take longer than this in all.
    pub max_time: Option<Duration>,
    /// Neither precision nor time ends the run before that many rounds.
    pub least_rounds: u32,
}

impl StopRule {
    /// The rule from what the user gave: where that is neither rounds nor a time, both are limited.
    #[must_use]
    pub fn of(limits: &Limits) -> Self {
        let given = limits.rounds.map(|RoundLimit(rounds)| rounds);
        let (rounds, max_time) = match (given, limits.max_time) {
            (None, None) => (DEFAULT_LIMITS.0, Some(DEFAULT_LIMITS.1)),
            (rounds, max_time) => (rounds.unwrap_or(MAX_ROUNDS), max_time),
        };
        let precision = limits.precision.map_or(DEFAULT_PRECISION, |Precision(share)| share);
        Self { rounds, precision, max_time, least_rounds: 0 }
    }

    /// Whether to stop after a round, when the run has taken `elapsed` and its last round `last`.
    #[must_use]
    pub fn check(&self, progress: &Reached, elapsed: Duration, last: Duration) -> Option<Stop> {
        if progress.rounds >= self.rounds {
            return Some(Stop::Rounds);
        }
        if progress.rounds < self.least_rounds {
            return None;
        }
        if progress.rounds >= LEAST_ROUNDS && progress.widest().is_some_and(|widest| widest <= self.precision)
        {
            return Some(Stop::Precision);
        }
        (self.max_time.is_some_and(|most| elapsed + last > most)).then_some(Stop::Time)
    }

    /// When a round that has begun is given up, so that the limit holds; absent where none is, or where the run would
    /// have nothing without that round.
    #[must_use]
    pub fn deadline(&self, progress: &Reached) -> Option<Duration> {
        self.max_time.filter(|_| progress.rounds >= self.least_rounds.max(1))
    }

    /// Where the time will not do for as many rounds as make a measurement: what it will do for, and what would do.
    /// `pass` is the time of a round.
    #[must_use]
    pub fn too_short(&self, progress: &Reached, elapsed: Duration, pass: Duration) -> Option<String> {
        let (most, pass_s) = (self.max_time?, pass.as_secs_f64());
        let missing = LEAST_ROUNDS.min(self.rounds).saturating_sub(progress.rounds);
        let needed = elapsed + pass * missing;
        if self.rounds < LEAST_ROUNDS || self.least_rounds >= LEAST_ROUNDS || needed <= most {
            return None;
        }
        let left = most.saturating_sub(elapsed).as_secs_f64() / pass_s;
        // The first round is finished whatever the limit is.
        let rounds = (progress.rounds + left as u32).max(1);
        // Some more, as rounds differ.
        let would = (1.1 * needed.as_secs_f64()).ceil();
        Some(format!(
            "--max-time {} s allows {rounds} of the {LEAST_ROUNDS} rounds that make a measurement, since a round takes \
             {pass_s:.1} s; --max-time {would:.0}s would do, or fewer or shorter cases",
            most.as_secs_f64()
        ))
    }

    /// How far the run has come towards its limits, from 0 to 1.
    #[must_use]
    pub fn share(&self, progress: &Reached, elapsed: Duration) -> f64 {
        let rounds = f64::from(progress.rounds) / f64::from(self.rounds);
        let time = self.max_time.map_or(0.0, |most| elapsed.as_secs_f64() / most.as_secs_f64());
        rounds.max(time).clamp(0.0, 1.0)
    }
}

/// What a rule asks of a run; the default is its beginning.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Reached {
    /// Counted rounds that every case has been measured in.
    pub rounds: u32,
    /// The half-width of each case's speedup, relative to the speedup, by the index of the case; `None` where it has no
    /// interval. Nothing where that was not looked at.
    pub widths: Widths,
}

/// Relative half-widths of speedups by the index of their case.
pub type Widths = Vec<(usize, Option<f64>)>;

impl Reached {
    /// The half-width of a case.
    pub(super) fn width(&self, case: usize) -> Option<f64> {
        self.widths.iter().find(|(index, _)| *index == case)?.1
    }

    /// The widest; `None` while a case has no interval.
    pub(super) fn widest(&self) -> Option<f64> {
        self.widths.iter().map(|(_, width)| *width).reduce(|one, other| Some(one?.max(other?))).flatten()
    }
}

/// Counted rounds that every case has been measured in.
pub(super) fn least_rounds(record: &RunRecord) -> u32 {
    let mut counts = vec![0; record.plan.cases.len()];
    for sample in record.samples.iter().filter(|sample| !sample.warmup) {
        counts[sample.case] += 1;
    }
    counts.into_iter().min().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn rule(rounds: Option<u32>, precision: Option<f64>, max_time: Option<Duration>) -> StopRule {
        let (rounds, precision) = (rounds.map(RoundLimit), precision.map(Precision));
        StopRule::of(&Limits { rounds, precision, max_time })
    }

    fn reached(rounds: u32, widest: Option<f64>) -> Reached {
        Reached { rounds, widths: vec![(0, Some(0.0)), (1, widest)] }
    }

    fn check(stop: StopRule, rounds: u32, widest: Option<f64>, elapsed: u32) -> Option<Stop> {
        stop.check(&reached(rounds, widest), SECOND * elapsed, SECOND)
    }

    #[test]
    fn whichever_comes_first_stops_the_run() {
        let stop = rule(Some(20), Some(0.01), Some(60 * SECOND));
        assert_eq!(check(stop, 19, Some(0.011), 59), None);
        assert_eq!(check(stop, 19, Some(0.01), 10), Some(Stop::Precision));
        assert_eq!(check(stop, 20, Some(0.02), 10), Some(Stop::Rounds));
        assert_eq!(check(stop, 6, None, 60), Some(Stop::Time));
    }

    #[test]
    fn a_few_rounds_are_not_believed() {
        let stop = rule(Some(3), None, None);
        assert_eq!(check(stop, 2, Some(0.001), 1), None);
        assert_eq!(check(stop, 3, Some(0.001), 1), Some(Stop::Rounds));
        let endless = rule(None, Some(0.0), Some(1000 * SECOND));
        assert_eq!(check(endless, 500, Some(1e-6), 500), None);
    }

    #[test]
    fn only_the_number_of_rounds_ends_a_run_before_its_least() {
        let stop = StopRule { least_rounds: 10, ..rule(Some(12), Some(0.01), Some(60 * SECOND)) };
        assert_eq!(check(stop, 9, Some(0.001), 90), None);
        assert_eq!(check(stop, 10, Some(0.001), 9), Some(Stop::Precision));
        assert_eq!(check(stop, 10, None, 90), Some(Stop::Time));
        assert_eq!(check(stop, 12, Some(0.001), 90), Some(Stop::Rounds));
        assert_eq!(check(StopRule { least_rounds: 20, ..stop }, 12, None, 0), Some(Stop::Rounds));
    }

    #[test]
    fn a_round_is_given_up_only_where_others_are_there() {
        let stop = rule(None, None, Some(60 * SECOND));
        let of = |stop: StopRule, rounds| stop.deadline(&reached(rounds, None));
        assert_eq!((of(stop, 0), of(stop, 1)), (None, Some(60 * SECOND)));
        let stop = StopRule { least_rounds: 10, ..stop };
        assert_eq!((of(stop, 9), of(stop, 10)), (None, Some(60 * SECOND)));
        assert_eq!(of(rule(Some(9), None, None), 3), None);
    }

    #[test]
    fn a_time_too_short_for_five_rounds_is_said_with_one_that_is_not() {
        let stop = rule(None, None, Some(20 * SECOND));
        let none = reached(0, None);
        assert_eq!(stop.too_short(&none, 5 * SECOND, 3 * SECOND), None);
        let said = stop.too_short(&none, 6 * SECOND, 6 * SECOND).unwrap();
        assert!(said.contains("--max-time 20 s allows 2 of the 5 rounds"), "{said}");
        assert!(said.contains("--max-time 40s would do"), "{said}");
        let said = stop.too_short(&none, 30 * SECOND, 30 * SECOND).unwrap();
        assert!(said.contains("allows 1 of the 5"), "{said}");
        // Who asks for three rounds gets them.
        assert_eq!(rule(Some(3), None, Some(SECOND)).too_short(&none, SECOND, SECOND), None);
        assert_eq!(stop.too_short(&Reached { rounds: 4, ..none }, 15 * SECOND, 5 * SECOND), None);
    }

    #[test]
    fn a_run_without_limits_gets_both() {
        let stop = rule(None, None, None);
        assert_eq!(stop.max_time, Some(120 * SECOND));
        assert_eq!(rule(Some(7), None, None).max_time, None);
        assert_eq!(rule(None, None, Some(SECOND)).rounds, MAX_ROUNDS);
    }
}
