//! Those of criterion's arguments that decide what is measured, and how often.
//!
//! Criterion reads them all and refuses what is wrong; but it keeps what it has read to itself, and which
//! cases there are to measure has to be known before the first round.

use std::time::Duration;

use criterion::BenchmarkId;
use regex::Regex;
use speedup_report::record::{BASELINE, Case};

/// Options of criterion that take a value, which is no filter then.
const WITH_VALUE: [&str; 19] = [
    "-b",
    "-c",
    "-s",
    "--baseline",
    "--baseline-lenient",
    "--color",
    "--colour",
    "--confidence-level",
    "--format",
    "--load-baseline",
    "--measurement-time",
    "--noise-threshold",
    "--nresamples",
    "--output-format",
    "--plotting-backend",
    "--profile-time",
    "--sample-size",
    "--save-baseline",
    "--significance-level",
];

/// What the user asks of this run of the benches.
#[derive(Debug)]
pub(crate) struct Arguments {
    pub(crate) task: Task,
    filter: Filter,
    /// `--quick`.
    pub(crate) quick: bool,
    /// `--sample-size`.
    pub(crate) sample_size: Option<u32>,
    /// `--measurement-time`.
    pub(crate) measurement_time: Option<Duration>,
    /// `--warm-up-time`, which means nothing here.
    pub(crate) warm_up_time: bool,
}

/// What criterion is to do with the cases.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Task {
    /// Analyse samples, which are to be measured before.
    Measure,
    /// Analyse samples that it has kept.
    Load,
    /// List the cases, run each once, or run one for a profiler.
    Other,
}

#[derive(Debug)]
enum Filter {
    All,
    Nothing,
    Exact(String),
    Pattern(Regex),
}

impl Arguments {
    /// From the command line. What criterion would refuse in words is left to it.
    ///
    /// # Errors
    ///
    /// One line on what criterion would panic at.
    pub(crate) fn read(least_samples: u32) -> Result<Self, String> {
        Self::of(std::env::args().skip(1), least_samples)
    }

    fn of(arguments: impl Iterator<Item = String>, least_samples: u32) -> Result<Self, String> {
        let (mut options, mut filter) = (Vec::new(), None);
        let mut arguments = arguments.peekable();
        while let Some(argument) = arguments.next() {
            if !argument.starts_with('-') {
                filter = Some(argument);
                continue;
            }
            let (name, mut value) = match argument.split_once('=') {
                Some((name, value)) => (name.to_string(), Some(value.to_string())),
                None => (argument, None),
            };
            if value.is_none() && (WITH_VALUE.contains(&name.as_str()) || name == "--warm-up-time") {
                value = arguments.next();
            }
            options.push((name, value));
        }
        let given = |wanted: &str| options.iter().any(|(name, _)| name == wanted);
        let value = |wanted: &str| options.iter().find(|(name, _)| name == wanted)?.1.clone();
        let seconds = |text: String| Duration::try_from_secs_f64(text.parse().ok()?).ok();
        let filter = match filter {
            _ if given("--ignored") => Filter::Nothing,
            None => Filter::All,
            Some(text) if given("--exact") => Filter::Exact(text),
            Some(text) => Filter::Pattern(
                Regex::new(&text).map_err(|_| format!("the filter '{text}' is not a regular expression"))?,
            ),
        };
        let sample_size: Option<u32> = value("--sample-size").and_then(|text| text.parse().ok());
        if let Some(size) = sample_size.filter(|size| *size < least_samples) {
            return Err(format!("--sample-size {size}: must be {least_samples} or more"));
        }
        Ok(Self {
            task: match () {
                () if !given("--bench") || given("--test") || given("--list") => Task::Other,
                () if given("--profile-time") => Task::Other,
                () if given("--load-baseline") => Task::Load,
                () => Task::Measure,
            },
            filter,
            quick: given("--quick"),
            sample_size,
            measurement_time: value("--measurement-time").and_then(seconds),
            warm_up_time: given("--warm-up-time"),
        })
    }

    /// Whether criterion will ask for a case.
    pub(crate) fn selects(&self, case: &Case) -> bool {
        let name = format!("{}/{}", case.workload, parameter(case));
        match &self.filter {
            Filter::All => true,
            Filter::Nothing => false,
            Filter::Exact(text) => name == *text,
            Filter::Pattern(pattern) => pattern.is_match(&name),
        }
    }
}

/// The name of a case within its workload, as criterion puts it together.
fn parameter(case: &Case) -> String {
    if case.executor == BASELINE { BASELINE.into() } else { format!("{}/{}", case.executor, case.workers) }
}

/// The same for criterion itself.
pub(crate) fn id(case: &Case) -> BenchmarkId {
    if case.executor == BASELINE {
        BenchmarkId::from_parameter(BASELINE)
    } else {
        BenchmarkId::new(&case.executor, case.workers)
    }
}
