//! What must be known to read predictions: batches that are too small, and what limits work that waits.

use super::evidence::Evidence;
use super::model::{Asked, Outcome};
use super::parts::seconds;
use super::replay::Capacity;
use super::unit;
use crate::record::Sample;

/// Share of the CPUs from which on they, and not what is waited for, limit work that waits.
const CPUS_BUSY: f64 = 0.7;
/// How much longer jobs may wait with the most connections than with the fewest before that is told.
const ANSWERS_SLOWER: f64 = 0.05;

/// What must be known to read the predictions.
pub(super) fn notes(evidence: &Evidence<'_>, predicted: &[Asked]) -> Vec<String> {
    let mut notes = Vec::new();
    let jobs = evidence.jobs();
    let more = predicted.iter().any(|asked| asked.workers > jobs && asked.here.ends().is_some());
    if more && jobs > 0 {
        notes.push(format!("At most {jobs} {} have a job: the batch has no more.", unit(evidence)));
    }
    if evidence.cases.values().flat_map(|known| &known.pairs).any(|pair| !pair.sample.hosts.is_empty()) {
        notes.push(
            "What messages between hosts took is part of the time from one job to the next, as it was measured: further \
             hosts are taken to be as far away."
                .to_string(),
        );
    }
    if !evidence.waits {
        return notes;
    }
    notes.extend(busy_cpus(evidence, predicted));
    notes.extend(slower_answers(evidence));
    notes
}

/// From how many connections on the CPUs are the limit.
fn busy_cpus(evidence: &Evidence<'_>, predicted: &[Asked]) -> Option<String> {
    let cpus = if evidence.terms.capacity == Capacity::cpus(1) { 1 } else { evidence.cpus? };
    let (_, known) = evidence.cases.last_key_value()?;
    let used = |sample: &Sample| sample.tasks.iter().map(|task| seconds(task.cpu_ns)).sum::<f64>();
    let used_s = known.pairs.iter().map(|pair| used(pair.sample)).sum::<f64>() / known.pairs.len() as f64;
    let share = |asked: &Asked| match asked.here {
        Outcome::Expected { time_s, .. } => Some(used_s / (cpus as f64 * time_s)),
        _ => None,
    };
    let shares: Vec<(usize, f64)> =
        predicted.iter().filter_map(|asked| Some((asked.workers, share(asked)?))).collect();
    if let Some((workers, share)) = shares.iter().find(|(_, share)| *share > CPUS_BUSY) {
        return Some(format!(
            "From {workers} connections on the CPUs of the clients are the limit: the jobs use {:.0} % of them.",
            100.0 * share.min(1.0)
        ));
    }
    let (workers, share) = shares.last()?;
    Some(format!(
        "With {workers} connections the jobs use {:.0} % of the CPUs, so that these are not the limit. The server, and \
         the start of workers, are not counted.",
        100.0 * share
    ))
}

/// Whether answers took longer with more connections: what answers is then near its limit.
fn slower_answers(evidence: &Evidence<'_>) -> Option<String> {
    let mean = |workers: usize| {
        let pairs = &evidence.cases.get(&workers)?.pairs;
        let waits = pairs
            .iter()
            .flat_map(|pair| &pair.sample.tasks)
            .map(|task| seconds(task.end_ns.saturating_sub(task.begin_ns)) - seconds(task.cpu_ns));
        let waits: Vec<f64> = waits.collect();
        Some(waits.iter().sum::<f64>() / waits.len().max(1) as f64)
    };
    let (&least, &most) = (evidence.cases.keys().next()?, evidence.cases.keys().next_back()?);
    let slower = mean(most)? / mean(least)? - 1.0;
    (most > least && slower > ANSWERS_SLOWER).then(|| {
        format!(
            "Jobs waited {:.0} % longer with {most} connections than with {least}: the server, or the way to it, is \
             near its limit, and more connections may wait longer than predicted.",
            100.0 * slower
        )
    })
}
