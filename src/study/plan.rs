//! The cases of a run and the order in which they run. A pure function of the configuration.

use rand::seq::SliceRandom;
use rand_xoshiro::Xoshiro256PlusPlus;
use rand_xoshiro::rand_core::SeedableRng;

use super::RunConfig;
use crate::record::{BASELINE, Case};

/// The cases and, round by round, their order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// Every case once; per workload the serial baseline first.
    pub cases: Vec<Case>,
    /// The rounds, warm-up first.
    pub rounds: Vec<Round>,
}

/// One pass over all cases.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Round {
    /// Number of the round among those of its kind, from 0.
    pub number: u32,
    /// Whether its samples only warm up.
    pub warmup: bool,
    /// Indices of the cases, in the order they run.
    pub order: Vec<usize>,
}

/// Rounds before the counted ones: one fills caches and page tables and wakes the processor.
pub const WARMUP_ROUNDS: u32 = 1;

impl Plan {
    /// Lays out the run.
    ///
    /// The warm-up round keeps the order of the cases, so that each workload begins with the
    /// serial baseline, whose results are what all others are compared with. Each further round
    /// has a random order of its own, so that drift of the machine falls on all cases alike.
    #[must_use]
    pub fn new(config: &RunConfig) -> Self {
        let cases = cases(config);
        let mut generator = Xoshiro256PlusPlus::seed_from_u64(config.seed);
        let planned: Vec<usize> = (0..cases.len()).collect();
        let warmup = (0..WARMUP_ROUNDS).map(|number| Round { number, warmup: true, order: planned.clone() });
        let counted = (0..config.runs).map(|number| {
            let mut order = planned.clone();
            order.shuffle(&mut generator);
            Round { number, warmup: false, order }
        });
        Self { rounds: warmup.chain(counted).collect(), cases }
    }
}

fn cases(config: &RunConfig) -> Vec<Case> {
    let mut cases = Vec::new();
    for choice in &config.workloads {
        let mut add = |executor: &str, workers| {
            cases.push(Case {
                workload: choice.workload.name().to_string(),
                executor: executor.to_string(),
                workers,
                again: false,
            });
        };
        add(BASELINE, 1);
        for executor in &config.executors {
            for &workers in &config.workers {
                add(executor.name(), workers);
            }
        }
    }
    cases
}
