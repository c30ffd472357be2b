//! Samples during which the program stood still: suspended with the machine, frozen by its control group or a signal,
//! or paused with its virtual machine.
//!
//! The system counts time in which the machine was suspended. The other ways leave a gap: time between the begin and
//! the end of tasks in which their threads had no CPU, stood in no run queue, and did not wait again and again for
//! something. What a hypervisor says it took explains a gap, and so do reads from a disk. A gap counts against the
//! other samples of the case, so that work which waits by nature stands still in none.

use std::collections::BTreeMap;

use super::model::Apart;
use super::seconds::seconds;
use crate::record::{RunRecord, Sample};
use crate::stats;

/// A shorter gap is nothing to tell of.
const LEAST_S: f64 = 0.05;
/// A gap that is a smaller share of the case's usual time changes little.
const SHARE: f64 = 0.25;
/// Samples before any of them can differ from the others.
const LEAST_SAMPLES: usize = 4;
/// Where more than this share of a case's samples stand still, that is what the machine is like.
const MOST: f64 = 0.25;
/// Waits of a worker, beyond the usual, from which on waiting explains a gap: to be stopped counts as one.
const WAITS: f64 = 2.0;

/// The counted samples that are set apart, by case and round.
pub(super) fn standing_still(record: &RunRecord) -> BTreeMap<(usize, u32), Apart> {
    let mut by_case: BTreeMap<usize, Vec<&Sample>> = BTreeMap::new();
    for sample in record.samples.iter().filter(|sample| !sample.warmup) {
        by_case.entry(sample.case).or_default().push(sample);
    }
    let mut apart = BTreeMap::new();
    for (case, samples) in by_case.into_iter().filter(|(_, samples)| samples.len() >= LEAST_SAMPLES) {
        let name = record.plan.cases[case].to_string();
        let still: Vec<_> = of_case(&samples).into_iter().map(|still| still.told(&name)).collect();
        if still.len() as f64 <= MOST * samples.len() as f64 {
            apart.extend(still.into_iter().map(|apart| ((case, apart.round), apart)));
        }
    }
    apart
}

struct Still {
    round: u32,
    seconds: f64,
    suspended: bool,
}

impl Still {
    fn told(self, case: &str) -> Apart {
        Apart { case: case.to_string(), round: self.round, still_s: self.seconds, suspended: self.suspended }
    }
}

fn of_case(samples: &[&Sample]) -> Vec<Still> {
    let median = |figure: &dyn Fn(&Sample) -> Option<f64>| {
        let known: Vec<f64> = samples.iter().filter_map(|sample| figure(sample)).collect();
        stats::median(&known)
    };
    let wall_s = median(&|sample| Some(seconds(sample.wall_ns))).unwrap_or(0.0);
    let (usual_off, usual_waits) = (median(&off_s), median(&waits));
    let still = |sample: &&Sample| {
        let round = sample.round;
        let suspended_s = sample.machine.suspended_ns.map_or(0.0, seconds);
        if suspended_s >= LEAST_S {
            return Some(Still { round, seconds: suspended_s, suspended: true });
        }
        let waited = waits(sample).zip(usual_waits).is_some_and(|(own, usual)| own - usual > WAITS);
        let gap_s = off_s(sample)? - usual_off?;
        let longer_s = seconds(sample.wall_ns) - wall_s;
        let stands = !waited && gap_s >= LEAST_S.max(SHARE * wall_s) && 2.0 * longer_s >= gap_s;
        stands.then_some(Still { round, seconds: gap_s, suspended: false })
    };
    samples.iter().filter_map(still).collect()
}

/// Seconds, for each worker, in which its tasks had no CPU, and that neither a run queue, the disk nor a hypervisor
/// explains. Absent of a program, and where the system does not count run queues.
fn off_s(sample: &Sample) -> Option<f64> {
    if sample.tasks.is_empty() {
        return None;
    }
    let mut off = 0.0;
    for task in sample.tasks.iter().filter(|task| task.major_faults.is_none_or(|faults| faults == 0)) {
        let held = seconds(task.end_ns.saturating_sub(task.begin_ns));
        off += (held - seconds(task.cpu_ns) - seconds(task.queue_ns?)).max(0.0);
    }
    let stolen = sample.machine.steal_ns.map_or(0.0, seconds);
    Some((off - stolen).max(0.0) / sample.workers.len().max(1) as f64)
}

