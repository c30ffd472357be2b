//! Durations, such as `500ms`, `1m 30s` or `2.5`.

use std::fmt;
use std::ops::RangeInclusive;
use std::str::FromStr;
use std::time::Duration;

use jiff::SignedDuration;

/// The longest duration that is read: a year is surely a slip.
const MOST: Duration = Duration::from_secs(366 * 24 * 3600);

/// A duration that is read and printed as people write it: `500ms`, `1m 30s`; a plain number is in
/// seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct HumanDuration(pub Duration);

impl HumanDuration {
    /// Reads a duration that must lie in the range.
    ///
    /// # Errors
    ///
    /// What it must be.
    pub fn within(text: &str, range: &RangeInclusive<Duration>) -> Result<Duration, String> {
        let duration = text.parse::<Self>().ok().map(|Self(duration)| duration);
        duration.filter(|duration| range.contains(duration)).ok_or_else(|| {
            let (least, most) = (Self(*range.start()), Self(*range.end()));
            format!("must be a time from {least} to {most}, such as 500ms, 10s or 2m")
        })
    }
}

impl FromStr for HumanDuration {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let text = text.trim();
        let span = || text.parse::<SignedDuration>().ok().and_then(|span| Duration::try_from(span).ok());
        let duration = match text.parse::<f64>() {
            Ok(seconds) => Duration::try_from_secs_f64(seconds).ok(),
            Err(_) => span(),
        };
        duration
            .filter(|duration| *duration <= MOST)
            .map(Self)
            .ok_or_else(|| "must be a time, such as 500ms, 10s or 2m".to_string())
    }
}

impl fmt::Display for HumanDuration {
    /// The exact value: whole hours, minutes and seconds, and a fraction in the largest unit below a
    /// second that needs none.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (seconds, nanos) = (self.0.as_secs(), u64::from(self.0.subsec_nanos()));
        let below = match nanos {
            nanos if nanos % 1_000_000 == 0 => (nanos / 1_000_000, "ms"),
            nanos if nanos % 1_000 == 0 => (nanos / 1_000, "us"),
            nanos => (nanos, "ns"),
        };
        let parts = [(seconds / 3600, "h"), (seconds / 60 % 60, "m"), (seconds % 60, "s"), below];
        let mut parts = parts.into_iter().filter(|(count, _)| *count > 0);
        let Some((count, unit)) = parts.next() else { return f.write_str("0s") };
        write!(f, "{count}{unit}")?;
        parts.try_for_each(|(count, unit)| write!(f, " {count}{unit}"))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn durations_are_read_as_people_write_them() {
        for (text, seconds) in
            [("60s", 60.0), ("2m", 120.0), ("1m 30s", 90.0), ("1.5", 1.5), ("20ms", 0.02), ("0", 0.0)]
        {
            let HumanDuration(duration) = text.parse().unwrap();
            assert!((duration.as_secs_f64() - seconds).abs() < 1e-12, "{text}");
        }
        for bad in ["", "-5s", "-1", "soon", "1e99", "NaN", "inf", "400000h", "s", "5x"] {
            assert!(bad.parse::<HumanDuration>().is_err(), "{bad}");
        }
    }

    #[test]
    fn a_range_is_named_where_it_is_left() {
        let range = Duration::from_millis(1)..=Duration::from_secs(3600);
        assert_eq!(HumanDuration::within("1h", &range), Ok(Duration::from_secs(3600)));
        for bad in ["0", "61m", "soon"] {
            let problem = HumanDuration::within(bad, &range).unwrap_err();
            assert_eq!(problem, "must be a time from 1ms to 1h, such as 500ms, 10s or 2m");
        }
    }

    proptest! {
        #[test]
        fn what_is_printed_is_read_back_exactly(seconds in 0..31_000_000_u64, nanos in 0..1_000_000_000_u32) {
            let duration = HumanDuration(Duration::new(seconds, nanos));
            prop_assert_eq!(duration.to_string().parse(), Ok(duration));
        }

        #[test]
        fn no_text_is_a_panic(text in ".{0,20}") {
            let _ = text.parse::<HumanDuration>();
        }
    }
}
