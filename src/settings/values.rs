//! The types of a run's settings. Each is read from the text that a user writes and printed as one
//! that reads back the same.

use std::collections::BTreeSet;
use std::fmt::{self, Display};
use std::ops::Deref;
use std::str::FromStr;

use speedup_report::record::Axes;
use speedup_values::{items, number, numbers, share, show_numbers};

/// The greatest number of workers in one case.
pub const MAX_WORKERS: usize = 1024;

/// The greatest number of counted rounds.
pub const MAX_ROUNDS: u32 = 10_000;

/// The greatest number of passes.
pub const MAX_PASSES: u32 = 1_000_000;

/// Numbers of workers: ascending, each once, at least one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WorkerCounts(Vec<usize>);

impl FromStr for WorkerCounts {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        numbers(text, 1, MAX_WORKERS).map(Self)
    }
}

impl WorkerCounts {
    /// These, with one worker before them where it is not among them: the factor and the baseline need it.
    #[must_use]
    pub fn with_one(&self) -> Vec<usize> {
        let one = if self.contains(&1) { &[][..] } else { &[1] };
        [one, self].concat()
    }
}

impl Deref for WorkerCounts {
    type Target = [usize];

    fn deref(&self) -> &[usize] {
        &self.0
    }
}

impl Display for WorkerCounts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&show_numbers(self))
    }
}

/// Numbers of processes and of threads of each, as `PxT`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GridCounts(pub Axes);

impl FromStr for GridCounts {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let Some((processes, threads)) = text.split_once('x') else {
            return Err("must be numbers of processes, an x and numbers of threads, such as 1,2x1..4".into());
        };
        let axes = Axes {
            processes: numbers(processes, 1, MAX_WORKERS)?,
            threads: numbers(threads, 1, MAX_WORKERS)?,
        };
        let most = axes.processes.last().zip(axes.threads.last()).map_or(0, |(p, t)| p * t);
        if most > MAX_WORKERS {
            return Err(format!("comes to {most} workers; at most {MAX_WORKERS} can be"));
        }
        Ok(Self(axes))
    }
}

impl GridCounts {
    /// The numbers of workers that the pairs come to, ascending, 1 among them.
    #[must_use]
    pub fn workers(&self) -> Vec<usize> {
        let Axes { processes, threads } = &self.0;
        let products = processes.iter().flat_map(|p| threads.iter().map(move |t| p * t));
        let workers: BTreeSet<usize> = products.chain([1]).collect();
        workers.into_iter().collect()
    }
}

impl Display for GridCounts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}x{}", show_numbers(&self.0.processes), show_numbers(&self.0.threads))
    }
}

/// A type for a number, read by an expression and printed as the number.
macro_rules! number {
    ($(#[$doc:meta])* $name:ident($inner:ty), $text:ident => $read:expr) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, PartialOrd)]
        pub struct $name(pub $inner);

        impl FromStr for $name {
            type Err = String;

            fn from_str($text: &str) -> Result<Self, Self::Err> {
                $read.map(Self)
            }
        }

        impl Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

number! {
    /// The most rounds to count.
    RoundLimit(u32), text => number(text, 1, MAX_ROUNDS)
}

number! {
    /// Seed of the arrays and of the order of cases.
    Seed(u64), text => number(text, 0, u64::MAX)
}

number! {
    /// How often a job computes over its array.
    PassCount(u32), text => number(text, 1, MAX_PASSES)
}

number! {
    /// Half-width of an interval, as a share of the value, from 0 to 1. 0 is never reached.
    Precision(f64), text => share(text).filter(|share| *share <= 1.0).ok_or_else(|| {
        "must be a percentage from 0% (never) to 100%, such as 1% or 0.01".to_string()
    })
}

number! {
    /// Change of a time up to which it counts as the same, from 0 to below 1.
    Threshold(f64), text => share(text).filter(|share| *share < 1.0).ok_or_else(|| {
        "must be a share from 0% to below 100%, such as 2% or 0.02".to_string()
    })
}

/// Name of a run. It becomes part of a folder's name, so that only harmless characters are taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunName(String);

impl FromStr for RunName {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let harmless = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        if text.is_empty() || text.len() > 100 || !text.chars().all(harmless) {
            return Err("must be 1 to 100 letters, digits, '-', '_' or '.'".to_string());
        }
        Ok(Self(text.to_string()))
    }
}

impl Display for RunName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Name of a baseline, and of its folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BaselineName(String);

impl FromStr for BaselineName {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        // A name of dots would be another folder.
        if text.starts_with(['.', '-']) {
            return Err("must not begin with a dot or a hyphen".to_string());
        }
        RunName::from_str(text).map(|RunName(name)| Self(name))
    }
}

impl Display for BaselineName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What can be given for each workload.
pub trait OfWorkload: FromStr<Err = String> {
    /// What it is, in the plural.
    const WHAT: &'static str;
    /// How an item of the list looks, and where to look for more.
    const FORM: &'static str;
}

impl OfWorkload for PassCount {
    const WHAT: &'static str = "passes";
    const FORM: &'static str = "WORKLOAD=PASSES, such as rc4=80";
}

/// Name of a kernel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KernelName(pub String);

impl FromStr for KernelName {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(Self(text.to_string()))
    }
}

