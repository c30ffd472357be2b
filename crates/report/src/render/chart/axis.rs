//! Where values lie along an axis, and which of them are written on it.
//!
//! Plotters has axes, but not ones that end at a round number of a 1, 2, 5 series on a logarithmic
//! scale, or that leave labels out where they would touch.

use super::{font, theme};

/// Distance that the labels of neighbouring ticks keep.
const CLEAR: f64 = 6.0;
/// How many steps of a linear axis look neither bare nor crowded.
const STEPS: f64 = 6.0;
/// The same for a low plot.
const FEW_STEPS: f64 = 2.0;
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
    /// An axis for values from `least` to `greatest`. A linear one reaches to zero at least; a
    /// logarithmic one needs positive values.
    pub(super) fn over(scale: Scale, least: f64, greatest: f64) -> Self {
        let usable = greatest.is_finite() && greatest > 0.0;
        match scale {
            Scale::Linear => Self::between(least.min(0.0), greatest.max(0.0)),
            Scale::Log if usable && least > 0.0 => Self::log(least.min(greatest), greatest),
            Scale::Log => Self::log(0.1, 1.0),
        }
    }

    /// A linear axis for values from `least` to `greatest`, wherever zero is.
    pub(super) fn between(least: f64, greatest: f64) -> Self {
        Self::linear(least, greatest, STEPS)
    }

    /// A linear axis from zero, for a low plot.
    pub(super) fn sparse(greatest: f64) -> Self {
        Self::linear(0.0, greatest, FEW_STEPS)
    }

    /// A linear axis that ends where the values do, and not at the next tick.
    pub(super) fn tight(least: f64, greatest: f64) -> Self {
        let axis = Self::between(least, greatest);
        if least >= greatest || !axis.holds(least) || !axis.holds(greatest) {
            return axis;
        }
        let slack = 1e-9 * (greatest - least);
        let inside = |(value, _): &(f64, String)| (least - slack..=greatest + slack).contains(value);
        let ticks = axis.ticks.into_iter().filter(inside).collect();
        Self { scale: Scale::Linear, low: least, high: greatest, ticks }
    }

    fn holds(&self, value: f64) -> bool {
        (self.low..=self.high).contains(&value)
    }

    fn linear(least: f64, greatest: f64, steps: f64) -> Self {
        let usable = least.is_finite() && greatest.is_finite() && least < greatest;
        let (least, greatest) = if usable { (least, greatest) } else { (0.0, 1.0) };
        let step = Round::at_least((greatest - least) / steps);
        let bottom = (least / step.value() + 1e-9).floor() as i64;
        let top = ((greatest / step.value() - 1e-9).ceil() as i64).max(bottom + 1);
        let label = |index: i64| match index {
            0 => "0".to_string(),
            _ => format!("{:.*}", step.decimals(), index as f64 * step.value()).replace('-', "−"),
        };
        let value = |index: i64| index as f64 * step.value();
        let ticks: Vec<_> = (bottom..=top).map(|index| (value(index), label(index))).collect();
        Self { scale: Scale::Linear, low: value(bottom), high: value(top), ticks }
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
        self.ticks.iter().map(|(_, label)| font::width(label, theme::TEXT)).fold(0.0, f64::max)
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

/// Which whole numbers are written below an axis on which `place` says where they lie.
///
/// All where there is room; else the measured ones (`counts`, ascending), thinned out where they
/// would touch; and the first with round numbers where most would have to go, or all were measured.
pub(super) fn whole_ticks(counts: &[usize], place: impl Fn(usize) -> f64) -> Vec<usize> {
    let (Some(&first), Some(&last)) = (counts.first(), counts.last()) else { return Vec::new() };
    let clear = |left: usize, right: usize| {
        let half = |count: usize| font::width(&count.to_string(), theme::TEXT) / 2.0;
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
        assert_eq!(labels(&Axis::over(Scale::Linear, -0.04, 0.1)), ["−0.05", "0", "0.05", "0.10"]);
        assert_eq!(
            labels(&Axis::between(0.93, 1.18)),
            ["0.90", "0.95", "1.00", "1.05", "1.10", "1.15", "1.20"]
        );
    }

    #[test]
    fn a_tight_axis_has_its_ticks_inside() {
        let axis = Axis::tight(-0.04, 4.04);
        assert_eq!(labels(&axis), ["0", "1", "2", "3", "4"]);
        assert!(axis.part(-0.04).abs() < 1e-12 && (axis.part(4.04) - 1.0).abs() < 1e-12);
        assert_eq!(labels(&Axis::tight(0.0, f64::NAN)).len(), 6);
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
