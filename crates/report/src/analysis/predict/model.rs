//! What a prediction says: plain data for reports, nothing computed here. Times are in seconds.

use serde::Serialize;

use crate::stats::Quantity;

/// Share of the speedup below which a gain is not worth a sentence.
pub const WORTH_SAYING: f64 = 0.01;

/// What would be, for each executor and workload of a record.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Prediction {
    /// Name of the run.
    pub name: String,
    /// The machine in a few words.
    pub machine: String,
    /// CPUs that the run could use, if known.
    pub cpus: Option<usize>,
    /// A forecast for each executor of each workload.
    pub forecasts: Vec<Forecast>,
    /// How well such predictions have held within the run.
    pub held: Held,
}

/// What would be with one executor on one workload.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Forecast {
    /// Name of the workload in the plan.
    pub workload: String,
    /// Its name in words.
    pub label: String,
    /// Name of the executor.
    pub executor: String,
    /// Whether its jobs wait rather than compute, so that workers are connections.
    pub waits: bool,
    /// Jobs in the batch.
    pub jobs: usize,
    /// Mean time of the serial baseline.
    pub serial_s: f64,
    /// What was measured, by ascending number of workers.
    pub measured: Vec<Point>,
    /// What was asked for, by ascending number of workers.
    pub predicted: Vec<Asked>,
    /// Each measured number of workers predicted from the smaller ones alone.
    pub held_out: Vec<HeldOut>,
    /// Other choices at the same number of workers, the largest gain first, then those that cannot be told.
    pub advice: Vec<Advice>,
    /// What must be known to read it.
    pub notes: Vec<String>,
}

/// A measured speedup.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Point {
    /// Number of workers.
    pub workers: usize,
    /// Its speedup.
    pub speedup: Quantity,
}

/// An answer for a number of workers that was asked for.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Asked {
    /// Number of workers.
    pub workers: usize,
    /// On the machine of the run.
    pub here: Outcome,
    /// On a machine like it with a CPU for each worker; absent where that is the same.
    pub with_cpus: Option<Outcome>,
}

/// A predicted speedup, or why there is none.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case", tag = "state")]
pub enum Outcome {
    /// Nothing was predicted: it was measured.
    Measured {
        /// The speedup.
        speedup: Quantity,
    },
    /// A prediction with the interval in which the mean of as many rounds would lie.
    Expected {
        /// The speedup.
        speedup: Quantity,
        /// The time of the batch.
        time_s: f64,
    },
    /// Somewhere between a law of what CPUs share and CPUs that share nothing.
    Range {
        /// By the law.
        low: Quantity,
        /// With tasks that take as long as measured.
        high: Quantity,
    },
    /// Not more than this; how much less is not known.
    AtMost {
        /// The speedup with tasks that take as long as measured.
        speedup: Quantity,
        /// The time of the batch with it.
        time_s: f64,
        /// Why no more can be said.
        reason: String,
    },
    /// Nothing can be said.
    Refused {
        /// Why.
        reason: String,
    },
}

impl Outcome {
    /// The likeliest speedup with the least and the greatest that it may be, where there is one.
    #[must_use]
    pub fn ends(&self) -> Option<(f64, f64, f64)> {
        let of = |quantity: &Quantity| {
            let ends = quantity.interval.map_or((quantity.value, quantity.value), |i| (i.low, i.high));
            (quantity.value, ends.0, ends.1)
        };
        match self {
            Self::Measured { speedup } | Self::Expected { speedup, .. } | Self::AtMost { speedup, .. } => {
                Some(of(speedup))
            }
            Self::Range { low, high } => Some((f64::midpoint(low.value, high.value), of(low).1, of(high).2)),
            Self::Refused { .. } => None,
        }
    }

    /// Why there is no figure, or none from both sides.
    #[must_use]
    pub fn reason(&self) -> Option<&str> {
        match self {
            Self::AtMost { reason, .. } | Self::Refused { reason } => Some(reason),
            Self::Measured { .. } | Self::Expected { .. } | Self::Range { .. } => None,
        }
    }
}

/// A measured number of workers, predicted from smaller ones alone.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct HeldOut {
    /// Number of workers.
    pub workers: usize,
    /// The numbers of workers that it was predicted from.
    pub from: Vec<usize>,
    /// What was measured.
    pub measured: Quantity,
    /// What was predicted, or why nothing was.
    pub outcome: Tried,
}

