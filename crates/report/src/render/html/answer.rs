//! The answer at the top: a card for every workload and executor.

use super::escape::{each, text};
use super::{bar, words};
use crate::analysis::{Analysis, Cell, Estimate, ExecutorTable};
use crate::render::verdict::{headline, missing};

/// The cards, workload by workload.
pub(super) fn section(run: &Analysis) -> String {
    each(run.workloads.iter().enumerate(), |(column, workload)| {
        let serial = workload.serial.estimate().map_or(String::new(), |serial| {
            format!(" <span class=\"quiet\">serial {}</span>", text(&words::seconds(serial.mean_s)))
        });
        format!(
            "<h4>{}{serial}</h4>\n<ul class=\"cards\">\n{}</ul>\n",
            text(&workload.label),
            each(&run.executors, |table| card(table, column))
        )
    })
}

fn card(table: &ExecutorTable, column: usize) -> String {
    let body = match telling_row(table, column) {
        Some((workers, estimate)) => figures(workers, estimate),
        None => format!("<p>{}</p>\n", text(&why_not(table, column))),
    };
    format!("<li class=\"card\">\n<h5>{}</h5>\n{body}</li>\n", text(&table.executor))
}

fn figures(workers: usize, estimate: &Estimate) -> String {
    let (value, quantity) = match (estimate.speedup, estimate.factor) {
        (Some(speedup), _) => (format!("{:.2}×", speedup.value), words::bracket(speedup, 1.0, 2)),
        (None, Some(factor)) => (format!("{factor:.2}×"), Some("one worker's speed,".to_string())),
        (None, None) => (words::seconds(estimate.mean_s), None),
    };
    let on = format!("{} on {}", quantity.unwrap_or_default(), words::count(workers, "worker"));
    let label = headline(workers, estimate);
    let bar = estimate.account.as_ref().map_or(String::new(), |account| bar::svg(account, &label));
    let missing = missing(workers, estimate).map_or(String::new(), |it| format!("<p>{}</p>\n", text(&it)));
    format!("<p class=\"big\"><strong>{value}</strong> <span>{}</span></p>\n{bar}{missing}", text(on.trim()))
}

/// The row that answers for an executor: the most workers that are no more than the CPUs, else the
/// fewest.
fn telling_row(table: &ExecutorTable, column: usize) -> Option<(usize, &Estimate)> {
    let measured = || table.rows.iter().filter_map(|row| Some((row, row.cells[column].estimate()?)));
    let within = measured().filter(|(row, _)| !row.oversubscribed).max_by_key(|(row, _)| row.workers);
    let (row, estimate) = within.or_else(|| measured().min_by_key(|(row, _)| row.workers))?;
    Some((row.workers, estimate))
}

fn why_not(table: &ExecutorTable, column: usize) -> String {
    let failure = table.rows.iter().find_map(|row| match &row.cells[column] {
        Cell::Failed { reason } => Some(format!("failed: {reason}")),
        Cell::Measured(_) | Cell::NotMeasured => None,
    });
    failure.unwrap_or_else(|| "not measured".to_string())
}
