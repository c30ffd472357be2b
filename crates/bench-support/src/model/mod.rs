//! Different ways to do the same work, measured in turn, and set against each other.
//!
//! A contest has contenders, some of them floors: the least that the system asks for such work. They
//! are measured in rounds, each contender once in a round, so that a ratio is one of neighbours in
//! time. Each measurement stands between two looks at how many operations the core takes in a cycle
//! ([`probe`](speedup_machine::probe)), because a busy neighbour on the same core can turn a ranking
//! around: comparisons are drawn for all rounds, for the quiet ones and for the busy ones.
//!
//! * this file: a contest as plain data; `state`: quiet or busy; `outcome`: figures and ratios

mod outcome;
mod state;

pub use outcome::{Figures, Found, Outcome, Verdict};
pub use state::{State, widest};

/// What a contender's figure is: each is amount and time of a [`Reading`], set in proportion.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// Seconds for each of these; less is better.
    SecondsPer(&'static str),
    /// How many of these in a second; more is better.
    PerSecond(&'static str),
}

/// One measurement of one contender.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Reading {
    /// Seconds that it took.
    pub wall_s: f64,
    /// Seconds of CPU time, user and system, that all threads and processes concerned have used,
    /// where that is known.
    pub cpu_s: Option<f64>,
    /// How much was done: tasks, bytes.
    pub amount: f64,
}

/// A reading, with what the core was like just before and just after.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sample {
    /// Number of the round, from 0.
    pub round: u32,
    /// Number of the contender, from 0.
    pub contender: usize,
    /// The measurement.
    pub reading: Reading,
    /// Independent operations in a cycle before and after; `None` where that cannot be probed.
    pub widths: Option<(f64, f64)>,
}

/// What a contender stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// A way to do the work.
    Contender,
    /// The least that the system asks for it.
    Floor,
}

/// A bound that is to be kept.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Limit {
    /// No more than this.
    AtMost(f64),
    /// No less than this.
    AtLeast(f64),
}

impl Limit {
    /// Whether the value keeps the bound.
    #[must_use]
    pub fn holds(self, value: f64) -> bool {
        match self {
            Self::AtMost(bound) => value <= bound,
            Self::AtLeast(bound) => value >= bound,
        }
    }
}

/// What a contender's figure is set against.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Against {
    /// That of another contender: it is divided by it, round by round.
    Of(String),
    /// Nothing: it stands for itself, in the contest's unit.
    Itself,
}

impl Against {
    /// Against the contender or floor of that name.
    #[must_use]
    pub fn of(name: impl Into<String>) -> Self {
        Self::Of(name.into())
    }
}

/// A comparison that is to be made, and the bound on what comes out, if there is one.
#[derive(Debug, Clone, PartialEq)]
pub struct Comparison {
    /// Name of the contender.
    pub ours: String,
    /// What it is set against.
    pub against: Against,
    /// The bound.
    pub limit: Option<Limit>,
}

/// A contest with all that was measured.
#[derive(Debug, Clone, PartialEq)]
pub struct Contest {
    /// What is done, in a few words.
    pub title: String,
    /// What the figures are.
    pub unit: Unit,
    /// Name and role of each contender.
    pub contenders: Vec<(String, Role)>,
    /// What is compared.
    pub comparisons: Vec<Comparison>,
    /// Every measurement.
    pub samples: Vec<Sample>,
}

/// A figure that is no time and needs no rounds, such as bytes for each task.
#[derive(Debug, Clone, PartialEq)]
pub struct Fact {
    /// What it is.
    pub name: String,
    /// Its value.
    pub value: f64,
    /// What it is counted in.
    pub unit: String,
    /// The bound that it is to keep.
    pub limit: Option<Limit>,
}
