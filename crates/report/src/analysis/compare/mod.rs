//! Runs against runs: has a case become slower, and which loss moved?
//!
//! A comparison is of means: the ratio B / A with an interval from a bootstrap of both sides, each by
//! itself, because nothing pairs a round of one run with a round of another. That interval knows only what
//! happened within the runs. Between them the machine changes too. With one or two runs a side, the interval is
//! widened by the [`Drift`] that the runs themselves show before anything is concluded. Runs that took turns are
//! compared by pairs, so that a machine that gets slower falls on both alike; where there are at least [`PAIRS`] of
//! them, how much their ratios differ shows what the machine does between runs, and nothing else needs to be allowed
//! for.
//!
//! Runs whose rounds were the same ([`compare_live`]) are compared round by round: what the machine does falls on both,
//! and nothing but the noise floor, which a second arm of the side before shows, is allowed for.

mod change;
mod comparable;
mod drift;
mod live;
mod model;
mod needed;
mod run;
mod side;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod turns;

use self::change::{Entries, Of, change};
use self::model::name_of;
use self::needed::Runs;
use self::run::Run;
use self::side::{Executions, Side, concatenated};
use super::rounds::Rounds;
use crate::record::{BASELINE, Case, RunRecord, WorkloadRecord};
use crate::stats::{Interval, Quantity, bootstrap};

pub use self::comparable::{differences, of_batches, of_machines};
pub use self::live::{compare_live, widest_live};
pub use self::model::{
    CaseComparison, Change, ChangePart, ChangeRow, Comparison, Difference, Drift, Measure, MissingCase,
    Needed, Outcome, RunName, Verdict, WorkloadComparison,
};

/// Fewer runs a side say too little of how runs differ: Student's quantile alone would be 12.7.
pub const PAIRS: usize = 3;

/// How runs are compared.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Terms {
    /// Change up to which a case counts as unchanged, a share such as 0.02.
    pub threshold: f64,
    /// What is compared.
    pub measure: Measure,
}

/// Compares run `b` with run `a`, case by case, whether or not they are comparable: see
/// [`Comparison::differences`]. A time that changed by no more than `threshold`, a share such as
/// 0.02, counts as unchanged.
#[must_use]
pub fn compare(a: &RunRecord, b: &RunRecord, threshold: f64) -> Comparison {
    compare_all(&[a], &[b], Terms { threshold, measure: Measure::Times })
}

/// Compares the runs `b` with the runs `a`, each in the order of time. The workloads and cases are those of the
/// first of `a`.
///
/// # Panics
///
/// If a side has no run.
#[must_use]
pub fn compare_all(a: &[&RunRecord], b: &[&RunRecord], terms: Terms) -> Comparison {
    compared(&Sides::of(a, b, None, terms), (a, b))
}

/// Compares two sides of these records.
fn compared(sides: &Sides<'_>, (a, b): (&[&RunRecord], &[&RunRecord])) -> Comparison {
    let &Sides { terms, same_run, .. } = sides;
    let workloads: Vec<_> = a[0].plan.workloads.iter().map(|workload| sides.workload(workload)).collect();
    let outcome = if same_run { Outcome::NoRegression } else { outcome(&workloads, terms.threshold) };
    let of_all = |find: fn(&RunRecord, &RunRecord) -> Vec<Difference>| {
        let mut all: Vec<Difference> = Vec::new();
        for other in a[1..].iter().chain(b) {
            all.extend(
                find(a[0], other).into_iter().filter(|found| !all.contains(found)).collect::<Vec<_>>(),
            );
        }
        all
    };
    let of_machines = of_all(of_machines);
    let (barring, noted) = match terms.measure {
        Measure::Times => (of_machines, Vec::new()),
        Measure::Speedups => (Vec::new(), of_machines),
    };
    let undecided = outcome == Outcome::Inconclusive;
    Comparison {
        a: a.iter().map(|run| name(run)).collect(),
        b: b.iter().map(|run| name(run)).collect(),
        threshold: terms.threshold,
        measure: terms.measure,
        outcome,
        needed: undecided.then(|| {
            let runs =
                Runs { each: a.len().min(b.len()), turns: sides.turns, same_rounds: sides.same_rounds };
            needed::needed(&workloads, runs, &terms)
        }),
        same_run,
        turns: sides.turns,
        same_rounds: sides.same_rounds,
        differences: of_all(of_batches).into_iter().chain(barring).collect(),
        remarks: noted.into_iter().chain(of_all(comparable::remarks)).collect(),
        workloads,
    }
}

