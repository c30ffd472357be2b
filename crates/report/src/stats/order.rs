//! The median of a set of values, with an interval from their order alone.
//!
//! How many of n values lie below the true median is binomial with even odds, whatever distribution
//! they come from. The j-th least and the j-th greatest therefore enclose it with a probability that
//! can be counted, and no resampling is needed, which is rough for a median of few values (W. R.
//! Thompson, "On confidence ranges for the median", Annals of Mathematical Statistics 7, 1936).

use super::{Interval, Quantity};

/// What may lie beyond either end of a 95 % interval.
const BEYOND: f64 = 0.025;

/// The median of `values` and its interval; `None` of no values. Fewer than six values have no
/// interval: even the least and the greatest enclose the median less often than 95 in 100 times.
///
/// ```
/// use speedup_report::stats::order;
///
/// let times = [2.0, 2.1, 1.9, 2.2, 9.0, 2.0];
/// let median = order::median(&times).unwrap();
/// assert!((median.value - 2.05).abs() < 1e-12);
/// assert_eq!(median.interval.map(|interval| (interval.low, interval.high)), Some((1.9, 9.0)));
/// ```
#[must_use]
pub fn median(values: &[f64]) -> Option<Quantity> {
    let value = super::median(values)?;
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let interval = outer(sorted.len())
        .map(|outer| Interval { low: sorted[outer - 1], high: sorted[sorted.len() - outer] });
    Some(Quantity { value, interval })
}

/// The greatest j for which fewer than j of `count` values lie below the median at most 2.5 times in
/// 100; `None` where that is not so even for 1.
fn outer(count: usize) -> Option<usize> {
    // Chances of 0, 1, 2, … values below; in logarithms, since those of many values are tiny.
    let mut log_chance = -(count as f64) * std::f64::consts::LN_2;
    let mut below = 0.0;
    for fewer in 0..count {
        below += log_chance.exp();
        if below > BEYOND {
            return (fewer > 0).then_some(fewer);
        }
        log_chance += ((count - fewer) as f64 / (fewer + 1) as f64).ln();
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand_xoshiro::Xoshiro256PlusPlus;
    use rand_xoshiro::rand_core::{Rng, SeedableRng};

    /// The usual table of the sign test, as in W. J. Conover, Practical Nonparametric Statistics.
    #[test]
    fn ranks_as_published() {
        let table = [(5, None), (6, Some(1)), (8, Some(1)), (9, Some(2)), (10, Some(2)), (20, Some(6))];
        for (count, rank) in table.into_iter().chain([(30, Some(10)), (50, Some(18)), (100, Some(40))]) {
            assert_eq!(outer(count), rank, "{count}");
        }
        assert!(outer(5000).is_some_and(|rank| (2428..2435).contains(&rank)), "{:?}", outer(5000));
    }

    #[test]
    fn it_covers_the_median_of_a_lopsided_distribution() {
        let mut random = Xoshiro256PlusPlus::seed_from_u64(1);
        let mut draw = || (random.next_u64() >> 11) as f64 / (1_u64 << 53) as f64;
        let covered = (0..2000)
            .filter(|_| {
                let values: Vec<f64> = (0..21).map(|_| -draw().ln()).collect();
                median(&values).and_then(|found| found.interval).unwrap().contains(2.0_f64.ln())
            })
            .count();
        // 97.3 in 100 at 21 values; five standard deviations are 1.8.
        assert!((1910..=1982).contains(&covered), "{covered} of 2000");
    }

    #[test]
    fn few_values_have_a_median_alone() {
        assert_eq!(median(&[]), None);
        assert_eq!(median(&[3.0, 1.0, 2.0]), Some(Quantity::known(2.0)));
    }
}
