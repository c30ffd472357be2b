//! Fieller's interval of a ratio of means: exact where the values are normally distributed.
//!
//! E. C. Fieller, "Some problems in interval estimation", Journal of the Royal Statistical Society B
//! 16 (1954). A ratio ρ belongs to the interval if the mean of `numerator − ρ · denominator` does not
//! differ from zero by Student's test. That is a quadratic condition on ρ; it gives an interval only
//! where the mean denominator itself differs from zero by the same test.

use super::quantile::student_95;
use super::{Interval, Summary};

/// The interval of the ratio of the means of pairs, such as the times of two cases in the same
/// rounds.
///
/// `None` of fewer than two pairs, where the denominator may be zero, and where a value is not finite.
///
/// # Panics
///
/// If there are not as many denominators as numerators.
#[must_use]
pub fn ratio(numerators: &[f64], denominators: &[f64]) -> Option<Interval> {
    assert_eq!(numerators.len(), denominators.len(), "a pair has a numerator and a denominator");
    let (above, below) = (Relative::of(numerators)?, Relative::of(denominators)?);
    let products: f64 = (numerators.iter().zip(denominators))
        .map(|(n, d)| (n / above.mean - 1.0) * (d / below.mean - 1.0))
        .sum();
    let count = numerators.len() as f64;
    let t = student_95(count - 1.0);
    limits(&above, &below, products / (count - 1.0) / count, t)
}

/// The interval of the ratio of the means of two independent sets of values.
///
/// The variances may differ; the degrees of freedom are Welch's (1947). `None` as for [`ratio`].
#[must_use]
pub fn independent(numerators: &[f64], denominators: &[f64]) -> Option<Interval> {
    let (above, below) = (Relative::of(numerators)?, Relative::of(denominators)?);
    limits(&above, &below, 0.0, student_95(welch(&above, &below)))
}

/// Degrees of freedom of the ratio of two independent means after Welch, "The generalization of
/// Student's problem when several different population variances are involved", Biometrika 34 (1947).
fn welch(above: &Relative, below: &Relative) -> f64 {
    let fewest = above.count.min(below.count) - 1.0;
    let total = (above.error + below.error).powi(2);
    let parts = above.error.powi(2) / (above.count - 1.0) + below.error.powi(2) / (below.count - 1.0);
    if parts > 0.0 { (total / parts).max(fewest) } else { fewest }
}

/// Degrees of freedom for the ratio of the means of two independent sets; `None` of fewer than two
/// values in either.
pub(super) fn freedom(numerators: &[f64], denominators: &[f64]) -> Option<f64> {
    Some(welch(&Relative::of(numerators)?, &Relative::of(denominators)?))
}

/// A mean and the square of its relative standard error.
struct Relative {
    count: f64,
    mean: f64,
    error: f64,
}

impl Relative {
    fn of(values: &[f64]) -> Option<Self> {
        let summary = Summary::of(values).filter(|summary| summary.count > 1)?;
        let count = summary.count as f64;
        let error = (summary.sd / summary.mean).powi(2) / count;
        error.is_finite().then_some(Self { count, mean: summary.mean, error })
    }
}

/// The roots of the quadratic for relative errors `a` above and `b` below the line and their
/// covariance, all in units of t². Written so that no large terms cancel for small errors.
fn limits(above: &Relative, below: &Relative, covariance: f64, t: f64) -> Option<Interval> {
    let (a, b, c) = (t * t * above.error, t * t * below.error, t * t * covariance);
    if b >= 1.0 {
        return None;
    }
    let estimate = above.mean / below.mean;
    let half = (a + b - 2.0 * c + c * c - a * b).max(0.0).sqrt();
    let ends = [1.0 - c - half, 1.0 - c + half].map(|end| estimate * end / (1.0 - b));
    let interval = Interval { low: ends[0].min(ends[1]), high: ends[0].max(ends[1]) };
    (interval.low.is_finite() && interval.high.is_finite()).then_some(interval)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Student's test of the mean of `numerator − ratio · denominator`, with the ends of the interval
    /// as ratios, must be exactly at the edge.
    #[test]
    fn its_ends_are_at_the_edge_of_the_test() {
        let (above, below) = ([3.1, 2.9, 3.3, 3.0, 2.8], [1.0, 1.1, 1.05, 0.95, 0.9]);
        let interval = ratio(&above, &below).unwrap();
        for end in [interval.low, interval.high] {
            let differences: Vec<f64> = above.iter().zip(&below).map(|(n, d)| n - end * d).collect();
            let summary = Summary::of(&differences).unwrap();
            let t = summary.mean.abs() / (summary.sd / 5.0_f64.sqrt());
            assert!((t - student_95(4.0)).abs() < 1e-9, "{t}");
        }
        assert!(interval.contains(15.1 / 5.0));
    }

    #[test]
    fn what_numerator_and_denominator_share_does_not_widen() {
        let common = [1.0, 1.2, 0.9, 1.1, 1.3, 0.8];
        let twice = common.map(|value| 2.0 * value);
        let paired = ratio(&twice, &common).unwrap();
        let unpaired = independent(&twice, &common).unwrap();
        assert!((paired.low - 2.0).abs() < 1e-9 && (paired.high - 2.0).abs() < 1e-9, "{paired:?}");
        assert!(unpaired.width() > 0.5);
    }

    #[test]
    fn nothing_is_said_without_ground() {
        assert_eq!(ratio(&[1.0], &[1.0]), None);
        assert_eq!(ratio(&[1.0, 1.0], &[1.0, -1.0]), None);
        assert_eq!(ratio(&[1.0, 2.0, 1.0], &[1.0, -0.5, 0.3]), None);
        assert_eq!(ratio(&[1.0, f64::NAN], &[1.0, 1.0]), None);
        assert_eq!(independent(&[1.0, 2.0], &[1.0]), None);
        assert_eq!(ratio(&[4.0, 4.0], &[2.0, 2.0]), Some(Interval { low: 2.0, high: 2.0 }));
    }

    proptest! {
        #[test]
        fn the_inverse_ratio_has_the_inverse_interval(
            pairs in prop::collection::vec((9.0..11.0_f64, 4.5..5.5_f64), 4..30),
        ) {
            let (above, below): (Vec<f64>, Vec<f64>) = pairs.into_iter().unzip();
            for procedure in [ratio, independent] {
                let interval = procedure(&above, &below).unwrap();
                let inverse = procedure(&below, &above).unwrap();
                prop_assert!((interval.low * inverse.high - 1.0).abs() < 1e-9);
                prop_assert!((interval.high * inverse.low - 1.0).abs() < 1e-9);
            }
        }
    }
}
