//! Amdahl's law and the universal scalability law, with intervals over rounds.
//!
//! σ and κ are held at zero or above. A parameter held at zero in all resamples would seem to be known
//! exactly, so that its interval is the hull with that of a fit without the constraint, cut off at
//! zero. It is [0, 0] only where the data surely want the parameter negative.

use serde::Serialize;

use super::data::FitData;
use super::fit::{LawTerms, Parameters};
use super::{Points, Refusal};
use crate::stats::{Interval, Quantity, bootstrap};

/// Share of the possible values, 0 to 1, from which on an interval of the serial fraction says too
/// little.
const SAYS_NOTHING: f64 = 0.5;

/// Upper end over lower end of the interval of one worker's speedup above which that says nothing.
const WIDEST: f64 = 2.0;

/// Number of points of a curve.
const CURVE_POINTS: usize = 64;

/// Amdahl's law, S(N) = λN / (1 + σ(N − 1)), fitted to a run.
///
/// G. M. Amdahl, "Validity of the single processor approach to achieving large scale computing
/// capabilities", AFIPS 1967.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Amdahl {
    /// Speedup of one worker against the serial baseline, λ.
    pub lambda: Quantity,
    /// The serial fraction σ: no number of workers is faster than λ/σ.
    pub serial_fraction: Quantity,
    /// The fitted curve.
    pub curve: Vec<CurvePoint>,
    /// Root of the mean square of the relative errors of N/S(N).
    pub residual_rms: f64,
    /// The numbers of workers it was fitted to.
    pub workers: Vec<usize>,
}

/// The universal scalability law, S(N) = λN / (1 + σ(N − 1) + κN(N − 1)), fitted to a run.
///
/// N. J. Gunther, "Guerrilla Capacity Planning", Springer 2007.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Usl {
    /// Speedup of one worker against the serial baseline, λ.
    pub lambda: Quantity,
    /// Contention σ: the share that waits for what the workers share.
    pub sigma: Quantity,
    /// Coherency κ: what every pair of workers costs.
    pub kappa: Quantity,
    /// The number of workers with the highest speedup, √((1 − σ)/κ) and at least 1; `None` if the fitted
    /// speedup never falls. It may lie far beyond the numbers measured.
    pub peak: Option<f64>,
    /// The peak's interval; `None` if the data allow that there is no peak.
    pub peak_interval: Option<Interval>,
    /// The fitted curve.
    pub curve: Vec<CurvePoint>,
    /// Root of the mean square of the relative errors of N/S(N).
    pub residual_rms: f64,
    /// The numbers of workers it was fitted to.
    pub workers: Vec<usize>,
}

/// A point of a fitted curve with its 95 % band.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct CurvePoint {
    /// Number of workers, between whole ones too.
    pub workers: f64,
    /// The law's speedup.
    pub speedup: f64,
    /// Lower end of the band.
    pub low: f64,
    /// Upper end of the band.
    pub high: f64,
}

/// Fits Amdahl's law.
///
/// # Errors
///
/// [`Refusal`] where there are fewer than four numbers of workers up to that of the CPUs, fewer than two
/// rounds, times that are not above zero, where the serial fraction's interval spans half of what it can
/// be, or where that of one worker's speedup spans a factor of two.
pub fn amdahl(points: &Points) -> Result<Amdahl, Refusal> {
    let data = FitData::of(points, "Amdahl's law")?;
    let law = data.fit(LawTerms::Contention, bootstrap::RESAMPLES, CURVE_POINTS)?;
    Ok(Amdahl {
        lambda: law.lambda,
        serial_fraction: law.sigma,
        curve: law.curve,
        residual_rms: law.residual_rms,
        workers: data.workers,
    })
}

/// Fits the universal scalability law.
///
/// # Errors
///
/// [`Refusal`] as for [`amdahl`].
pub fn usl(points: &Points) -> Result<Usl, Refusal> {
    let data = FitData::of(points, "the universal scalability law")?;
    let law = data.fit(LawTerms::ContentionAndCoherency, bootstrap::RESAMPLES, CURVE_POINTS)?;
    let inverse = law.inverse_peak;
    Ok(Usl {
        lambda: law.lambda,
        sigma: law.sigma,
        kappa: law.kappa,
        peak: (inverse.value > 0.0).then(|| 1.0 / inverse.value),
        peak_interval: (inverse.interval)
            .filter(|interval| interval.low > 0.0 && law.kappa.interval.is_some_and(|kappa| kappa.low > 0.0))
            .map(|interval| Interval { low: 1.0 / interval.high, high: 1.0 / interval.low }),
        curve: law.curve,
        residual_rms: law.residual_rms,
        workers: data.workers,
    })
}

