//! Where values lie along an axis, and which of them are written on it.

use super::{text, theme};

/// Distance that the labels of neighbouring ticks keep.
const CLEAR: f64 = 6.0;
/// How many steps of a linear axis look neither bare nor crowded.
const STEPS: f64 = 6.0;
/// Up to how many ticks of a logarithmic axis are all written.
const LOG_TICKS: usize = 14;

/// How values are spread along an axis.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Scale {
    /// From zero, equal distances for equal differences.
    Linear,
    /// Equal distances for equal ratios.
    Log,
}

/// A vertical axis: its range and its ticks.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Axis {
    scale: Scale,
    low: f64,
    high: f64,
    /// Values with their labels, ascending.
    pub(super) ticks: Vec<(f64, String)>,
}

impl Axis {
    /// An axis for positive values from `least` to `greatest`; a linear one begins at zero.
    pub(super) fn over(scale: Scale, least: f64, greatest: f64) -> Self {
        let usable = greatest.is_finite() && greatest > 0.0;
        match scale {
            Scale::Linear => Self::linear(if usable { greatest } else { 1.0 }),
            Scale::Log if usable && least > 0.0 => Self::log(least.min(greatest), greatest),
            Scale::Log => Self::log(0.1, 1.0),
        }
    }

    fn linear(greatest: f64) -> Self {
        let step = Round::at_least(greatest / STEPS);
        let count = (greatest / step.value() - 1e-9).ceil().max(1.0) as u32;
        let label = |index: u32| match index {
            0 => "0".to_string(),
            _ => format!("{:.*}", step.decimals(), f64::from(index) * step.value()),
        };
        let ticks: Vec<_> =
            (0..=count).map(|index| (f64::from(index) * step.value(), label(index))).collect();
        Self { scale: Scale::Linear, low: 0.0, high: f64::from(count) * step.value(), ticks }
    }

    fn log(least: f64, greatest: f64) -> Self {
        let first = Round::at_most(least);
        let mut rounds = vec![first];
        while let Some(last) = rounds.last().filter(|last| last.value() < greatest * (1.0 - 1e-9)) {
            rounds.push(last.next());
        }
        if rounds.len() == 1 {
            rounds.push(first.next());
        }
        let (low, high) = (first.value(), rounds.last().map_or(1.0, |last| last.value()));
        let decades_only = rounds.len() > LOG_TICKS;
        let ticks = rounds
            .into_iter()
            .filter(|round| !decades_only || round.mantissa == 1)
            .map(|round| (round.value(), format!("{:.*}", round.decimals(), round.value())))
            .collect();
        Self { scale: Scale::Log, low, high, ticks }
    }

    /// Where a value lies: 0 at the lower end of the axis, 1 at the upper.
    pub(super) fn part(&self, value: f64) -> f64 {
        match self.scale {
            Scale::Linear => (value - self.low) / (self.high - self.low),
            Scale::Log => (value / self.low).ln() / (self.high / self.low).ln(),
        }
    }

    /// Width of the widest label.
    pub(super) fn label_width(&self) -> f64 {
        self.ticks.iter().map(|(_, label)| text::width(label, theme::TEXT)).fold(0.0, f64::max)
    }
}

/// One of … 0.1, 0.2, 0.5, 1, 2, 5, 10 …
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Round {
    mantissa: u8,
    exponent: i32,
}

