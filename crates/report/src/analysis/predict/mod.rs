//! What would be: more workers, another order, a warm pool, replayed from the tasks of a record.
//!
//! ```text
//! sample → parts → replay with another number of workers, order or cost → speedup, with its interval
//! ```
//!
//! * [`model`]: what a prediction says, as plain data
//! * `replay`: the pool's queue over shared CPUs; `parts`: a sample as jobs, starts and an end
//! * `evidence`: what a record knows of an executor, and what follows for another number of workers
//! * `errors`: how far predictions were from what was measured, and their intervals
//! * `outcome`: the answer for a number of workers, or why there is none; `notes`: what must be known to read it
//! * `advice`: other choices at the same number of workers
//!
//! Each measured number of workers is also predicted from the smaller ones alone, so that readers see how well it works.

mod advice;
mod errors;
mod evidence;
pub mod model;
mod notes;
mod outcome;
mod parts;
mod replay;
#[cfg(test)]
mod tests;

use self::errors::Errors;
use self::evidence::{Evidence, Raw, UNKNOWN_CPUS};
use self::model::{Asked, Forecast, Held, HeldOut, Point, Prediction, Tried};
use super::rounds::Rounds;
use super::shell::without_shell;
use crate::record::RunRecord;
use crate::stats::Quantity;

pub(super) use advice::suggestion;

/// How many times the largest number of workers that was measured is still predicted.
const FURTHEST: usize = 4;

/// Predicts from a record for these numbers of workers; for twice and four times what was measured if none is given.
#[must_use]
pub fn predict(record: &RunRecord, workers: &[usize]) -> Prediction {
    let record = &*record.plain();
    let record = &*without_shell(record);
    let rounds = Rounds::of(record);
    let all = Evidence::all(record, &rounds);
    let mut errors = Errors::default();
    for evidence in &all {
        for (target, raw) in held_out(evidence) {
            if let (Ok(raw), Some(known)) = (raw, evidence.cases.get(&target)) {
                errors.add(target, evidence.waits, &raw, known.speedup.value);
            }
        }
    }
    let forecasts: Vec<Forecast> = all.iter().map(|one| forecast(one, &all, &errors, workers)).collect();
    Prediction {
        name: record.name.clone(),
        machine: record.environment.summary(),
        cpus: record.environment.cpus_available.value().copied(),
        held: Held::of(forecasts.iter().flat_map(|forecast| &forecast.held_out)),
        forecasts,
    }
}

/// Every measured number of workers but the least, predicted from the smaller ones.
fn held_out(evidence: &Evidence<'_>) -> Vec<(usize, Result<Raw, String>)> {
    let counts: Vec<usize> = evidence.cases.keys().copied().collect();
    let smaller = |index: usize| {
        // An upper end cannot be right or wrong.
        let raw = if evidence.only_at_most() {
            Err(UNKNOWN_CPUS.to_string())
        } else {
            evidence.predict(counts[index], &counts[..index])
        };
        (counts[index], raw)
    };
    (1..counts.len()).map(smaller).collect()
}

fn forecast(evidence: &Evidence<'_>, all: &[Evidence<'_>], errors: &Errors, workers: &[usize]) -> Forecast {
    let counts: Vec<usize> = evidence.cases.keys().copied().collect();
    let tried = |(target, raw): (usize, Result<Raw, String>)| HeldOut {
        workers: target,
        from: counts.iter().copied().filter(|&count| count < target).collect(),
        measured: evidence.cases[&target].speedup,
        outcome: match raw {
            Err(reason) => Tried::Refused { reason },
            Ok(raw) => {
                let measured = evidence.cases[&target].speedup.value;
                let speedup = errors.widen(target, evidence.waits, &raw);
                let error = speedup.value / measured - 1.0;
                let covered = speedup.interval.is_some_and(|interval| interval.contains(measured));
                Tried::Predicted { speedup, error, covered }
            }
        },
    };
    let held_out: Vec<HeldOut> = held_out(evidence).into_iter().map(tried).collect();
    let asked = if workers.is_empty() { usual(evidence) } else { workers.to_vec() };
    let ask = |&workers: &usize| Asked {
        workers,
        here: outcome::here(evidence, errors, &held_out, workers),
        with_cpus: outcome::with_cpus(evidence, errors, workers),
    };
    let predicted: Vec<Asked> = asked.iter().map(ask).collect();
    Forecast {
        workload: evidence.workload.name.clone(),
        label: evidence.workload.label.clone(),
        executor: evidence.executor.clone(),
        waits: evidence.waits,
        jobs: evidence.jobs(),
        serial_s: evidence.serial_s(),
        measured: (evidence.cases.iter())
            .map(|(&workers, known)| Point { workers, speedup: known.speedup })
            .collect(),
        advice: advice::advice(evidence, all),
        notes: notes::notes(evidence, &predicted),
        predicted,
        held_out,
    }
}

/// Twice and four times the largest number of workers that has a CPU each, or of connections.
fn usual(evidence: &Evidence<'_>) -> Vec<usize> {
    let counts: Vec<usize> = evidence.cases.keys().copied().collect();
    let largest = evidence.base(&counts).unwrap_or(1);
    vec![2 * largest, FURTHEST * largest]
}

/// What workers are called.
fn unit(evidence: &Evidence<'_>) -> &'static str {
    if evidence.waits { "connections" } else { "workers" }
}

/// The time of the batch with a speedup.
fn time_s(evidence: &Evidence<'_>, speedup: Quantity) -> f64 {
    evidence.serial_s() / speedup.value
}
