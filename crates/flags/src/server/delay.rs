//! How long a site waits before it answers: always the same, or drawn from a distribution.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use speedup_values::HumanDuration;
use statrs::distribution::{ContinuousCDF, Normal};

use super::chance::{Chance, Question};

/// The longest wait before an answer.
const MOST: Duration = Duration::from_secs(3600);

/// The time before an answer.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Delay {
    /// Always this long.
    Fixed(Duration),
    /// Any time between these two, each as likely as the next.
    Uniform(Duration, Duration),
    /// Half of the times are below the median; their logarithms have the standard deviation `sigma`, so that
    /// a few are very long.
    LogNormal {
        /// The median.
        median: Duration,
        /// Standard deviation of the natural logarithm.
        sigma: f64,
    },
}

impl Delay {
    /// The book's: half a second.
    pub const BOOK: Self = Self::Fixed(Duration::from_millis(500));

    /// The time that chance gives.
    #[must_use]
    pub fn of(self, chance: Chance) -> Duration {
        let draw = || chance.draw(Question::Delay);
        match self {
            Self::Fixed(time) => time,
            Self::Uniform(least, most) => least + most.saturating_sub(least).mul_f64(draw()),
            Self::LogNormal { median, sigma } => {
                let deviations = Normal::standard().inverse_cdf(draw());
                let seconds = median.as_secs_f64() * (sigma * deviations).exp();
                Duration::try_from_secs_f64(seconds).unwrap_or(MOST).min(MOST)
            }
        }
    }
}

impl FromStr for Delay {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let delay = if let Some((least, most)) = text.split_once("..") {
            Self::Uniform(time(least)?, time(most)?)
        } else if let Some(shape) = text.strip_prefix("lognormal:") {
            let (median, sigma) = shape.split_once(',').ok_or_else(expected)?;
            Self::LogNormal { median: time(median)?, sigma: sigma.trim().parse().map_err(|_| expected())? }
        } else {
            Self::Fixed(time(text)?)
        };
        match delay {
            Self::Uniform(least, most) if least > most => {
                Err("must be a range that runs forwards, such as 0.1s..0.9s".to_string())
            }
            Self::LogNormal { median, sigma } if median.is_zero() || !(0.0..=10.0).contains(&sigma) => {
                Err("must have a median above zero and a sigma from 0 to 10".to_string())
            }
            delay => Ok(delay),
        }
    }
}

fn time(text: &str) -> Result<Duration, String> {
    HumanDuration::within(text, &(Duration::ZERO..=MOST)).map_err(|_| expected())
}

fn expected() -> String {
    "must be a time of at most an hour such as 500ms, a range such as 0.1s..0.9s, or a median with a sigma \
     such as lognormal:0.3s,0.5"
        .to_string()
}

impl fmt::Display for Delay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = Duration::as_secs_f64;
        match self {
            Self::Fixed(time) => write!(f, "{}s", seconds(time)),
            Self::Uniform(least, most) => write!(f, "{}s..{}s", seconds(least), seconds(most)),
            Self::LogNormal { median, sigma } => write!(f, "lognormal:{}s,{sigma}", seconds(median)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn median(delay: Delay) -> f64 {
        let mut times: Vec<f64> =
            (0..2001).map(|attempt| delay.of(Chance::of(3, "/", attempt)).as_secs_f64()).collect();
        times.sort_by(f64::total_cmp);
        times[1000]
    }

    #[test]
    fn texts_are_delays_and_delays_are_texts() {
        for (text, printed) in
            [("500ms", "0.5s"), ("0s", "0s"), ("0.1s..0.9s", "0.1s..0.9s"), ("1s..1s", "1s..1s"), ("5", "5s")]
        {
            assert_eq!(text.parse::<Delay>().unwrap().to_string(), printed);
        }
        assert_eq!("lognormal:300ms, 0.5".parse::<Delay>().unwrap().to_string(), "lognormal:0.3s,0.5");
        for bad in
            ["", "5h", "-1s", "2h", "2s..1s", "1s..", "lognormal:1s", "lognormal:0s,1", "lognormal:1s,x"]
        {
            assert!(bad.parse::<Delay>().is_err(), "{bad}");
        }
    }

    #[test]
    fn distributions_have_the_medians_they_were_given() {
        assert!((median(Delay::BOOK) - 0.5).abs() < 1e-9);
        assert!((median("0.2s..0.6s".parse().unwrap()) - 0.4).abs() < 0.02);
        assert!((median("lognormal:0.3s,0.5".parse().unwrap()) - 0.3).abs() < 0.02);
        let steady: Delay = "lognormal:0.3s,0".parse().unwrap();
        assert!((median(steady) - 0.3).abs() < 1e-6, "{}", median(steady));
    }
}