/// Times that a worker gave up its CPU to wait.
fn waits(sample: &Sample) -> Option<f64> {
    let switches: Option<Vec<u64>> = sample.tasks.iter().map(|task| task.voluntary_switches).collect();
    let all: u64 = switches?.into_iter().fold(0, u64::saturating_add);
    Some(all as f64 / sample.workers.len().max(1) as f64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::Analysis;
    use crate::record::{BASELINE, Case, Design, TaskSpan, WorkerSpan, book};

    fn task(job: usize, worker: usize, begin_ns: u64, cpu_ns: u64) -> TaskSpan {
        TaskSpan::busy(job, worker, (begin_ns, begin_ns + cpu_ns))
    }

    /// Ten rounds of serial and of processes/2 with two jobs of about 100 ms.
    fn record() -> RunRecord {
        let case = |executor: &str, workers| Case {
            workload: "rc4".into(),
            executor: executor.into(),
            workers,
            again: false,
        };
        let mut record = book::record();
        record.design = Design::InterleavedRounds;
        record.published.clear();
        record.plan.cases = vec![case(BASELINE, 1), case("processes", 2)];
        let sample = |case, round, wall_ns, workers, tasks| Sample {
            workers,
            tasks,
            ..Sample::timed(case, round, wall_ns)
        };
        let life = |worker| WorkerSpan { worker, spawned_ns: 0, ready_ns: 0, ended_ns: 0 };
        record.samples = (0..10)
            .flat_map(|round| {
                let job = 100_000_000 + u64::from(round % 3) * 1_000_000;
                let serial = vec![task(0, 0, 0, job), task(1, 0, job, job)];
                let pool = vec![task(0, 0, 0, job), task(1, 1, 0, job)];
                [
                    sample(0, round, 2 * job, vec![], serial),
                    sample(1, round, job, vec![life(0), life(1)], pool),
                ]
            })
            .collect();
        record
    }

    fn pause(sample: &mut Sample, ns: u64) {
        for task in &mut sample.tasks {
            task.end_ns += ns;
            task.voluntary_switches = Some(1);
        }
        sample.wall_ns += ns;
    }

    fn verdict(record: &RunRecord) -> f64 {
        Analysis::of(record).estimates().next().unwrap().speedup.unwrap().value
    }

    #[test]
    fn a_paused_sample_is_named_and_the_verdict_is_that_of_the_others() {
        let quiet = record();
        let mut paused = quiet.clone();
        let case = paused.plan.cases.iter().position(|case| case.executor != BASELINE).unwrap();
        let of_case = |sample: &&mut Sample| sample.case == case && sample.round == 6;
        pause(paused.samples.iter_mut().find(of_case).unwrap(), 4_000_000_000);
        let analysis = Analysis::of(&paused);
        let [apart] = &analysis.effort.apart[..] else { panic!("{:?}", analysis.effort.apart) };
        assert_eq!((apart.round, apart.suspended), (6, false));
        assert!((apart.still_s - 4.0).abs() < 0.01, "{apart:?}");
        assert!((verdict(&paused) - verdict(&quiet)).abs() < 0.01);
        assert_eq!(analysis.effort.noisy, []);
    }

    #[test]
    fn what_waits_again_and_again_or_is_stolen_from_does_not_stand_still() {
        for explain in [
            (|sample| sample.tasks[0].voluntary_switches = Some(40)) as fn(&mut Sample),
            |sample| sample.machine.steal_ns = Some(8_000_000_000),
            |sample| sample.tasks.iter_mut().for_each(|task| task.queue_ns = Some(4_000_000_000)),
            |sample| sample.tasks.iter_mut().for_each(|task| task.major_faults = Some(3)),
        ] {
            let mut record = record();
            let sample = record.samples.iter_mut().rfind(|sample| !sample.workers.is_empty()).unwrap();
            pause(sample, 4_000_000_000);
            explain(sample);
            assert_eq!(standing_still(&record).len(), 0);
        }
    }

    #[test]
    fn where_many_stand_still_none_is_set_apart() {
        let mut record = record();
        for sample in record.samples.iter_mut().filter(|sample| sample.round % 3 == 0) {
            pause(sample, 500_000_000);
        }
        assert_eq!(standing_still(&record).len(), 0);
    }

    #[test]
    fn a_suspended_machine_is_told_by_its_clocks() {
        let mut record = record();
        record.samples[3].machine.suspended_ns = Some(2_000_000_000);
        let apart: Vec<Apart> = standing_still(&record).into_values().collect();
        assert!(matches!(apart[..], [Apart { suspended: true, .. }]), "{apart:?}");
        assert_eq!(standing_still(&book::record()).len(), 0);
    }
}
