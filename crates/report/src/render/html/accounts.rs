//! Where the missing speedup went, case by case.

use super::escape::{each, text};
use super::tables::as_in_the_view;
use crate::analysis::{Account, Analysis, Row};
use crate::view::units::count;
use crate::view::{Verdict, tables};

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
    let case = format!("{} · {} · {}", workload.label, table.executor, count(row.workers, "worker"));
    Some(format!(
        "<details class=\"account\" data-workload=\"{column}\" data-executor=\"{executor}\" data-workers=\"{}\">\n<summary><strong>{}</strong> <span class=\"quiet\">{}</span></summary>\n{}{}</details>\n",
        row.workers,
        text(&case),
        text(&Verdict::of(row.workers, estimate).to_string()),
        as_in_the_view(&tables::account(&case, account), false),
        notes(account)
    ))
}

fn notes(account: &Account) -> String {
    let items = each(&account.notes, |note| format!("<li>{}</li>", text(note)));
    if items.is_empty() { items } else { format!("<ul class=\"quiet\">{items}</ul>\n") }
}
