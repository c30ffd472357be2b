//! Figures as the page shows them.

use crate::render::grid::MISSING;
use crate::stats::Quantity;

/// Seconds with a unit that suits them, as in `2.31 s` or `8.70 ms`.
pub(super) fn seconds(value: f64) -> String {
    let (scale, unit) = match value.abs() {
        0.0 => (1.0, "s"),
        size if size < 1e-3 => (1e6, "µs"),
        size if size < 1.0 => (1e3, "ms"),
        _ => (1.0, "s"),
    };
    format!("{} {unit}", three_digits(value * scale))
}

/// Three digits that count, and never fewer than the whole ones.
fn three_digits(value: f64) -> String {
    let decimals = match value.abs() {
        size if size < 10.0 => 2,
        size if size < 100.0 => 1,
        _ => 0,
    };
    format!("{value:.decimals$}")
}

/// A figure and its interval, `0.034 [0.030, 0.038]`.
pub(super) fn quantity(quantity: Quantity, decimals: usize) -> String {
    let value = format!("{:.decimals$}", quantity.value);
    bracket(quantity, 1.0, decimals).map_or(value.clone(), |bracket| format!("{value} {bracket}"))
}

/// The interval alone, `[0.030, 0.038]`, with its ends times `scale`.
pub(super) fn bracket(quantity: Quantity, scale: f64, decimals: usize) -> Option<String> {
    let interval = quantity.interval?;
    Some(format!("[{:.decimals$}, {:.decimals$}]", interval.low * scale, interval.high * scale))
}

/// A share in per cent with its interval, `86 % [85, 87]`.
pub(super) fn percent(quantity: Quantity) -> String {
    let value = format!("{:.0} %", quantity.value * 100.0);
    bracket(quantity, 100.0, 0).map_or(value.clone(), |bracket| format!("{value} {bracket}"))
}

/// The text, or the sign for what is missing.
pub(super) fn or_missing(text: Option<String>) -> String {
    text.unwrap_or_else(|| MISSING.to_string())
}

/// `1 worker`, `2 workers`.
pub(super) fn count(number: usize, what: &str) -> String {
    format!("{number} {what}{}", if number == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::Interval;

    #[test]
    fn figures_in_words() {
        let times = [2.314, 0.0087, 0.000_045, 12.34, 123.4, 0.0, -0.5];
        assert_eq!(
            times.map(seconds),
            ["2.31 s", "8.70 ms", "45.0 µs", "12.3 s", "123 s", "0.00 s", "-500 ms"]
        );
        let figure = Quantity { value: 0.857, interval: Some(Interval { low: 0.85, high: 0.871 }) };
        assert_eq!(quantity(figure, 2), "0.86 [0.85, 0.87]");
        assert_eq!(percent(figure), "86 % [85, 87]");
        assert_eq!(
            (quantity(Quantity::known(0.5), 1), percent(Quantity::known(0.5))),
            ("0.5".into(), "50 %".into())
        );
    }
}