/// What both laws have.
pub(super) struct Fitted {
    pub(super) lambda: Quantity,
    pub(super) sigma: Quantity,
    pub(super) kappa: Quantity,
    inverse_peak: Quantity,
    curve: Vec<CurvePoint>,
    residual_rms: f64,
}

/// Statistics of each resample before those of the curve: the parameters and one over the peak, then σ
/// and κ as the data would have them without a constraint.
const PARAMETERS: usize = 6;

impl FitData<'_> {
    pub(super) fn fit(
        &self,
        terms: LawTerms,
        resamples: usize,
        curve_points: usize,
    ) -> Result<Fitted, Refusal> {
        let workers: Vec<f64> = self.workers.iter().map(|&workers| workers as f64).collect();
        let largest = workers.iter().copied().fold(1.0, f64::max);
        let last = curve_points.saturating_sub(1).max(1) as f64;
        let grid: Vec<f64> =
            (0..curve_points).map(|step| 1.0 + (largest - 1.0) * step as f64 / last).collect();
        let rounds = self.reference.len();
        let speedups = self.speedups(&vec![1.0; rounds]);
        let fit =
            Parameters::fit(&workers, &speedups, terms).ok_or_else(|| self.unidentified("no such curve"))?;
        let intervals = bootstrap::resampled(resamples, rounds, PARAMETERS + grid.len(), |weights, row| {
            let speedups = self.speedups(weights);
            let law = Parameters::fit(&workers, &speedups, terms);
            let Some((law, free)) = law.zip(Parameters::fit_freely(&workers, &speedups, terms)) else {
                return row.fill(f64::NAN);
            };
            let parameters = [law.lambda, law.sigma, law.kappa, law.inverse_peak(), free.sigma, free.kappa];
            row[..PARAMETERS].copy_from_slice(&parameters);
            for (value, &workers) in row[PARAMETERS..].iter_mut().zip(&grid) {
                *value = law.speedup(workers);
            }
        });
        // No parameter can be below zero, whatever Student's distribution says.
        let above_zero =
            |interval: Interval| Interval { low: interval.low.max(0.0), high: interval.high.max(0.0) };
        let intervals: Vec<Option<Interval>> =
            intervals.into_iter().map(|interval| interval.map(above_zero)).collect();
        // Resamples of a parameter that is held at zero would all be zero, and seem sure of it.
        let widened = |law: usize, free: usize| Some(intervals[law]?.hull(intervals[free]?));
        let (sigma, kappa) = (widened(1, 4), widened(2, 5));
        self.check_identified(intervals[0], sigma)?;
        Ok(Fitted {
            lambda: Quantity { value: fit.lambda, interval: intervals[0] },
            sigma: Quantity { value: fit.sigma, interval: sigma },
            kappa: Quantity { value: fit.kappa, interval: kappa },
            inverse_peak: Quantity { value: fit.inverse_peak(), interval: intervals[3] },
            curve: curve(&fit, &grid, &intervals[PARAMETERS..]),
            residual_rms: fit.residual_rms(&workers, &speedups),
        })
    }

    /// Refuses parameters that could be almost anything.
    fn check_identified(&self, lambda: Option<Interval>, sigma: Option<Interval>) -> Result<(), Refusal> {
        let Some((lambda, sigma)) = lambda.zip(sigma) else {
            return Err(self.unidentified("no curve for some of the rounds"));
        };
        if sigma.high.min(1.0) - sigma.low >= SAYS_NOTHING {
            let Interval { low, high } = sigma;
            let found = format!("a serial fraction σ of anything from {low:.2} to {high:.2} (95 % interval)");
            return Err(self.unidentified(&found));
        }
        if lambda.high > WIDEST * lambda.low {
            let Interval { low, high } = lambda;
            let found =
                format!("a speedup λ of one worker of anything from {low:.2} to {high:.2} (95 % interval)");
            return Err(self.unidentified(&found));
        }
        Ok(())
    }

    fn unidentified(&self, found: &str) -> Refusal {
        Refusal(format!(
            "The parameters of {} cannot be told from these times, which fit {found}: \
             run it with more rounds and more numbers of workers, on a quiet machine.",
            self.law
        ))
    }
}

fn curve(fit: &Parameters, grid: &[f64], band: &[Option<Interval>]) -> Vec<CurvePoint> {
    let points = grid.iter().zip(band).map(|(&workers, interval)| {
        let speedup = fit.speedup(workers);
        let Interval { low, high } = interval.unwrap_or(Interval { low: speedup, high: speedup });
        CurvePoint { workers, speedup, low, high }
    });
    points.collect()
}
