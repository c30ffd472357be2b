//! The laws of scaling for an executor and a workload, over the rounds that have every number of
//! workers.

use std::collections::BTreeMap;

use super::cells::{Cells, speedup};
use super::model::{Law, Scaling};
use super::scaling::{self, Points, Refusal};
use crate::record::WorkloadRecord;

/// The laws over these numbers of workers.
pub(super) fn laws(
    cells: &Cells<'_>,
    workload: &WorkloadRecord,
    executor: &str,
    counts: &[usize],
) -> Scaling {
    if workload.waits.is_some() {
        let refused = || "its jobs wait, and the laws are about CPUs".to_string();
        return Scaling { amdahl: Law::Refused(refused()), usl: Law::Refused(refused()), cost: None };
    }
    let (rounds, workload) = (cells.rounds, workload.name.as_str());
    let cases =
        counts.iter().filter_map(|&workers| Some((workers, rounds.case(workload, executor, workers)?)));
    let speedups: Vec<_> =
        cases.clone().filter_map(|(workers, case)| Some((workers, speedup(rounds, case)?))).collect();
    let points = points(cells, cases);
    Scaling {
        amdahl: law(points.as_ref().map_err(Clone::clone).and_then(scaling::amdahl)),
        usl: law(points.and_then(|points| scaling::usl(&points))),
        cost: scaling::cost(&speedups),
    }
}

fn law<T>(fit: Result<T, Refusal>) -> Law<T> {
    match fit {
        Ok(fit) => Law::Fitted(fit),
        Err(Refusal(reason)) => Law::Refused(reason),
    }
}

/// Times of the serial baseline and of each case, in seconds, in the rounds that have them all.
fn points(cells: &Cells<'_>, cases: impl Iterator<Item = (usize, usize)>) -> Result<Points, Refusal> {
    if !cells.rounds.paired() {
        return Err(Refusal(
            "the cases ran one after another, so no round has all of them; 'speedup run' measures in rounds"
                .to_string(),
        ));
    }
    let cpus = cells.record.environment.cpus_available.value().copied();
    let (mut workers, mut times) = (Vec::new(), Vec::<BTreeMap<u32, (f64, f64)>>::new());
    // Cases beyond the CPUs say nothing of the laws and must not cost rounds.
    for (count, case) in cases.filter(|(count, _)| cpus.is_none_or(|cpus| *count <= cpus)) {
        let pairs = cells.rounds.pairs(case);
        let of_round = |pair: &super::rounds::Paired<'_>| {
            (pair.sample.round, (pair.reference.wall_ns() / 1e9, pair.sample.wall_ns as f64 / 1e9))
        };
        let walls: BTreeMap<u32, (f64, f64)> = pairs.iter().map(of_round).collect();
        if !walls.is_empty() {
            workers.push(count);
            times.push(walls);
        }
    }
    let whole = |round: &u32| times.iter().all(|walls| walls.contains_key(round));
    let rounds: Vec<u32> =
        times.first().into_iter().flat_map(BTreeMap::keys).copied().filter(whole).collect();
    Ok(Points {
        workers,
        reference: rounds.iter().map(|round| times[0][round].0).collect(),
        times: times.iter().map(|walls| rounds.iter().map(|round| walls[round].1).collect()).collect(),
        cpus,
    })
}
