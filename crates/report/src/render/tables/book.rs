//! Table 17-1 of *Fluent Python*, for an executor.

use crate::analysis::{Analysis, ExecutorTable, Row};
use crate::render::grid::{Grid, decimals, ratio, time};

/// `Workers | RC4 time | RC4 factor | …`.
pub(super) fn table(run: &Analysis, table: &ExecutorTable) -> Grid {
    let decimals = decimals(run);
    let mut head = vec!["Workers".to_string()];
    for workload in &run.workloads {
        head.extend([format!("{} time", workload.label), format!("{} factor", workload.label)]);
    }
    let row = |row: &Row| {
        let mut cells = vec![row.workers.to_string()];
        for cell in &row.cells {
            cells.extend([time(cell, decimals), ratio(cell.estimate().and_then(|e| e.factor))]);
        }
        cells
    };
    Grid { title: table.executor.clone(), head, rows: table.rows.iter().map(row).collect() }
}
