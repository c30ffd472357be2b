//! What came out of a contest: a figure for each contender, and the comparisons.

use super::{Against, Comparison, Contest, Limit, Reading, Role, Sample, State, Unit};
use speedup_report::stats::{Quantity, Summary, median, order};

/// What a contender did.
#[derive(Debug, Clone, PartialEq)]
pub struct Figures {
    /// Its name.
    pub name: String,
    /// What it stands for.
    pub role: Role,
    /// The best of all rounds, in the contest's unit.
    pub best: f64,
    /// The median of all rounds, of the quiet and of the busy ones, in the contest's unit.
    pub all: Found,
    /// Of the quiet rounds.
    pub quiet: Found,
    /// Of the busy rounds.
    pub busy: Found,
    /// The median of the CPU seconds for each unit of amount, where they are known.
    pub cpu_s: Option<f64>,
}

/// The median of some rounds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Found {
    /// How many rounds there were.
    pub rounds: usize,
    /// The median with its interval; `None` of no rounds.
    pub median: Option<Quantity>,
}

/// What came of a comparison: the ratio to the other's figure in the same round, or the figure itself.
#[derive(Debug, Clone, PartialEq)]
pub struct Outcome {
    /// What was compared.
    pub comparison: Comparison,
    /// Over all rounds.
    pub all: Found,
    /// Over those in which both sides were measured undisturbed.
    pub quiet: Found,
    /// Over those in which both had a busy neighbour.
    pub busy: Found,
}

/// Whether a bound is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// The whole interval keeps it.
    Met,
    /// The median keeps it, but not the whole interval, or there is none.
    ProbablyMet,
    /// The median breaks it, but not the whole interval, or there is none.
    ProbablyMissed,
    /// The whole interval breaks it.
    Missed,
}

impl Verdict {
    /// Sets an estimate against a bound.
    #[must_use]
    pub fn of(limit: Limit, estimate: Quantity) -> Self {
        let ends =
            estimate.interval.map(|interval| [interval.low, interval.high].map(|end| limit.holds(end)));
        match (limit.holds(estimate.value), ends) {
            (true, Some([true, true])) => Self::Met,
            (true, _) => Self::ProbablyMet,
            (false, Some([false, false])) => Self::Missed,
            (false, _) => Self::ProbablyMissed,
        }
    }

    /// The verdict in a word; a question mark stands where the interval does not decide it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Met => "met",
            Self::ProbablyMet => "met?",
            Self::ProbablyMissed => "missed?",
            Self::Missed => "missed",
        }
    }
}

impl Unit {
    fn figure(self, reading: &Reading) -> f64 {
        match self {
            Self::SecondsPer(_) => reading.wall_s / reading.amount,
            Self::PerSecond(_) => reading.amount / reading.wall_s,
        }
    }
}

/// Values of rounds, each with its state.
type Rounds = Vec<(State, f64)>;

impl Contest {
    /// The figures of every contender that was measured, with `widest` the greatest width that the core
    /// is known to have.
    #[must_use]
    pub fn figures(&self, widest: f64) -> Vec<Figures> {
        let figures = self.contenders.iter().enumerate().filter_map(|(number, (name, role))| {
            let rounds = self.rounds_of(number, widest);
            let values: Vec<f64> = rounds.iter().map(|(_, value)| *value).collect();
            let summary = Summary::of(&values)?;
            let best = match self.unit {
                Unit::SecondsPer(_) => summary.min,
                Unit::PerSecond(_) => summary.max,
            };
            let [all, quiet, busy] = by_state(&rounds);
            let readings = self.samples_of(number).map(|sample| sample.reading);
            let cpu: Vec<f64> =
                readings.filter_map(|reading| reading.cpu_s.map(|cpu_s| cpu_s / reading.amount)).collect();
            Some(Figures { name: name.clone(), role: *role, best, all, quiet, busy, cpu_s: median(&cpu) })
        });
        figures.collect()
    }

    /// What came of each comparison.
    #[must_use]
    pub fn outcomes(&self, widest: f64) -> Vec<Outcome> {
        let outcome = |comparison: &Comparison| {
            let [all, quiet, busy] = by_state(&self.compare(comparison, widest));
            Outcome { comparison: comparison.clone(), all, quiet, busy }
        };
        self.comparisons.iter().map(outcome).collect()
    }

    fn compare(&self, comparison: &Comparison, widest: f64) -> Rounds {
        let ours = self.number(&comparison.ours).map_or(Vec::new(), |number| self.rounds_of(number, widest));
        match &comparison.against {
            Against::Itself => ours,
            Against::Of(other) => {
                let theirs = self.number(other).map_or(Vec::new(), |number| self.rounds_of(number, widest));
                // Both have the same rounds: a round has every contender once.
                ours.iter().zip(&theirs).map(|(a, b)| (a.0.both(b.0), a.1 / b.1)).collect()
            }
        }
    }

