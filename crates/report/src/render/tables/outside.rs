//! Programs measured from outside: what stands in their tables, and what those say in sentences.

use super::conclusion::{enough_workers, on_floor};
use crate::analysis::{Account, Analysis, Command, Estimate, ExecutorTable, Law, Loss, OutsideFigures, Row};
use crate::record::{Design, Known};
use crate::render::grid::{Grid, MISSING, decimals, in_words, ratio, time};
use crate::render::units;
use crate::render::verdict::{achieved, lacking};
use crate::stats::Quantity;

/// What stands where the system does not tell.
const UNTOLD: &str = "not told";
/// More columns than these have no room for intervals.
const WITH_INTERVALS: usize = 2;

/// The tables of a run of programs: for each its times and figures, its counts, and where the rest went.
pub(super) fn tables(run: &Analysis) -> Vec<Grid> {
    let of = |workload: usize| {
        let rows = rows(run, workload);
        [Some(speedups(run, workload, &rows)), counts(run, workload, &rows), losses(run, workload, &rows)]
    };
    (0..run.workloads.len()).flat_map(of).flatten().collect()
}

/// The rows of a workload that were measured, with their figures.
fn rows(run: &Analysis, workload: usize) -> Vec<(&Row, &Estimate)> {
    let rows = run.executors.iter().flat_map(|table| &table.rows);
    rows.filter_map(|row| Some((row, row.cells.get(workload)?.estimate()?))).collect()
}

fn speedups(run: &Analysis, workload: usize, rows: &[(&Row, &Estimate)]) -> Grid {
    let column = &run.workloads[workload];
    let head = ["N", "time", "speedup", "95 %", "efficiency", "CPUs used", "CPU time", "memory", "serial"];
    let decimals = decimals(run);
    let beyond = rows.iter().any(|(row, _)| row.oversubscribed);
    let line = |(row, estimate): &(&Row, &Estimate)| {
        let seen = estimate.outside.as_ref();
        let missing = || MISSING.to_string();
        let one_is_baseline = row.workers == 1 && serial_program(column.command.as_ref()).is_none();
        let interval = estimate.speedup.and_then(|speedup| speedup.interval).filter(|_| !one_is_baseline);
        vec![
            format!("{}{}", row.workers, if row.oversubscribed { "*" } else { "" }),
            time(&row.cells[workload], decimals),
            ratio(estimate.speedup.map(|speedup| speedup.value)),
            interval.map_or_else(missing, |interval| format!("{:.2}–{:.2}", interval.low, interval.high)),
            estimate.efficiency.map_or_else(missing, |share| format!("{:.1} %", 100.0 * share.value)),
            seen.map_or_else(missing, |seen| format!("{:.2}", seen.cpus_used)),
            seen.map_or_else(missing, |seen| format!("{:.decimals$}s", seen.cpu_s)),
            seen.map_or_else(missing, |seen| told(&seen.peak_memory_bytes, |bytes| units::bytes(*bytes as f64))),
            seen.filter(|_| row.workers > 1).map_or_else(missing, |seen| {
                told(&seen.serial_fraction, |share| format!("{:.0} %", 100.0 * share.value))
            }),
        ]
    };
    let baseline = match serial_program(column.command.as_ref()) {
        Some(serial) => format!("against '{serial}' ({})", time(&column.serial, decimals)),
        None => "against one worker".to_string(),
    };
    let command = column.command.as_ref().map_or(column.label.as_str(), |command| &command.line);
    Grid {
        title: format!("{command}\n{baseline}{}", if beyond { ", * more workers than CPUs" } else { "" }),
        head: head.map(str::to_string).to_vec(),
        rows: rows.iter().map(line).collect(),
    }
}

fn serial_program(command: Option<&Command>) -> Option<&str> {
    command?.serial.as_deref()
}

