//! On which CPUs the tasks of a case ran, and how often their workers moved.

use std::collections::{BTreeMap, BTreeSet};

use super::model::CpusUsed;
use crate::record::{Sample, TaskSpan};

/// The CPUs of a case over its samples; `None` where a task does not tell, or where CPUs of several machines would have
/// the same numbers.
pub(super) fn cpus_used(samples: &[&Sample]) -> Option<CpusUsed> {
    let (mut cpus, mut moves, mut tasks) = (BTreeSet::new(), 0_u32, 0_u32);
    for sample in samples {
        let mut seen: BTreeMap<usize, usize> = BTreeMap::new();
        let mut in_order: Vec<&TaskSpan> = sample.tasks.iter().collect();
        in_order.sort_by_key(|task| task.begin_ns);
        for task in in_order {
            let (first, last) = task.cpus.filter(|_| sample.hosts.is_empty())?;
            for cpu in [first, last] {
                moves += u32::from(seen.insert(task.worker, cpu).is_some_and(|before| before != cpu));
                cpus.insert(cpu);
            }
            tasks += 1;
        }
    }
    (tasks > 0).then(|| CpusUsed {
        cpus: cpus.into_iter().collect(),
        moves_per_task: f64::from(moves) / f64::from(tasks),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Worker, begin and CPUs of a task.
    type Told = (usize, u64, Option<(usize, usize)>);

    fn sample(tasks: &[Told]) -> Sample {
        let task = |(job, &(worker, begin, cpus)): (usize, &Told)| TaskSpan {
            cpus,
            ..TaskSpan::timed(job, worker, (begin, begin + 10))
        };
        Sample { tasks: tasks.iter().enumerate().map(task).collect(), ..Sample::timed(0, 0, 100) }
    }

    #[test]
    fn moves_are_counted_worker_by_worker_in_the_order_of_time() {
        let first = sample(&[
            (0, 20, Some((1, 1))),
            (0, 0, Some((0, 1))),
            (1, 0, Some((4, 4))),
            (1, 10, Some((5, 5))),
        ]);
        let second = sample(&[(0, 0, Some((0, 0))), (1, 0, Some((1, 1)))]);
        let used = cpus_used(&[&first, &second]).unwrap();
        assert_eq!(used.cpus, [0, 1, 4, 5]);
        assert!((used.moves_per_task - 2.0 / 6.0).abs() < 1e-12, "{used:?}");
    }

    #[test]
    fn a_task_that_does_not_tell_leaves_nothing_to_say() {
        assert_eq!(cpus_used(&[&sample(&[(0, 0, Some((0, 0))), (0, 10, None)])]), None);
        assert_eq!(cpus_used(&[]), None);
    }
}
