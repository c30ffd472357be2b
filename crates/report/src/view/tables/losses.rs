//! Where the missing speedup went: the representative cases side by side, and the account of one case.

use crate::analysis::{Account, Analysis, HostAccount, Loss, LossRow};
use crate::stats::Quantity;
use crate::view::grid::{Entry, Grid, heads};
use crate::view::units::{MISSING, and, count, fixed, interval, percent, quantity, seconds};

/// The accounts of the cases that stand for the executors; `None` where there is none.
pub(in crate::view) fn losses(run: &Analysis, workload: usize) -> Option<Grid> {
    let accounts: Vec<(&str, &Account)> = (run.executors.iter().enumerate())
        .filter_map(|(index, table)| {
            let account = run.representative(index, workload)?.estimate.account.as_ref()?;
            Some((table.executor.as_str(), account))
        })
        .collect();
    let mut workers: Vec<usize> = accounts.iter().map(|(_, account)| account.workers).collect();
    workers.sort_unstable();
    workers.dedup();
    let workers = match workers[..] {
        [] => return None,
        [one] => count(one, "worker"),
        _ => format!("{} workers", and(workers)),
    };
    let names = accounts.iter().map(|(executor, account)| format!("{executor}/{}", account.workers));
    let row = |name: &str, figure: &dyn Fn(&Account) -> Option<Quantity>| {
        let cell = |(_, account): &(&str, &Account)| match figure(account) {
            Some(figure) => Entry::written(quantity(figure, 3), Some(figure.value)),
            None => Entry::written(MISSING, None),
        };
        std::iter::once(Entry::name(name)).chain(accounts.iter().map(cell)).collect::<Vec<_>>()
    };
    let of = |account: &Account, loss: Loss| {
        account.rows.iter().find(|row| row.loss == loss).map(|row| row.speedup)
    };
    let occurs = |loss: &Loss| accounts.iter().any(|(_, account)| of(account, *loss).is_some());
    let sum =
        |account: &Account| account.speedup + account.rows.iter().map(|row| row.speedup.value).sum::<f64>();
    let residuals = accounts
        .iter()
        .map(|(_, account)| Entry::written(format!("{:.0e}", account.residual), Some(account.residual)));
    let mut rows = vec![row("the work (speedup)", &|account| Some(Quantity::known(account.speedup)))];
    rows.extend(
        Loss::ALL.into_iter().filter(occurs).map(|loss| row(loss.name(), &|account| of(account, loss))),
    );
    rows.push(row("sum", &|account| Some(Quantity::known(sum(account)))));
    rows.push(std::iter::once(Entry::name("residual")).chain(residuals).collect());
    Some(Grid {
        title: format!(
            "{}: where {workers} went, in units of speedup with 95 % intervals; gains are negative",
            run.workloads[workload].label
        ),
        head: std::iter::once("into".to_string()).chain(names).collect(),
        rows,
        ..Grid::default()
    })
}

/// The account of one case, loss by loss, with the parts of each; sum and gap at its foot.
#[must_use]
pub fn account(case: &str, account: &Account) -> Grid {
    let total = |name: &str, value: f64, what: String| {
        let empty = || Entry::written("", None);
        let value = Entry::written(fixed(value, 3), Some(value));
        vec![Entry::name(name), value, empty(), empty(), empty(), Entry::prose(what)]
    };
    let sum: f64 = account.rows.iter().map(|row| row.speedup.value).sum();
    let gap = format!(
        "{} less {}x; residual {:.1e}",
        count(account.workers, "worker"),
        fixed(account.speedup, 3),
        account.residual
    );
    Grid {
        title: format!("Account of {case}"),
        head: heads(["Loss", "Speedup", "95 % interval", "Worker time", "Share", "What it is"]),
        rows: account.rows.iter().flat_map(|row| lines(row, account.gap)).collect(),
        foot: vec![total("sum", sum, String::new()), total("missing", account.gap, gap)],
        ..Grid::default()
    }
}

/// What the workers of each host lost in a case, side by side; `None` where all were on one machine.
#[must_use]
pub fn by_host(case: &str, account: &Account) -> Option<Grid> {
    let hosts = &account.hosts;
    let cell = |host: &HostAccount, loss: Loss| match host.rows.iter().find(|row| row.loss == loss) {
        None => Entry::written(MISSING, None),
        Some(row) => row.worker_seconds.map_or_else(
            || Entry::written("not told", None),
            |time| Entry::written(seconds(time), Some(time)),
        ),
    };
    let occurs = |loss: &Loss| hosts.iter().any(|host| host.rows.iter().any(|row| row.loss == *loss));
    let row = |loss: Loss| {
        let cells = hosts.iter().map(|host| cell(host, loss));
        std::iter::once(Entry::name(loss.name()).of(loss)).chain(cells).collect()
    };
    let off = hosts.iter().map(|host| Entry::written(seconds(host.clock_error_s), Some(host.clock_error_s)));
    let mut rows: Vec<Vec<Entry>> = Loss::OF_A_LANE.into_iter().filter(occurs).map(row).collect();
    rows.push(std::iter::once(Entry::name("clock off by at most")).chain(off).collect());
    let head = |host: &HostAccount| format!("host {}, {}", host.host, count(host.workers, "worker"));
    (!hosts.is_empty()).then(|| Grid {
        title: format!("{case}: worker time that each host lost in one execution"),
        head: std::iter::once("Loss".to_string()).chain(hosts.iter().map(head)).collect(),
        rows,
        ..Grid::default()
    })
}

/// The same of the cases that stand for executors on several hosts, the first of them.
pub(in crate::view) fn hosts(run: &Analysis, workload: usize) -> Option<Grid> {
    let cases = run.executors.iter().enumerate();
    let mut grids = cases.filter_map(|(index, table)| {
        let case = run.representative(index, workload)?;
        let name = format!("{} {}/{}", run.workloads[workload].label, table.executor, case.workers);
        by_host(&name, case.estimate.account.as_ref()?)
    });
    grids.next()
}

fn lines(row: &LossRow, gap: f64) -> Vec<Vec<Entry>> {
    let value = row.speedup.value;
    // A share of next to nothing says nothing.
    let share = (gap.abs() > 0.005).then(|| value / gap);
    let mut lines = vec![vec![
        Entry::name(row.loss.name()).of(row.loss),
        Entry::written(fixed(value, 3), Some(value)),
        ends(row.speedup),
        Entry::figure(Some(row.worker_seconds), seconds),
        Entry::figure(share, |share| percent(share, 0)),
        Entry::prose(row.loss.meaning()),
    ]];
    lines.extend(row.parts.iter().map(|part| {
        vec![
            Entry::name(part.name),
            Entry::written(fixed(part.speedup.value, 3), Some(part.speedup.value)),
            ends(part.speedup),
            Entry::written("", None),
            Entry::written("", None),
            Entry::prose(format!("part of {}", row.loss.name())),
        ]
    }));
    lines
}

fn ends(quantity: Quantity) -> Entry {
    Entry::written(quantity.interval.map_or(MISSING.to_string(), |ends| interval(ends, 3)), None)
}
