//! The ends of a bias-corrected and accelerated bootstrap interval.
//!
//! B. Efron, "Better bootstrap confidence intervals", Journal of the American Statistical Association
//! 82 (1987). The interval's ends are quantiles of the resampled values. Which quantiles they are
//! depends on how far the estimate lies from the resamples' median (bias), on how fast its standard
//! error changes with its value (acceleration), and on how many standard errors a 95 % interval
//! reaches to either side.

use super::Interval;
use super::quantile::{normal_cdf, normal_quantile};

/// Relative difference below which a resample's value and the estimate are the same number.
const ROUNDING: f64 = 1e-12;

/// Acceleration from what each observation contributes to the estimate: a sixth of the
/// contributions' skewness. Zero where nothing contributes.
pub(super) fn acceleration(contributions: impl Iterator<Item = f64>) -> f64 {
    let (squares, cubes) = contributions.fold((0.0, 0.0), |(squares, cubes), contribution: f64| {
        (squares + contribution.powi(2), cubes + contribution.powi(3))
    });
    let acceleration = cubes / (6.0 * squares.powf(1.5));
    if acceleration.is_finite() { acceleration } else { 0.0 }
}

/// The interval from the statistic's value in every resample (reordered here), the estimate, the
/// acceleration and the reach in standard errors; `None` if any value is not a number.
pub(super) fn interval(values: &mut [f64], estimate: f64, acceleration: f64, reach: f64) -> Option<Interval> {
    if values.is_empty() || !estimate.is_finite() || values.iter().any(|value| value.is_nan()) {
        return None;
    }
    let count = values.len() as f64;
    // A tie counts half: a statistic that never changes has no bias. An estimate outside all
    // resamples is taken to be half a resample from their end.
    let slack = ROUNDING * estimate.abs();
    let below = values.iter().filter(|&&value| value < estimate - slack).count() as f64;
    let up_to = values.iter().filter(|&&value| value <= estimate + slack).count() as f64;
    let share = (f64::midpoint(below, up_to) / count).clamp(0.5 / count, 1.0 - 0.5 / count);
    let bias = normal_quantile(share);
    let low = quantile(values, level(bias, acceleration, -reach));
    let high = quantile(values, level(bias, acceleration, reach));
    Some(Interval { low, high })
}

/// The share of resamples below the end that is `reach` standard errors from the estimate.
fn level(bias: f64, acceleration: f64, reach: f64) -> f64 {
    let distance = bias + reach;
    let change = 1.0 - acceleration * distance;
    // Beyond this pole the approximation has no meaning; the end is then the outermost resample.
    if change <= 0.0 {
        return if distance > 0.0 { 1.0 } else { 0.0 };
    }
    normal_cdf(bias + distance / change)
}

/// The value with the given share of `values` below it, between two neighbours by interpolation.
fn quantile(values: &mut [f64], share: f64) -> f64 {
    let rank = (share * (values.len() + 1) as f64 - 1.0).clamp(0.0, (values.len() - 1) as f64);
    let (_, &mut lower, above) = values.select_nth_unstable_by(rank as usize, f64::total_cmp);
    let upper = above.iter().copied().min_by(f64::total_cmp).unwrap_or(lower);
    // Between finite neighbours only: nothing times infinity is not a number.
    let part = rank - rank.floor();
    if part > 0.0 && upper > lower { lower + part * (upper - lower) } else { lower }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grid() -> Vec<f64> {
        (1..10_000).map(|step| normal_quantile(f64::from(step) / 10_000.0)).collect()
    }

    #[test]
    fn without_bias_and_acceleration_it_is_the_percentile_interval() {
        let interval = interval(&mut grid(), 0.0, 0.0, 1.96).unwrap();
        assert!((interval.low + 1.96).abs() < 1e-3 && (interval.high - 1.96).abs() < 1e-3, "{interval:?}");
    }

    /// Efron's formula by hand: z0 = Φ⁻¹(0.6), a = 0.05, z = 1.96 → levels through
    /// z0 + (z0 ± z)/(1 − a (z0 ± z)).
    #[test]
    fn bias_and_acceleration_move_both_ends() {
        let z0 = 0.253_347;
        let interval = interval(&mut grid(), z0, 0.05, 1.96).unwrap();
        let low = z0 + (z0 - 1.96) / (1.0 - 0.05 * (z0 - 1.96));
        let high = z0 + (z0 + 1.96) / (1.0 - 0.05 * (z0 + 1.96));
        assert!((interval.low - low).abs() < 2e-3 && (interval.high - high).abs() < 2e-2, "{interval:?}");
    }

    #[test]
    fn ends_that_cannot_be_told() {
        assert_eq!(interval(&mut [], 1.0, 0.0, 2.0), None);
        assert_eq!(interval(&mut [1.0, f64::NAN], 1.0, 0.0, 2.0), None);
        assert_eq!(interval(&mut [1.0; 9], f64::INFINITY, 0.0, 2.0), None);
        assert_eq!(interval(&mut [1.0; 9], 1.0, 0.0, 2.0), Some(Interval { low: 1.0, high: 1.0 }));
        assert_eq!(acceleration([0.0, 0.0].into_iter()).to_bits(), 0.0_f64.to_bits());
        let infinite = interval(&mut [1.0, f64::INFINITY, f64::INFINITY], 1.0, 0.0, 2.0).unwrap();
        assert_eq!(infinite, Interval { low: 1.0, high: f64::INFINITY });
    }
}
