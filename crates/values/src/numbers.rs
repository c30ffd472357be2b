//! Numbers, lists of them, and shares.

use std::fmt::Display;
use std::str::FromStr;

use super::items;

/// A whole number in a range, both ends included.
///
/// # Errors
///
/// What it must be.
pub fn number<T: FromStr + PartialOrd + Display + Copy>(text: &str, least: T, most: T) -> Result<T, String> {
    match text.trim().parse::<T>() {
        Ok(number) if number >= least && number <= most => Ok(number),
        _ => Err(format!("must be a whole number from {least} to {most}")),
    }
}

/// Numbers and ranges, such as `1,2,8..10`: ascending, each once, at least one.
///
/// # Errors
///
/// What is wrong with the first item that cannot be used.
pub fn numbers(text: &str, least: usize, most: usize) -> Result<Vec<usize>, String> {
    let mut numbers = Vec::new();
    for item in items(text)? {
        if let Some((first, end)) = item.split_once("..") {
            let (from, to) = (number(first, least, most)?, number(end, least, most)?);
            if from > to {
                return Err(format!("the range {item} runs backwards; write {to}..{from}"));
            }
            numbers.extend(from..=to);
        } else {
            numbers.push(number(item, least, most)?);
        }
    }
    numbers.sort_unstable();
    numbers.dedup();
    Ok(numbers)
}

/// Ascending numbers as [`numbers`] reads them, with ranges for three or more in a row.
#[must_use]
pub fn show_numbers(numbers: &[usize]) -> String {
    let runs = numbers.chunk_by(|one, next| one + 1 == *next);
    let texts = runs.map(|run| match run {
        [first, _, .., last] => format!("{first}..{last}"),
        run => run.iter().map(ToString::to_string).collect::<Vec<_>>().join(","),
    });
    texts.collect::<Vec<_>>().join(",")
}

/// A number of at least 0, as a percentage or a fraction: `2%` and `0.02` are the same.
#[must_use]
pub fn share(text: &str) -> Option<f64> {
    let text = text.trim();
    let share = match text.strip_suffix('%') {
        Some(percent) => percent.trim_end().parse::<f64>().ok()? / 100.0,
        None => text.parse().ok()?,
    };
    Some(share).filter(|share| share.is_finite() && *share >= 0.0)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn numbers_are_single_ones_ranges_and_lists() {
        let read = |text| numbers(text, 1, 1024);
        assert_eq!(read("4").unwrap(), [4]);
        assert_eq!(read("2..4").unwrap(), [2, 3, 4]);
        assert_eq!(read("8, 1,2").unwrap(), [1, 2, 8]);
        assert_eq!(read("3..3,2,2").unwrap(), [2, 3]);
        for bad in ["0", "4..1", "1..99999", "", "1..", "x", "1,,2", "-1", "1...4"] {
            assert!(read(bad).is_err(), "{bad}");
        }
        assert_eq!(read("4..1").unwrap_err(), "the range 4..1 runs backwards; write 1..4");
        assert_eq!(show_numbers(&[1, 2, 3, 5, 6, 9]), "1..3,5,6,9");
    }

    #[test]
    fn shares_are_percents_or_fractions() {
        for (text, expected) in [("2%", 0.02), ("0.02", 0.02), (" 2.5 % ", 0.025), ("0", 0.0), ("150%", 1.5)]
        {
            assert!((share(text).unwrap() - expected).abs() < 1e-15, "{text}");
        }
        for bad in ["", "%", "-1%", "nan", "inf", "1e", "2%%", "two"] {
            assert!(share(bad).is_none(), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn what_is_shown_is_read_back(numbers in prop::collection::btree_set(1..2000_usize, 1..40)) {
            let numbers: Vec<usize> = numbers.into_iter().collect();
            prop_assert_eq!(super::numbers(&show_numbers(&numbers), 1, 2000), Ok(numbers));
        }

        #[test]
        fn any_text_is_read_or_refused_but_never_a_panic(text in ".{0,30}") {
            if let Ok(numbers) = numbers(&text, 1, 1024) {
                prop_assert!(!numbers.is_empty() && numbers.is_sorted_by(|a, b| a < b));
                prop_assert!(numbers.iter().all(|number| (1..=1024).contains(number)));
            }
            let _ = share(&text);
        }
    }
}
