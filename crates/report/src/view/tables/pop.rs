//! The cases that stand for the executors under the names of the POP metrics.

use crate::analysis::Analysis;
use crate::view::grid::{Entry, Grid};
use crate::view::units::fixed;

/// A row for each metric that some case has, as factors; `None` where no case has an account of its tasks.
pub(in crate::view) fn pop(run: &Analysis, workload: usize) -> Option<Grid> {
    let cases = run.executors.iter().enumerate().filter_map(|(index, table)| {
        let account = run.representative(index, workload)?.estimate.account.as_ref()?;
        Some((format!("{}/{}", table.executor, account.workers), account.pop?.named()))
    });
    let cases: Vec<_> = cases.collect();
    let (_, first) = cases.first()?;
    let rows = first.iter().enumerate().filter_map(|(metric, (name, _))| {
        let figures = cases.iter().map(|(_, metrics)| metrics[metric].1);
        figures.clone().any(|figure| figure.is_some()).then(|| {
            let cells = figures.map(|figure| Entry::figure(figure, |factor| fixed(factor, 3)));
            std::iter::once(Entry::name(*name)).chain(cells).collect()
        })
    });
    Some(Grid {
        title: format!("{}: POP metrics, factors of the efficiency", run.workloads[workload].label),
        head: std::iter::once("metric".to_string())
            .chain(cases.iter().map(|(case, _)| case.clone()))
            .collect(),
        rows: rows.collect(),
        ..Grid::default()
    })
}