impl Display for KernelName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl OfWorkload for KernelName {
    const WHAT: &'static str = "kernels";
    const FORM: &'static str = "WORKLOAD=KERNEL; see 'speedup list'";
}

/// A value for the only workload of a run, or one for each of some workloads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PerWorkload<T> {
    /// Of the only workload, which is not named.
    Only(T),
    /// By the name of the workload, each at most once.
    Named(Vec<(String, T)>),
}

/// Passes by workload.
pub type Passes = PerWorkload<PassCount>;

/// Kernels by workload.
pub type KernelChoice = PerWorkload<KernelName>;

impl<T: OfWorkload> FromStr for PerWorkload<T> {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if !text.contains(['=', ',']) && !text.trim().is_empty() {
            return text.trim().parse().map(Self::Only);
        }
        let mut values: Vec<(String, T)> = Vec::new();
        for item in items(text)? {
            let pair =
                item.split_once('=').ok_or_else(|| format!("'{item}' is not of the form {}", T::FORM))?;
            let (name, value) = (pair.0.trim(), pair.1.trim());
            if values.iter().any(|(other, _)| other == name) {
                return Err(format!("names {name} twice"));
            }
            let value = value.parse().map_err(|problem| format!("{} of {name} {problem}", T::WHAT))?;
            values.push((name.to_string(), value));
        }
        Ok(Self::Named(values))
    }
}

impl<T: Display> Display for PerWorkload<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Only(value) => value.fmt(f),
            Self::Named(values) => {
                let items: Vec<String> =
                    values.iter().map(|(name, value)| format!("{name}={value}")).collect();
                f.write_str(&items.join(","))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn problem<T: FromStr<Err = String> + fmt::Debug>(text: &str) -> String {
        text.parse::<T>().unwrap_err()
    }

    #[test]
    fn a_value_is_of_the_only_workload_or_of_named_ones() {
        assert_eq!("4".parse::<Passes>(), Ok(PerWorkload::Only(PassCount(4))));
        let named = PerWorkload::Named(vec![("rc4".into(), PassCount(3)), ("sha256".into(), PassCount(4))]);
        assert_eq!("rc4=3, sha256 = 4".parse::<Passes>(), Ok(named));
        assert_eq!(problem::<Passes>("0"), "must be a whole number from 1 to 1000000");
        assert_eq!(problem::<Passes>("rc4=0"), "passes of rc4 must be a whole number from 1 to 1000000");
        assert_eq!(problem::<Passes>("rc4=1,2"), "'2' is not of the form WORKLOAD=PASSES, such as rc4=80");
        assert_eq!(problem::<KernelChoice>("rc4=a,rc4=b"), "names rc4 twice");
        assert!(problem::<KernelChoice>("").contains("empty item"));
    }

    #[test]
    fn a_grid_is_two_lists() {
        let grid: GridCounts = "1,2x1..3".parse().unwrap();
        assert_eq!((grid.0.processes.clone(), grid.0.threads.clone()), (vec![1, 2], vec![1, 2, 3]));
        assert_eq!(grid.workers(), [1, 2, 3, 4, 6]);
        assert!(problem::<GridCounts>("1,2").contains("such as 1,2x1..4"));
        assert!(problem::<GridCounts>("0x1").contains("whole number from 1"));
        assert_eq!(problem::<GridCounts>("64x32"), "comes to 2048 workers; at most 1024 can be");
    }

    #[test]
    fn limits_say_what_they_must_be() {
        assert!(problem::<RoundLimit>("10001").contains("from 1 to 10000"));
        assert!(problem::<Precision>("150%").starts_with("must be a percentage from 0% (never) to 100%"));
        assert!(problem::<Threshold>("100%").starts_with("must be a share from 0% to below 100%"));
        assert_eq!(("100%".parse(), "99%".parse()), (Ok(Precision(1.0)), Ok(Threshold(0.99))));
        assert!(problem::<RunName>("../up").starts_with("must be 1 to 100 letters"));
        assert_eq!(problem::<BaselineName>(".."), "must not begin with a dot or a hyphen");
        assert!(problem::<BaselineName>("a/b").starts_with("must be 1 to 100 letters"));
    }

    proptest! {
        #[test]
        fn what_is_printed_reads_back(text in "[0-9a-z=,. %x]{0,12}") {
            fn check<T: FromStr<Err = String> + Display + PartialEq + fmt::Debug>(text: &str) {
                if let Ok(value) = text.parse::<T>() {
                    assert_eq!(value.to_string().parse(), Ok(value), "{text}");
                }
            }
            check::<WorkerCounts>(&text);
            check::<GridCounts>(&text);
            check::<Passes>(&text);
            check::<KernelChoice>(&text);
            check::<Precision>(&text);
            check::<RunName>(&text);
            check::<Seed>(&text);
        }
    }
}
