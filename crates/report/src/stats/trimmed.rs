//! The ratio of pairs where some are disturbed: a trimmed mean.
//!
//! A machine that others use makes some executions much longer than the rest, and never one much shorter. Few such
//! pairs decide on the width of a ratio of means. The ratio of a pair has the disturbance above or below the line as
//! chance will have it, so that the logarithms of the ratios of pairs have long tails on both sides. Their mean without
//! the outermost fifth at each end is nearly as good as the mean where there are none, and many times better where there
//! are (J. W. Tukey and D. H. `McLaughlin`, "Less vulnerable confidence and significance procedures for location based
//! on a single sample: trimming/Winsorization 1", Sankhyā A 25, 1963). What it is blind to is a change of the few longest
//! executions alone.

use super::{Interval, Quantity, bootstrap};

/// The share that is left out at each end.
pub const SHARE: f64 = 0.2;

/// Two times that belong together.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Pair {
    /// The round, from 0. Pairs of one round are drawn together.
    pub round: usize,
    /// The numerator.
    pub above: f64,
    /// The denominator.
    pub below: f64,
}

/// The typical ratio of pairs: e to the trimmed mean of the logarithms of their ratios, and its interval, which is the
/// bootstrap's over rounds. `None` where there is no finite ratio.
///
/// # Panics
///
/// If a pair is of none of so many rounds.
#[must_use]
pub fn ratio_of_pairs(rounds: usize, pairs: &[Pair]) -> Option<Quantity> {
    trimmed_ratio(bootstrap::RESAMPLES, rounds, pairs)
}

pub(super) fn trimmed_ratio(resamples: usize, rounds: usize, pairs: &[Pair]) -> Option<Quantity> {
    let mut logarithms: Vec<(f64, usize)> =
        pairs.iter().map(|pair| ((pair.above / pair.below).ln(), pair.round)).collect();
    if logarithms.is_empty() || logarithms.iter().any(|(logarithm, _)| !logarithm.is_finite()) {
        return None;
    }
    logarithms.sort_by(|one, other| one.0.total_cmp(&other.0));
    let value = trimmed_mean(&logarithms, &vec![1.0; rounds]);
    let interval = bootstrap::resampled(resamples, rounds, 1, |weights, statistics| {
        statistics[0] = trimmed_mean(&logarithms, weights);
    });
    let ratio = |ends: Interval| Interval { low: ends.low.exp(), high: ends.high.exp() };
    Some(Quantity { value: value.exp(), interval: interval[0].map(ratio) })
}

/// The mean of ascending values, each with the weight of its round, without [`SHARE`] of all weight at each end.
fn trimmed_mean(ascending: &[(f64, usize)], weights: &[f64]) -> f64 {
    let all: f64 = ascending.iter().map(|(_, round)| weights[*round]).sum();
    let (from, to) = (SHARE * all, (1.0 - SHARE) * all);
    let (mut before, mut sum) = (0.0_f64, 0.0);
    for (value, round) in ascending {
        let after = before + weights[*round];
        sum += value * (after.min(to) - before.max(from)).max(0.0);
        before = after;
    }
    sum / (to - from)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ratio(above: &[f64], below: &[f64]) -> Option<Quantity> {
        let pair = |(round, (&above, &below)): (usize, (&f64, &f64))| Pair { round, above, below };
        ratio_of_pairs(above.len(), &above.iter().zip(below).enumerate().map(pair).collect::<Vec<_>>())
    }

    #[test]
    fn a_fifth_is_left_out_at_each_end() {
        let mean = |values: &[f64]| {
            let each: Vec<(f64, usize)> = values.iter().copied().zip(0..).collect();
            trimmed_mean(&each, &vec![1.0; values.len()])
        };
        assert!((mean(&[-9.0, 1.0, 2.0, 3.0, 99.0]) - 2.0).abs() < 1e-12);
        // Of seven, 1.4 at each end: the second counts with 0.6 of its weight.
        let of_seven = (0.6 * 1.0 + 2.0 + 3.0 + 4.0 + 0.6 * 5.0) / 4.2;
        assert!((mean(&[0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 60.0]) - of_seven).abs() < 1e-12);
        assert!((trimmed_mean(&[(1.0, 0), (2.0, 1)], &[0.0, 5.0]) - 2.0).abs() < 1e-12);
        assert!((mean(&[4.0]) - 4.0).abs() < 1e-12);
    }

    #[test]
    fn what_disturbs_some_pairs_does_not_widen_it() {
        let calm = |round: u32| 1.0 + 0.002 * f64::from(round * 7 % 10);
        let spike = |round: u32| if round % 9 == 4 { 2.0 } else { 1.0 };
        let below: Vec<f64> = (0..60).map(|round| calm(round) * spike(round + 3)).collect();
        let above: Vec<f64> = (0..60).map(|round| 1.02 * calm(round + 2) * spike(round)).collect();
        let typical = ratio(&above, &below).unwrap();
        let of_means = bootstrap::ratio_of_means(&above, &below).unwrap();
        assert!(typical.interval.unwrap().contains(1.02), "{typical:?}");
        assert!(10.0 * typical.half_width().unwrap() < of_means.half_width().unwrap(), "{of_means:?}");
    }

    #[test]
    fn there_is_none_of_nothing_and_of_no_time() {
        assert_eq!(ratio(&[], &[]), None);
        assert_eq!(ratio(&[1.0, 2.0], &[0.0, 1.0]), None);
        assert_eq!(ratio(&[3.0], &[2.0]).unwrap().interval, None);
        let same = ratio(&[2.0, 3.0], &[2.0, 3.0]).unwrap();
        assert_eq!((same.value, same.interval), (1.0, Some(Interval { low: 1.0, high: 1.0 })));
    }
}
