//! What goes wrong on purpose: kinds of faults, and how often each is to happen.

use std::fmt::Write;
use std::str::FromStr;

use speedup_values::{choose, items};

use super::chance::{Chance, Question};
use super::site::Site;

/// A way to answer badly.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// An error status at once: 500, 501, 502 or 503.
    Error,
    /// The right answer, late.
    Delay,
    /// The connection is reset in place of an answer.
    Reset,
    /// Half of the body, then the connection ends.
    Truncate,
    /// A whole body under a header that declares it shorter.
    Length,
    /// The right answer in small pieces, with pauses.
    Dribble,
    /// No answer, for as long as the client waits.
    Hang,
    /// Something that is no HTTP.
    Malformed,
}

impl Fault {
    /// Every kind, in the order of their buckets.
    pub const ALL: [Self; 8] = [
        Self::Error,
        Self::Delay,
        Self::Reset,
        Self::Truncate,
        Self::Length,
        Self::Dribble,
        Self::Hang,
        Self::Malformed,
    ];

    /// Its name on the command line.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Delay => "delay",
            Self::Reset => "reset",
            Self::Truncate => "truncate",
            Self::Length => "length",
            Self::Dribble => "dribble",
            Self::Hang => "hang",
            Self::Malformed => "malformed",
        }
    }
}

/// How often which fault happens: mutually exclusive buckets, in percent of all requests.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Faults([f64; Fault::ALL.len()]);

impl Faults {
    /// What a site does by itself. Those of ERROR are the book's.
    #[must_use]
    pub fn of(site: Site) -> Self {
        match site {
            Site::Local => Self::default(),
            Site::Delay => Self::default().with(Fault::Delay, 100.0),
            Site::Error => Self::default().with(Fault::Error, 25.0).with(Fault::Delay, 50.0),
        }
    }

    /// The same with a bucket of that size.
    #[must_use]
    pub fn with(mut self, fault: Fault, percent: f64) -> Self {
        self.0[fault as usize] = percent;
        self
    }

    /// The same with other buckets in place of these. On a site where all answers are late, those
    /// faults go off its share.
    ///
    /// # Errors
    ///
    /// That the buckets are more than all requests.
    pub fn with_buckets(mut self, buckets: &Buckets) -> Result<Self, String> {
        let late = self.0[Fault::Delay as usize] >= 100.0;
        for &(fault, percent) in &buckets.0 {
            self = self.with(fault, percent);
        }
        if late && buckets.0.iter().all(|(fault, _)| *fault != Fault::Delay) {
            let others: f64 = self.0.iter().sum::<f64>() - self.0[Fault::Delay as usize];
            self = self.with(Fault::Delay, (100.0 - others).max(0.0));
        }
        let sum: f64 = self.0.iter().sum();
        if sum > 100.0 + 1e-9 {
            return Err(format!("{self} are {sum} percent together, more than all requests"));
        }
        Ok(self)
    }

    /// Whether nothing ever goes wrong.
    #[must_use]
    pub fn is_none(&self) -> bool {
        *self == Self::default()
    }

    /// The fault of an attempt, if it has one.
    #[must_use]
    pub fn decide(&self, chance: Chance) -> Option<Fault> {
        let mut rest = 100.0 * chance.draw(Question::Fault);
        Fault::ALL.into_iter().zip(self.0).find_map(|(fault, percent)| {
            rest -= percent;
            (rest < 0.0).then_some(fault)
        })
    }
}

impl std::fmt::Display for Faults {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut text = String::new();
        for (fault, percent) in Fault::ALL.iter().zip(self.0).filter(|(_, percent)| *percent > 0.0) {
            let comma = if text.is_empty() { "" } else { "," };
            write!(text, "{comma}{}={percent}", fault.name())?;
        }
        f.write_str(&text)
    }
}

/// Faults that replace a site's own, with their percentage of all requests, each at most once.
#[derive(Debug, Clone, PartialEq)]
pub struct Buckets(Vec<(Fault, f64)>);

impl FromStr for Buckets {
    type Err = String;

    /// Reads a text such as `reset=5,hang=1`.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut buckets: Vec<(Fault, f64)> = Vec::new();
        for item in items(text)? {
            let pair =
                item.split_once('=').ok_or_else(|| format!("'{item}' is not of the form KIND=PERCENT"))?;
            let fault = choose("fault", pair.0.trim(), Fault::ALL, |fault| fault.name())?;
            let percent = pair.1.trim().parse().ok().filter(|percent| (0.0..=100.0).contains(percent));
            let percent = percent.ok_or_else(|| format!("{} must be from 0 to 100 percent", fault.name()))?;
            if buckets.iter().any(|(other, _)| *other == fault) {
                return Err(format!("names {} twice", fault.name()));
            }
            buckets.push((fault, percent));
        }
        Ok(Self(buckets))
    }
}

impl std::fmt::Display for Buckets {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let items = self.0.iter().map(|(fault, percent)| format!("{}={percent}", fault.name()));
        f.write_str(&items.collect::<Vec<_>>().join(","))
    }
}

/// The status of an error.
pub(super) fn error_status(chance: Chance) -> u16 {
    500 + (chance.draw(Question::Status) * 4.0) as u16
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn shares(faults: Faults) -> [usize; 9] {
        let mut counts = [0; 9];
        for attempt in 0..10_000 {
            let fault = faults.decide(Chance::of(1, "/flags/br/br.gif", attempt));
            counts[fault.map_or(8, |fault| fault as usize)] += 1;
        }
        counts
    }

    #[test]
    fn sites_misbehave_as_in_the_book() {
        assert_eq!(shares(Faults::of(Site::Local))[8], 10_000);
        assert_eq!(shares(Faults::of(Site::Delay))[Fault::Delay as usize], 10_000);
        let counts = shares(Faults::of(Site::Error));
        assert!((2300..2700).contains(&counts[0]) && (4700..5300).contains(&counts[1]), "{counts:?}");
        assert!((2300..2700).contains(&counts[8]), "{counts:?}");
    }

    #[test]
    fn texts_change_what_a_site_does() {
        let with = |site, text: &str| Faults::of(site).with_buckets(&text.parse()?);
        assert_eq!(with(Site::Error, "reset=5, error=0").unwrap().to_string(), "delay=50,reset=5");
        assert_eq!(with(Site::Delay, "hang=10").unwrap().to_string(), "delay=90,hang=10");
        for (bad, expected) in [
            ("", "has an empty item"),
            ("reset", "'reset' is not of the form KIND=PERCENT"),
            ("crash=1", "there is no fault crash; there are error, delay, reset"),
            ("reset=101", "reset must be from 0 to 100 percent"),
            ("reset=NaN", "reset must be from 0 to 100 percent"),
            ("reset=1,reset=2", "names reset twice"),
            ("reset=60", "error=25,delay=50,reset=60 are 135 percent together"),
        ] {
            let problem = with(Site::Error, bad).unwrap_err();
            assert!(problem.starts_with(expected), "{bad}: {problem}");
        }
    }

    proptest! {
        #[test]
        fn every_error_is_one_of_four(seed: u64, attempt: u32) {
            prop_assert!((500..=503).contains(&error_status(Chance::of(seed, "/", attempt))));
        }

        #[test]
        fn a_bucket_of_everything_takes_everything(seed: u64, attempt: u32, kind in 0..8_usize) {
            let faults = Faults::default().with(Fault::ALL[kind], 100.0);
            prop_assert_eq!(faults.decide(Chance::of(seed, "/", attempt)), Some(Fault::ALL[kind]));
        }
    }
}
