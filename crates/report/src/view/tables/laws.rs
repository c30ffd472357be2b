//! The laws of scaling as fitted.

use crate::analysis::scaling::Usl;
use crate::analysis::{Analysis, Scaling};
use crate::stats::Quantity;
use crate::view::grid::{Entry, Grid, heads};
use crate::view::units::{MISSING, fixed, interval, quantity};

/// Amdahl's law and the universal scalability law of each executor and workload; `None` if there are none.
#[must_use]
pub fn laws(run: &Analysis) -> Option<Grid> {
    let mut rows = Vec::new();
    for table in &run.executors {
        for (workload, scaling) in run.workloads.iter().zip(&table.scaling) {
            for (law, figures, result) in fits(scaling).into_iter().flatten() {
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
        ..Grid::default()
    })
}

fn figure(figure: Option<Quantity>) -> Entry {
    let text = figure.map_or(MISSING.to_string(), |figure| quantity(figure, 4));
    Entry::written(text, figure.map(|figure| figure.value))
}

/// Name, λ, σ and κ, and result.
type Fit = (&'static str, [Option<Quantity>; 3], String);

/// Both laws as far as they were fitted: name, parameters and result. Why one was not is told once for the whole run.
fn fits(scaling: &Scaling) -> [Option<Fit>; 2] {
    let amdahl = scaling.amdahl.fit().map(|fit| {
        let sigma = fit.serial_fraction.value;
        let limit = if sigma > 1e-9 {
            format!("at most {}x on any number of workers", fixed(fit.lambda.value / sigma, 1))
        } else {
            "no limit in these data".to_string()
        };
        ("Amdahl", [Some(fit.lambda), Some(fit.serial_fraction), None], limit)
    });
    let universal = scaling
        .usl
        .fit()
        .map(|fit| ("Universal", [Some(fit.lambda), Some(fit.sigma), Some(fit.kappa)], peak(fit)));
    [amdahl, universal]
}

/// Where a fitted law has its peak, if that is significant.
pub(in crate::view) fn peak(usl: &Usl) -> String {
    usl.significant_peak().map_or("no significant peak".to_string(), |(peak, ends)| {
        format!("a peak at {} {} workers", fixed(peak, 1), interval(ends, 1))
    })
}
