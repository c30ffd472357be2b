//! An estimate and how far it can be trusted.

use serde::Serialize;

/// A 95 % confidence interval: the range from a procedure that covers the true value in 95 of 100
/// studies.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Interval {
    /// Lower end.
    pub low: f64,
    /// Upper end.
    pub high: f64,
}

impl Interval {
    /// Whether `value` lies within the interval; its ends belong to it.
    #[must_use]
    pub fn contains(&self, value: f64) -> bool {
        (self.low..=self.high).contains(&value)
    }

    /// The shortest interval that holds both.
    #[must_use]
    pub fn hull(self, other: Self) -> Self {
        Self { low: self.low.min(other.low), high: self.high.max(other.high) }
    }

    /// Upper end less lower end.
    #[must_use]
    pub fn width(&self) -> f64 {
        self.high - self.low
    }
}

/// An estimate with its 95 % confidence interval, in the unit of what is estimated.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Quantity {
    /// The estimate.
    pub value: f64,
    /// The 95 % confidence interval; absent where the data give none, as a single round does.
    pub interval: Option<Interval>,
}

impl Quantity {
    /// A value without an interval.
    #[must_use]
    pub fn known(value: f64) -> Self {
        Self { value, interval: None }
    }

    /// Half the width of the interval, in the unit of the value.
    #[must_use]
    pub fn half_width(&self) -> Option<f64> {
        self.interval.map(|interval| interval.width() / 2.0)
    }

    /// Half the width of the interval as a share of the value; `None` without an interval, or
    /// relative to a value of zero.
    #[must_use]
    pub fn relative_half_width(&self) -> Option<f64> {
        let relative = self.half_width()? / self.value.abs();
        relative.is_finite().then_some(relative)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn widths_are_those_of_the_interval() {
        let interval = Interval { low: -2.2, high: -1.8 };
        let quantity = Quantity { value: -2.0, interval: Some(interval) };
        assert!((quantity.half_width().unwrap() - 0.2).abs() < 1e-12);
        assert!((quantity.relative_half_width().unwrap() - 0.1).abs() < 1e-12);
        assert!(interval.contains(-2.0) && interval.contains(-1.8) && !interval.contains(-1.7));
        assert_eq!(interval.hull(Interval { low: -2.0, high: 1.0 }), Interval { low: -2.2, high: 1.0 });
    }

    #[test]
    fn without_an_interval_there_is_no_width() {
        assert_eq!(
            (Quantity::known(1.0).half_width(), Quantity::known(1.0).relative_half_width()),
            (None, None)
        );
        let zero = Quantity { value: 0.0, interval: Some(Interval { low: 0.0, high: 0.0 }) };
        assert_eq!((zero.half_width(), zero.relative_half_width()), (Some(0.0), None));
    }
}
