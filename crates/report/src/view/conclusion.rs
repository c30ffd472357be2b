//! What the tables of a workload say, in sentences: what limits it, and which law it follows.

use super::units::{self, count, fixed, interval, quantity, seconds, speedup};
use crate::analysis::scaling::Usl;
use crate::analysis::{Analysis, Crossover, ExecutorTable, Law, Scaling};
use crate::stats::Quantity;

/// The sentences.
pub(super) fn remarks(run: &Analysis, workload: usize) -> Vec<String> {
    let column = &run.workloads[workload];
    let mut lines = Vec::new();
    if column.waits() {
        lines.extend(waiting(run, workload));
    } else {
        lines.extend(ceiling(run, workload));
        lines.extend(laws(run, workload));
    }
    lines.extend(column.floor.and_then(|floor| noise_floor(&column.label, floor)));
    lines
}

/// What the machine itself allows on the most CPUs.
fn ceiling(run: &Analysis, workload: usize) -> Option<String> {
    let column = &run.workloads[workload];
    let ceiling = column.ceilings.iter().rfind(|ceiling| ceiling.workers > 1)?;
    Some(format!(
        "{}: the hardware ceiling is {}: {} pinned threads without a queue against one.",
        column.label,
        speedup(ceiling.speedup),
        ceiling.workers
    ))
}

/// Laws of scaling, COST and the crossover of threads and processes.
fn laws(run: &Analysis, workload: usize) -> Vec<String> {
    let column = &run.workloads[workload];
    let label = &column.label;
    let mut lines: Vec<String> = Vec::new();
    for table in &run.executors {
        let Some(scaling) = table.scaling.get(workload) else { continue };
        match &scaling.usl {
            Law::Fitted(usl) => lines.push(format!(
                "{label} {}: universal scalability law with contention {}, coherency {}, {}.",
                table.executor,
                fixed(usl.sigma.value, 3),
                fixed(usl.kappa.value, 4),
                peak(usl)
            )),
            Law::Refused(reason) => {
                let refusal = format!("{label}: {}.", reason.trim_end_matches('.'));
                // All executors lack the same numbers of workers, as a rule.
                if measured(table, workload) && !lines.contains(&refusal) {
                    lines.push(refusal);
                }
            }
        }
        lines.extend(
            cost(table, scaling, workload).map(|cost| format!("{label} {}: {cost}.", table.executor)),
        );
    }
    let own = run.crossovers.iter().filter(|other| other.workload == column.name);
    lines.extend(own.map(|found| format!("{label}: {}.", crossover(found))));
    lines
}

/// Where a fitted law has its peak: only one that is significant counts.
fn peak(usl: &Usl) -> String {
    usl.significant_peak().map_or("no significant peak".to_string(), |(peak, ends)| {
        format!("a peak at {} {} workers", fixed(peak, 1), interval(ends, 1))
    })
}

/// COST (McSherry), where it says something: one worker of an executor is as fast as the loop, as a rule.
fn cost(table: &ExecutorTable, scaling: &Scaling, workload: usize) -> Option<String> {
    let mut estimates = table.rows.iter().filter_map(|row| row.cells[workload].estimate());
    let known = estimates.any(|estimate| estimate.speedup.is_some_and(|speedup| speedup.interval.is_some()));
    match scaling.cost {
        Some(1) => None,
        Some(workers) => Some(format!("it takes {workers} workers to be faster than the serial loop (COST)")),
        None => {
            known.then(|| "no number of workers is significantly faster than the serial loop".to_string())
        }
    }
}

fn measured(table: &ExecutorTable, workload: usize) -> bool {
    let mut estimates = table.rows.iter().filter_map(|row| row.cells[workload].estimate());
    estimates.any(|estimate| estimate.speedup.is_some())
}

fn crossover(crossover: &Crossover) -> String {
    let sizes = if crossover.job_s <= 0.0 {
        "whatever the size of a job".to_string()
    } else {
        format!("for jobs of {} or more", seconds(crossover.job_s))
    };
    format!(
        "on {}, processes take less than {} longer than threads {sizes}",
        count(crossover.workers, "worker"),
        units::percent(crossover.share, 0)
    )
}

/// What the two serial arms, which differ in nothing, say of the noise.
fn noise_floor(label: &str, floor: Quantity) -> Option<String> {
    let ends = floor.interval?;
    let most = (ends.low - 1.0).abs().max((ends.high - 1.0).abs());
    Some(format!(
        "{label}: noise floor {}: the ratio of two equal serial arms is {}; smaller differences are not significant.",
        units::percent(most, 1),
        quantity(floor, 3)
    ))
}

/// What waiting means, and whether there are connections without a job.
fn waiting(run: &Analysis, workload: usize) -> Vec<String> {
    let column = &run.workloads[workload];
    let cases = run.executors.iter().flat_map(|table| &table.rows);
    let cases: Vec<_> =
        cases.filter_map(|row| Some((row.workers, row.cells[workload].estimate()?))).collect();
    if !cases.iter().any(|(_, estimate)| estimate.speedup.is_some()) {
        return Vec::new();
    }
    let jobs = column.waits.as_ref().map_or("jobs", |waits| &waits.jobs);
    let mut lines = Vec::new();
    // Once is enough.
    if workload == 0 {
        lines.push(format!(
            "Waiting is the share of the time of {jobs} in which they had no CPU; least–most is that of single workers."
        ));
    }
    let idle: Vec<usize> =
        cases.iter().map(|(workers, _)| *workers).filter(|workers| *workers > column.jobs).collect();
    if let Some(most) = idle.iter().max() {
        lines.push(format!(
            "{}: of {most} connections at most {} are busy, one for each job.",
            column.label, column.jobs
        ));
    }
    lines
}

/// The laws of scaling of a run as refused or fitted, law by law; as one where both are refused for one reason.
pub(super) fn fits(scaling: &Scaling) -> Vec<(&'static str, [Option<Quantity>; 3], String)> {
    match (&scaling.amdahl, &scaling.usl) {
        (Law::Refused(one), Law::Refused(other)) if one == other => {
            return vec![("Amdahl, universal", [None; 3], one.clone())];
        }
        _ => {}
    }
    let amdahl = match &scaling.amdahl {
        Law::Fitted(fit) => {
            let sigma = fit.serial_fraction.value;
            let limit = if sigma > 1e-9 {
                format!("at most {}x on any number of workers", fixed(fit.lambda.value / sigma, 1))
            } else {
                "no limit in these data".to_string()
            };
            ("Amdahl", [Some(fit.lambda), Some(fit.serial_fraction), None], limit)
        }
        Law::Refused(reason) => ("Amdahl", [None; 3], reason.clone()),
    };
    let universal = match &scaling.usl {
        Law::Fitted(fit) => ("Universal", [Some(fit.lambda), Some(fit.sigma), Some(fit.kappa)], peak(fit)),
        Law::Refused(reason) => ("Universal", [None; 3], reason.clone()),
    };
    vec![amdahl, universal]
}
