//! What a run says, in sentences: how fast, what is missing, what limits it, how well that is known.

use crate::analysis::{Analysis, Estimate, ExecutorTable, Law};
use crate::record::{Design, Stop};
use crate::report::verdict::{headline, times};
use crate::stats::Quantity;

/// The sentences, a paragraph per workload and one on the run; none without a serial baseline.
pub(super) fn paragraphs(run: &Analysis) -> Vec<String> {
    let mut paragraphs: Vec<String> =
        (0..run.workloads.len()).filter_map(|workload| on_workload(run, workload)).collect();
    if !paragraphs.is_empty() {
        paragraphs.push(on_run(run).join("\n"));
    }
    paragraphs
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
fn enough_workers(table: &ExecutorTable, workload: usize) -> Option<(usize, &Estimate)> {
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
        "{}: {} pinned threads without any queue do {} the work of one: that is the machine's ceiling.",
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
            None => lines.push(format!(
                "{label} {}: no number of workers is faster than the serial loop beyond doubt.",
                table.executor
            )),
        }
    }
    for crossover in run.crossovers.iter().filter(|other| other.workload == run.workloads[workload].name) {
        lines.push(format!(
            "{label}: on {} workers, processes cost less than {:.0} % more than threads for jobs of {:.2} ms or more.",
            crossover.workers,
            100.0 * crossover.share,
            1e3 * crossover.job_s
        ));
    }
    lines
}

/// What the two serial arms, which differ in nothing, say of the noise.
fn on_floor(label: &str, floor: Quantity) -> Option<String> {
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

/// How much was measured and how well.
fn on_run(run: &Analysis) -> Vec<String> {
    let effort = &run.effort;
    if run.design != Design::InterleavedRounds {
        return vec!["Cases ran one after the other: drift of the machine is in the speedups. 'speedup run' pairs them in rounds.".to_string()];
    }
    let mut lines = vec![precision(run)];
    let worst = run.estimates().filter_map(|e| e.account.as_ref()).map(|account| account.residual.abs());
    if let Some(worst) = worst.reduce(f64::max) {
        lines.push(format!("Every account sums to its number of workers; the worst is off by {worst:.0e}."));
    }
    if let Some(harness) = run.environment.harness.value() {
        let task_us = (2.0 * (harness.usage_read_ns + harness.clock_read_ns) + harness.probe_ns) / 1e3;
        lines.push(format!("To measure a task takes about {task_us:.1} µs of its worker's time."));
    }
    let mut notes: Vec<&String> = Vec::new();
    for note in run.estimates().filter_map(|e| e.account.as_ref()).flat_map(|account| &account.notes) {
        if !notes.contains(&note) {
            notes.push(note);
        }
    }
    lines.extend(notes.into_iter().map(|note| format!("Note: {note}.")));
    if !effort.noisy.is_empty() {
        let first = &effort.noisy[0];
        lines.push(format!(
            "{} of {} rounds stand out, and are counted like all others; the first is round {}: {}.",
            effort.noisy.len(),
            effort.rounds,
            first.round,
            first.reason
        ));
        lines.extend(without_noise(run));
    }
    lines
}

/// What the rounds that do not stand out say, where that is something else.
fn without_noise(run: &Analysis) -> Option<String> {
    let mut cases = Vec::new();
    for (index, column) in run.workloads.iter().enumerate() {
        for table in &run.executors {
            let Some((workers, estimate)) = enough_workers(table, index) else { continue };
            if let Some(quiet) = estimate.quiet {
                cases.push(format!("{} {}/{workers} {}", column.label, table.executor, times(quiet)));
            }
        }
    }
    (!cases.is_empty()).then(|| format!("Without them: {}.", cases.join(", ")))
}

fn precision(run: &Analysis) -> String {
    let effort = &run.effort;
    let rounds = if effort.rounds == 1 { "1 round".to_string() } else { format!("{} rounds", effort.rounds) };
    let warmups = match effort.warmup_rounds {
        1 => "1 more to warm up".to_string(),
        count => format!("{count} more to warm up"),
    };
    let done = format!(
        "{rounds}, and {warmups}, which by rule {} not counted",
        if effort.warmup_rounds == 1 { "is" } else { "are" }
    );
    let widest = effort.widest.as_ref().map(|(case, width)| (case, 100.0 * width));
    let goal = effort.precision.map(|goal| 100.0 * goal).filter(|goal| *goal > 0.0);
    match (widest, goal) {
        (Some((_, width)), Some(goal)) if width <= goal => {
            format!("{done}: every speedup is known to ±{width:.1} % or better (goal {goal:.1} %).")
        }
        (Some((case, width)), Some(goal)) => {
            let why = match effort.stop {
                Some(Stop::Time) => "the time was up",
                Some(Stop::Rounds) => "as many rounds as asked for",
                Some(Stop::Precision) | None => "the run ended",
            };
            format!(
                "{done}: the goal of ±{goal:.1} % was not reached, {why}; the widest is {case} with ±{width:.1} %."
            )
        }
        (Some((case, width)), None) => {
            format!("{done}: the widest interval is that of {case}, ±{width:.1} %.")
        }
        (None, _) => format!("{done}: too few for intervals."),
    }
}
