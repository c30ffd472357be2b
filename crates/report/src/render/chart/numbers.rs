//! Numbers and lists as text.

use super::figure::Value;

/// A number with about three digits that count.
pub(super) fn number(value: f64) -> String {
    let decimals = match value.abs() {
        size if size >= 100.0 => 0,
        size if size >= 10.0 => 1,
        size if size >= 1.0 => 2,
        size if size >= 0.01 || size == 0.0 => 3,
        _ => 5,
    };
    format!("{value:.decimals$}").replace('-', "−")
}

/// A value with the ends of its bar.
pub(super) fn in_brackets(value: Value) -> String {
    if value.least < value.greatest {
        format!("{} [{}, {}]", number(value.middle), number(value.least), number(value.greatest))
    } else {
        number(value.middle)
    }
}

/// A list as in "1, 2 and 3"; beyond `most`, the rest is only counted.
pub(super) fn list(items: &[String], most: usize) -> String {
    match items {
        [] => String::new(),
        [one] => one.clone(),
        _ if items.len() > most => format!("{} and {} more", items[..most].join(", "), items.len() - most),
        [all @ .., last] => format!("{} and {last}", all.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_with_the_digits_that_count() {
        let written = [0.0, 1.2345, -0.04567, 123.4, 12.34, 0.000_456].map(number);
        assert_eq!(written, ["0.000", "1.23", "−0.046", "123", "12.3", "0.00046"]);
    }

    #[test]
    fn lists_end_with_and() {
        let items: Vec<String> = ["a", "b", "c"].map(String::from).into();
        assert_eq!(list(&items[..1], 3), "a");
        assert_eq!(list(&items, 3), "a, b and c");
        assert_eq!(list(&items, 2), "a, b and 1 more");
    }
}
