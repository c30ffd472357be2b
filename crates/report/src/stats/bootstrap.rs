//! Confidence intervals by the bootstrap: what would the figure have been with other rounds?
//!
//! Rounds are resampled whole, with replacement, so that whatever disturbs a round disturbs all that
//! is computed from it. The intervals are Efron's `BCa` (1987) with one correction: at small counts the
//! plain interval is too narrow, since the resamples vary by a factor of √((n − 1)/n) less than the
//! estimate does and know nothing of the uncertainty of that variance. As T. Hesterberg proposes
//! ("What teachers should know about the bootstrap", The American Statistician 69, 2015: expanded
//! percentiles), the normal quantile is replaced by that of Student's distribution, times √(n/(n − 1)).
//!
//! That is not enough where rounds are few, for no quantile lies beyond the outermost resample, nor
//! where some rounds are disturbed. The interval that is reported is therefore the hull of the
//! bootstrap's and of one from Student's distribution: the jackknife's for a statistic of any kind
//! (J. W. Tukey, "Bias and confidence in not quite large samples", Annals of Mathematical Statistics 29,
//! 1958), and [`fieller`]'s for a ratio of means. The rule has no threshold, so that an interval does
//! not shrink by leaving one rule for another. In simulated studies, which are among the tests, the
//! interval of a ratio covers the truth in 95 to 97 of 100 at 5 to 40 rounds, where the corrected
//! bootstrap alone has 91 at 5 rounds, and 90 at 10 of which some are disturbed. The hull is wider
//! than Fieller's interval by 7 % at 10 rounds and by 2 % at 40.
//!
//! The random numbers have a fixed seed: the same values have the same interval, always.

use rand_xoshiro::Xoshiro256PlusPlus;
use rand_xoshiro::rand_core::SeedableRng;

use super::quantile::student_95;
use super::resample::{Jackknife, Resamples, draw};
use super::{Interval, Quantity, bca, fieller};

/// Number of resamples behind each interval.
pub const RESAMPLES: usize = 10_000;

/// Seed of the resampling.
pub const SEED: u64 = 0x5EED_0F20_0115;

/// The intervals of several statistics of the same rounds, from the same resamples.
///
/// `evaluate` is given the weight of each of `count` rounds, all at least zero, with the sum `count`,
/// and writes the value of each statistic. Its value at equal weights is the estimate. An interval is
/// `None` where there are fewer than two rounds, where the estimate is not finite, and where a
/// resample's value is not a number. A statistic that never changes has an interval of no width.
///
/// ```
/// use speedup_report::stats::bootstrap;
///
/// let times = [1.9, 2.0, 2.1, 2.2, 1.8];
/// let intervals = bootstrap::rounds(times.len(), 1, |weights, statistics| {
///     statistics[0] = times.iter().zip(weights).map(|(time, weight)| time * weight).sum::<f64>() / 5.0;
/// });
/// assert!(intervals[0].unwrap().contains(2.0));
/// ```
pub fn rounds(
    count: usize,
    statistics: usize,
    evaluate: impl Fn(&[f64], &mut [f64]),
) -> Vec<Option<Interval>> {
    resampled(RESAMPLES, count, statistics, evaluate)
}

/// The ratio of the means of pairs, such as of the times of two cases in the same rounds, and its
/// interval.
///
/// It is never the mean of ratios. The interval is the hull of the bootstrap's and Fieller's, and
/// absent where Fieller's is or where it would reach across zero. `None` where there is no finite ratio.
///
/// # Panics
///
/// If there are not as many denominators as numerators.
#[must_use]
pub fn ratio_of_means(numerators: &[f64], denominators: &[f64]) -> Option<Quantity> {
    paired_ratio(RESAMPLES, numerators, denominators)
}

/// The ratio of the means of two sets of values that do not belong together in pairs, and its interval.
///
/// The sets are resampled independently; the degrees of freedom are Welch's. The interval is the hull
/// of the bootstrap's and Fieller's for unequal variances, and absent where that is. `None` where there
/// is no finite ratio.
#[must_use]
pub fn ratio_of_independent_means(a: &[f64], b: &[f64]) -> Option<Quantity> {
    independent_ratio(RESAMPLES, a, b)
}

