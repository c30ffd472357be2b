//! The laws of scaling as fitted, or why they were not.

use super::sheet::{Entry, Line, Sheet};
use super::words;
use crate::analysis::{Analysis, Law, Scaling};
use crate::render::grid::MISSING;

const HEAD: [&str; 7] = ["Law", "Workload", "Executor", "λ", "σ", "κ", "Result"];

/// A table with Amdahl's law and the universal scalability law of each executor and workload;
/// nothing if there are none.
pub(super) fn section(run: &Analysis) -> String {
    let mut rows = Vec::new();
    for table in &run.executors {
        for (workload, scaling) in run.workloads.iter().zip(&table.scaling) {
            for (law, figures, result) in fits(scaling) {
                let mut cells =
                    vec![Entry::name(law), Entry::name(&workload.label), Entry::name(&table.executor)];
                cells.extend(figures.into_iter().map(|figure| match figure {
                    Some(figure) => Entry::figure(words::quantity(figure, 4), Some(figure.value)),
                    None => Entry::figure(MISSING, None),
                }));
                cells.push(Entry::prose(result));
                rows.push(Line { class: "", cells });
            }
        }
    }
    if rows.is_empty() {
        return String::new();
    }
    let caption =
        "λ: speedup of one worker, σ: contention or serial fraction, κ: coherency; 95 % intervals".into();
    Sheet { caption, head: HEAD.map(String::from).into(), rows, foot: Vec::new(), sortable: true }.html()
}

/// Both laws; as one where both are refused for the same reason.
fn fits(scaling: &Scaling) -> Vec<Fit> {
    match (&scaling.amdahl, &scaling.usl) {
        (Law::Refused(one), Law::Refused(other)) if one == other => {
            vec![("Amdahl, universal", [None; 3], one.clone())]
        }
        _ => vec![amdahl(scaling), universal(scaling)],
    }
}

type Fit = (&'static str, [Option<crate::stats::Quantity>; 3], String);

fn amdahl(scaling: &Scaling) -> Fit {
    match &scaling.amdahl {
        Law::Fitted(fit) => {
            let limit = match fit.serial_fraction.value {
                sigma if sigma > 1e-9 => {
                    format!("no more than {:.1}x on any number of workers", fit.lambda.value / sigma)
                }
                _ => "no limit to be seen".into(),
            };
            ("Amdahl", [Some(fit.lambda), Some(fit.serial_fraction), None], limit)
        }
        Law::Refused(why) => ("Amdahl", [None; 3], why.clone()),
    }
}

fn universal(scaling: &Scaling) -> Fit {
    match &scaling.usl {
        Law::Fitted(fit) => {
            // Where coherency may as well be nothing, a peak is a play of the noise.
            let peak = fit.peak.filter(|_| fit.peak_interval.is_some());
            let peak =
                peak.map_or("no peak in sight".to_string(), |peak| format!("peak at {peak:.1} workers"));
            ("Universal", [Some(fit.lambda), Some(fit.sigma), Some(fit.kappa)], peak)
        }
        Law::Refused(why) => ("Universal", [None; 3], why.clone()),
    }
}
