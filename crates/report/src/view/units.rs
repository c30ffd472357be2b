//! Every number as people read it: the one place that chooses digits, units, signs and plurals.
//!
//! No zero has a minus, whatever it was rounded from.

use crate::analysis::Cell;
use crate::stats::{Interval, Quantity};

/// What stands for a figure that there is none of.
pub const MISSING: &str = "—";

/// A number with that many decimals.
#[must_use]
pub fn fixed(value: f64, decimals: usize) -> String {
    let text = format!("{value:.decimals$}");
    match text.strip_prefix('-') {
        Some(zero) if zero.bytes().all(|byte| matches!(byte, b'0' | b'.')) => zero.to_string(),
        _ => text,
    }
}

/// A difference with its sign and that many decimals: `+0.07`. Zero has none.
#[must_use]
pub fn signed(value: f64, decimals: usize) -> String {
    let text = fixed(value, decimals);
    let zero = text.bytes().all(|byte| matches!(byte, b'0' | b'.'));
    if zero || text.starts_with('-') { text } else { format!("+{text}") }
}

/// A number with three digits that count, without a prefix.
#[must_use]
pub fn plain(value: f64) -> String {
    let decimals = match value.abs() {
        size if size >= 100.0 => 0,
        size if size >= 10.0 => 1,
        size if size >= 0.095 || size == 0.0 => 2,
        _ => 4,
    };
    fixed(value, decimals)
}

/// A time with the unit that fits: `9.40 µs`.
#[must_use]
pub fn seconds(value: f64) -> String {
    let (factor, unit) = unit_of_time(value);
    format!("{} {unit}", plain(value * factor))
}

/// A difference of times, with its sign and the unit that fits: `+9.40 µs`.
#[must_use]
pub fn signed_seconds(value: f64) -> String {
    let (factor, unit) = unit_of_time(value);
    let text = plain(value * factor);
    let sign = if text.starts_with('-') { "" } else { "+" };
    format!("{sign}{text} {unit}")
}

fn unit_of_time(seconds: f64) -> (f64, &'static str) {
    match seconds.abs() {
        0.0 => (1.0, "s"),
        size if size < 0.9995e-6 => (1e9, "ns"),
        size if size < 0.9995e-3 => (1e6, "µs"),
        size if size < 0.9995 => (1e3, "ms"),
        _ => (1.0, "s"),
    }
}

/// A number up to the prefix of its unit: `5.20 G`.
#[must_use]
pub fn scaled(value: f64) -> String {
    let (factor, prefix) = match value.abs() {
        size if size >= 0.9995e9 => (1e-9, "G"),
        size if size >= 0.9995e6 => (1e-6, "M"),
        size if size >= 0.9995e3 => (1e-3, "k"),
        _ => (1.0, ""),
    };
    format!("{} {prefix}", plain(value * factor))
}

/// A size in memory: `1.2 MiB`, `64 KiB`.
#[must_use]
pub fn bytes(bytes: u64) -> String {
    let (unit, name) = match bytes {
        0..0x10_0000 => (1_u64 << 10, "KiB"),
        0x10_0000..0x4000_0000 => (1 << 20, "MiB"),
        _ => (1 << 30, "GiB"),
    };
    let amount = bytes as f64 / unit as f64;
    format!("{} {name}", fixed(amount, usize::from(amount.fract() != 0.0)))
}

/// A share in percent: `86.2 %`.
#[must_use]
pub fn percent(share: f64, decimals: usize) -> String {
    format!("{} %", fixed(100.0 * share, decimals))
}

/// A half-width in percent, with a digit that counts: `0.4 %`, `0.0213 %`.
#[must_use]
pub fn precision(share: f64) -> String {
    percent(share, if share < 5e-4 { 4 } else { 1 })
}

/// A share in percent as it was chosen: `5 %`, `2.5 %`.
#[must_use]
pub fn chosen_percent(share: f64) -> String {
    // Without what binary fractions add to a decimal one.
    format!("{} %", (share * 1e4).round() / 1e2)
}

/// How many times something is, such as a speedup: `1.71x`.
#[must_use]
pub fn times(value: f64) -> String {
    format!("{}x", fixed(value, 2))
}

/// The ends of an interval: `[1.69, 1.73]`.
#[must_use]
pub fn interval(ends: Interval, decimals: usize) -> String {
    format!("[{}, {}]", fixed(ends.low, decimals), fixed(ends.high, decimals))
}

/// A figure with its interval, if it has one: `0.034 [0.030, 0.038]`.
#[must_use]
pub fn quantity(quantity: Quantity, decimals: usize) -> String {
    with_interval(fixed(quantity.value, decimals), quantity.interval, decimals)
}

/// A speedup with its interval, if it has one: `1.71x [1.69, 1.73]`.
#[must_use]
pub fn speedup(speedup: Quantity) -> String {
    with_interval(times(speedup.value), speedup.interval, 2)
}

/// A share with its interval, both in percent: `86 % [85, 87]`.
#[must_use]
pub fn percent_with_interval(share: Quantity, decimals: usize) -> String {
    let ends = share.interval.map(|ends| Interval { low: 100.0 * ends.low, high: 100.0 * ends.high });
    with_interval(percent(share.value, decimals), ends, decimals)
}

