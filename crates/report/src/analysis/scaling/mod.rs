//! Laws of scaling: what the speedups over all numbers of workers have in common.
//!
//! A law is fitted where the data can tell its parameters, and refused in words where they cannot.
//! Numbers of workers above that of the CPUs do not count: what slows them is the sharing of a CPU, of
//! which the laws know nothing.

mod data;
mod fit;
mod laws;

use serde::Serialize;

use self::fit::{LawTerms, Parameters};
use crate::stats::{Interval, Quantity};
pub use laws::{Amdahl, CurvePoint, Usl, amdahl, usl};

/// Times of one batch over numbers of workers, round by round.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Points {
    /// Numbers of workers.
    pub workers: Vec<usize>,
    /// Time of the serial baseline in each round, in seconds.
    pub reference: Vec<f64>,
    /// For each number of workers, the time in each round, in seconds.
    pub times: Vec<Vec<f64>>,
    /// CPUs that the workers could use, if known.
    pub cpus: Option<usize>,
}

/// Why a law was not fitted: one sentence that says what is lacking, and what to run instead.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Refusal(pub String);

impl std::fmt::Display for Refusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// The serial fraction that a speedup shows by itself: (1/S − 1/N) / (1 − 1/N).
///
/// A. H. Karp and H. P. Flatt, "Measuring parallel processor performance", Communications of the ACM 33
/// (1990). Unlike a fitted serial fraction it may differ from N to N; where it grows with N, the loss
/// is an overhead that grows too. Below zero the speedup is above N. `None` for one worker, which can
/// show none, and for a speedup that is not above zero.
#[must_use]
pub fn karp_flatt(speedup: f64, workers: usize) -> Option<f64> {
    if workers < 2 || !speedup.is_finite() || speedup <= 0.0 {
        return None;
    }
    let share = 1.0 / workers as f64;
    Some((1.0 / speedup - share) / (1.0 - share))
}

/// [`karp_flatt`] with its interval, which is that of the speedup turned around.
#[must_use]
pub fn karp_flatt_quantity(speedup: &Quantity, workers: usize) -> Option<Quantity> {
    let interval = speedup.interval.and_then(|interval| {
        Some(Interval { low: karp_flatt(interval.high, workers)?, high: karp_flatt(interval.low, workers)? })
    });
    Some(Quantity { value: karp_flatt(speedup.value, workers)?, interval })
}

/// The configuration that outperforms a single thread: the smallest number of workers whose
/// speedup's interval lies above 1.
///
/// F. `McSherry`, M. Isard and D. G. Murray, "Scalability! But at what COST?", `HotOS` 2015. `None` if
/// there is none among these; a speedup without an interval proves nothing.
#[must_use]
pub fn cost(speedups: &[(usize, Quantity)]) -> Option<usize> {
    let faster = speedups.iter().filter(|(_, speedup)| speedup.interval.is_some_and(|i| i.low > 1.0));
    faster.map(|&(workers, _)| workers).min()
}

/// A law through speedups at numbers of workers, to be read beyond them: Gunther's of four points or more, Amdahl's of
/// fewer. `None` where no such law fits.
pub(super) fn beyond(points: &[(f64, f64)]) -> Option<impl Fn(f64) -> f64 + use<>> {
    let (workers, speedups): (Vec<f64>, Vec<f64>) = points.iter().copied().unzip();
    let terms = if points.len() < 4 { LawTerms::Contention } else { LawTerms::ContentionAndCoherency };
    let law = Parameters::fit(&workers, &speedups, terms)?;
    Some(move |workers| law.speedup(workers))
}

#[cfg(test)]
mod tests;
