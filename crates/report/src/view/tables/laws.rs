//! The laws of scaling as fitted, or why they were not.

use crate::analysis::Analysis;
use crate::stats::Quantity;
use crate::view::conclusion::fits;
use crate::view::grid::{Entry, Grid, heads};
use crate::view::units::{MISSING, quantity};

/// Amdahl's law and the universal scalability law of each executor and workload; `None` if there are none.
#[must_use]
pub fn laws(run: &Analysis) -> Option<Grid> {
    let mut rows = Vec::new();
    for table in &run.executors {
        for (workload, scaling) in run.workloads.iter().zip(&table.scaling) {
            for (law, figures, result) in fits(scaling) {
                let mut cells =
                    vec![Entry::name(law), Entry::name(&workload.label), Entry::name(&table.executor)];
                cells.extend(figures.map(figure));
                cells.push(Entry::prose(result));
                rows.push(cells);
            }
        }
    }
    (!rows.is_empty()).then(|| Grid {
        title: "λ: speedup of one worker, σ: contention or serial fraction, κ: coherency; 95 % intervals"
            .into(),
        head: heads(["Law", "Workload", "Executor", "λ", "σ", "κ", "Result"]),
        rows,
        foot: Vec::new(),
    })
}

fn figure(figure: Option<Quantity>) -> Entry {
    let text = figure.map_or(MISSING.to_string(), |figure| quantity(figure, 4));
    Entry::written(text, figure.map(|figure| figure.value))
}
