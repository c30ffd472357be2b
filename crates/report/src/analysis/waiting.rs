//! How much of a case was waiting: wall time less CPU time of its tasks.

use std::collections::BTreeMap;

use super::model::Waiting;
use crate::record::{Sample, TaskSpan};
use crate::stats::{Interval, Quantity, bootstrap};

/// The waiting of a case with this mean time, over its samples; `None` where no task has taken any time.
pub(super) fn waiting(samples: &[&Sample], mean_s: f64) -> Option<Waiting> {
    let sums = samples.iter().map(|sample| sum(sample.tasks.iter()));
    let (cpu, wall): (Vec<f64>, Vec<f64>) = sums.unzip();
    let busy = bootstrap::ratio_of_means(&cpu, &wall).filter(|busy| busy.value.is_finite())?;
    let mut workers: BTreeMap<usize, (f64, f64)> = BTreeMap::new();
    for task in samples.iter().flat_map(|sample| &sample.tasks) {
        let (cpu, wall) = sum([task].into_iter());
        let worker = workers.entry(task.worker).or_default();
        *worker = (worker.0 + cpu, worker.1 + wall);
    }
    let shares = workers.values().filter(|(_, wall)| *wall > 0.0).map(|(cpu, wall)| 1.0 - cpu / wall);
    let jobs = samples.first().map_or(0, |sample| sample.tasks.len());
    Some(Waiting {
        share: Quantity {
            value: 1.0 - busy.value,
            interval: busy.interval.map(|busy| Interval { low: 1.0 - busy.high, high: 1.0 - busy.low }),
        },
        least: shares.clone().fold(f64::INFINITY, f64::min),
        greatest: shares.fold(f64::NEG_INFINITY, f64::max),
        jobs_per_s: jobs as f64 / mean_s,
    })
}

/// CPU time and wall time of some tasks.
fn sum<'a>(tasks: impl Iterator<Item = &'a TaskSpan>) -> (f64, f64) {
    tasks.fold((0.0, 0.0), |(cpu, wall), task| {
        (cpu + task.cpu_ns as f64, wall + task.end_ns.saturating_sub(task.begin_ns) as f64)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(tasks: &[(usize, u64, u64)]) -> Sample {
        let task = |(job, &(worker, wall, cpu_ns)): (usize, &(usize, u64, u64))| TaskSpan {
            cpu_ns,
            generate_ns: wall,
            ..TaskSpan::timed(job, worker, (100, 100 + wall))
        };
        Sample { tasks: tasks.iter().enumerate().map(task).collect(), ..Sample::timed(0, 0, 1000) }
    }

    #[test]
    fn what_was_no_cpu_time_was_waiting() {
        let (one, two) = (sample(&[(0, 100, 10), (1, 300, 10)]), sample(&[(0, 100, 20), (1, 300, 0)]));
        let waiting = waiting(&[&one, &two], 0.5).unwrap();
        assert!((waiting.share.value - 0.95).abs() < 1e-12, "{waiting:?}");
        assert!(
            (waiting.least - 0.85).abs() < 1e-12 && (waiting.greatest - (1.0 - 10.0 / 600.0)).abs() < 1e-12
        );
        assert!((waiting.jobs_per_s - 4.0).abs() < 1e-12);
    }

    #[test]
    fn tasks_without_any_time_say_nothing() {
        assert_eq!(waiting(&[&sample(&[(0, 0, 0)])], 1.0), None);
        assert_eq!(waiting(&[], 1.0), None);
    }
}