    fn number(&self, name: &str) -> Option<usize> {
        self.contenders.iter().position(|(other, _)| other == name)
    }

    fn samples_of(&self, contender: usize) -> impl Iterator<Item = &Sample> {
        self.samples.iter().filter(move |sample| sample.contender == contender)
    }

    fn rounds_of(&self, contender: usize, widest: f64) -> Rounds {
        let mut samples: Vec<&Sample> = self.samples_of(contender).collect();
        samples.sort_by_key(|sample| sample.round);
        let state = |sample: &Sample| State::of(sample.widths, widest);
        samples.into_iter().map(|sample| (state(sample), self.unit.figure(&sample.reading))).collect()
    }
}

/// The medians of all rounds, of the quiet ones, and of the busy ones.
fn by_state(rounds: &[(State, f64)]) -> [Found; 3] {
    [None, Some(State::Quiet), Some(State::Busy)].map(|wanted| {
        let is_in = |state: State| wanted.is_none_or(|wanted| state == wanted);
        let values: Vec<f64> =
            rounds.iter().filter(|(state, _)| is_in(*state)).map(|(_, value)| *value).collect();
        Found { rounds: values.len(), median: order::median(&values) }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use speedup_report::stats::Interval;

    /// Two contenders over eight rounds, of which the first four are quiet and the others, which take
    /// twice the time, busy.
    fn contest(unit: Unit) -> Contest {
        let sample = |round: u32, contender: usize| {
            let (pace, width) = if round < 4 { (1.0, 4.0) } else { (2.0, 2.0) };
            let wall_s = pace * [3.0, 2.0][contender] * (1.0 + f64::from(round) * 1e-3);
            let reading = Reading { wall_s, cpu_s: Some(2.0 * wall_s), amount: 10.0 };
            Sample { round, contender, reading, widths: Some((width, width)) }
        };
        // As they were measured: in another order in each round.
        let samples = (0..8).flat_map(|round| {
            let order = if round % 2 == 0 { [0, 1] } else { [1, 0] };
            order.map(|contender| sample(round, contender))
        });
        Contest {
            title: "a contest".into(),
            unit,
            contenders: vec![("ours".into(), Role::Contender), ("floor".into(), Role::Floor)],
            comparisons: vec![
                Comparison { ours: "ours".into(), against: Against::of("floor"), limit: None },
                Comparison { ours: "ours".into(), against: Against::Itself, limit: None },
            ],
            samples: samples.collect(),
        }
    }

    #[test]
    fn a_ratio_is_paired_within_its_round_and_told_for_each_state() {
        let outcomes = contest(Unit::SecondsPer("task")).outcomes(4.0);
        for (found, rounds) in [(outcomes[0].all, 8), (outcomes[0].quiet, 4), (outcomes[0].busy, 4)] {
            assert_eq!(found.rounds, rounds);
            assert!((found.median.unwrap().value - 1.5).abs() < 1e-12, "{found:?}");
        }
        let (quiet, busy) = (outcomes[1].quiet.median.unwrap().value, outcomes[1].busy.median.unwrap().value);
        assert!((quiet - 0.3).abs() < 1e-3 && (busy - 0.6).abs() < 5e-3, "{quiet} {busy}");
    }

    #[test]
    fn a_rate_is_the_better_the_more() {
        let contest = contest(Unit::PerSecond("task"));
        let figures = contest.figures(4.0);
        assert!((figures[1].best - 5.0).abs() < 1e-12);
        assert!((contest.outcomes(4.0)[0].all.median.unwrap().value - 2.0 / 3.0).abs() < 1e-12);
        assert!((figures[0].cpu_s.unwrap() - 0.9).abs() < 0.1, "CPU is in seconds for each: {figures:?}");
    }

    #[test]
    fn nothing_measured_is_no_figure() {
        let mut contest = contest(Unit::SecondsPer("task"));
        contest.samples.retain(|sample| sample.contender == 1);
        assert_eq!(contest.figures(4.0).len(), 1);
        assert_eq!(contest.outcomes(4.0)[0].all, Found { rounds: 0, median: None });
    }

    #[test]
    fn a_verdict_is_certain_where_the_interval_is() {
        let estimate = |value, low, high| Quantity { value, interval: Some(Interval { low, high }) };
        let limit = Limit::AtMost(1.5);
        assert_eq!(Verdict::of(limit, estimate(1.0, 0.9, 1.5)), Verdict::Met);
        assert_eq!(Verdict::of(limit, estimate(1.4, 0.9, 1.6)), Verdict::ProbablyMet);
        assert_eq!(Verdict::of(limit, estimate(1.7, 1.4, 1.8)), Verdict::ProbablyMissed);
        assert_eq!(Verdict::of(limit, estimate(1.7, 1.6, 1.8)), Verdict::Missed);
        assert_eq!(Verdict::of(Limit::AtLeast(0.6), Quantity::known(0.7)), Verdict::ProbablyMet);
    }
}
