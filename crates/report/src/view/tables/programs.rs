//! Programs measured from outside: times and figures, counts, and where the workers went.

use super::cases::{decimals, ends, mean_time, workers};
use crate::analysis::{Account, Analysis, Command, Estimate, ExecutorTable, Loss, Row};
use crate::record::{Axes, Known};
use crate::stats::Quantity;
use crate::view::grid::{Entry, Grid, heads};
use crate::view::programs::by;
use crate::view::units::{bytes, chosen_percent, count, fixed, percent, quantity, time, times};

/// What stands where the system does not tell.
const UNTOLD: &str = "not told";
/// More columns than these have no room for intervals.
const WITH_INTERVALS: usize = 2;

/// A case that was measured.
struct Case<'a> {
    row: &'a Row,
    estimate: &'a Estimate,
    /// Processes and threads, in a grid.
    pair: Option<(usize, usize)>,
}

impl Case<'_> {
    /// Its number of workers, or processes and threads.
    fn number(&self) -> Entry {
        let number = workers(self.row);
        self.pair.map_or(number.clone(), |pair| Entry { text: by(pair), ..number })
    }

    /// The same as a head of a column.
    fn head(&self) -> String {
        self.pair.map_or_else(|| count(self.row.workers, "worker"), by)
    }
}

/// The head of the column of [`Case::number`].
fn number_head(command: &Command) -> &'static str {
    if command.grid.is_some() { "p×t" } else { "N" }
}

/// The cases of a workload that were measured, with their figures.
fn cases(run: &Analysis, workload: usize) -> Vec<Case<'_>> {
    let rows = run.executors.iter().flat_map(|table| table.rows.iter().map(move |row| (table, row)));
    let pair = |table: &ExecutorTable, row: &Row| Axes::pair(&table.executor, row.workers);
    rows.filter_map(|(table, row)| {
        Some(Case { row, estimate: row.cells.get(workload)?.estimate()?, pair: pair(table, row) })
    })
    .collect()
}

/// Times and speedups with every pair of processes, a row each, and threads, a column each; `None` where it was
/// not measured so.
pub(in crate::view) fn plane(run: &Analysis, workload: usize) -> Option<Grid> {
    let column = &run.workloads[workload];
    let command = column.command.as_ref()?;
    let axes = command.grid.as_ref()?;
    let (decimals, cases) = (decimals(run), cases(run, workload));
    let cell = |pair: (usize, usize)| {
        let case = cases.iter().find(|case| case.pair == Some(pair));
        let speedup = case.and_then(|case| case.estimate.speedup).map(|speedup| speedup.value);
        let mut entry = Entry::figure(speedup, times);
        if let Some(case) = case {
            let mark = match command.best.and_then(|best| best.pairs) {
                Some([best, _]) if best == pair => "best ",
                Some([_, enough]) if enough == pair => "enough ",
                _ => "",
            };
            entry.text = format!("{mark}{} {}", time(&case.row.cells[workload], decimals), entry.text);
        }
        entry
    };
    let row = |&processes: &usize| {
        let name = Entry::figure(Some(processes as f64), |processes| fixed(processes, 0));
        let cells = axes.threads.iter().map(|&threads| cell((processes, threads)));
        std::iter::once(name).chain(cells).collect()
    };
    let threads = axes.threads.iter().map(|&threads| format!("t={threads}"));
    Some(Grid {
        title: format!(
            "{} {}: time and speedup by processes (p) and threads of each (t); enough: the fewest workers within {} of the best",
            column.label,
            against(command, &time(&column.serial, decimals)),
            chosen_percent(command.best.map_or(0.0, |best| best.share))
        ),
        head: std::iter::once("p".to_string()).chain(threads).collect(),
        rows: axes.processes.iter().map(row).collect(),
        ..Grid::default()
    })
}

/// Times and figures, a line for each number of workers; `None` where nothing was measured.
pub(in crate::view) fn program(run: &Analysis, workload: usize) -> Option<Grid> {
    let column = &run.workloads[workload];
    let command = column.command.as_ref()?;
    let decimals = decimals(run);
    let cases = cases(run, workload);
    let beyond =
        if cases.iter().any(|case| case.row.oversubscribed) { ", * more workers than CPUs" } else { "" };
    let line = |case: &Case<'_>| {
        let (row, estimate) = (case.row, case.estimate);
        let seen = estimate.outside.as_ref();
        let one_is_baseline = row.workers == 1 && command.serial.is_none();
        let mut number = case.number();
        number.text.push_str(if row.oversubscribed { "*" } else { "" });
        let seconds = |seconds: f64| format!("{}s", fixed(seconds, decimals));
        vec![
            number,
            mean_time(&row.cells[workload], decimals),
            Entry::figure(estimate.speedup.map(|speedup| speedup.value), times),
            ends(estimate.speedup.filter(|_| !one_is_baseline)),
            Entry::figure(estimate.efficiency.map(|share| share.value), |share| percent(share, 1)),
            Entry::figure(seen.map(|seen| seen.cpus_used), |cpus| fixed(cpus, 2)),
            Entry::figure(seen.map(|seen| seen.cpu_s), seconds),
            seen.map_or_else(
                || Entry::figure(None, times),
                |seen| told(&seen.peak_memory_bytes, |&memory| (bytes(memory), memory as f64)),
            ),
            // With one worker everything is serial.
            seen.filter(|_| row.workers > 1).map_or_else(
                || Entry::figure(None, times),
                |seen| told(&seen.serial_fraction, |share| (percent(share.value, 0), share.value)),
            ),
        ]
    };
    let rows: Vec<Vec<Entry>> = cases.iter().map(line).collect();
    (!rows.is_empty()).then(|| Grid {
        faint: run.anecdote().is_some(),
        title: format!(
            "{} {}{beyond}: {}",
            column.label,
            against(command, &time(&column.serial, decimals)),
            command.line
        ),
        head: heads([
            number_head(command),
            "time",
            "speedup",
            "95 %",
            "efficiency",
            "CPUs used",
            "CPU time",
            "memory",
            "serial",
        ]),
        rows,
        ..Grid::default()
    })
}

