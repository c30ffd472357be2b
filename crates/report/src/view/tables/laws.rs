//! The laws of scaling as fitted, or why they were not.

use crate::analysis::scaling::Usl;
use crate::analysis::{Analysis, Law, Scaling};
use crate::stats::Quantity;
use crate::view::grid::{Entry, Grid, heads};
use crate::view::units::{MISSING, fixed, interval, quantity};

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

/// Both laws: name, parameters and result; as one where both are refused for the same reason.
fn fits(scaling: &Scaling) -> Vec<(&'static str, [Option<Quantity>; 3], String)> {
    match (&scaling.amdahl, &scaling.usl) {
        (Law::Refused(one), Law::Refused(other)) if one == other => {
            return vec![("Amdahl, universal", [None; 3], one.clone())];
        }
        _ => {}
    }
    let amdahl = match &scaling.amdahl {
        Law::Fitted(fit) => {
            let sigma = fit.serial_fraction.value;
            let limit = if sigma > 1e-9 {
                format!("at most {}x on any number of workers", fixed(fit.lambda.value / sigma, 1))
            } else {
                "no limit in these data".to_string()
            };
            ("Amdahl", [Some(fit.lambda), Some(fit.serial_fraction), None], limit)
        }
        Law::Refused(reason) => ("Amdahl", [None; 3], reason.clone()),
    };
    let universal = match &scaling.usl {
        Law::Fitted(fit) => ("Universal", [Some(fit.lambda), Some(fit.sigma), Some(fit.kappa)], peak(fit)),
        Law::Refused(reason) => ("Universal", [None; 3], reason.clone()),
    };
    vec![amdahl, universal]
}

/// Where a fitted law has its peak, if that is significant.
pub(in crate::view) fn peak(usl: &Usl) -> String {
    usl.significant_peak().map_or("no significant peak".to_string(), |(peak, ends)| {
        format!("a peak at {} {} workers", fixed(peak, 1), interval(ends, 1))
    })
}