pub(crate) fn resampled(
    resamples: usize,
    count: usize,
    statistics: usize,
    evaluate: impl Fn(&[f64], &mut [f64]),
) -> Vec<Option<Interval>> {
    if count < 2 {
        return vec![None; statistics];
    }
    let mut columns = Resamples::draw(SEED, resamples, count, statistics, &evaluate);
    let jackknife = Jackknife::of(count, statistics, &evaluate);
    let student = student_95(count as f64 - 1.0);
    let reach = student * (count as f64 / (count as f64 - 1.0)).sqrt();
    (0..statistics)
        .map(|statistic| {
            let estimate = jackknife.estimates[statistic];
            let contributions = jackknife.contributions(statistic);
            let acceleration = bca::acceleration(contributions.iter().copied());
            let interval = bca::interval(columns.of(statistic), estimate, acceleration, reach)?;
            let half = student * jackknife_error(&contributions);
            // Where the figure of some rounds is infinite, as a peak that is never reached, the
            // resamples alone tell its range.
            let around = Interval { low: estimate - half, high: estimate + half };
            Some(if half.is_finite() { interval.hull(around) } else { interval })
        })
        .collect()
}

pub(super) fn paired_ratio(resamples: usize, numerators: &[f64], denominators: &[f64]) -> Option<Quantity> {
    assert_eq!(numerators.len(), denominators.len(), "a pair has a numerator and a denominator");
    let value = finite(numerators.iter().sum::<f64>() / denominators.iter().sum::<f64>())?;
    let count = numerators.len();
    let evaluate = |weights: &[f64], statistics: &mut [f64]| {
        let (mut above, mut below) = (0.0, 0.0);
        for ((weight, numerator), denominator) in weights.iter().zip(numerators).zip(denominators) {
            above += weight * numerator;
            below += weight * denominator;
        }
        statistics[0] = above / below;
    };
    let bootstrapped = resampled(resamples, count, 1, evaluate)[0];
    let exact = fieller::ratio(numerators, denominators);
    Some(Quantity { value, interval: bootstrapped.zip(exact).map(|(a, b)| a.hull(b)).filter(same_sign) })
}

pub(super) fn independent_ratio(resamples: usize, a: &[f64], b: &[f64]) -> Option<Quantity> {
    let (above, below) = (mean(a), mean(b));
    let value = finite(above / below)?;
    let Some(freedom) = fieller::freedom(a, b) else { return Some(Quantity::known(value)) };
    // What each value contributes to the relative change of the ratio.
    let shares_a: Vec<f64> = a.iter().map(|value| (value / above - 1.0) / a.len() as f64).collect();
    let shares_b: Vec<f64> = b.iter().map(|value| (1.0 - value / below) / b.len() as f64).collect();
    let acceleration = bca::acceleration(shares_a.iter().chain(&shares_b).copied());
    let reach = student_95(freedom) * expansion(&shares_a, &shares_b);
    let mut random = Xoshiro256PlusPlus::seed_from_u64(SEED);
    let mut values: Vec<f64> =
        (0..resamples).map(|_| resampled_mean(a, &mut random) / resampled_mean(b, &mut random)).collect();
    let bootstrapped = bca::interval(&mut values, value, acceleration, reach);
    let exact = fieller::independent(a, b);
    Some(Quantity { value, interval: bootstrapped.zip(exact).map(|(a, b)| a.hull(b)).filter(same_sign) })
}

