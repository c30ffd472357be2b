//! How long a task takes by the size of its array, and from which size on processes cost little more
//! than threads.
//!
//! A task's time runs from when it was submitted and its worker was free, whichever is later, to its end
//! in the worker. What it gives back travels afterwards, and counts with the worker's next task. It holds what it takes to hand the task over and to get the array, which is
//! where the ways of passing data differ, and neither the wait for a worker nor the start of a pool.

use std::collections::BTreeMap;

use super::model::{Crossing, TaskCrossing, TaskCurve, TaskPoint, TaskTimes};
use super::rounds::Rounds;
use super::seconds::seconds;
use crate::record::{BASELINE, Data, RunRecord, Sample, WorkloadRecord};
use crate::stats::{Summary, order};

/// The share that processes may cost more.
const SHARE: f64 = 0.05;

/// The workloads of which some executor ran tasks of several sizes.
pub(super) fn task_times(record: &RunRecord, rounds: &Rounds<'_>) -> Vec<TaskTimes> {
    let mut all: Vec<TaskTimes> = Vec::new();
    for workload in &record.plan.workloads {
        // Jobs that wait take as long as what they wait for, whatever the size.
        if workload.waits.is_some() || all.iter().any(|times| times.workload == workload.workload) {
            continue;
        }
        let ways = record.plan.workloads.iter().filter(|other| other.workload == workload.workload);
        all.extend(of_workload(record, rounds, workload, ways));
    }
    all
}

/// One workload, which stands in the plan once for every way of passing data.
fn of_workload<'a>(
    record: &RunRecord,
    rounds: &Rounds<'_>,
    first: &WorkloadRecord,
    ways: impl Iterator<Item = &'a WorkloadRecord>,
) -> Option<TaskTimes> {
    let pools = || record.plan.cases.iter().filter(|case| case.executor != BASELINE);
    let workers = pools().map(|case| case.workers).min()?;
    let mut executors: Vec<&str> = Vec::new();
    for case in pools() {
        if !executors.contains(&case.executor.as_str()) {
            executors.push(&case.executor);
        }
    }
    let ways: Vec<&WorkloadRecord> = ways.collect();
    let mut curves: Vec<TaskCurve> = Vec::new();
    for executor in executors {
        for way in &ways {
            let Some(case) = rounds.case(&way.name, executor, workers) else { continue };
            let points = points(rounds.samples(case), &way.sizes);
            if points.len() > 1 {
                curves.push(TaskCurve { executor: executor.to_string(), data: way.data, points });
            }
        }
    }
    let crossings = Data::ALL.into_iter().filter_map(|data| crossing(&curves, data)).collect();
    // Its label in the plan also says how data is passed, where that is not the default.
    let label = first.label.strip_suffix(&format!(" {}", first.data.name())).unwrap_or(&first.label);
    (!curves.is_empty()).then(|| TaskTimes {
        workload: first.workload.clone(),
        label: label.to_string(),
        workers,
        curves,
        crossings,
    })
}

/// The times by size. A size that some sample lacks has the samples that have it.
fn points(samples: &[&Sample], sizes: &[usize]) -> Vec<TaskPoint> {
    let mut by_size: BTreeMap<usize, Vec<f64>> = BTreeMap::new();
    for sample in samples {
        for (size, times) in times(sample, sizes) {
            by_size.entry(size).or_default().extend(Summary::of(&times).map(|summary| summary.mean));
        }
    }
    let point = |(bytes, means): (usize, Vec<f64>)| {
        let seconds = order::median(&means).filter(|median| median.value > 0.0)?;
        Some(TaskPoint { bytes, seconds })
    };
    by_size.into_iter().filter_map(point).collect()
}

/// The times of a sample's tasks by size.
fn times(sample: &Sample, sizes: &[usize]) -> BTreeMap<usize, Vec<f64>> {
    let mut free: BTreeMap<usize, u64> = BTreeMap::new();
    for worker in &sample.workers {
        // One that took another's place was ready later; its tasks began later still.
        free.entry(worker.worker).or_insert(worker.ready_ns);
    }
    let mut tasks: Vec<_> = sample.tasks.iter().collect();
    tasks.sort_by_key(|task| task.begin_ns);
    let mut times: BTreeMap<usize, Vec<f64>> = BTreeMap::new();
    for task in tasks {
        let free = free.entry(task.worker).or_default();
        let from = task.submitted_ns.max(*free);
        *free = task.end_ns;
        if let Some(&size) = sizes.get(task.job).filter(|size| **size > 0) {
            times.entry(size).or_default().push(seconds(task.end_ns.saturating_sub(from)));
        }
    }
    times
}

