//! Two runs against each other: has a case become slower, and which loss moved?
//!
//! A comparison is of means: the ratio B / A with an interval from a bootstrap of both runs, each by
//! itself, because nothing pairs a round of one with a round of the other. That interval knows only what
//! happened within the runs. Between them the machine changes too, so that it is widened by the
//! [`Drift`] that the runs themselves show before anything is concluded.

mod change;
mod comparable;
mod drift;
mod model;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use self::change::{Entries, change};
use self::model::name_of;
use super::accounting;
use super::rounds::{Paired, Reference, Rounds, seconds};
use crate::record::{BASELINE, Case, RunRecord, Sample, WorkloadRecord};
use crate::stats::{Interval, Quantity, Summary, bootstrap};

pub use self::comparable::differences;
pub use self::model::{
    CaseComparison, Change, ChangePart, ChangeRow, Comparison, Difference, Drift, MissingCase, Outcome,
    RunName, Verdict, WorkloadComparison,
};

/// Compares run `b` with run `a`, case by case, whether or not they are comparable: see
/// [`Comparison::differences`]. A time that changed by no more than `threshold`, a share such as
/// 0.02, counts as unchanged.
#[must_use]
pub fn compare(a: &RunRecord, b: &RunRecord, threshold: f64) -> Comparison {
    let pair = BothRuns { a, b, of_a: Rounds::of(a), of_b: Rounds::of(b), threshold };
    let workloads: Vec<_> = a.plan.workloads.iter().map(|workload| pair.workload(workload)).collect();
    Comparison {
        a: name(a),
        b: name(b),
        threshold,
        outcome: outcome(&workloads, threshold),
        differences: differences(a, b),
        remarks: comparable::remarks(a, b),
        workloads,
    }
}

impl Comparison {
    /// Every case that both runs measured, with its workload.
    pub fn cases(&self) -> impl Iterator<Item = (&WorkloadComparison, &CaseComparison)> {
        self.workloads.iter().flat_map(|workload| workload.cases.iter().map(move |case| (workload, case)))
    }
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

/// Two records and their samples.
struct BothRuns<'a> {
    a: &'a RunRecord,
    b: &'a RunRecord,
    of_a: Rounds<'a>,
    of_b: Rounds<'a>,
    threshold: f64,
}

impl BothRuns<'_> {
    fn workload(&self, workload: &WorkloadRecord) -> WorkloadComparison {
        let mut drift = drift::drift((self.a, &self.of_a), (self.b, &self.of_b), &workload.name);
        let (mut cases, mut missing) = (Vec::new(), Vec::new());
        let planned = |case: &&Case| case.workload == workload.name && !case.again;
        // The serial baseline stands first in a plan: what it drifts by holds for the pools too.
        for case in self.a.plan.cases.iter().filter(planned) {
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

    /// The executions of a case in both runs.
    fn executions(&self, case: &Case) -> Result<(Executions, Executions), MissingCase> {
        let of = |run: &str, record: &RunRecord, rounds: &Rounds<'_>| {
            Executions::of(record, rounds, case).map_err(|reason| MissingCase {
                case: name_of(&case.executor, case.workers),
                reason: format!("run {run}: {reason}"),
            })
        };
        Ok((of("A", self.a, &self.of_a)?, of("B", self.b, &self.of_b)?))
    }

    fn measured(&self, case: &Case, baseline: Drift, a: &Executions, b: &Executions) -> CaseComparison {
        let known = Quantity::known(b.mean_s / a.mean_s);
        let ratio = bootstrap::ratio_of_independent_means(&b.walls_s, &a.walls_s).unwrap_or(known);
        let halves = [baseline.halves, drift::halves(&a.walls_s), drift::halves(&b.walls_s)];
        let contention = if case.executor == BASELINE {
            Entries::contention(&b.entries).zip(Entries::contention(&a.entries)).map(|(b, a)| b / a)
        } else {
            baseline.contention
        };
        let drift = Drift {
            halves: halves.into_iter().flatten().reduce(f64::max),
            contention,
            capacity: drift::capacity(self.a, self.b, &case.workload, case.workers),
            ..baseline
        };
        let with_drift = ratio.interval.map(|interval| drift.widen(ratio.value, interval));
        CaseComparison {
            executor: case.executor.clone(),
            workers: case.workers,
            a_s: a.mean_s,
            b_s: b.mean_s,
            ratio,
            drift,
            with_drift,
            verdict: judge(ratio.interval, with_drift, self.threshold),
            change: change(&a.entries, &b.entries, case.executor != BASELINE),
        }
    }
}

