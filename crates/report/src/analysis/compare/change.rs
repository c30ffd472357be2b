//! Which loss moved: the change of a case's worker time, row by row.
//!
//! Each execution's [`Ledger`] says N·T = W + Σ losses, with the serial times r of its own round. Three
//! of its entries are about r alone: W, what the serial loop spends between its jobs, W − Σr, which is
//! taken off, and the slower tasks, Σ(cpu − r). Their sum is Σcpu: the CPU time of the tasks, whatever r
//! is. So the difference of two runs has a row "slower tasks", Σcpu(B) − Σcpu(A), which is what
//! run A's r for both runs would give: a kernel that became slower in the baseline and in
//! the pool alike shows there, and not as nothing. Granularity and ordering keep the r of their own run,
//! because jobs that all take longer leave longer gaps that no schedule avoids.
//!
//! The interval of a difference comes from those of the two means, each from a bootstrap of its own run
//! over whole rounds, by the method of variance estimates recovery (Zou and Donner, *Statistics in
//! Medicine* 27, 2008): the distances from the means to the ends are added in squares. Runs in the same
//! rounds are subtracted round by round, and one bootstrap is over the differences.

use super::super::accounting::Apart;
use super::super::accounting::ledger::Ledger;
use super::super::model::Loss;
use super::model::{Change, ChangePart, ChangeRow};
use crate::stats::{Interval, Quantity, bootstrap};

/// The three losses that a system may not tell apart.
const WAITS: [Loss; 3] = [Loss::RunQueue, Loss::Steal, Loss::Blocking];
const LOSSES: usize = Loss::ALL.len();
/// Behind the losses: the two parts of the tasks' CPU time, then the whole worker time.
const SERIALLY: usize = LOSSES;
const IN_POOL: usize = LOSSES + 1;
const TOTAL: usize = LOSSES + 2;
const COLUMNS: usize = LOSSES + 3;

/// The worker time of one execution in seconds, by column.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Entries {
    seconds: [f64; COLUMNS],
    /// Whether run queue, steal and blocking could not be told apart.
    merged: bool,
    /// Whether it is known how long the control group was held up by its quota.
    throttled: bool,
    /// Of executions of programs: which losses are told apart.
    outside: Option<Apart>,
}

impl Entries {
    pub(super) fn of(ledger: &Ledger, workers: usize, throttled: bool) -> Self {
        let mut seconds = [0.0; COLUMNS];
        seconds[..LOSSES].copy_from_slice(&ledger.losses);
        seconds[SERIALLY] = ledger.serial + ledger.losses[Loss::SerialLoop as usize];
        seconds[IN_POOL] = ledger.losses[Loss::SlowerTasks as usize];
        seconds[Loss::SlowerTasks as usize] = seconds[SERIALLY] + seconds[IN_POOL];
        seconds[Loss::SerialLoop as usize] = 0.0;
        seconds[TOTAL] = workers as f64 * ledger.wall;
        for time in &mut seconds {
            *time /= 1e9;
        }
        let merged = ledger.lacking.queue || ledger.lacking.switches;
        Self { seconds, merged, throttled, outside: ledger.outside.clone() }
    }

    /// The mean of the executions of one round, of which there is at least one.
    pub(super) fn mean(executions: &[Self]) -> Self {
        let mean = |column: usize| {
            executions.iter().map(|one| one.seconds[column]).sum::<f64>() / executions.len() as f64
        };
        Self {
            seconds: std::array::from_fn(mean),
            merged: executions.iter().any(|one| one.merged),
            throttled: executions.iter().all(|one| one.throttled),
            outside: together(executions.iter()),
        }
    }

    /// The time of some rounds over the part of it that was not spent in waiting for a CPU, which only
    /// others or the hypervisor can have had; `None` where that says nothing.
    pub(super) fn contention(rounds: &[Self]) -> Option<f64> {
        let all = |column: usize| rounds.iter().map(|one| one.seconds[column]).sum::<f64>();
        let waits = [Loss::RunQueue, Loss::Quota, Loss::Steal, Loss::Waiting];
        let waited: f64 = waits.into_iter().map(|wait| all(wait as usize)).sum();
        let factor = all(TOTAL) / (all(TOTAL) - waited);
        (factor.is_finite() && factor > 0.0).then_some(factor)
    }

    /// How much more each time is than another's.
    fn less(&self, other: &Self) -> Self {
        let seconds = std::array::from_fn(|column| self.seconds[column] - other.seconds[column]);
        Self { seconds, ..self.clone() }
    }

    /// All times in another unit.
    pub(super) fn scale(&mut self, factor: f64) {
        self.seconds.iter_mut().for_each(|time| *time *= factor);
    }

    fn merge(&mut self) {
        for wait in WAITS {
            self.seconds[Loss::Waiting as usize] += std::mem::take(&mut self.seconds[wait as usize]);
        }
    }
}

