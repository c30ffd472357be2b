//! Which case stands for an executor where there is room for one.
//!
//! Of a workload that computes it is the one with the most workers that the CPUs allow: a number that is fixed
//! before anything is measured, so that it is not the luckiest of several, and the one that shows what is missing
//! on the whole machine. Where all cases have more workers than CPUs, it is the one with the fewest. Of a workload
//! that waits, whose connections no CPU limits, it is the fewest connections that reach the best speed.

use super::model::{Analysis, Estimate, ExecutorTable, Law, Row};
use super::scaling::Usl;
use crate::stats::Interval;

/// How far below the best mean counts as reaching it. Means of repeated runs differ by as much by chance.
const REACHED: f64 = 0.99;

/// The case that stands for an executor.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Representative<'a> {
    /// Number of workers.
    pub workers: usize,
    /// Its figures.
    pub estimate: &'a Estimate,
    /// The fewest workers, with their figures, that reach the best speed of all that the CPUs allow, where those
    /// are fewer than [`Representative::workers`].
    pub enough: Option<(usize, &'a Estimate)>,
}

impl ExecutorTable {
    /// The rows that stand for the executor if one does: those that the CPUs allow, or, where none is, the one with
    /// the fewest workers among those `wanted`.
    pub(super) fn candidates(&self, wanted: impl Fn(&Row) -> bool) -> Vec<&Row> {
        let rows: Vec<&Row> = self.rows.iter().filter(|row| wanted(row)).collect();
        let within: Vec<&Row> = rows.iter().copied().filter(|row| !row.oversubscribed).collect();
        if within.is_empty() { rows.into_iter().take(1).collect() } else { within }
    }

    /// The case that stands for this executor in the column of a workload, which `waits` or computes; `None` where
    /// nothing was measured.
    #[must_use]
    pub fn representative(&self, workload: usize, waits: bool) -> Option<Representative<'_>> {
        let rows = self.candidates(|row| row.cells[workload].estimate().is_some());
        let cases: Vec<(usize, &Estimate)> =
            rows.iter().filter_map(|row| Some((row.workers, row.cells[workload].estimate()?))).collect();
        let fastest = cases.iter().map(|(_, estimate)| estimate.mean_s).fold(f64::INFINITY, f64::min);
        let reached = cases.iter().copied().find(|(_, estimate)| estimate.mean_s * REACHED <= fastest)?;
        let (workers, estimate) = if waits { reached } else { *cases.last()? };
        Some(Representative {
            workers,
            estimate,
            enough: Some(reached).filter(|(fewer, _)| *fewer < workers),
        })
    }
}

impl Analysis {
    /// The case that stands for an executor in a workload, both by index; `None` where nothing was measured.
    ///
    /// # Panics
    ///
    /// If there is no such executor or workload.
    #[must_use]
    pub fn representative(&self, executor: usize, workload: usize) -> Option<Representative<'_>> {
        self.executors[executor].representative(workload, self.workloads[workload].waits())
    }
}

impl Usl {
    /// The number of workers with the highest speedup and its interval, if the peak is significant: where coherency
    /// may as well be zero, the fitted peak comes from noise.
    #[must_use]
    pub fn significant_peak(&self) -> Option<(f64, Interval)> {
        self.peak.zip(self.peak_interval)
    }
}

impl<T> Law<T> {
    /// The fit, if there is one.
    #[must_use]
    pub fn fit(&self) -> Option<&T> {
        match self {
            Self::Fitted(fit) => Some(fit),
            Self::Refused(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::Cell;
    use crate::render::html::sample;

    fn table(cases: &[(usize, bool, f64)]) -> ExecutorTable {
        let row = |&(workers, oversubscribed, speedup): &(usize, bool, f64)| Row {
            workers,
            oversubscribed,
            cells: vec![Cell::Measured(Box::new(sample::estimate(workers, speedup, 1.0)))],
        };
        ExecutorTable {
            executor: "threads".to_string(),
            rows: cases.iter().map(row).collect(),
            scaling: Vec::new(),
        }
    }

    fn chosen(cases: &[(usize, bool, f64)], waits: bool) -> (usize, Option<usize>) {
        let table = table(cases);
        let chosen = table.representative(0, waits).unwrap();
        (chosen.workers, chosen.enough.map(|(workers, _)| workers))
    }

    #[test]
    fn the_most_workers_that_the_cpus_allow_stand_for_what_computes() {
        let cases = [(1, false, 1.0), (2, false, 1.95), (4, false, 1.94), (8, true, 3.0)];
        assert_eq!(chosen(&cases, false), (4, Some(2)));
        assert_eq!(chosen(&cases[..2], false), (2, None));
        assert_eq!(chosen(&[(4, true, 1.0), (8, true, 2.0)], false), (4, None));
    }

    #[test]
    fn the_fewest_connections_that_reach_the_best_speed_stand_for_what_waits() {
        assert_eq!(chosen(&[(1, false, 1.0), (10, false, 9.95), (20, false, 10.0)], true), (10, None));
    }

    #[test]
    fn nothing_stands_for_what_was_not_measured() {
        let mut table = table(&[(1, false, 1.0)]);
        table.rows[0].cells[0] = Cell::NotMeasured;
        assert_eq!(table.representative(0, false), None);
    }
}