/// By how much the resamples of two sets vary less than the estimate: √(n/(n − 1)) where the sets are
/// alike.
fn expansion(shares_a: &[f64], shares_b: &[f64]) -> f64 {
    let variances = [shares_a, shares_b].map(|shares| {
        let count = shares.len() as f64;
        let resampled: f64 = shares.iter().map(|share| share.powi(2)).sum();
        (resampled * count / (count - 1.0), resampled)
    });
    let expansion = ((variances[0].0 + variances[1].0) / (variances[0].1 + variances[1].1)).sqrt();
    if expansion.is_finite() { expansion } else { 1.0 }
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

/// Whether an interval keeps to one side of zero. That of a ratio of times which does not is of too few
/// values to say anything, least of all that a time may be negative.
fn same_sign(interval: &Interval) -> bool {
    interval.low > 0.0 || interval.high < 0.0
}

fn finite(value: f64) -> Option<f64> {
    value.is_finite().then_some(value)
}

/// The mean of as many values as there are, drawn with replacement.
fn resampled_mean(values: &[f64], random: &mut Xoshiro256PlusPlus) -> f64 {
    let mut sum = 0.0;
    draw(values.len(), random, |index| sum += values[index]);
    sum / values.len() as f64
}

/// Tukey's standard error: it equals s/√n for a mean.
fn jackknife_error(contributions: &[f64]) -> f64 {
    let squares: f64 = contributions.iter().map(|contribution| contribution.powi(2)).sum();
    let count = contributions.len() as f64;
    (squares * (count - 1.0) / count).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn mean_of(values: &[f64]) -> impl Fn(&[f64], &mut [f64]) + '_ {
        |weights, statistics| {
            let sum: f64 = values.iter().zip(weights).map(|(value, weight)| value * weight).sum();
            statistics[0] = sum / values.len() as f64;
        }
    }

    /// Symmetric values: the interval is Student's, mean ± t s/√n.
    #[test]
    fn the_mean_of_many_has_students_interval() {
        let values: Vec<f64> = (0..101).map(|step| f64::from(step) / 100.0).collect();
        let interval = rounds(101, 1, mean_of(&values))[0].unwrap();
        let half = 1.984 * 0.293_002 / 101.0_f64.sqrt();
        assert!((interval.low - 0.5 + half).abs() < 2e-3, "{interval:?}");
        assert!((interval.high - 0.5 - half).abs() < 2e-3, "{interval:?}");
    }

    #[test]
    fn the_weights_sum_to_the_count() {
        rounds(7, 1, |weights, statistics| {
            assert!(weights.len() == 7 && weights.iter().all(|&weight| weight >= 0.0));
            assert!((weights.iter().sum::<f64>() - 7.0).abs() < 1e-12);
            statistics[0] = weights[0];
        });
    }

    #[test]
    fn an_interval_needs_rounds_and_numbers() {
        assert_eq!(rounds(1, 2, |_, statistics| statistics.fill(1.0)), [None, None]);
        assert_eq!(rounds(0, 1, |_, statistics| statistics.fill(1.0)), [None]);
        assert!(rounds(9, 0, |_, _| ()).is_empty());
        let mixed = rounds(9, 4, |weights, statistics| {
            statistics.copy_from_slice(&[3.0, f64::NAN, f64::INFINITY, 1.0 / weights[0] * weights[0]]);
        });
        assert_eq!(mixed, [Some(Interval { low: 3.0, high: 3.0 }), None, None, None]);
    }

    #[test]
    fn ratios_without_ground_for_an_interval() {
        assert_eq!(ratio_of_means(&[2.0], &[1.0]), Some(Quantity::known(2.0)));
        assert_eq!(ratio_of_means(&[], &[]), None);
        assert_eq!(ratio_of_means(&[1.0, 1.0], &[0.0, 0.0]), None);
        assert_eq!(ratio_of_independent_means(&[2.0, 4.0], &[1.0]), Some(Quantity::known(3.0)));
        assert_eq!(ratio_of_independent_means(&[2.0], &[]), None);
        let constant = Quantity { value: 2.0, interval: Some(Interval { low: 2.0, high: 2.0 }) };
        assert_eq!(ratio_of_means(&[4.0; 5], &[2.0; 5]), Some(constant));
        assert_eq!(ratio_of_independent_means(&[4.0; 5], &[2.0; 3]), Some(constant));
    }

    #[test]
    fn it_is_the_ratio_of_means_and_not_the_mean_of_ratios() {
        let ratio = ratio_of_means(&[1.0, 9.0, 2.0], &[1.0, 3.0, 2.0]).unwrap();
        assert!((ratio.value - 2.0).abs() < 1e-12);
    }

    #[test]
    fn pairs_tell_what_independent_samples_cannot() {
        let denominators = [1.0, 1.3, 0.8, 1.1, 0.9, 1.2, 1.0, 0.7];
        let numerators: Vec<f64> =
            (0..8).map(|i| denominators[i] * (2.0 + [0.01, -0.01, 0.0][i % 3])).collect();
        let paired = ratio_of_means(&numerators, &denominators).unwrap();
        let independent = ratio_of_independent_means(&numerators, &denominators).unwrap();
        assert!(paired.interval.unwrap().contains(2.0) && independent.interval.unwrap().contains(2.0));
        assert!(paired.half_width().unwrap() * 20.0 < independent.half_width().unwrap());
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]

        #[test]
        fn an_interval_holds_its_estimate_and_scales(
            pairs in prop::collection::vec((0.5..2.0_f64, 0.5..2.0_f64), 2..20),
            scale in 1e-6..1e6_f64,
        ) {
            let (a, b): (Vec<f64>, Vec<f64>) = pairs.into_iter().unzip();
            let scaled: Vec<f64> = a.iter().map(|value| value * scale).collect();
            for ratio in [ratio_of_means, ratio_of_independent_means] {
                let (one, other) = (ratio(&a, &b).unwrap(), ratio(&scaled, &b).unwrap());
                let (Some(interval), Some(of_scaled)) = (one.interval, other.interval) else { continue };
                prop_assert!(interval.contains(one.value));
                prop_assert!((interval.low * scale - of_scaled.low).abs() <= 1e-6 * of_scaled.low.abs());
                prop_assert!((interval.high * scale - of_scaled.high).abs() <= 1e-6 * of_scaled.high.abs());
            }
        }
    }
}
