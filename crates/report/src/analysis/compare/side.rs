//! One side of a comparison: the executions of a case in each of its runs.

use std::collections::BTreeMap;

use super::super::accounting;
use super::super::rounds::{Paired, Reference, Rounds};
use super::super::seconds::seconds;
use super::change::Entries;
use super::drift;
use super::model::Measure;
use super::run::Run;
use crate::record::{BASELINE, Case, MachineState, RunRecord, Sample};
use crate::stats::{Interval, Quantity, Summary};

/// The runs before, or those after.
pub(super) struct Side<'a> {
    /// `A` or `B`.
    pub(super) name: &'static str,
    /// In the order of time, at least one.
    pub(super) runs: Vec<Run<'a>>,
}

impl Side<'_> {
    /// The executions of a case in every run; in words, what keeps one from having any.
    pub(super) fn executions(&self, case: &Case, measure: Measure) -> Result<Vec<Executions>, String> {
        let of = |(number, run): (usize, &Run<'_>)| {
            let number = if self.runs.len() > 1 { (number + 1).to_string() } else { String::new() };
            Executions::of(run, case, measure)
                .map_err(|reason| format!("run {}{number}: {reason}", self.name))
        };
        self.runs.iter().enumerate().map(of).collect()
    }
}

/// The executions of one case in one run, a value per round, or per process where each measured a few rounds: what the
/// rounds of a process have in common is one draw, so that the means of processes are what varies (Davison and Hinkley,
/// *Bootstrap Methods and their Application*, 1997, section 3.8: resample the highest level, and leave those below it
/// whole). Of an interrupted round in which the serial baseline is missing nothing counts, so that time and account are
/// about the same executions.
#[derive(Clone)]
pub(super) struct Executions {
    /// The round of each value, or the process that measured it where each measured a few rounds. Values of runs in the
    /// same rounds belong together where these are the same. Ascending.
    pub(super) keys: Vec<usize>,
    /// The mean time in seconds.
    pub(super) mean_s: f64,
    /// What is compared: the mean time, or its share of the serial baseline's.
    pub(super) figure: f64,
    /// Times in seconds. Empty where only a published mean is known.
    pub(super) values: Vec<f64>,
    /// Those of the serial baseline in the same rounds, where speedups are compared.
    pub(super) serial_s: Vec<f64>,
    /// Empty where some execution has no account, and where jobs wait.
    pub(super) entries: Vec<Entries>,
}

impl Executions {
    fn of(run: &Run<'_>, case: &Case, measure: Measure) -> Result<Self, String> {
        let Run { record, rounds } = run;
        let index = rounds.case(&case.workload, &case.executor, case.workers).ok_or("not in its plan")?;
        if let Some(reason) = rounds.failure(index) {
            return Err(reason.to_string());
        }
        let groups = by_round(rounds, index, case);
        if let Some(row) = record.published.iter().find(|row| row.case == index) {
            let figure = match measure {
                Measure::Times => row.mean_s,
                Measure::Speedups => row.mean_s / published_serial(record, &case.workload)?,
            };
            let (keys, values, serial_s, entries) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
            return Ok(Self { keys, mean_s: row.mean_s, figure, values, serial_s, entries });
        }
        let (keys, groups): (Vec<usize>, Vec<Vec<Paired<'_>>>) = groups.into_iter().unzip();
        let values: Vec<f64> = groups.iter().map(|group| mean_wall_s(group)).collect();
        let mean_s = Summary::of(&values).ok_or("not measured")?.mean;
        // Losses are of workers that need a CPU each.
        let computes = record.workload(&case.workload).is_none_or(|workload| workload.waits.is_none());
        let entries: Option<Vec<Entries>> =
            computes.then(|| groups.iter().map(|group| entries(group, case)).collect()).flatten();
        let mut entries = entries.unwrap_or_default();
        let (mut figure, mut serial_s) = (mean_s, Vec::new());
        if measure == Measure::Speedups {
            serial_s = groups
                .iter()
                .map(|group| serial(group))
                .collect::<Option<_>>()
                .ok_or("no serial baseline")?;
            let serial = Summary::of(&serial_s).ok_or("no serial baseline")?.mean;
            figure /= serial;
            for one in &mut entries {
                one.scale(1.0 / serial);
            }
        }
        Ok(Self { keys, mean_s, figure, values, serial_s, entries })
    }
}

impl Executions {
    /// The times relative to a level, without an account.
    pub(super) fn at_level(&self, level: f64) -> Self {
        Self {
            keys: self.keys.clone(),
            mean_s: self.mean_s,
            figure: self.figure / level,
            values: self.values.iter().map(|value| value / level).collect(),
            serial_s: self.serial_s.clone(),
            entries: Vec::new(),
        }
    }
}

/// What both have of the same rounds; `None` if that is nothing.
pub(super) fn in_common(a: &Executions, b: &Executions) -> Option<(Executions, Executions)> {
    let of = |one: &Executions, other: &Executions| {
        let kept: Vec<usize> =
            (0..one.keys.len()).filter(|&index| other.keys.binary_search(&one.keys[index]).is_ok()).collect();
        let mut part = Executions {
            keys: kept.iter().map(|&index| one.keys[index]).collect(),
            values: kept.iter().map(|&index| one.values[index]).collect(),
            entries: kept.iter().filter_map(|&index| one.entries.get(index).cloned()).collect(),
            ..one.clone()
        };
        part.mean_s = Summary::of(&part.values)?.mean;
        part.figure = part.mean_s;
        Some(part)
    };
    Some((of(a, b)?, of(b, a)?))
}

/// The mean account of the executions of a round.
fn entries(group: &[Paired<'_>], case: &Case) -> Option<Entries> {
    let ledger = |pair: &Paired<'_>| match pair.reference.0[..] {
        [] => None,
        // Of a program that is its own baseline all CPU time is a row: nothing would be left of it otherwise.
        _ if case.executor == BASELINE && pair.sample.outside.is_some() => accounting::alone(pair.sample),
        _ => accounting::ledger(pair, case.workers),
    };
    let entries = group.iter().map(|pair| {
        let told = |machine: &MachineState| machine.throttled_ns.is_some();
        let throttled = match &pair.sample.hosts[..] {
            [] => told(&pair.sample.machine),
            hosts => hosts.iter().all(|host| told(&host.machine)),
        };
        Some(Entries::of(&ledger(pair)?, case.workers, throttled))
    });
    entries.collect::<Option<Vec<Entries>>>().map(|entries| Entries::mean(&entries))
}

/// The serial baseline's mean time in a round, in seconds.
fn serial(group: &[Paired<'_>]) -> Option<f64> {
    let pair = group.first().filter(|pair| !pair.reference.0.is_empty())?;
    Some(pair.reference.wall_ns() / 1e9)
}

fn published_serial(record: &RunRecord, workload: &str) -> Result<f64, String> {
    let is = |case: &Case| case.workload == workload && case.executor == BASELINE;
    let row = record.published.iter().find(|row| is(&record.plan.cases[row.case]));
    row.map(|row| row.mean_s).ok_or_else(|| "no serial baseline".to_string())
}

/// The executions of a case in groups, each of one round, of one process that measured some rounds, or of one execution
/// where rounds say nothing: what lies in one round is not independent. Each has its number. Without a serial baseline
/// there is nothing to group but the samples, and no account comes of them.
fn by_round<'a>(rounds: &Rounds<'a>, index: usize, case: &Case) -> Vec<(usize, Vec<Paired<'a>>)> {
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
        let key = if rounds.paired() { rounds.draw(pair.sample.round) } else { position };
        groups.entry(key).or_default().push(pair);
    }
    groups.into_iter().collect()
}

