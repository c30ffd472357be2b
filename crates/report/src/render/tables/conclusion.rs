//! What a run says, in sentences: how fast, what is missing, what limits it.

use crate::analysis::{Analysis, Estimate, ExecutorTable, Law};
use crate::render::grid::in_words;
use crate::render::verdict::{headline, times};
use crate::stats::Quantity;

/// The sentences, a paragraph per workload; none without a serial baseline.
pub(super) fn paragraphs(run: &Analysis) -> Vec<String> {
    (0..run.workloads.len()).filter_map(|workload| on_workload(run, workload)).collect()
}

fn on_workload(run: &Analysis, workload: usize) -> Option<String> {
    let column = &run.workloads[workload];
    let mut lines = Vec::new();
    for table in &run.executors {
        if let Some((workers, estimate)) = enough_workers(table, workload) {
            lines.push(format!("{} {}: {}.", column.label, table.executor, headline(workers, estimate)));
        }
    }
    if lines.is_empty() {
        return None;
    }
    lines.extend(on_ceiling(run, workload));
    lines.extend(on_laws(run, workload));
    lines.extend(column.floor.and_then(|floor| on_floor(&column.label, floor)));
    Some(lines.join("\n"))
}

/// How far below the best mean speedup counts as reaching it. Means of repeated runs differ by as
/// much for no reason, and where workers outnumber CPUs the best of many would be one of those.
const REACHED: f64 = 0.99;

/// The fewest workers that reach the best mean speedup, with their figures; among those that the CPUs
/// allow, if there are any.
pub(super) fn enough_workers(table: &ExecutorTable, workload: usize) -> Option<(usize, &Estimate)> {
    let allowed = table.rows.iter().any(|row| !row.oversubscribed);
    let measured = table.rows.iter().filter(|row| !(allowed && row.oversubscribed)).filter_map(|row| {
        let estimate = row.cells[workload].estimate()?;
        Some((row.workers, estimate, estimate.speedup?.value))
    });
    let best = measured.clone().map(|(.., speedup)| speedup).fold(0.0, f64::max);
    let (workers, estimate, _) = measured.into_iter().find(|(.., speedup)| *speedup >= REACHED * best)?;
    Some((workers, estimate))
}

/// What the machine itself allows on the most CPUs.
fn on_ceiling(run: &Analysis, workload: usize) -> Option<String> {
    let column = &run.workloads[workload];
    let ceiling = column.ceilings.iter().rfind(|ceiling| ceiling.workers > 1)?;
    Some(format!(
        "{}: {} pinned threads without any queue do {} the work of one: the machine's own ceiling.",
        column.label,
        ceiling.workers,
        times(ceiling.speedup)
    ))
}

/// Laws of scaling, COST and the crossover of threads and processes.
fn on_laws(run: &Analysis, workload: usize) -> Vec<String> {
    let label = &run.workloads[workload].label;
    let mut lines: Vec<String> = Vec::new();
    for table in &run.executors {
        let Some(scaling) = table.scaling.get(workload) else { continue };
        if let Law::Fitted(usl) = &scaling.usl {
            // Where coherency may as well be nothing, a peak is a play of the noise.
            let peak =
                usl.peak.zip(usl.peak_interval).map_or("no peak in sight".to_string(), |(peak, interval)| {
                    format!("a peak at {peak:.1} [{:.1}, {:.1}] workers", interval.low, interval.high)
                });
            lines.push(format!(
                "{label} {}: universal scalability law with contention {:.3}, coherency {:.4}, {peak}.",
                table.executor, usl.sigma.value, usl.kappa.value
            ));
        }
        if let Law::Refused(reason) = &scaling.usl {
            let refusal = format!("{label}: {reason}");
            // All executors lack the same numbers of workers, as a rule.
            if !lines.contains(&refusal) {
                lines.push(refusal);
            }
        }
        match scaling.cost {
            Some(1) => {}
            Some(workers) => lines.push(format!(
                "{label} {}: it takes {workers} workers to be faster than the serial loop (COST).",
                table.executor
            )),
            None if has_intervals(table, workload) => lines.push(format!(
                "{label} {}: no number of workers is faster than the serial loop beyond doubt.",
                table.executor
            )),
            None => {}
        }
    }
    let own = run.crossovers.iter().filter(|other| other.workload == run.workloads[workload].name);
    lines.extend(own.map(|crossover| {
        let sizes = match crossover.job_s {
            0.0 => "whatever the size of a job".to_string(),
            job_s => format!("for jobs of {:.2} ms or more", 1e3 * job_s),
        };
        let (workers, share) = (in_words(crossover.workers), 100.0 * crossover.share);
        format!("{label}: on {workers}, processes cost less than {share:.0} % more than threads {sizes}.")
    }));
    lines
}

/// Whether the speedups of an executor are known well enough to say what they are not.
fn has_intervals(table: &ExecutorTable, workload: usize) -> bool {
    let mut estimates = table.rows.iter().filter_map(|row| row.cells[workload].estimate());
    estimates.any(|estimate| estimate.speedup.is_some_and(|speedup| speedup.interval.is_some()))
}

/// What the two serial arms, which differ in nothing, say of the noise.
pub(super) fn on_floor(label: &str, floor: Quantity) -> Option<String> {
    let interval = floor.interval?;
    let most = (interval.low - 1.0).abs().max((interval.high - 1.0).abs());
    Some(format!(
        "{label}: noise floor {:.1} %: the two serial arms are a ratio of {} apart.",
        100.0 * most,
        plain(floor)
    ))
}

fn plain(quantity: Quantity) -> String {
    let interval = quantity.interval.map(|interval| format!(" [{:.3}, {:.3}]", interval.low, interval.high));
    format!("{:.3}{}", quantity.value, interval.unwrap_or_default())
}