impl Comparison {
    /// Every case that both sides measured, with its workload.
    pub fn cases(&self) -> impl Iterator<Item = (&WorkloadComparison, &CaseComparison)> {
        self.workloads.iter().flat_map(|workload| workload.cases.iter().map(move |case| (workload, case)))
    }
}

/// Whether there are as many runs of each side, and each pair of them was over before the next began. Times of one
/// form and zone are ordered as their texts are.
fn took_turns(a: &[&RunRecord], b: &[&RunRecord]) -> bool {
    let pairs: Vec<_> = a.iter().zip(b).map(|(a, b)| (&a.created, &b.created)).collect();
    let in_turn = |pair: &[(&String, &String)]| pair[0].0.max(pair[0].1) <= pair[1].0.min(pair[1].1);
    a.len() == b.len() && pairs.windows(2).all(in_turn)
}

fn name(record: &RunRecord) -> RunName {
    RunName {
        name: record.name.clone(),
        created: record.created.clone(),
        revision: record.tool.git_revision.clone(),
    }
}

/// What follows from an interval as measured, and wider by the drift.
fn judge(measured: Option<Interval>, with_drift: Option<Interval>, threshold: f64) -> Verdict {
    let (low, high) = (1.0 - threshold, 1.0 + threshold);
    match measured.zip(with_drift) {
        Some((_, wider)) if wider.low > high => Verdict::Regression,
        Some((_, wider)) if wider.high < low => Verdict::Improvement,
        Some((interval, _)) if interval.low >= low && interval.high <= high => Verdict::NoChange,
        _ => Verdict::Inconclusive,
    }
}

/// What follows from all cases: see [`Outcome`].
fn outcome(workloads: &[WorkloadComparison], threshold: f64) -> Outcome {
    let mut cases = workloads.iter().flat_map(|workload| &workload.cases).peekable();
    let missing = workloads.iter().any(|workload| !workload.missing.is_empty());
    let some = cases.peek().is_some();
    let mut excluded = some && !missing;
    for case in cases {
        if case.verdict == Verdict::Regression {
            return Outcome::Regression;
        }
        excluded &= case.excludes_regression(threshold);
    }
    if excluded { Outcome::NoRegression } else { Outcome::Inconclusive }
}

/// All records of both sides.
struct Sides<'a> {
    a: Side<'a>,
    b: Side<'a>,
    /// A second arm of the runs `a`, in the same rounds.
    again: Option<Side<'a>>,
    terms: Terms,
    same_run: bool,
    turns: bool,
    same_rounds: bool,
}

impl<'a> Sides<'a> {
    fn of(a: &[&'a RunRecord], b: &[&'a RunRecord], again: Option<&'a RunRecord>, terms: Terms) -> Self {
        let same_run = matches!((a, b), ([a], [b]) if a == b);
        let same_rounds =
            matches!((a, b), ([a], [b]) if live::in_same_rounds(a, b)) && terms.measure == Measure::Times;
        let again = again.filter(|again| same_rounds && live::in_same_rounds(a[0], again));
        Self {
            a: Side::of("A", a),
            b: Side::of("B", b),
            again: again.map(|again| Side::of("A again", &[again])),
            terms,
            same_run,
            turns: took_turns(a, b),
            same_rounds: same_rounds && !same_run,
        }
    }