fn with_interval(value: String, ends: Option<Interval>, decimals: usize) -> String {
    match ends {
        Some(ends) => format!("{value} {}", interval(ends, decimals)),
        None => value,
    }
}

/// Jobs per second, with digits that count.
#[must_use]
pub fn rate(per_second: f64) -> String {
    fixed(per_second, usize::from(per_second < 100.0))
}

/// `1 worker`, `2 workers`, `3 passes`.
#[must_use]
pub fn count(number: usize, what: &str) -> String {
    format!("{number} {}", plural(number, what))
}

/// The word alone: `worker`, `workers`.
#[must_use]
pub fn plural(number: usize, what: &str) -> String {
    match (number, what.ends_with('s')) {
        (1, _) => what.to_string(),
        (_, true) => format!("{what}es"),
        (_, false) => format!("{what}s"),
    }
}

/// The least and the greatest number: `10 runs`, `12 to 16 runs`.
#[must_use]
pub fn count_range((least, most): (usize, usize), what: &str) -> String {
    if least == most { count(most, what) } else { format!("{least} to {}", count(most, what)) }
}

/// A list, or `none`.
#[must_use]
pub fn list(items: impl IntoIterator<Item = impl ToString>) -> String {
    let items: Vec<String> = items.into_iter().map(|item| item.to_string()).collect();
    if items.is_empty() { "none".to_string() } else { items.join(", ") }
}

/// A list in a sentence: `1, 2 and 4`.
#[must_use]
pub fn and(items: impl IntoIterator<Item = impl ToString>) -> String {
    let mut items: Vec<String> = items.into_iter().map(|item| item.to_string()).collect();
    match items.pop() {
        Some(last) if !items.is_empty() => format!("{} and {last}", items.join(", ")),
        last => last.unwrap_or_default(),
    }
}

/// The text of a figure, or the sign for a missing one.
#[must_use]
pub fn or_missing(text: Option<String>) -> String {
    text.unwrap_or_else(|| MISSING.to_string())
}

/// The mean time of a case with a fixed number of decimals, as the book writes it: `8.65s`.
#[must_use]
pub fn time(cell: &Cell, decimals: usize) -> String {
    match cell {
        Cell::Measured(estimate) => format!("{}s", fixed(estimate.mean_s, decimals)),
        Cell::Failed { .. } => "failed".to_string(),
        Cell::NotMeasured => MISSING.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_the_unit_that_fits() {
        let times = [2.314, 0.0087, 0.000_045, 12.34, 123.4, 0.0, -0.5, 36e-9, 0.9997];
        assert_eq!(
            times.map(seconds),
            ["2.31 s", "8.70 ms", "45.0 µs", "12.3 s", "123 s", "0.00 s", "-500 ms", "36.0 ns", "1.00 s"]
        );
        assert_eq!([0.25, -1e-3, 0.0].map(signed_seconds), ["+250 ms", "-1.00 ms", "+0.00 s"]);
    }

    #[test]
    fn figures_come_with_their_interval() {
        let figure = Quantity { value: 0.857, interval: Some(Interval { low: 0.85, high: 0.871 }) };
        assert_eq!(quantity(figure, 2), "0.86 [0.85, 0.87]");
        assert_eq!(speedup(figure), "0.86x [0.85, 0.87]");
        assert_eq!(percent_with_interval(figure, 0), "86 % [85, 87]");
        let known = Quantity::known(0.5);
        assert_eq!((quantity(known, 1), percent_with_interval(known, 0)), ("0.5".into(), "50 %".into()));
    }

    #[test]
    fn no_zero_has_a_minus() {
        assert_eq!(
            [-0.0004, -0.0006, 0.0, -0.0].map(|value| fixed(value, 3)),
            ["0.000", "-0.001", "0.000", "0.000"]
        );
        assert_eq!(percent(-0.001, 0), "0 %");
        assert_eq!(interval(Interval { low: -0.0001, high: 0.2 }, 2), "[0.00, 0.20]");
    }

    #[test]
    fn differences_have_a_sign_unless_they_are_none() {
        assert_eq!(
            [0.071, -0.071, 0.001, -0.001].map(|value| signed(value, 2)),
            ["+0.07", "-0.07", "0.00", "0.00"]
        );
    }

    #[test]
    fn one_of_something_is_singular() {
        assert_eq!([0, 1, 2].map(|number| count(number, "worker")), ["0 workers", "1 worker", "2 workers"]);
        assert_eq!(count(3, "pass"), "3 passes");
        assert_eq!([&[1][..], &[1, 2, 4]].map(and), ["1", "1, 2 and 4"]);
        assert_eq!([(1, 1), (12, 16)].map(|range| count_range(range, "run")), ["1 run", "12 to 16 runs"]);
    }

    #[test]
    fn sizes_and_shares_are_as_chosen() {
        assert_eq!([1280 << 10, 24 << 30, 64 << 10].map(bytes), ["1.2 MiB", "24 GiB", "64 KiB"]);
        assert_eq!([0.05, 0.025, 0.29].map(chosen_percent), ["5 %", "2.5 %", "29 %"]);
    }
}
