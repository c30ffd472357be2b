//! Where values lie along an axis, and which of them are written on it.

use super::ticks::Round;
use super::{text, theme};

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
        self.ticks.iter().map(|(_, label)| text::width(label, theme::TEXT)).fold(0.0, f64::max)
    }
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
}