fn against(command: &Command, time: &str) -> String {
    match &command.serial {
        Some(serial) => format!("against '{serial}' ({time})"),
        None => format!("against one worker ({time})"),
    }
}

/// What was counted of a program; `None` of numbers that were measured elsewhere.
pub(in crate::view) fn counts(run: &Analysis, workload: usize) -> Option<Grid> {
    let column = &run.workloads[workload];
    let command = column.command.as_ref()?;
    let line = |case: &Case<'_>| {
        let seen = case.estimate.outside.as_ref()?;
        let whole = |count: f64| Entry::figure(Some(count), |count| fixed(count, 0));
        let told_whole = |known: &Known<f64>| told(known, |&count| (fixed(count, 0), count));
        Some(vec![
            case.number(),
            told_whole(&seen.processes),
            told_whole(&seen.threads),
            whole(seen.voluntary_switches),
            whole(seen.involuntary_switches),
            whole(seen.major_faults),
            Entry::figure(seen.inflation.map(|inflation| inflation.value), |times| {
                format!("{}x", fixed(times, 3))
            }),
        ])
    };
    let rows: Vec<Vec<Entry>> = cases(run, workload).iter().filter_map(line).collect();
    (!rows.is_empty()).then(|| Grid {
        title: format!("{}: counts of an execution, mean", column.label),
        head: heads([
            number_head(command),
            "processes",
            "threads",
            "waits",
            "preempted",
            "major faults",
            "CPU inflation",
        ]),
        rows,
        ..Grid::default()
    })
}

/// Where the workers of a program went, at every number of them; `None` without an account.
pub(in crate::view) fn program_losses(run: &Analysis, workload: usize) -> Option<Grid> {
    let cases = cases(run, workload);
    let many = cases.iter().filter(|case| case.row.workers > 1);
    let (names, accounts): (Vec<String>, Vec<&Account>) =
        many.filter_map(|case| Some((case.head(), case.estimate.account.as_ref()?))).unzip();
    if accounts.is_empty() {
        return None;
    }
    let several = accounts.len() > WITH_INTERVALS;
    let line = |name: &str, cell: &dyn Fn(&Account) -> Entry| -> Vec<Entry> {
        std::iter::once(Entry::name(name)).chain(accounts.iter().map(|account| cell(account))).collect()
    };
    let figure = |figure: Quantity| {
        let text = if several { fixed(figure.value, 3) } else { quantity(figure, 3) };
        Entry::written(text, Some(figure.value))
    };
    let known = |value: f64| figure(Quantity::known(value));
    let of =
        |account: &Account, loss| account.rows.iter().find(|row| row.loss == loss).map(|row| row.speedup);
    let merged = [Loss::ExtraCpu, Loss::StealExit, Loss::Untold];
    let shown =
        |loss: &Loss| !merged.contains(loss) || accounts.iter().any(|account| of(account, *loss).is_some());
    let mut lines = vec![line("the work (speedup)", &|account| known(account.speedup))];
    lines.extend(Loss::OUTSIDE.into_iter().filter(shown).map(|loss| {
        let cell = |account: &Account| {
            of(account, loss).map_or_else(|| Entry::written(UNTOLD, None), figure).of(loss)
        };
        line(loss.name(), &cell)
    }));
    let sum =
        |account: &Account| account.speedup + account.rows.iter().map(|row| row.speedup.value).sum::<f64>();
    lines.push(line("sum", &|account| known(sum(account))));
    let residual =
        |account: &Account| Entry::written(format!("{:.0e}", account.residual), Some(account.residual));
    lines.push(line("residual", &residual));
    let intervals = if several { "" } else { " with 95 % intervals" };
    Some(Grid {
        title: format!(
            "{}: where the workers went, in units of speedup{intervals}; gains are negative",
            run.workloads[workload].label
        ),
        head: std::iter::once("into".to_string()).chain(names).collect(),
        rows: lines,
        ..Grid::default()
    })
}

/// A figure with its text, or that it is not told.
fn told<T>(known: &Known<T>, form: impl Fn(&T) -> (String, f64)) -> Entry {
    known
        .value()
        .map(form)
        .map_or_else(|| Entry::written(UNTOLD, None), |(text, value)| Entry::written(text, Some(value)))
}
