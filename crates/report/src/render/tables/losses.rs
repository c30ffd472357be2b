//! Where the missing speedup went: the accounts of a workload, executors side by side.

use crate::analysis::{Account, Analysis, Loss, LossRow};
use crate::render::grid::{Grid, MISSING, in_words};
use crate::stats::Quantity;

/// The accounts at the most workers that the CPUs allow; `None` where there is none.
pub(super) fn table(run: &Analysis, workload: usize) -> Option<Grid> {
    let accounts: Vec<(&str, &Account)> = run
        .executors
        .iter()
        .filter_map(|table| Some((table.executor.as_str(), account(run, &table.executor, workload)?)))
        .collect();
    let (_, first) = accounts.first()?;
    let mut head = vec!["into".to_string()];
    head.extend(accounts.iter().map(|(executor, account)| format!("{executor}/{}", account.workers)));
    let mut rows =
        vec![line("the work (speedup)", &accounts, |account| Some(Quantity::known(account.speedup)))];
    for loss in Loss::ALL {
        if accounts.iter().any(|(_, account)| row(account, loss).is_some()) {
            rows.push(line(loss.name(), &accounts, |account| Some(row(account, loss)?.speedup)));
        }
    }
    rows.push(line("sum", &accounts, |account| Some(Quantity::known(sum(account)))));
    rows.push(residuals(&accounts));
    let workers = first.workers;
    Some(Grid {
        title: format!(
            "{}: where {} went, in units of speedup with 95 % intervals; gains are negative",
            run.workloads[workload].label,
            in_words(workers)
        ),
        head,
        rows,
    })
}

/// The account of an executor at the most workers that the CPUs allow, or at the fewest there are.
fn account<'a>(run: &'a Analysis, executor: &str, workload: usize) -> Option<&'a Account> {
    let table = run.executors.iter().find(|table| table.executor == executor)?;
    let accounts = table.rows.iter().filter_map(|row| {
        let account = row.cells[workload].estimate()?.account.as_ref()?;
        Some((row.oversubscribed, account))
    });
    let allowed = accounts.clone().rfind(|(oversubscribed, _)| !oversubscribed);
    allowed.or(accounts.into_iter().next()).map(|(_, account)| account)
}

fn row(account: &Account, loss: Loss) -> Option<&LossRow> {
    account.rows.iter().find(|row| row.loss == loss)
}

fn sum(account: &Account) -> f64 {
    account.speedup + account.rows.iter().map(|row| row.speedup.value).sum::<f64>()
}

fn line(
    name: &str,
    accounts: &[(&str, &Account)],
    figure: impl Fn(&Account) -> Option<Quantity>,
) -> Vec<String> {
    let cells = accounts.iter().map(|(_, account)| figure(account).map_or(MISSING.to_string(), text));
    std::iter::once(name.to_string()).chain(cells).collect()
}

fn text(quantity: Quantity) -> String {
    let value = thousandths(quantity.value);
    quantity.interval.map_or(value.clone(), |interval| {
        format!("{value} [{}, {}]", thousandths(interval.low), thousandths(interval.high))
    })
}

/// Three decimals, and no minus before a zero.
fn thousandths(value: f64) -> String {
    format!("{:.3}", if value.abs() < 5e-4 { 0.0 } else { value })
}

/// What the sums are off by: rounding, or a mistake in the account.
fn residuals(accounts: &[(&str, &Account)]) -> Vec<String> {
    let cells = accounts.iter().map(|(_, account)| format!("{:.0e}", account.residual));
    std::iter::once("residual".to_string()).chain(cells).collect()
}