/// What was counted; nothing of numbers that were measured elsewhere.
fn counts(run: &Analysis, workload: usize, rows: &[(&Row, &Estimate)]) -> Option<Grid> {
    let head = ["N", "processes", "threads", "waits", "preempted", "major faults", "CPU inflation"];
    let line = |(row, estimate): &(&Row, &Estimate)| {
        let seen = estimate.outside.as_ref()?;
        let whole = |count: f64| format!("{count:.0}");
        Some(vec![
            row.workers.to_string(),
            told(&seen.processes, |&count| whole(count)),
            told(&seen.threads, |&count| whole(count)),
            whole(seen.voluntary_switches),
            whole(seen.involuntary_switches),
            whole(seen.major_faults),
            seen.inflation.map_or(MISSING.to_string(), |inflation| format!("{:.3}x", inflation.value)),
        ])
    };
    let rows: Vec<Vec<String>> = rows.iter().filter_map(line).collect();
    (!rows.is_empty()).then(|| Grid {
        title: format!("{}: what was counted, mean of an execution", run.workloads[workload].label),
        head: head.map(str::to_string).to_vec(),
        rows,
    })
}

/// Where the rest went, at every number of workers.
fn losses(run: &Analysis, workload: usize, rows: &[(&Row, &Estimate)]) -> Option<Grid> {
    let of = |(row, estimate): &(&Row, &'_ Estimate)| Some((row.workers, estimate.account.clone()?));
    let accounts: Vec<(usize, Account)> = rows.iter().filter_map(of).filter(|(workers, _)| *workers > 1).collect();
    let several = accounts.len() > WITH_INTERVALS;
    (!accounts.is_empty()).then(|| {
        let head = std::iter::once("into".to_string());
        let line = |name: &str, cell: &dyn Fn(&Account) -> String| -> Vec<String> {
            std::iter::once(name.to_string()).chain(accounts.iter().map(|(_, account)| cell(account))).collect()
        };
        let mut lines = vec![line("the work (speedup)", &|account| format!("{:.3}", account.speedup))];
        let merged = [Loss::ExtraCpu, Loss::StealExit, Loss::Untold];
        for loss in Loss::OUTSIDE {
            let any = accounts.iter().any(|(_, account)| row_of(account, loss).is_some());
            if any || !merged.contains(&loss) {
                lines.push(line(loss.name(), &|account| {
                    row_of(account, loss).map_or(UNTOLD.to_string(), |quantity| figure(quantity, !several))
                }));
            }
        }
        let sum = |account: &Account| account.speedup + account.rows.iter().map(|row| row.speedup.value).sum::<f64>();
        lines.push(line("sum", &|account| format!("{:.3}", sum(account))));
        lines.push(line("residual", &|account| format!("{:.0e}", account.residual)));
        let intervals = if several { "" } else { " with 95 % intervals" };
        Grid {
            title: format!(
                "{}: where the workers went, in units of speedup{intervals}; gains are negative",
                run.workloads[workload].label
            ),
            head: head.chain(accounts.iter().map(|(workers, _)| in_words(*workers))).collect(),
            rows: lines,
        }
    })
}

fn row_of(account: &Account, loss: Loss) -> Option<Quantity> {
    account.rows.iter().find(|row| row.loss == loss).map(|row| row.speedup)
}

fn figure(quantity: Quantity, with_interval: bool) -> String {
    let plain = |value: f64| format!("{:.3}", if value.abs() < 5e-4 { 0.0 } else { value });
    match quantity.interval.filter(|_| with_interval) {
        Some(interval) => {
            format!("{} [{}, {}]", plain(quantity.value), plain(interval.low), plain(interval.high))
        }
        None => plain(quantity.value),
    }
}

fn told<T>(known: &Known<T>, form: impl Fn(&T) -> String) -> String {
    known.value().map_or(UNTOLD.to_string(), form)
}

/// What the tables say, a paragraph per program; none without a baseline.
pub(super) fn paragraphs(run: &Analysis) -> Vec<String> {
    (0..run.workloads.len()).filter_map(|workload| on_program(run, workload)).collect()
}

fn on_program(run: &Analysis, workload: usize) -> Option<String> {
    let column = &run.workloads[workload];
    let command = column.command.as_ref()?;
    let mut lines = Vec::new();
    for table in &run.executors {
        if let Some((workers, estimate)) = enough_workers(table, workload) {
            let last = most_workers(table, workload).filter(|(most, _)| *most != workers);
            for (workers, estimate) in std::iter::once((workers, estimate)).chain(last) {
                if workers > 1 {
                    lines.push(format!("{}: {}.", column.label, verdict(workers, estimate)));
                }
            }
        }
        lines.extend(law(table, workload).map(|law| format!("{}: {law}", column.label)));
    }
    lines.extend(best(&column.label, command));
    if lines.is_empty() {
        return None;
    }
    lines.extend(column.floor.and_then(|floor| on_floor(&column.label, floor)));
    if run.design == Design::InterleavedRounds {
        let seen = rows(run, workload).into_iter().filter_map(|(_, estimate)| estimate.outside.as_ref());
        lines.extend(remarks(&column.label, command, seen));
    }
    Some(lines.join("\n"))
}

/// The figures at the most workers that the CPUs allow.
fn most_workers(table: &ExecutorTable, workload: usize) -> Option<(usize, &Estimate)> {
    let row = table.rows.iter().rfind(|row| !row.oversubscribed)?;
    Some((row.workers, row.cells.get(workload)?.estimate()?))
}

/// One number of workers in a sentence, as in `1.62x [1.60, 1.64] on 2 workers; 0.38 missing: only one thread
/// had work 0.27, more CPU time 0.09, run queue 0.02; 31 % of the program is serial`.
pub(in crate::render) fn verdict(workers: usize, estimate: &Estimate) -> String {
    let mut parts = vec![achieved(workers, estimate)];
    parts.extend(lacking(workers, estimate, in_words_of));
    let serial = estimate.outside.as_ref().and_then(|seen| seen.serial_fraction.value());
    parts.extend(serial.map(|share| format!("{:.0} % of the program is serial", 100.0 * share.value)));
    parts.join("; ")
}

/// A row as a sentence names it; rows of one name are one there.
fn in_words_of(loss: Loss) -> &'static str {
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

fn law(table: &ExecutorTable, workload: usize) -> Option<String> {
    let Law::Fitted(usl) = &table.scaling.get(workload)?.usl else { return None };
    let peak = usl.peak.zip(usl.peak_interval).map_or("no peak in sight".to_string(), |(peak, interval)| {
        format!("a peak at {peak:.1} [{:.1}, {:.1}] workers", interval.low, interval.high)
    });
    Some(format!(
        "universal scalability law with contention {:.3}, coherency {:.4}, {peak}.",
        usl.sigma.value, usl.kappa.value
    ))
}

fn best(label: &str, command: &Command) -> Option<String> {
    let best = command.best?;
    let most = in_words(best.workers);
    Some(match best.enough {
        enough if enough == best.workers => {
            format!("{label}: best with {most}; no fewer come within {:.0} % of that.", 100.0 * best.share)
        }
        enough => format!(
            "{label}: best with {most}; {} come within {:.0} % of that.",
            in_words(enough),
            100.0 * best.share
        ),
    })
}

/// What a reader must know of how it was measured.
fn remarks<'a>(label: &str, command: &Command, seen: impl Iterator<Item = &'a OutsideFigures>) -> Vec<String> {
    let seen: Vec<&OutsideFigures> = seen.collect();
    let mut lines = Vec::new();
    let Some(first) = seen.first() else { return lines };
    let cpus = if command.follow { "; N workers had N CPUs" } else { "" };
    lines.push(format!("{label}: seen from outside by {}{cpus}.", first.source));
    let failures: usize = seen.iter().map(|seen| seen.failures).sum();
    if failures > 0 {
        lines.push(format!("{label}: {failures} executions ended with another exit code than 0."));
    }
    let killed: u64 = seen.iter().map(|seen| seen.killed).max().unwrap_or(0);
    if killed > 0 {
        lines.push(format!("{label}: left up to {killed} processes running, which were ended."));
    }
    if seen.iter().any(|seen| seen.largest_process_only && seen.peak_memory_bytes.value().is_some()) {
        lines.push(format!("{label}: memory is that of the largest process; that of the whole tree is not told."));
    }
    lines
}