    fn workload(&self, workload: &WorkloadRecord) -> WorkloadComparison {
        let mut drift = drift::drift(&self.a.runs, &self.b.runs, &workload.name);
        let (mut cases, mut missing) = (Vec::new(), Vec::new());
        let planned = |case: &&Case| case.workload == workload.name && !case.again;
        // The serial baseline stands first in a plan: what it drifts by holds for the pools too.
        for case in self.a.runs[0].record.plan.cases.iter().filter(planned) {
            // Relative to itself it is always the same.
            if case.executor == BASELINE && self.terms.measure == Measure::Speedups {
                continue;
            }
            match self.executions(case) {
                Ok((a, b)) => {
                    let comparison = self.measured(case, drift, &a, &b);
                    if case.executor == BASELINE {
                        drift = comparison.drift;
                    }
                    cases.push(comparison);
                }
                Err(case) => missing.push(case),
            }
        }
        let (name, label) = (workload.name.clone(), workload.label.clone());
        WorkloadComparison { name, label, cases, missing }
    }

    /// The executions of a case in every run of both sides.
    fn executions(&self, case: &Case) -> Result<(Vec<Executions>, Vec<Executions>), MissingCase> {
        let missing = |reason| MissingCase { case: name_of(&case.executor, case.workers), reason };
        let of = |side: &Side<'_>| side.executions(case, self.terms.measure).map_err(missing);
        let (a, b) = (of(&self.a)?, of(&self.b)?);
        if !self.same_rounds {
            return Ok((a, b));
        }
        let (a, b) = side::in_common(&a[0], &b[0]).ok_or_else(|| missing("no round has both".to_string()))?;
        Ok((vec![a], vec![b]))
    }

    fn measured(&self, case: &Case, baseline: Drift, a: &[Executions], b: &[Executions]) -> CaseComparison {
        let (level_a, level_b) = self.levelled(a, b);
        let again = self.again(case);
        let ratio = self.ratio(&level_a, &level_b, again.as_ref());
        // A round counts that both arms have.
        let again = again.and_then(|again| live::to_arms(&side::in_common(&again, &a[0])?.0, [&a[0]]));
        let entries = |runs: &[Executions]| concatenated(runs, |run| &run.entries);
        let (of_a, of_b) = (entries(a), entries(b));
        let drift = match self.terms.measure {
            Measure::Times if self.same_rounds => {
                let floor =
                    again.filter(|again| again.interval.is_some()).map(|again| (again.value - 1.0).abs());
                Drift { floor, ..Drift::default() }
            }
            Measure::Times => self.drift(case, baseline, (a, &of_a), (b, &of_b)),
            // A machine's speed is in both of what makes a speedup.
            Measure::Speedups => Drift {
                floor: baseline.floor,
                halves: side::halves(a.iter().chain(b)),
                runs: side::apart(a, b, self.turns),
                ..Drift::default()
            },
        };
        let between = self.between(&level_a, &level_b);
        let wider = |interval: Interval| match between {
            Some(between) => interval.hull(between),
            None if self.same_run => interval,
            None => drift.widen(ratio.value, interval),
        };
        // Arms that differ beyond all measure leave open what the machine does.
        let open = again.is_some_and(|again| again.interval.is_none());
        let with_drift = ratio.interval.filter(|_| !open).map(wider);
        let mean = |runs: &[Executions], of: fn(&Executions) -> f64| {
            runs.iter().map(of).sum::<f64>() / runs.len() as f64
        };
        let speedup = |runs: &[Executions]| {
            (self.terms.measure == Measure::Speedups).then(|| 1.0 / mean(runs, |run| run.figure))
        };
        CaseComparison {
            executor: case.executor.clone(),
            workers: case.workers,
            a_s: mean(a, |run| run.mean_s),
            b_s: mean(b, |run| run.mean_s),
            a_speedup: speedup(a),
            b_speedup: speedup(b),
            a_rounds: a.iter().map(|run| run.values.len()).sum(),
            b_rounds: b.iter().map(|run| run.values.len()).sum(),
            ratio,
            again,
            drift,
            between,
            with_drift,
            verdict: judge(ratio.interval, with_drift, self.terms.threshold),
            change: change(&of_a, &of_b, Of { pool: case.executor != BASELINE, pairs: self.same_rounds }),
        }
    }

