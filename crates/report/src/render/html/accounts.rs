//! Where the missing speedup went, case by case.

use super::escape::{each, text};
use super::pattern::swatch;
use super::sheet::{Entry, Line, Sheet};
use super::words;
use crate::analysis::{Account, Analysis, LossRow, Row};
use crate::render::verdict::headline;

const HEAD: [&str; 6] = ["Loss", "Speedup", "95 % interval", "Worker time", "Share", "What it is"];

/// The account of every case, each to be opened; nothing if there are none.
pub(super) fn section(run: &Analysis) -> String {
    let accounts = each(0..run.workloads.len(), |column| {
        each(0..run.executors.len(), |executor| {
            each(&run.executors[executor].rows, |row| {
                details(run, (column, executor), row).unwrap_or_default()
            })
        })
    });
    if accounts.is_empty() {
        return accounts;
    }
    format!(
        "<p class=\"quiet\">N workers over the time of the batch are N speedups’ worth of worker time. What of it was no speedup stands here, in units of speedup; the rows add up to what is missing.</p>\n<p class=\"none quiet\" hidden>The case chosen has no account.</p>\n{accounts}"
    )
}

fn details(run: &Analysis, (column, executor): (usize, usize), row: &Row) -> Option<String> {
    let estimate = row.cells[column].estimate()?;
    let account = estimate.account.as_ref()?;
    let (workload, table) = (&run.workloads[column], &run.executors[executor]);
    let case = format!("{} · {} · {}", workload.label, table.executor, words::count(row.workers, "worker"));
    Some(format!(
        "<details class=\"account\" data-workload=\"{column}\" data-executor=\"{executor}\" data-workers=\"{}\">\n<summary><strong>{}</strong> <span class=\"quiet\">{}</span></summary>\n{}{}</details>\n",
        row.workers,
        text(&case),
        text(&headline(row.workers, estimate)),
        sheet(&case, account).html(),
        notes(account)
    ))
}

fn sheet(case: &str, account: &Account) -> Sheet {
    let mut rows = Vec::new();
    for row in &account.rows {
        rows.push(Line { class: "", cells: line(row, account.gap) });
        rows.extend(row.parts.iter().map(|part| Line {
            class: "part-of",
            cells: vec![
                Entry::name(part.name),
                Entry::figure(format!("{:.3}", part.speedup.value), Some(part.speedup.value)),
                Entry::figure(words::or_missing(words::bracket(part.speedup, 1.0, 3)), None),
                Entry::figure("", None),
                Entry::figure("", None),
                Entry::prose(format!("part of {}", row.loss.name())),
            ],
        }));
    }
    let total = |name: &str, value: f64, what: &str| {
        vec![
            Entry::name(name),
            Entry::figure(format!("{value:.3}"), Some(value)),
            Entry::figure("", None),
            Entry::figure("", None),
            Entry::figure("", None),
            Entry::prose(what),
        ]
    };
    let sum: f64 = account.rows.iter().map(|row| row.speedup.value).sum();
    let gap = format!(
        "{} less {:.3}x; residual {:.1e}",
        words::count(account.workers, "worker"),
        account.speedup,
        account.residual
    );
    Sheet {
        caption: format!("Account of {case}"),
        head: HEAD.map(String::from).into(),
        rows,
        foot: vec![total("sum", sum, ""), total("missing", account.gap, &gap)],
        sortable: false,
    }
}

fn line(row: &LossRow, gap: f64) -> Vec<Entry> {
    let value = row.speedup.value;
    // A share of next to nothing says nothing; adding zero takes the sign from a rounded -0.
    let share = (gap.abs() > 0.005).then(|| format!("{:.0} %", (100.0 * value / gap).round() + 0.0));
    vec![
        Entry::name(row.loss.name()).marked(swatch(row.loss)),
        Entry::figure(format!("{value:.3}"), Some(value)),
        Entry::figure(words::or_missing(words::bracket(row.speedup, 1.0, 3)), None),
        Entry::figure(words::seconds(row.worker_seconds), Some(row.worker_seconds)),
        Entry::figure(words::or_missing(share), Some(value)),
        Entry::prose(row.loss.meaning()),
    ]
}

fn notes(account: &Account) -> String {
    let items = each(&account.notes, |note| format!("<li>{}</li>", text(note)));
    if items.is_empty() { items } else { format!("<ul class=\"quiet\">{items}</ul>\n") }
}
