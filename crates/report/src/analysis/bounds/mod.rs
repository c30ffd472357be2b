//! What the batch itself allows: the shortest time in which N workers can run jobs that cannot be
//! divided, and the time of the scheduling that pools use.
//!
//! To put jobs on identical workers such that the last one ends as early as possible is the problem
//! P||Cmax. It is NP-hard, but batches are small: [`optimum`] solves it by branch and bound, and above
//! a fixed number of steps gives the best schedule found with the gap that is left. It knows nothing
//! of time, so that it gives the same answer on every machine.

mod search;
mod two;

use search::Search;

/// Relative difference below which two makespans are the same: sums of the same jobs in another order
/// differ by that much.
const ROUNDING: f64 = 1e-12;

/// The time from the start of a batch to the end of its last job.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Makespan {
    /// Seconds that the best known schedule takes.
    pub seconds: f64,
    /// Seconds that no schedule can undercut; equal to `seconds` if those are exact.
    pub lower: f64,
    /// Whether the schedule is proven to be the best, to a relative 10⁻¹².
    pub exact: bool,
}

impl Makespan {
    fn exactly(seconds: f64) -> Self {
        Self { seconds, lower: seconds, exact: true }
    }
}

/// The least makespan of jobs with these times on that many workers, by branch and bound.
///
/// The search starts from the schedule "longest processing time first" (LPT), which is at most
/// 4/3 − 1/(3 `workers`) times the optimum (R. L. Graham, "Bounds on multiprocessing timing anomalies",
/// SIAM Journal on Applied Mathematics 17, 1969), fills one worker after another (R. E. Korf and
/// E. L. Schreiber, "Optimally scheduling small numbers of identical parallel machines", ICAPS 2013),
/// and gives up after [`STEPS`] steps, some milliseconds. Batches of up to about two dozen jobs are solved
/// within that.
///
/// Times are in seconds, finite and not negative; no jobs take no time.
///
/// # Panics
///
/// If there are no workers.
#[must_use]
pub fn optimum(times: &[f64], workers: usize) -> Makespan {
    within(times, workers, STEPS)
}

/// Steps after which [`optimum`] gives up.
pub const STEPS: u64 = 1_000_000;

/// Batches of more jobs are not searched: the steps would be spent on the first worker.
const MOST_JOBS: usize = 200;

fn within(times: &[f64], workers: usize, steps: u64) -> Makespan {
    assert!(workers > 0, "a batch needs a worker");
    let mut jobs: Vec<f64> = times.iter().copied().filter(|&time| time > 0.0).collect();
    jobs.sort_by(|a, b| b.total_cmp(a));
    if jobs.len() <= workers {
        return Makespan::exactly(jobs.first().copied().unwrap_or(0.0));
    }
    let (lower, upper) = (lower_bound(&jobs, workers), replay(&jobs, workers));
    if upper <= lower * (1.0 + ROUNDING) {
        return Makespan::exactly(upper);
    }
    if jobs.len() > MOST_JOBS {
        return Makespan { seconds: upper, lower, exact: false };
    }
    Search::new(jobs, workers, steps).run(lower, upper)
}

/// The makespan of list scheduling: the jobs start in the order given, each on the worker that is
/// free first. That is what a pool with one queue does.
///
/// Times as for [`optimum`].
///
/// # Panics
///
/// If there are no workers.
#[must_use]
pub fn replay(times: &[f64], workers: usize) -> f64 {
    assert!(workers > 0, "a batch needs a worker");
    let mut free = vec![0.0_f64; workers.min(times.len())];
    for time in times {
        if let Some(next) = free.iter_mut().min_by(|a, b| a.total_cmp(b)) {
            *next += time;
        }
    }
    free.into_iter().fold(0.0, f64::max)
}

/// The highest speedup that the batch can have on that many workers, whatever the scheduler: the sum
/// of the times over the [`optimum`].
///
/// Where the optimum is not exact, the bound is that of its lower end, so that it still holds. A batch
/// that takes no time bounds nothing, and gives the number of workers.
///
/// # Panics
///
/// If there are no workers.
#[must_use]
pub fn granularity_bound(times: &[f64], workers: usize) -> f64 {
    let lower = optimum(times, workers).lower;
    if lower > 0.0 { times.iter().sum::<f64>() / lower } else { workers as f64 }
}

/// The highest of the bounds that follow from counting, for jobs by descending time and more of them
/// than workers: the mean load, the longest job, and for each j that one of the workers gets j + 1 of
/// the j · `workers` + 1 longest jobs.
fn lower_bound(jobs: &[f64], workers: usize) -> f64 {
    let mean = jobs.iter().sum::<f64>() / workers as f64;
    let crowded = (1..)
        .map(|shared| (shared, shared * workers + 1))
        .take_while(|&(_, first)| first <= jobs.len())
        .map(|(shared, first)| jobs[first - shared - 1..first].iter().sum::<f64>());
    crowded.fold(mean.max(jobs[0]), f64::max)
}

#[cfg(test)]
mod tests;