    /// The executions of pairs of runs that took turns, each at the level of its pair, which is the machine's at that
    /// time: what all runs of a pair have in common says nothing of one of them.
    fn levelled(&self, a: &[Executions], b: &[Executions]) -> (Vec<Executions>, Vec<Executions>) {
        let level = |(a, b): (&Executions, &Executions)| {
            if self.turns && self.a.runs.len() > 1 { (a.figure * b.figure).sqrt() } else { 1.0 }
        };
        // Where runs did not take turns, there need not be as many of each side.
        let levels: Vec<f64> = a.iter().zip(b).map(level).collect();
        let at = |runs: &[Executions]| {
            let levels = levels.iter().chain(std::iter::repeat(&1.0));
            runs.iter().zip(levels).map(|(run, level)| run.at_level(*level)).collect()
        };
        (at(a), at(b))
    }

    /// B / A as far as the executions within the runs tell, those of a second arm of A included.
    fn ratio(&self, a: &[Executions], b: &[Executions], again: Option<&Executions>) -> Quantity {
        if self.same_run {
            return Quantity { value: 1.0, interval: Some(Interval { low: 1.0, high: 1.0 }) };
        }
        let mean = |runs: &[Executions]| runs.iter().map(|run| run.figure).sum::<f64>() / runs.len() as f64;
        let known = Quantity::known(mean(b) / mean(a));
        let values = |runs: &[Executions]| concatenated(runs, |run| &run.values);
        match self.terms.measure {
            Measure::Times if self.same_rounds => {
                live::to_arms(&b[0], a.iter().chain(again)).unwrap_or(known)
            }
            Measure::Times => bootstrap::ratio_of_independent_means(&values(b), &values(a)).unwrap_or(known),
            Measure::Speedups => {
                let serial = |runs: &[Executions]| concatenated(runs, |run| &run.serial_s);
                let relative = |runs: &[Executions]| bootstrap::ratio_of_means(&values(runs), &serial(runs));
                relative(a).zip(relative(b)).map_or(known, |(a, b)| side::quotient(b, a))
            }
        }
    }

    /// The same as far as runs that took turns differ from each other; absent where they are too few.
    fn between(&self, a: &[Executions], b: &[Executions]) -> Option<Interval> {
        let enough = self.turns && a.len() >= PAIRS;
        let figures = |runs: &[Executions]| runs.iter().map(|run| run.figure).collect::<Vec<_>>();
        enough.then(|| bootstrap::ratio_of_means(&figures(b), &figures(a))?.interval).flatten()
    }

    fn drift(
        &self,
        case: &Case,
        baseline: Drift,
        (a, of_a): (&[Executions], &[Entries]),
        (b, of_b): (&[Executions], &[Entries]),
    ) -> Drift {
        let contention = if case.executor == BASELINE {
            Entries::contention(of_b).zip(Entries::contention(of_a)).map(|(b, a)| b / a)
        } else {
            baseline.contention
        };
        Drift {
            halves: baseline.halves.into_iter().chain(side::halves(a.iter().chain(b))).reduce(f64::max),
            runs: baseline.runs.into_iter().chain(side::apart(a, b, self.turns)).reduce(f64::max),
            contention,
            capacity: drift::capacity(&self.a.runs, &self.b.runs, case),
            ..baseline
        }
    }
}

impl<'a> Side<'a> {
    fn of(name: &'static str, records: &[&'a RunRecord]) -> Self {
        let run = |&record| Run { record, rounds: Rounds::of(record) };
        Self { name, runs: records.iter().map(run).collect() }
    }
}
