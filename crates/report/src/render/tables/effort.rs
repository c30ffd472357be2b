//! How much was measured and how well, in sentences.

use super::conclusion::enough_workers;
use crate::analysis::Analysis;
use crate::record::{Design, Stop};
use crate::render::verdict::times;

/// The sentences on the run.
pub(super) fn lines(run: &Analysis) -> Vec<String> {
    let effort = &run.effort;
    if run.design != Design::InterleavedRounds {
        return vec!["Cases ran one after the other: drift of the machine is in the speedups. 'speedup run' pairs them in rounds.".to_string()];
    }
    let mut lines = vec![precision(run)];
    lines.extend(residual(run));
    let tasks = run.workloads.iter().any(|workload| workload.command.is_none());
    if let Some(harness) = run.environment.harness.value().filter(|_| tasks) {
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

/// Whether the accounts sum, and how far the worst is off.
fn residual(run: &Analysis) -> Option<String> {
    let accounts = run.estimates().filter_map(|estimate| estimate.account.as_ref());
    let off = accounts.map(|account| (account.residual.abs(), account.workers as f64));
    let (worst, workers) = off.max_by(|one, other| one.0.total_cmp(&other.0))?;
    let sums = if worst < 1e-9 * workers { "Every account sums" } else { "NOT every account sums" };
    Some(format!("{sums} to its number of workers; the worst is off by {worst:.0e}."))
}

/// How many rounds, why no more, and what they are good for.
fn precision(run: &Analysis) -> String {
    let effort = &run.effort;
    let rounds = if effort.rounds == 1 { "1 round".to_string() } else { format!("{} rounds", effort.rounds) };
    let warmups = match effort.warmup_rounds {
        1 => "1 more to warm up, which by rule is not counted".to_string(),
        count => format!("{count} more to warm up, which by rule are not counted"),
    };
    let ended = match effort.stop {
        Some(Stop::Time) => "until the time was up",
        Some(Stop::Rounds) => "as many as asked for",
        Some(Stop::Precision) => "until the goal was reached",
        None => "without coming to an end",
    };
    format!("{rounds}, {ended}, and {warmups}: {}.", known(run))
}

/// How well the speedups are known, against the goal.
fn known(run: &Analysis) -> String {
    let effort = &run.effort;
    let goal = effort.precision.filter(|goal| *goal > 0.0).map(percent);
    let Some((case, width)) = &effort.widest else { return "too few for any interval".to_string() };
    let reached = effort.precision.is_some_and(|goal| *width <= goal) && effort.without_interval == 0;
    let width = percent(*width);
    match goal {
        Some(goal) if reached => format!("every speedup is known to ±{width} or better (goal {goal})"),
        Some(goal) if effort.without_interval > 0 => format!(
            "the goal of ±{goal} was not reached: {} too few samples for an interval",
            match effort.without_interval {
                1 => "one case has".to_string(),
                cases => format!("{cases} cases have"),
            }
        ),
        Some(goal) => format!("the goal of ±{goal} was not reached; the widest is {case} with ±{width}"),
        None => format!("the widest interval is that of {case}, ±{width}"),
    }
}

/// A share in per cent, with a digit that counts.
fn percent(share: f64) -> String {
    let decimals = if share < 5e-4 { 4 } else { 1 };
    format!("{:.decimals$} %", 100.0 * share)
}
