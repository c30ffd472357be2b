//! Figures with their units: three digits that count, and the prefix that fits.

use speedup_report::view::units::{plain, scaled, seconds};

use crate::model::{Limit, Unit};

/// What is measured, as in `time per task` or `bytes per second`.
pub(super) fn unit(unit: Unit) -> String {
    match unit {
        Unit::SecondsPer(what) => format!("time per {what}"),
        Unit::PerSecond(what) => format!("{what} per second"),
    }
}

/// A figure of the contest: a time, or how many of something in a second.
pub(super) fn figure(unit: Unit, value: f64) -> String {
    match unit {
        Unit::SecondsPer(_) => seconds(value),
        Unit::PerSecond("bytes") => format!("{}B/s", scaled(value)),
        Unit::PerSecond(_) => format!("{}/s", scaled(value)),
    }
}

/// CPU time for each unit of amount; of bytes, whose share is too small for a prefix, for each gigabyte.
pub(super) fn cpu(unit: Unit, seconds_each: f64) -> String {
    match unit {
        Unit::PerSecond("bytes") => format!("{}/GB", seconds(seconds_each * 1e9)),
        _ => seconds(seconds_each),
    }
}

pub(super) fn ratio(value: f64) -> String {
    plain(value)
}

/// A bound, with its value written as the figures are.
pub(super) fn limit(limit: Limit, write: impl Fn(f64) -> String) -> String {
    match limit {
        Limit::AtMost(bound) => format!("≤ {}", write(bound)),
        Limit::AtLeast(bound) => format!("≥ {}", write(bound)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_have_the_prefix_that_fits() {
        let times =
            [0.36e-6, 9.4e-6, 2.2e-3, 1.5, 0.9997e-6].map(|value| figure(Unit::SecondsPer("task"), value));
        assert_eq!(times, ["360 ns", "9.40 µs", "2.20 ms", "1.50 s", "1.00 µs"]);
        assert_eq!(figure(Unit::PerSecond("bytes"), 5.2e9), "5.20 GB/s");
        assert_eq!(figure(Unit::PerSecond("tasks"), 211_000.0), "211 k/s");
        assert_eq!(cpu(Unit::PerSecond("bytes"), 0.3e-9), "300 ms/GB");
        assert_eq!(limit(Limit::AtLeast(0.6), ratio), "≥ 0.60");
        assert_eq!([0.02, 1.5, 21.64, 361.5].map(ratio), ["0.0200", "1.50", "21.6", "362"]);
    }
}