/// The executions of one case in one run, a value per round. Of an interrupted round in which the serial
/// baseline is missing nothing counts, so that time and account are about the same executions.
struct Executions {
    mean_s: f64,
    /// Empty where only a published mean is known.
    walls_s: Vec<f64>,
    /// Empty where some execution has no account, and where jobs wait.
    entries: Vec<Entries>,
}

impl Executions {
    /// Collects them; in words, what keeps a case from having any.
    fn of(record: &RunRecord, rounds: &Rounds<'_>, case: &Case) -> Result<Self, String> {
        let index = rounds.case(&case.workload, &case.executor, case.workers).ok_or("not in its plan")?;
        if let Some(reason) = rounds.failure(index) {
            return Err(reason.to_string());
        }
        let groups = by_round(rounds, index, case);
        if let Some(row) = record.published.iter().find(|row| row.case == index) {
            return Ok(Self { mean_s: row.mean_s, walls_s: Vec::new(), entries: Vec::new() });
        }
        let walls_s: Vec<f64> = groups.iter().map(|group| mean_wall_s(group)).collect();
        let entries = |group: &Vec<Paired<'_>>| {
            let ledger = |pair: &Paired<'_>| {
                let has_baseline = !pair.reference.0.is_empty();
                has_baseline.then(|| accounting::ledger(pair, case.workers)).flatten()
            };
            let entries = group.iter().map(|pair| {
                let throttled = pair.sample.machine.throttled_ns.is_some();
                Some(Entries::of(&ledger(pair)?, case.workers, throttled))
            });
            entries.collect::<Option<Vec<Entries>>>().map(|entries| Entries::mean(&entries))
        };
        // Losses are of workers that need a CPU each.
        let computes = record.workload(&case.workload).is_none_or(|workload| workload.waits.is_none());
        let entries: Option<Vec<Entries>> = computes.then(|| groups.iter().map(entries).collect()).flatten();
        let mean_s = Summary::of(&walls_s).ok_or("not measured")?.mean;
        Ok(Self { mean_s, walls_s, entries: entries.unwrap_or_default() })
    }
}

/// The executions of a case in groups, each of one round, or of one execution where rounds say nothing:
/// what lies in one round is not independent. Without a serial baseline there is nothing to group
/// but the samples, and no account comes of them.
fn by_round<'a>(rounds: &Rounds<'a>, index: usize, case: &Case) -> Vec<Vec<Paired<'a>>> {
    let alone = |sample: &'a Sample| Paired { sample, reference: Reference(vec![sample]) };
    let pairs: Vec<Paired<'a>> = if case.executor == BASELINE {
        // Against itself, as one worker: what is not in its tasks is the loop around them.
        rounds.serial(&case.workload).into_iter().map(alone).collect()
    } else {
        let pairs = rounds.pairs(index);
        let bare = |&sample| Paired { sample, reference: Reference(Vec::new()) };
        if pairs.is_empty() { rounds.samples(index).iter().map(bare).collect() } else { pairs }
    };
    let mut groups: BTreeMap<usize, Vec<Paired<'a>>> = BTreeMap::new();
    for (position, pair) in pairs.into_iter().enumerate() {
        let key = if rounds.paired() { pair.sample.round as usize } else { position };
        groups.entry(key).or_default().push(pair);
    }
    groups.into_values().collect()
}

fn mean_wall_s(group: &[Paired<'_>]) -> f64 {
    group.iter().map(|pair| seconds(pair.sample.wall_ns)).sum::<f64>() / group.len() as f64
}
