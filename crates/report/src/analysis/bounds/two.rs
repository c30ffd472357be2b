//! Two workers: the subset of jobs whose sum is nearest to half of all.
//!
//! E. Horowitz and S. Sahni, "Computing partitions with applications to the knapsack problem", Journal
//! of the ACM 21 (1974): the sums of all subsets of either half of the jobs, in ascending order, are
//! walked through from opposite ends. That takes the square root of the steps of a search.

/// Room for the sums, kept between calls.
#[derive(Default)]
pub(super) struct Halves {
    sums: [Vec<f64>; 2],
    merged: Vec<f64>,
}

impl Halves {
    /// Steps that a call with that many jobs takes; `None` if there are too many to count.
    pub(super) fn steps(jobs: usize) -> Option<u64> {
        1_u64.checked_shl(jobs as u32 / 2 + 2).filter(|_| jobs < 100)
    }

    /// The least makespan of these jobs on two workers.
    pub(super) fn makespan(&mut self, jobs: &[f64]) -> f64 {
        let total: f64 = jobs.iter().sum();
        for sums in &mut self.sums {
            sums.clear();
            sums.push(0.0);
        }
        // The first job is on the first worker: which of the two is the first makes no difference.
        for (index, &job) in jobs.iter().enumerate().skip(1) {
            add(&mut self.sums[index % 2], job, &mut self.merged);
        }
        let first = jobs.first().copied().unwrap_or(0.0);
        let (mut best, mut from) = (f64::INFINITY, self.sums[1].len());
        for low in &self.sums[0] {
            while from > 0 {
                let load = first + low + self.sums[1][from - 1];
                best = best.min(load.max(total - load));
                if load <= total / 2.0 {
                    break;
                }
                from -= 1;
            }
        }
        best
    }
}

/// Merges `sums` with themselves plus one more job, in ascending order.
fn add(sums: &mut Vec<f64>, job: f64, merged: &mut Vec<f64>) {
    merged.clear();
    let (mut without, mut with) = (0, 0);
    while with < sums.len() {
        let more = sums[with] + job;
        if without < sums.len() && sums[without] <= more {
            merged.push(sums[without]);
            without += 1;
        } else {
            merged.push(more);
            with += 1;
        }
    }
    std::mem::swap(sums, merged);
}