fn mean_wall_s(group: &[Paired<'_>]) -> f64 {
    group.iter().map(|pair| seconds(pair.sample.wall_ns)).sum::<f64>() / group.len() as f64
}

/// What all runs have, one run after another.
pub(super) fn concatenated<T: Clone>(runs: &[Executions], of: fn(&Executions) -> &Vec<T>) -> Vec<T> {
    runs.iter().flat_map(|run| of(run).iter().cloned()).collect()
}

/// How far the halves of a run differ, the most of some runs.
pub(super) fn halves<'a>(runs: impl Iterator<Item = &'a Executions>) -> Option<f64> {
    let relative = |run: &Executions| {
        let serial = run.serial_s.iter().copied().chain(std::iter::repeat(1.0));
        let values: Vec<f64> = run.values.iter().zip(serial).map(|(value, serial)| value / serial).collect();
        drift::halves(&values)
    };
    runs.filter_map(relative).reduce(f64::max)
}

/// How far the runs of one side lie apart, relative to the fastest; absent where each has one run. Of both sides the
/// larger where they took turns; where they did not, one side may go on where the other has ended, and it is the sum.
pub(super) fn apart(a: &[Executions], b: &[Executions], turns: bool) -> Option<f64> {
    let of = |runs: &[Executions]| {
        let figures = || runs.iter().map(|run| run.figure);
        let (least, most) = (figures().reduce(f64::min)?, figures().reduce(f64::max)?);
        (runs.len() > 1).then_some(most / least - 1.0)
    };
    of(a).into_iter().chain(of(b)).reduce(|one, other| if turns { one.max(other) } else { one + other })
}

/// The quotient of two independent figures. Its interval comes from theirs by the method of variance estimates
/// recovery on logarithms (Zou and Donner, *Statistics in Medicine* 27, 2008).
pub(super) fn quotient(above: Quantity, below: Quantity) -> Quantity {
    let value = above.value / below.value;
    let interval = above.interval.zip(below.interval).map(|(of_above, of_below)| {
        let down = (above.value / of_above.low).ln().hypot((of_below.high / below.value).ln());
        let up = (of_above.high / above.value).ln().hypot((below.value / of_below.low).ln());
        Interval { low: value * (-down).exp(), high: value * up.exp() }
    });
    // An end at or below zero has no logarithm.
    let finite = |ends: &Interval| ends.low.is_finite() && ends.high.is_finite();
    Quantity { value, interval: interval.filter(finite) }
}
