//! Where the account found what a fault is known to cost.

use serde::Serialize;

use super::accounting;
use super::model::Loss;
use super::rounds::{Paired, Reference};
use crate::record::Sample;
use crate::stats::{Interval, Quantity, bootstrap};

/// One round of executions without and with a fault, each with its serial baseline.
#[derive(Debug, Clone, Copy)]
pub struct Observation<'a> {
    /// The serial baseline and the execution without the fault.
    pub control: &'a [Sample; 2],
    /// The serial baseline and the execution with the fault.
    pub faulty: &'a [Sample; 2],
    /// What the fault costs, in nanoseconds of worker time.
    pub injected_ns: f64,
}

/// What a fault cost, and where the account found it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Attribution {
    /// What the fault costs, in worker-seconds per execution, mean over the rounds.
    pub injected_s: f64,
    /// How much more each loss had with the fault than without, over what the fault costs; in the
    /// order of [`Loss::ALL`].
    pub found: Vec<(Loss, Quantity)>,
}

/// How far off the injected amount a finding may be, relative to it.
pub const TOLERANCE: f64 = 0.1;

impl Attribution {
    /// Compares over the rounds; `None` if there are none, or none whose tasks are those of its
    /// baseline.
    #[must_use]
    pub fn of(rounds: &[Observation<'_>], workers: usize) -> Option<Self> {
        let differences: Vec<Difference> = rounds
            .iter()
            .filter_map(|round| Some((difference(round, workers)?, round.injected_ns)))
            .collect();
        let injected: f64 = differences.iter().map(|(_, injected)| injected).sum();
        if differences.is_empty() || injected <= 0.0 {
            return None;
        }
        let shares = |weights: &[f64], out: &mut [f64]| {
            let sum = |of: &dyn Fn(&Difference) -> f64| -> f64 {
                differences.iter().zip(weights).map(|(round, weight)| of(round) * weight).sum()
            };
            let injected = sum(&|round| round.1);
            for (loss, share) in out.iter_mut().enumerate() {
                *share = sum(&|round| round.0[loss]) / injected;
            }
        };
        let mut values = [0.0; Loss::ALL.len()];
        shares(&vec![1.0; differences.len()], &mut values);
        let intervals = bootstrap::rounds(differences.len(), values.len(), shares);
        let found = values.into_iter().zip(intervals).map(|(value, interval)| Quantity { value, interval });
        Some(Self {
            injected_s: injected / differences.len() as f64 / 1e9,
            found: Loss::ALL.into_iter().zip(found).collect(),
        })
    }

    /// The loss that grew most.
    #[must_use]
    pub fn largest(&self) -> Loss {
        let most = self.found.iter().max_by(|one, other| one.1.value.total_cmp(&other.1.value));
        most.map_or(Loss::Waiting, |(loss, _)| *loss)
    }

    /// Whether a loss is where the fault was found, and in its amount: it grew most, and its interval
    /// holds the injected amount or it is within [`TOLERANCE`] of it.
    #[must_use]
    pub fn found_in(&self, loss: Loss) -> bool {
        let held = |Interval { low, high }: Interval| low <= 1.0 && 1.0 <= high;
        let amount = |quantity: &Quantity| {
            (quantity.value - 1.0).abs() <= TOLERANCE || quantity.interval.is_some_and(held)
        };
        self.largest() == loss && self.found.iter().any(|(of, quantity)| *of == loss && amount(quantity))
    }
}

/// How much more each loss had with the fault in one round, and what the fault costs there.
type Difference = ([f64; Loss::ALL.len()], f64);

/// How much more each loss had with the fault.
fn difference(round: &Observation<'_>, workers: usize) -> Option<[f64; Loss::ALL.len()]> {
    let ledger = |[serial, sample]: &[Sample; 2]| {
        let reference = Reference(vec![serial]);
        Some(accounting::ledger(&Paired { sample, reference }, workers)?.losses)
    };
    let (control, faulty) = (ledger(round.control)?, ledger(round.faulty)?);
    Some(std::array::from_fn(|loss| faulty[loss] - control[loss]))
}