impl Round {
    /// The greatest that is not above `value`, which is positive and finite.
    fn at_most(value: f64) -> Self {
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
    fn at_least(value: f64) -> Self {
        let below = Self::at_most(value);
        if below.value() >= value * (1.0 - 1e-9) { below } else { below.next() }
    }

    fn next(self) -> Self {
        match self.mantissa {
            1 => Self { mantissa: 2, ..self },
            2 => Self { mantissa: 5, ..self },
            _ => Self { mantissa: 1, exponent: self.exponent + 1 },
        }
    }

    fn value(self) -> f64 {
        f64::from(self.mantissa) * 10_f64.powi(self.exponent)
    }

    /// Decimals that it takes to write it.
    fn decimals(self) -> usize {
        usize::try_from(-self.exponent).unwrap_or(0)
    }
}

/// Which numbers of workers are written below an axis on which `place` says where they lie.
///
/// All whole numbers where there is room; else the measured ones (`counts`, ascending), thinned out
/// where they would touch; and the first with round numbers where most would have to go.
pub(super) fn worker_ticks(counts: &[usize], place: impl Fn(usize) -> f64) -> Vec<usize> {
    let (Some(&first), Some(&last)) = (counts.first(), counts.last()) else { return Vec::new() };
    let clear = |left: usize, right: usize| {
        let half = |count: usize| text::width(&count.to_string(), theme::TEXT) / 2.0;
        place(right) - place(left) >= half(left) + half(right) + CLEAR
    };
    // The greatest number has the widest label, so if it clears its neighbour, all do.
    if first == last || clear(last - 1, last) {
        return (first..=last).collect();
    }
    // The first is what factors refer to, so it stays.
    let mut thinned = vec![last];
    for &count in counts.iter().rev() {
        let right = thinned.last().copied().unwrap_or(last);
        if count < right && clear(count, right) && (count == first || clear(first, count)) {
            thinned.push(count);
        }
    }
    if 2 * thinned.len() >= counts.len() {
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

    fn labels(axis: &Axis) -> Vec<&str> {
        axis.ticks.iter().map(|(_, label)| label.as_str()).collect()
    }

    #[test]
    fn linear_ticks_begin_at_zero_and_have_the_decimals_they_need() {
        assert_eq!(labels(&Axis::over(Scale::Linear, 1.0, 4.0)), ["0", "1", "2", "3", "4"]);
        assert_eq!(
            labels(&Axis::over(Scale::Linear, 0.01, 0.23)),
            ["0", "0.05", "0.10", "0.15", "0.20", "0.25"]
        );
        assert_eq!(labels(&Axis::over(Scale::Linear, 1.0, 25.42)), ["0", "5", "10", "15", "20", "25", "30"]);
        assert_eq!(labels(&Axis::over(Scale::Linear, 0.0, f64::NAN)).first(), Some(&"0"));
    }

    #[test]
    fn log_ticks_are_1_2_5_and_enclose_the_values() {
        let axis = Axis::over(Scale::Log, 0.03, 25.42);
        assert_eq!(labels(&axis), ["0.02", "0.05", "0.1", "0.2", "0.5", "1", "2", "5", "10", "20", "50"]);
        assert!(axis.part(0.03) > 0.0 && axis.part(25.42) < 1.0);
        assert_eq!(labels(&Axis::over(Scale::Log, 2.0, 2.0)), ["2", "5"]);
        assert_eq!(
            labels(&Axis::over(Scale::Log, 0.001, 900.0)),
            ["0.001", "0.01", "0.1", "1", "10", "100", "1000"]
        );
        assert_eq!(labels(&Axis::over(Scale::Log, 0.0, 0.0)).first(), Some(&"0.1"));
    }

    #[test]
    fn worker_ticks_never_touch() {
        let place =
            |most: usize, width: f64| move |count: usize| width * (count - 1) as f64 / (most - 1) as f64;
        assert_eq!(worker_ticks(&[1, 2, 4], place(4, 300.0)), [1, 2, 3, 4]);
        assert_eq!(worker_ticks(&[1, 2, 4, 8, 16, 32, 64], place(64, 300.0)), [1, 4, 8, 16, 32, 64]);
        let dense: Vec<usize> = (1..=64).collect();
        assert_eq!(
            worker_ticks(&dense, place(64, 300.0)),
            [1, 5, 10, 15, 20, 25, 30, 35, 40, 45, 50, 55, 60]
        );
        assert_eq!(worker_ticks(&[3], |_| 150.0), [3]);
        assert!(worker_ticks(&[], |_| 0.0).is_empty());
        // Too narrow for anything but the ends: still an answer.
        assert_eq!(worker_ticks(&dense, place(64, 10.0)), [1, 64]);
    }
}
