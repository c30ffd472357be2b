//! A figure with its interval.

use serde::Serialize;

/// A 95 % interval.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Interval {
    /// Lower end.
    pub low: f64,
    /// Upper end.
    pub high: f64,
}

/// A figure, with its 95 % interval where there is one.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Quantity {
    /// The estimate.
    pub value: f64,
    /// Its interval.
    pub interval: Option<Interval>,
}

impl Quantity {
    /// A figure without an interval.
    #[must_use]
    pub fn known(value: f64) -> Self {
        Self { value, interval: None }
    }

    /// Half the width of the interval over the value.
    #[must_use]
    pub fn relative_half_width(&self) -> Option<f64> {
        self.interval.map(|interval| (interval.high - interval.low) / 2.0 / self.value)
    }
}