/// Where processes come close to threads; none if not both ran that way.
fn crossing(curves: &[TaskCurve], data: Data) -> Option<TaskCrossing> {
    let find = |executor: &str| curves.iter().find(|curve| curve.data == data && curve.executor == executor);
    let (threads, processes) = (find("threads")?, find("processes")?);
    let ratios: Vec<(f64, f64)> = (threads.points.iter())
        .filter_map(|point| {
            let other = processes.points.iter().find(|other| other.bytes == point.bytes)?;
            Some((point.bytes as f64, other.seconds.value / point.seconds.value))
        })
        .collect();
    Some(TaskCrossing { data, share: SHARE, place: place(&ratios, 1.0 + SHARE)? })
}

/// From where on the ratios stay below a limit, by sizes and ratios. Between two sizes the logarithm of
/// the ratio is taken to go evenly with that of the size.
fn place(ratios: &[(f64, f64)], limit: f64) -> Option<Crossing> {
    let (_, last) = *ratios.last()?;
    let Some(above) = ratios.iter().rposition(|(_, ratio)| *ratio > limit) else {
        return Some(Crossing::EverySize);
    };
    if last > limit {
        return Some(Crossing::NoSize);
    }
    let ((left, high), (right, low)) = (ratios[above], *ratios.get(above + 1)?);
    let part = (high / limit).ln() / (high / low).ln();
    Some(Crossing::From(left * (right / left).powf(part)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::{TaskSpan, WorkerSpan};

    #[test]
    fn the_place_lies_between_the_sizes_around_it() {
        let place = |ratios: &[(f64, f64)]| place(ratios, 1.05);
        assert_eq!(place(&[]), None);
        assert_eq!(place(&[(1.0, 1.0), (4.0, 1.05)]), Some(Crossing::EverySize));
        assert_eq!(place(&[(1.0, 1.0), (4.0, 1.06)]), Some(Crossing::NoSize));
        // Half-way between 1.05² and 1, in logarithms, and so half-way between 16 and 64.
        let Some(Crossing::From(size)) = place(&[(4.0, 9.0), (16.0, 1.1025), (64.0, 1.0)]) else { panic!() };
        assert!((size - 32.0).abs() < 1e-9, "{size}");
        // What counts is from where on it stays so.
        let Some(Crossing::From(size)) = place(&[(1.0, 1.0), (16.0, 1.1025), (64.0, 1.0)]) else { panic!() };
        assert!((size - 32.0).abs() < 1e-9, "{size}");
    }

    fn task(job: usize, worker: usize, [submitted_ns, begin_ns, end_ns]: [u64; 3]) -> TaskSpan {
        TaskSpan { submitted_ns, ..TaskSpan::timed(job, worker, (begin_ns, end_ns)) }
    }

    #[test]
    fn a_task_takes_from_when_it_could_begin_until_its_end() {
        let worker = |worker, ready_ns| WorkerSpan { worker, spawned_ns: 0, ready_ns, ended_ns: 100 };
        let sample = Sample {
            workers: vec![worker(0, 10), worker(1, 5)],
            // The second waits for the first, the third for its submission, the fourth for its worker.
            tasks: vec![
                task(0, 0, [1, 12, 20]),
                task(1, 0, [1, 23, 30]),
                task(2, 0, [40, 41, 45]),
                task(3, 1, [1, 6, 7]),
            ],
            ..Sample::timed(0, 0, 100)
        };
        let times = times(&sample, &[64, 64, 64, 4]);
        let nanoseconds =
            |size: usize| times[&size].iter().map(|time| (time * 1e9).round()).collect::<Vec<_>>();
        assert_eq!((nanoseconds(64), nanoseconds(4)), (vec![10.0, 10.0, 5.0], vec![2.0]));
    }
}
