//! On which CPUs the cases that stand for the executors ran.

use speedup_machine::affinity::ranges;

use crate::analysis::Analysis;
use crate::view::grid::{Entry, Grid, heads};
use crate::view::units::fixed;

/// A row for each case that tells; `None` where none does.
pub(in crate::view) fn cpus(run: &Analysis, workload: usize) -> Option<Grid> {
    let cases = run.executors.iter().enumerate().filter_map(|(index, table)| {
        let case = run.representative(index, workload)?;
        let used = case.estimate.cpus.as_ref()?;
        Some(vec![
            Entry::name(format!("{}/{}", table.executor, case.workers)),
            Entry::written(ranges(&used.cpus), None),
            Entry::figure(Some(used.moves_per_task), |moves| fixed(moves, 3)),
        ])
    });
    let rows: Vec<_> = cases.collect();
    (!rows.is_empty()).then(|| Grid {
        title: format!(
            "{}: CPUs that tasks ran on; moves are those seen at begins and ends",
            run.workloads[workload].label
        ),
        head: heads(["case", "CPUs", "moves per task"]),
        rows,
        ..Grid::default()
    })
}
