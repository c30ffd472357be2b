//! The usual figures of a set of values.

/// The usual figures of a set of times.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Summary {
    /// Number of values.
    pub count: usize,
    /// Arithmetic mean.
    pub mean: f64,
    /// Least value.
    pub min: f64,
    /// Greatest value.
    pub max: f64,
    /// Sample standard deviation (divisor n − 1); 0 for a single value.
    pub sd: f64,
}

impl Summary {
    /// Summarizes `values`; `None` if there are none.
    #[must_use]
    pub fn of(values: &[f64]) -> Option<Self> {
        if values.is_empty() {
            return None;
        }
        let count = values.len();
        let mean = values.iter().sum::<f64>() / count as f64;
        let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
        Some(Self {
            count,
            mean,
            min: values.iter().copied().fold(f64::INFINITY, f64::min),
            max: values.iter().copied().fold(f64::NEG_INFINITY, f64::max),
            sd: if count > 1 { (squares / (count - 1) as f64).sqrt() } else { 0.0 },
        })
    }
}

/// The median: the middle value, or the mean of the two middle ones; `None` of no values.
#[must_use]
pub fn median(values: &[f64]) -> Option<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let upper = *sorted.get(sorted.len() / 2)?;
    if sorted.len() % 2 == 1 { Some(upper) } else { Some(f64::midpoint(sorted[sorted.len() / 2 - 1], upper)) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn known_values() {
        let summary = Summary::of(&[2.0, 4.0, 4.0, 4.0, 5.0, 5.0, 7.0, 9.0]).unwrap();
        assert!((summary.mean - 5.0).abs() < 1e-12);
        assert!((summary.sd - (32.0_f64 / 7.0).sqrt()).abs() < 1e-12);
        assert_eq!(median(&[3.0, 1.0, 2.0]), Some(2.0));
        assert_eq!(median(&[4.0, 1.0, 2.0, 3.0]), Some(2.5));
        assert_eq!((Summary::of(&[]), median(&[])), (None, None));
    }

    proptest! {
        #[test]
        fn the_middle_lies_within_the_range(values in prop::collection::vec(0.0..1e9_f64, 1..50)) {
            let summary = Summary::of(&values).unwrap();
            let slack = 1e-9 * summary.max.max(1.0);
            for middle in [summary.mean, median(&values).unwrap()] {
                prop_assert!(summary.min - slack <= middle && middle <= summary.max + slack);
            }
            prop_assert!(summary.sd <= (summary.max - summary.min) + slack);
        }
    }
}
