//! Branch and bound over sets of jobs: one worker after another is filled.

use super::two::Halves;
use super::{Makespan, ROUNDING};

/// Part of the lower bound by which the first attempt may exceed it.
const FIRST_EXCESS: f64 = 1e-7;

/// By how much the excess grows from attempt to attempt.
const GROWTH: f64 = 8.0;

/// A search for a schedule that ends before a limit.
///
/// Level by level, a worker is given the longest job left and any set of the others such that neither
/// it nor, on average, the workers after it reach the limit. The last two workers are solved directly.
/// Since the limit is the best makespan known, sets are many while it is far from the optimum, and
/// few when it is near. So the search begins with a limit just above the lower bound and moves it up
/// while there is no schedule below it, as in E. L. Schreiber, R. E. Korf and M. D. Moffitt, "Optimal
/// multi-way number partitioning", Journal of the ACM 65 (2018). An attempt that finds a schedule
/// is followed by one with that schedule's end as the limit; the best is proven when nothing is found.
pub(super) struct Search {
    workers: usize,
    levels: Vec<Level>,
    halves: Halves,
    /// A schedule must end before this to count.
    limit: f64,
    /// A makespan of no more than this is the optimum.
    floor: f64,
    found: Option<f64>,
    steps_left: u64,
}

/// What is left to the workers from one on.
#[derive(Default, Clone)]
struct Level {
    /// By descending time.
    jobs: Vec<f64>,
    /// Sum of the jobs from each on; one longer than the jobs.
    rest: Vec<f64>,
}

/// The jobs of one worker while they are being chosen, by descending time.
///
/// If a job that was left out would fit as well, or would fit in the place of a shorter one, then the
/// other workers can only gain by giving it away: such a set need not be looked at (the dominance
/// criterion of S. Martello and P. Toth, "Lower bounds and reduction procedures for the bin packing
/// problem", Discrete Applied Mathematics 28, 1990). That holds for whether there is a schedule below
/// a fixed limit, and the last attempt, which finds nothing, has one.
#[derive(Clone, Copy)]
struct Set {
    load: f64,
    /// The least time by which the load could be raised in one of these ways.
    room: f64,
}

impl Set {
    fn with(self, job: f64, last_out: Option<f64>) -> Self {
        let exchange = last_out.map_or(f64::INFINITY, |out| out - job);
        Self { load: self.load + job, room: self.room.min(exchange) }
    }

    fn without(self, job: f64) -> Self {
        Self { room: self.room.min(job), ..self }
    }
}

impl Search {
    /// A search over jobs by descending time, for two workers or more and at most that many steps.
    pub(super) fn new(jobs: Vec<f64>, workers: usize, steps: u64) -> Self {
        let mut levels = vec![Level::default(); workers];
        levels[0].jobs = jobs;
        Self {
            workers,
            levels,
            halves: Halves::default(),
            limit: 0.0,
            floor: 0.0,
            found: None,
            steps_left: steps,
        }
    }

    /// The best makespan between a lower bound and that of a known schedule.
    pub(super) fn run(mut self, mut lower: f64, upper: f64) -> Makespan {
        self.floor = lower * (1.0 + ROUNDING);
        let (mut seconds, mut excess) = (upper, FIRST_EXCESS);
        loop {
            let limit = seconds.min(self.floor * (1.0 + excess)) * (1.0 - ROUNDING);
            self.limit = limit;
            self.found = None;
            self.place(0, 0.0);
            seconds = self.found.unwrap_or(seconds);
            if seconds <= self.floor {
                return Makespan::exactly(seconds);
            }
            if self.steps_left == 0 {
                return Makespan { seconds, lower, exact: false };
            }
            if self.found.is_none() {
                lower = limit;
                excess *= GROWTH;
            }
            if lower >= seconds * (1.0 - 2.0 * ROUNDING) {
                return Makespan::exactly(seconds);
            }
        }
    }

    /// Tries all schedules of the jobs at a level, given how long the workers before it take.
    fn place(&mut self, level: usize, longest: f64) {
        if level + 2 == self.workers {
            return self.place_on_two(level, longest);
        }
        let Level { jobs, rest } = &mut self.levels[level];
        rest.clear();
        rest.resize(jobs.len() + 1, 0.0);
        for (index, job) in jobs.iter().enumerate().rev() {
            rest[index] = rest[index + 1] + job;
        }
        let Some(&first) = jobs.first() else { return self.keep(longest) };
        self.levels[level + 1].jobs.clear();
        self.fill(level, 1, Set { load: first, room: f64::INFINITY }, longest);
    }

    /// Decides for each job from `index` on whether the level's worker gets it.
    fn fill(&mut self, level: usize, index: usize, set: Set, longest: f64) {
        if self.steps_left == 0 {
            return;
        }
        self.steps_left -= 1;
        let Level { jobs, rest } = &self.levels[level];
        let others = (self.workers - level - 1) as f64 * self.limit;
        let most = set.load + rest[index];
        if set.load >= self.limit || most + set.room < self.limit || rest[0] - most >= others {
            return;
        }
        let left_out = self.levels[level + 1].jobs.len();
        if index == jobs.len() || set.load + jobs[jobs.len() - 1] >= self.limit {
            if set.load + set.room >= self.limit && rest[0] - set.load < others {
                let [this, next] = self.two_levels(level);
                next.jobs.extend_from_slice(&this.jobs[index..]);
                self.place(level + 1, longest.max(set.load));
                self.levels[level + 1].jobs.truncate(left_out);
            }
            return;
        }
        let job = jobs[index];
        let last_out = self.levels[level + 1].jobs.last().copied();
        self.fill(level, index + 1, set.with(job, last_out), longest);
        // Of equal jobs the first are taken: without this one, none of those equal to it.
        let [this, next] = self.two_levels(level);
        let equals = this.jobs[index..].iter().take_while(|other| other.to_bits() == job.to_bits());
        let after = index + equals.clone().count();
        next.jobs.extend(equals);
        self.fill(level, after, set.without(job), longest);
        self.levels[level + 1].jobs.truncate(left_out);
    }

    fn place_on_two(&mut self, level: usize, longest: f64) {
        let jobs = &self.levels[level].jobs;
        match Halves::steps(jobs.len()) {
            Some(steps) if steps < self.steps_left => {
                self.steps_left -= steps;
                let makespan = self.halves.makespan(jobs);
                self.keep(longest.max(makespan));
            }
            _ => self.steps_left = 0,
        }
    }

    fn keep(&mut self, makespan: f64) {
        if makespan < self.limit {
            self.found = Some(makespan);
            // Nothing is better than the lower bound: a limit of zero ends the search.
            self.limit = if makespan <= self.floor { 0.0 } else { makespan * (1.0 - ROUNDING) };
        }
    }

    fn two_levels(&mut self, level: usize) -> [&mut Level; 2] {
        let (before, after) = self.levels.split_at_mut(level + 1);
        [&mut before[level], &mut after[0]]
    }
}
