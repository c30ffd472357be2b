//! The cases of a run and the order in which they run. A pure function of the configuration.

use rand::seq::SliceRandom;
use rand_xoshiro::Xoshiro256PlusPlus;
use rand_xoshiro::rand_core::{Rng, SeedableRng};

use super::RunConfig;
use speedup_report::record::{BASELINE, Case, Design};

/// The cases of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// Every case once; per workload the serial baseline first, both of its arms where there are two.
    pub cases: Vec<Case>,
    seed: u64,
}

impl Plan {
    /// Lays out the run. Only rounds have a second arm of the serial baseline: where cases run one
    /// after the other, there is nothing to pair it with.
    #[must_use]
    pub fn new(config: &RunConfig, design: Design) -> Self {
        Self { cases: cases(config, design == Design::InterleavedRounds), seed: config.seed }
    }

    /// A run of these cases.
    #[must_use]
    pub(super) fn of(cases: Vec<Case>, seed: u64) -> Self {
        Self { cases, seed }
    }

    /// The indices of the cases in the order in which a round runs them.
    ///
    /// A warm-up round keeps the order of the cases, so that each workload begins with the serial
    /// baseline, whose results are what all others are compared with. Each counted round has
    /// another random order, so that drift of the machine falls on all cases alike.
    #[must_use]
    pub fn order(&self, round: u32, warmup: bool) -> Vec<usize> {
        let mut order: Vec<usize> = (0..self.cases.len()).collect();
        if !warmup {
            shuffle(&mut order, self.seed, round);
        }
        order
    }
}

/// Puts what a round runs into the order of that round. Each has a generator of its own, so that a run that is taken up
/// again goes on as it would have.
pub(super) fn shuffle<T>(items: &mut [T], seed: u64, round: u32) {
    let mut seeds = Xoshiro256PlusPlus::seed_from_u64(seed);
    let seed = seeds.next_u64() ^ u64::from(round);
    items.shuffle(&mut Xoshiro256PlusPlus::seed_from_u64(seed));
}

fn cases(config: &RunConfig, both_arms: bool) -> Vec<Case> {
    let mut cases = Vec::new();
    for choice in &config.workloads {
        let mut add = |executor: &str, workers, again| {
            cases.push(Case { workload: choice.name(), executor: executor.to_string(), workers, again });
        };
        add(BASELINE, 1, false);
        if both_arms {
            add(BASELINE, 1, true);
        }
        for executor in &config.executors {
            for &workers in choice.workers.iter().filter(|&&workers| executor.takes(choice.workload, workers))
            {
                add(executor.name(), workers, false);
            }
        }
    }
    cases
}
