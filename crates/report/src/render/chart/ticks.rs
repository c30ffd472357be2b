//! Round numbers, and which whole numbers are written below an axis.

use super::{text, theme};

/// Distance that the labels of neighbouring ticks keep.
const CLEAR: f64 = 6.0;

/// One of … 0.1, 0.2, 0.5, 1, 2, 5, 10 …
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Round {
    pub(super) mantissa: u8,
    pub(super) exponent: i32,
}

impl Round {
    /// The greatest that is not above `value`, which is positive and finite.
    pub(super) fn at_most(value: f64) -> Self {
        // Values that differ from a round one by less than rounding errors count as that one.
        let value = value * (1.0 + 1e-9);
        let exponent = value.log10().floor() as i32;
        let mantissa = match value / 10_f64.powi(exponent) {
            lead if lead >= 5.0 => 5,
            lead if lead >= 2.0 => 2,
            _ => 1,
        };
        Self { mantissa, exponent }
    }

    /// The least that is not below `value`, which is positive and finite.
    pub(super) fn at_least(value: f64) -> Self {
        let below = Self::at_most(value);
        if below.value() >= value * (1.0 - 1e-9) { below } else { below.next() }
    }

    pub(super) fn next(self) -> Self {
        match self.mantissa {
            1 => Self { mantissa: 2, ..self },
            2 => Self { mantissa: 5, ..self },
            _ => Self { mantissa: 1, exponent: self.exponent + 1 },
        }
    }

    pub(super) fn value(self) -> f64 {
        f64::from(self.mantissa) * 10_f64.powi(self.exponent)
    }

    /// Decimals that it takes to write it.
    pub(super) fn decimals(self) -> usize {
        usize::try_from(-self.exponent).unwrap_or(0)
    }
}

/// Which whole numbers are written below an axis on which `place` says where they lie.
///
/// All where there is room; else the measured ones (`counts`, ascending), thinned out where they
/// would touch; and the first with round numbers where most would have to go, or all were measured.
pub(super) fn whole_ticks(counts: &[usize], place: impl Fn(usize) -> f64) -> Vec<usize> {
    let (Some(&first), Some(&last)) = (counts.first(), counts.last()) else { return Vec::new() };
    let clear = |left: usize, right: usize| {
        let half = |count: usize| text::width(&count.to_string(), theme::TEXT) / 2.0;
        place(right) - place(left) >= half(left) + half(right) + CLEAR
    };
    // The greatest number has the widest label, so if it clears its neighbour, all do.
    if first == last || clear(last - 1, last) {
        return (first..=last).collect();
    }
    let every = counts.len() > last - first;
    // The first is what factors refer to, so it stays.
    let mut thinned = vec![last];
    for &count in counts.iter().rev() {
        let right = thinned.last().copied().unwrap_or(last);
        if count < right && clear(count, right) && (count == first || clear(first, count)) {
            thinned.push(count);
        }
    }
    if !every && 2 * thinned.len() >= counts.len() {
        thinned.reverse();
        return thinned;
    }
    let mut step = Round { mantissa: 1, exponent: 0 };
    let mut round;
    loop {
        step = step.next();
        let width = step.value() as usize;
        round = (first.div_ceil(width)..=last / width).map(|index| index * width).collect::<Vec<_>>();
        if round.len() < 2 {
            return vec![first, last];
        }
        if round.windows(2).all(|pair| clear(pair[0], pair[1])) {
            break;
        }
    }
    if round[0] != first && clear(first, round[0]) {
        round.insert(0, first);
    }
    round
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_ticks_never_touch() {
        let place =
            |most: usize, width: f64| move |count: usize| width * (count - 1) as f64 / (most - 1) as f64;
        assert_eq!(whole_ticks(&[1, 2, 4], place(4, 300.0)), [1, 2, 3, 4]);
        assert_eq!(whole_ticks(&[1, 2, 4, 8, 16, 32, 64], place(64, 300.0)), [1, 4, 8, 16, 32, 64]);
        let dense: Vec<usize> = (1..=64).collect();
        assert_eq!(whole_ticks(&dense, place(64, 300.0)), [1, 5, 10, 15, 20, 25, 30, 35, 40, 45, 50, 55, 60]);
        assert_eq!(whole_ticks(&[3], |_| 150.0), [3]);
        assert!(whole_ticks(&[], |_| 0.0).is_empty());
        // Too narrow for anything but the ends: still an answer.
        assert_eq!(whole_ticks(&dense, place(64, 10.0)), [1, 64]);
    }
}
