//! The answer for a number of workers that was asked for, or why there is none.

use super::errors::Errors;
use super::evidence::{Evidence, UNKNOWN_CPUS};
use super::model::{HeldOut, Outcome, Tried};
use super::replay::Capacity;
use super::{FURTHEST, time_s, unit};
use crate::analysis::scaling;
use crate::stats::Quantity;

/// What the largest number of workers is the largest of.
const MEASURED: &str = "that were measured";
const WITH_A_CPU: &str = "that were measured with a CPU each";

/// What that many workers would do on the machine of the run.
pub(super) fn here(evidence: &Evidence<'_>, errors: &Errors, held_out: &[HeldOut], target: usize) -> Outcome {
    if let Some(known) = evidence.cases.get(&target) {
        return Outcome::Measured { speedup: known.speedup };
    }
    let counts: Vec<usize> = evidence.cases.keys().copied().filter(|&count| count < target).collect();
    let at_most = evidence.only_at_most();
    let largest = counts.last().copied().unwrap_or(0);
    if let Some(reason) = too_far(evidence, target, (largest, MEASURED)).filter(|_| !at_most || largest == 0)
    {
        return Outcome::Refused { reason };
    }
    let missed = held_out.iter().rfind(|one| one.workers < target).and_then(|one| match one.outcome {
        Tried::Predicted { error, covered: false, speedup } if speedup.interval.is_some() => {
            Some((one.workers, error))
        }
        _ => None,
    });
    if let Some((workers, error)) = missed {
        let reason = format!(
            "the same way, {workers} {} were missed by {:+.0} %, more than the interval says",
            unit(evidence),
            100.0 * error
        );
        return Outcome::Refused { reason };
    }
    match evidence.predict(target, &counts) {
        Err(reason) => Outcome::Refused { reason },
        Ok(raw) if at_most => {
            let reason = UNKNOWN_CPUS.to_string();
            Outcome::AtMost { speedup: raw.speedup, time_s: time_s(evidence, raw.speedup), reason }
        }
        Ok(raw) => {
            let speedup = errors.widen(target, evidence.waits, &raw);
            Outcome::Expected { speedup, time_s: time_s(evidence, speedup) }
        }
    }
}

/// What they would do on a machine like it with a CPU for each; `None` where this one has as many, and of work that
/// waits.
pub(super) fn with_cpus(evidence: &Evidence<'_>, errors: &Errors, target: usize) -> Option<Outcome> {
    let cpus = evidence.cpus.filter(|&cpus| !evidence.waits && target > cpus)?;
    let counts: Vec<usize> = evidence.cases.keys().copied().collect();
    let base = evidence.base(&counts).unwrap_or(0);
    if let Some(reason) = too_far(evidence, target, (base.min(cpus), WITH_A_CPU)) {
        return Some(Outcome::Refused { reason });
    }
    let high = match evidence.predict_on(target, &Capacity::Unshared) {
        Ok(raw) => errors.widen(target, false, &raw),
        Err(reason) => return Some(Outcome::Refused { reason }),
    };
    let points = |of: &dyn Fn(Quantity) -> f64| -> Vec<(f64, f64)> {
        let points = evidence.ceilings.iter().map(|it| (it.workers as f64, of(it.speedup)));
        points.collect()
    };
    let low = |of: &dyn Fn(Quantity) -> f64| {
        let points = points(of);
        let law = scaling::beyond(&points).filter(|_| points.len() > 1)?;
        let levels = (1..=target).map(|threads| law(threads as f64)).collect();
        let raw = evidence.predict_on(target, &Capacity::Shared(levels)).ok()?;
        Some(errors.widen(target, false, &raw))
    };
    let least = |ceiling: Quantity| ceiling.interval.map_or(ceiling.value, |interval| interval.low);
    Some(match (low(&|ceiling| ceiling.value), low(&least)) {
        (Some(law), Some(least)) => Outcome::Range {
            low: Quantity {
                value: law.value.min(high.value),
                interval: law.interval.zip(least.interval).map(|(law, least)| law.hull(least)),
            },
            high,
        },
        _ => Outcome::AtMost {
            speedup: high,
            time_s: time_s(evidence, high),
            reason: "no ceiling of the machine was measured, which would say what CPUs share".to_string(),
        },
    })
}

/// Why a number of workers is too far from what is known, where it is.
fn too_far(evidence: &Evidence<'_>, target: usize, (largest, how): (usize, &str)) -> Option<String> {
    if largest == 0 {
        return Some("no smaller number of workers was measured".to_string());
    }
    let unit = unit(evidence);
    (evidence.busy(target) > FURTHEST * largest)
        .then(|| format!("that is more than {FURTHEST} times the {largest} {unit} {how}, too far to tell"))
}