/// What all tell apart.
fn together<'a>(executions: impl Iterator<Item = &'a Entries>) -> Option<Apart> {
    executions.filter_map(|one| one.outside.clone()).reduce(|mut all, one| {
        all.join(&one);
        all
    })
}

/// What the changes of a case depend on.
#[derive(Debug, Clone, Copy)]
pub(super) struct Of {
    /// Whether it is a pool, of which a part of the tasks' CPU time is that of the serial baseline.
    pub(super) pool: bool,
    /// Whether the entries belong together in pairs.
    pub(super) pairs: bool,
}

/// The change from the rounds of one run to those of another; `None` where one has none.
pub(super) fn change(a: &[Entries], b: &[Entries], of: Of) -> Option<Change> {
    if a.is_empty() || b.is_empty() || of.pairs && a.len() != b.len() {
        return None;
    }
    let (mut a, mut b) = (a.to_vec(), b.to_vec());
    if a.iter().chain(&b).any(|one| !one.throttled) {
        // Where one run does not tell it, the other's is a part of the run queue too.
        a.iter_mut().chain(&mut b).for_each(|one| {
            one.seconds[Loss::RunQueue as usize] += std::mem::take(&mut one.seconds[Loss::Quota as usize]);
        });
    }
    if a.iter().chain(&b).any(|one| one.merged) {
        a.iter_mut().chain(&mut b).for_each(Entries::merge);
    }
    if let Some(apart) = together(a.iter().chain(&b)) {
        a.iter_mut().chain(&mut b).for_each(|one| apart.book_together(&mut one.seconds[..LOSSES]));
    }
    let changes = if of.pairs {
        // What disturbs a round is in both of a pair.
        let pairs: Vec<Entries> = a.iter().zip(&b).map(|(a, b)| b.less(a)).collect();
        means(&pairs)
    } else {
        means(&a).into_iter().zip(means(&b)).map(|(a, b)| difference(a, b)).collect()
    };
    let moved = |column: usize| changes[column];
    let a_worker_seconds = Entries::mean(&a).seconds[TOTAL];
    let part = |name, column| ChangePart { name, worker_seconds: moved(column) };
    let row = |loss: Loss| {
        let worker_seconds = moved(loss as usize);
        let parts = if of.pool && loss == Loss::SlowerTasks {
            vec![part("in the serial baseline too", SERIALLY), part("in the pool alone", IN_POOL)]
        } else {
            Vec::new()
        };
        ChangeRow { loss, worker_seconds, share: worker_seconds.value / a_worker_seconds, parts }
    };
    // What is nothing in every execution of both runs, as the waits that were merged, says nothing.
    let occurs = |loss: &Loss| a.iter().chain(&b).any(|one| one.seconds[*loss as usize] != 0.0);
    let rows: Vec<ChangeRow> = Loss::ALL.into_iter().filter(occurs).map(row).collect();
    let worker_seconds = moved(TOTAL);
    let residual = rows.iter().map(|row| row.worker_seconds.value).sum::<f64>() - worker_seconds.value;
    Some(Change { a_worker_seconds, worker_seconds, rows, residual })
}

/// The mean of every column over the rounds of one run.
fn means(rounds: &[Entries]) -> Vec<Quantity> {
    let evaluate = |weights: &[f64], out: &mut [f64]| {
        let all: f64 = weights.iter().sum();
        for (column, mean) in out.iter_mut().enumerate() {
            let weighted = rounds.iter().zip(weights).map(|(one, weight)| weight * one.seconds[column]);
            *mean = weighted.sum::<f64>() / all;
        }
    };
    let intervals = bootstrap::rounds(rounds.len(), COLUMNS, evaluate);
    let values = Entries::mean(rounds).seconds;
    values.into_iter().zip(intervals).map(|(value, interval)| Quantity { value, interval }).collect()
}

/// B − A of two independent means.
fn difference(a: Quantity, b: Quantity) -> Quantity {
    let value = b.value - a.value;
    let interval = a.interval.zip(b.interval).map(|(of_a, of_b)| Interval {
        low: value - (b.value - of_b.low).hypot(of_a.high - a.value),
        high: value + (of_b.high - b.value).hypot(a.value - of_a.low),
    });
    Quantity { value, interval }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_interval_of_a_difference_is_wider_than_either_and_narrower_than_both() {
        let quantity =
            |value: f64, low: f64, high: f64| Quantity { value, interval: Some(Interval { low, high }) };
        let found = difference(quantity(10.0, 7.0, 14.0), quantity(12.0, 9.0, 15.0));
        // Down: 3 below B and 4 above A; up: 3 above B and 3 below A.
        assert!((found.value - 2.0).abs() < 1e-12);
        let interval = found.interval.unwrap();
        assert!((interval.low - (2.0 - 5.0)).abs() < 1e-12);
        assert!((interval.high - (2.0 + 18.0_f64.sqrt())).abs() < 1e-12);
        assert_eq!(difference(Quantity::known(1.0), quantity(2.0, 1.0, 3.0)).interval, None);
    }
}