/// What came of predicting what is known.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case", tag = "state")]
pub enum Tried {
    /// A speedup.
    Predicted {
        /// The prediction.
        speedup: Quantity,
        /// Prediction over measurement, less 1: above zero it was too optimistic.
        error: f64,
        /// Whether the interval holds what was measured.
        covered: bool,
    },
    /// Nothing could be predicted.
    Refused {
        /// Why.
        reason: String,
    },
}

/// How predictions have held.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct Held {
    /// Pairs of a case and a number of workers that were predicted.
    pub pairs: usize,
    /// Those whose measurement lies in the interval.
    pub covered: usize,
    /// Those that could not be predicted.
    pub refused: usize,
    /// The error that is largest in size; absent without pairs.
    pub worst: Option<f64>,
}

impl Held {
    /// Counts what was held out.
    #[must_use]
    pub fn of<'a>(held_out: impl IntoIterator<Item = &'a HeldOut>) -> Self {
        let mut held = Self::default();
        for one in held_out {
            match one.outcome {
                Tried::Refused { .. } => held.refused += 1,
                Tried::Predicted { error, covered, .. } => {
                    held.pairs += 1;
                    held.covered += usize::from(covered);
                    if held.worst.is_none_or(|worst: f64| error.abs() > worst.abs()) {
                        held.worst = Some(error);
                    }
                }
            }
        }
        held
    }

    /// The share of intervals that held; absent without pairs.
    #[must_use]
    pub fn coverage(&self) -> Option<f64> {
        (self.pairs > 0).then(|| self.covered as f64 / self.pairs as f64)
    }
}

/// Something that could be done otherwise at the same number of workers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case", tag = "kind", content = "of")]
pub enum Choice {
    /// The jobs that take longest begin first.
    LongestFirst,
    /// Each job is two of half its size.
    SplitInTwo,
    /// Workers get so many jobs at a time.
    Chunks(usize),
    /// Workers are processes.
    Processes,
    /// Workers are threads.
    Threads,
    /// The pool is there before the batch and stays after it.
    WarmPool,
    /// The start of a worker takes half as long.
    HalfSpawn,
    /// No task waits for a CPU.
    NoRunQueue,
    /// No task needs more CPU time than in the serial baseline.
    NoSlowerTasks,
}

impl Choice {
    /// What reports call it.
    #[must_use]
    pub fn name(self) -> String {
        match self {
            Self::LongestFirst => "longest first".to_string(),
            Self::SplitInTwo => "jobs split in two".to_string(),
            Self::Chunks(jobs) => format!("chunks of {jobs}"),
            Self::Processes => "processes".to_string(),
            Self::Threads => "threads".to_string(),
            Self::WarmPool => "a warm pool".to_string(),
            Self::HalfSpawn => "half the spawn".to_string(),
            Self::NoRunQueue => "no run queue".to_string(),
            Self::NoSlowerTasks => "no slower tasks".to_string(),
        }
    }

    /// Whether a user can choose it; the others say what a loss is worth.
    #[must_use]
    pub fn is_at_hand(self) -> bool {
        !matches!(self, Self::HalfSpawn | Self::NoRunQueue | Self::NoSlowerTasks)
    }
}

/// What a choice would give.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Advice {
    /// The choice.
    pub choice: Choice,
    /// Number of workers.
    pub workers: usize,
    /// What it would give, or why that cannot be told.
    pub outcome: Gain,
}

/// What a choice gives.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case", tag = "state")]
pub enum Gain {
    /// A speedup in place of that of the run.
    Told {
        /// The speedup with it.
        speedup: Quantity,
        /// The speedup without it, as measured.
        instead: Quantity,
        /// The difference.
        gain: Quantity,
        /// Whether the speedup was measured, and not predicted.
        measured: bool,
    },
    /// It cannot be told.
    Untold {
        /// Why.
        reason: String,
    },
}

impl Advice {
    /// The gain, where its interval excludes zero and it is worth a sentence.
    #[must_use]
    pub fn sure_gain(&self) -> Option<Quantity> {
        let Gain::Told { gain, instead, .. } = &self.outcome else { return None };
        let sure = gain.interval.is_some_and(|interval| interval.low > 0.0);
        (sure && gain.value >= WORTH_SAYING * instead.value).then_some(*gain)
    }
}

/// What would gain most on a workload, over its executors.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Suggestion {
    /// Name of the executor.
    pub executor: String,
    /// What to do otherwise.
    pub advice: Advice,
}
