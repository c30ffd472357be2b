//! What the tables of a program say, in sentences.

use super::conclusion::noise_floor;
use super::tables::peak;
use super::units::{chosen_percent, count, fixed, seconds};
use crate::analysis::{Analysis, Command, Law, Loss, OutsideFigures, Scaling, WorkloadColumn};

/// The sentences: the law, which number of workers is best, the noise floor, and how it was seen.
pub(super) fn remarks(run: &Analysis, workload: usize) -> Vec<String> {
    let column = &run.workloads[workload];
    let Some(command) = &column.command else { return Vec::new() };
    let label = &column.label;
    let mut lines = Vec::new();
    for table in &run.executors {
        let Some(scaling) = table.scaling.get(workload) else { continue };
        // Each number of processes has a law over its numbers of threads.
        let of = if command.grid.is_some() { format!("{label} {}", table.executor) } else { label.clone() };
        lines.extend(law(scaling).map(|law| format!("{of}: {law}.")));
        lines.extend(cost(run, command, scaling).map(|cost| format!("{of}: {cost}.")));
    }
    lines.extend(column.floor.and_then(|floor| noise_floor(label, floor)));
    let rows = run.executors.iter().flat_map(|table| &table.rows);
    let estimates = rows.filter_map(|row| row.cells.get(workload)?.estimate());
    let seen: Vec<&OutsideFigures> = estimates.filter_map(|estimate| estimate.outside.as_ref()).collect();
    lines.extend(how_seen(run, command, &seen).into_iter().map(|line| format!("{label}: {line}.")));
    lines
}

/// A row of an account as a sentence names it; rows of one name are one there.
pub(super) fn in_words(loss: Loss) -> &'static str {
    match loss {
        Loss::ExtraUser | Loss::ExtraSystem | Loss::ExtraCpu => "more CPU time",
        Loss::Serial => "only one thread had work",
        Loss::Partial => "too few threads had work",
        Loss::Idle => "no thread could run",
        Loss::Exit => "ending of processes",
        Loss::Over => "more threads than workers",
        Loss::Untold => "what the system does not tell apart",
        other => other.name(),
    }
}

/// What the order of a batch's inputs costs, and what to begin with, where that can be seen.
pub(super) fn ordering(run: &Analysis, workload: usize) -> Option<String> {
    let column = &run.workloads[workload];
    let longest =
        column.command.as_ref().map(|command| &command.longest).filter(|inputs| !inputs.is_empty())?;
    let accounts = (0..run.executors.len()).filter_map(|executor| run.representative(executor, workload));
    let rows = accounts.filter_map(|case| case.estimate.account.as_ref()).flat_map(|account| &account.rows);
    let lost = rows.filter(|row| row.loss == Loss::Ordering).map(|row| row.speedup.value).fold(0.0, f64::max);
    let inputs = longest.iter().map(|input| format!("'{input}'")).collect::<Vec<_>>().join(", ");
    (lost >= ORDERING).then(|| {
        format!(
            "{}: the order of the inputs costs {} of speedup; begin with those that take longest, such as {inputs}.",
            column.label,
            fixed(lost, 2)
        )
    })
}

/// A loss by ordering from which on another order is worth a word.
const ORDERING: f64 = 0.05;

fn law(scaling: &Scaling) -> Option<String> {
    let Law::Fitted(usl) = &scaling.usl else { return None };
    let (contention, coherency) = (fixed(usl.sigma.value, 3), fixed(usl.kappa.value, 4));
    Some(format!(
        "universal scalability law with contention {contention}, coherency {coherency}, {}",
        peak(usl)
    ))
}

/// COST (`McSherry`), where there is a serial program to be faster than.
fn cost(run: &Analysis, command: &Command, scaling: &Scaling) -> Option<String> {
    let serial = command.serial.as_ref().filter(|_| run.anecdote().is_none())?;
    Some(match scaling.cost {
        Some(workers) => format!(
            "COST, the fewest workers that are surely faster than '{serial}', is {}",
            count(workers, "worker")
        ),
        None => format!("no number of workers is significantly faster than '{serial}'"),
    })
}

/// Which number of workers of a program is best.
pub(super) fn best(column: &WorkloadColumn) -> Option<String> {
    let best = best_of(column.command.as_ref()?)?;
    Some(format!("{}: {best}.", column.label))
}

fn best_of(command: &Command) -> Option<String> {
    let best = command.best?;
    let share = chosen_percent(best.share);
    let named = |workers: usize, pair: Option<(usize, usize)>| {
        pair.map_or_else(|| count(workers, "worker"), |pair| format!("{} ({workers} in all)", by(pair)))
    };
    let [most, enough] = best.pairs.map_or([None; 2], |pairs| pairs.map(Some));
    let most = named(best.workers, most);
    Some(if best.workers == 1 {
        format!("best with {most}")
    } else if best.enough == best.workers {
        format!("best with {most}; fewer are more than {share} slower")
    } else {
        let comes = if best.enough == 1 || enough.is_some() { "comes" } else { "come" };
        format!("best with {most}; {} {comes} within {share} of that", named(best.enough, enough))
    })
}

/// Processes and threads of a case: `2×4`.
pub(super) fn by((processes, threads): (usize, usize)) -> String {
    format!("{processes}×{threads}")
}

/// What a reader must know of how it was measured.
fn how_seen(run: &Analysis, command: &Command, seen: &[&OutsideFigures]) -> Vec<String> {
    let Some(first) = seen.first() else { return Vec::new() };
    let cpus = match &run.pin {
        Some(pin) => format!("; N workers had N CPUs, in the order {} ({})", pin.list(), pin.order_name()),
        None if command.follow => "; N workers had N CPUs".to_string(),
        None => String::new(),
    };
    let mut lines = vec![format!("seen from outside by {}{cpus}", first.source)];
    if let Some(start_s) = command.shell_start_s {
        lines.push(format!("the shell's start is taken off each execution: {}", seconds(start_s)));
    }
    let failures: usize = seen.iter().map(|seen| seen.failures).sum();
    if failures > 0 {
        lines.push(format!("{} ended with another exit code than 0", count(failures, "execution")));
    }
    let killed = seen.iter().map(|seen| seen.killed).max().unwrap_or(0);
    if killed > 0 {
        lines.push(format!("an execution left up to {killed} processes running, which were ended"));
    }
    if seen.iter().any(|seen| seen.largest_process_only && seen.peak_memory_bytes.value().is_some()) {
        lines.push("memory is that of the largest process; that of the whole tree is not told".to_string());
    }
    lines
}
