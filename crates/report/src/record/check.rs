//! What the types of a record cannot promise: indices that point into the plan, numbers that are
//! possible. A file that passes can be analysed without fear.

use std::collections::BTreeSet;

use super::{BASELINE, Design, RunRecord, Sample};

/// The most workers that a case may have: more than anybody starts, and few enough that a damaged
/// file cannot ask for a table without end.
const MAX_WORKERS: usize = 4096;

/// The greatest number of a round.
const MAX_ROUND: u32 = 1 << 30;

/// In a sentence, what is wrong.
pub(super) fn check(record: &RunRecord) -> Result<(), String> {
    workloads(record)?;
    plan(record)?;
    indices(record)?;
    record.samples.iter().try_for_each(|sample| of_sample(record, sample))?;
    let published = record.published.iter().find(|row| row.min_s <= 0.0 || row.mean_s <= 0.0);
    if let Some(row) = published {
        return Err(format!("case {} has a time that is not above zero", record.plan.cases[row.case]));
    }
    Ok(())
}

fn workloads(record: &RunRecord) -> Result<(), String> {
    let mut names = BTreeSet::new();
    for workload in &record.plan.workloads {
        if !names.insert(&workload.name) {
            return Err(format!("the plan lists the workload {} twice", workload.name));
        }
        if workload.workload.is_empty() || workload.kernel.is_empty() {
            return Err(format!("the workload {} lacks its own name or its kernel's", workload.name));
        }
        let (jobs, digests) = (workload.sizes.len(), workload.digests.len());
        if digests != 0 && digests != jobs {
            return Err(format!("the workload {} has {jobs} jobs, but {digests} digests", workload.name));
        }
    }
    match record.ceilings.iter().find(|ceiling| !names.contains(&ceiling.workload)) {
        Some(other) => {
            Err(format!("a ceiling is of the workload {}, which the plan does not list", other.workload))
        }
        None => Ok(()),
    }
}

fn plan(record: &RunRecord) -> Result<(), String> {
    let plan = &record.plan;
    if plan.pin.as_ref().is_some_and(|pin| pin.cpus.is_empty()) {
        return Err("the plan keeps workers to no CPU at all".to_string());
    }
    for case in &plan.cases {
        if record.workload(&case.workload).is_none() {
            return Err(format!("case {case} has a workload that the plan does not list"));
        }
        if !(1..=MAX_WORKERS).contains(&case.workers) {
            return Err(format!("case {case} has {} workers; 1 to {MAX_WORKERS} can be", case.workers));
        }
        if case.executor == BASELINE && case.workers != 1 {
            return Err(format!("case {case} is the serial baseline with {} workers", case.workers));
        }
    }
    if !plan.precision.is_none_or(|share| (0.0..=1.0).contains(&share)) {
        return Err("the plan's precision is not a share".to_string());
    }
    if !plan.max_time_s.is_none_or(|time| (0.0..=1e9).contains(&time)) {
        return Err("the plan's max_time_s is no possible time".to_string());
    }
    let rounds = record.samples.iter().map(|sample| sample.round).chain([plan.warmup_rounds]);
    match rounds.max() {
        Some(round) if round > MAX_ROUND => Err(format!("a round has the number {round}")),
        _ => Ok(()),
    }
}

fn indices(record: &RunRecord) -> Result<(), String> {
    let cases = record.plan.cases.len();
    let used = (record.samples.iter().map(|s| ("sample", s.case)))
        .chain(record.failures.iter().map(|f| ("failure", f.case)))
        .chain(record.published.iter().map(|p| ("published row", p.case)));
    for (what, case) in used {
        if case >= cases {
            return Err(format!("a {what} refers to case {case}, but the plan has {cases}"));
        }
    }
    Ok(())
}

fn of_sample(record: &RunRecord, sample: &Sample) -> Result<(), String> {
    let case = &record.plan.cases[sample.case];
    if sample.wall_ns == 0 {
        return Err(format!("case {case} has a time that is not above zero"));
    }
    if record.design == Design::Published {
        return Err("a published table has samples".to_string());
    }
    if let Some(task) = sample.tasks.iter().find(|task| task.worker >= case.workers) {
        return Err(format!("case {case} has a task of worker {}", task.worker));
    }
    let jobs = record.workload(&case.workload).map_or(0, |workload| workload.sizes.len());
    match sample.tasks.iter().find(|task| task.job >= jobs) {
        Some(task) => Err(format!("case {case} has a task of job {}, but its batch has {jobs}", task.job)),
        None => Ok(()),
    }
}
