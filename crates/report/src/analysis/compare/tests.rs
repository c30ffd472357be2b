//! Pairs of runs made for the purpose, and any runs whatever for the sums.

use proptest::prelude::*;

use super::*;
use crate::analysis::Loss;
use crate::record::{CeilingLane, CeilingSample, Design, Failure, Probe, Sample, TaskSpan, WorkerSpan, book};

/// One task of a batch: its serial time, and in the pool its CPU time, its waits, and what is known.
#[derive(Debug, Clone)]
struct Job {
    serial: u64,
    cpu: u64,
    queue: Option<u64>,
    rest: u64,
    switches: Option<u64>,
}

/// One round: the jobs, when the workers were ready, and what came after the last task.
#[derive(Debug, Clone)]
struct Round {
    jobs: Vec<Job>,
    ready: [u64; 2],
    teardown: u64,
}

const MS: u64 = 1_000_000;

impl Default for Round {
    fn default() -> Self {
        let job = Job { serial: 10 * MS, cpu: 10 * MS, queue: Some(0), rest: 0, switches: Some(0) };
        Self { jobs: vec![job; 4], ready: [MS; 2], teardown: MS }
    }
}

fn task(job: usize, worker: usize, begin_ns: u64, end_ns: u64) -> TaskSpan {
    TaskSpan { involuntary_switches: None, ..TaskSpan::busy(job, worker, (begin_ns, end_ns)) }
}

pub(super) fn sample(case: usize, round: u32, wall_ns: u64, tasks: Vec<TaskSpan>) -> Sample {
    Sample { tasks, ..Sample::timed(case, round, wall_ns) }
}

fn serial(number: u32, round: &Round) -> Sample {
    let mut now = 1000;
    let tasks = round.jobs.iter().enumerate().map(|(job, Job { serial, .. })| {
        let begin = now;
        now += serial + 1000;
        task(job, 0, begin, begin + serial)
    });
    let tasks = tasks.collect();
    sample(0, number, now, tasks)
}

fn pool(number: u32, round: &Round) -> Sample {
    let mut free = round.ready;
    let tasks: Vec<TaskSpan> = (round.jobs.iter().enumerate())
        .map(|(job, of)| {
            let worker = usize::from(free[1] < free[0]);
            let begin = free[worker];
            free[worker] += of.cpu + of.queue.unwrap_or(0) + of.rest;
            let known =
                TaskSpan { queue_ns: of.queue, voluntary_switches: of.switches, ..task(job, worker, 0, 0) };
            TaskSpan { begin_ns: begin, end_ns: free[worker], cpu_ns: of.cpu, ..known }
        })
        .collect();
    let life =
        |worker: usize| WorkerSpan { worker, spawned_ns: 0, ready_ns: round.ready[worker], ended_ns: 0 };
    let wall_ns = free[0].max(free[1]) + round.teardown;
    Sample { workers: vec![life(0), life(1)], ..sample(1, number, wall_ns, tasks) }
}

/// A run of the serial baseline and threads/2, without its samples.
pub(super) fn planned() -> RunRecord {
    let mut record = book::record();
    record.design = Design::InterleavedRounds;
    record.published.clear();
    let case = |executor: &str, workers| Case {
        workload: "rc4".into(),
        executor: executor.into(),
        workers,
        again: false,
    };
    record.plan.cases = vec![case(BASELINE, 1), case("threads", 2)];
    record
}

/// The same with these rounds.
fn run(rounds: &[Round]) -> RunRecord {
    let mut record = planned();
    let samples = (0..).zip(rounds).flat_map(|(number, round)| [serial(number, round), pool(number, round)]);
    record.samples = samples.collect();
    record
}

/// Rounds that differ a little, each made from the usual one.
fn rounds(change: impl Fn(&mut Round)) -> Vec<Round> {
    let round = |number: u64| {
        let mut round = Round::default();
        for job in &mut round.jobs {
            (job.serial, job.cpu) = (job.serial + number * 3000, job.cpu + number * 3000);
        }
        change(&mut round);
        round
    };
    // Up and down, so that there is no drift within the run.
    [3, 0, 2, 1, 1, 3, 0, 2].map(round).to_vec()
}

fn of<'a>(comparison: &'a Comparison, name: &str) -> &'a CaseComparison {
    comparison.cases().map(|(_, case)| case).find(|case| case.name() == name).unwrap()
}

#[track_caller]
fn assert_moved(b: impl Fn(&mut Round), name: &str, loss: Loss, worker_seconds: f64) {
    let comparison = compare(&run(&rounds(|_| {})), &run(&rounds(b)), 0.02);
    let change = of(&comparison, name).change.as_ref().unwrap();
    let largest = change.largest().unwrap();
    assert_eq!(largest.loss, loss, "{change:#?}");
    assert!((largest.worker_seconds.value - worker_seconds).abs() < 1e-9, "{largest:?}");
    let parts: f64 = largest.parts.iter().map(|part| part.worker_seconds.value).sum();
    assert!(largest.parts.is_empty() || (parts - worker_seconds).abs() < 1e-9, "{largest:?}");
}

#[test]
fn a_kernel_that_is_slower_everywhere_is_slower_tasks_and_not_nothing() {
    let doubled = |round: &mut Round| {
        for job in &mut round.jobs {
            (job.serial, job.cpu) = (job.serial + 10 * MS, job.cpu + 10 * MS);
        }
    };
    assert_moved(doubled, "threads/2", Loss::SlowerTasks, 0.040);
    assert_moved(doubled, "serial", Loss::SlowerTasks, 0.040);
    let comparison = compare(&run(&rounds(|_| {})), &run(&rounds(doubled)), 0.02);
    let change = of(&comparison, "threads/2").change.clone().unwrap();
    let [serially, in_pool] = &change.largest().unwrap().parts[..] else { panic!("{change:#?}") };
    assert!(
        (serially.worker_seconds.value - 0.040).abs() < 1e-9 && in_pool.worker_seconds.value.abs() < 1e-9
    );
}

#[test]
fn what_changes_in_the_pool_alone_moves_its_own_row() {
    assert_moved(
        |round| round.jobs.iter_mut().for_each(|job| job.cpu += 5 * MS),
        "threads/2",
        Loss::SlowerTasks,
        0.020,
    );
    assert_moved(|round| round.ready = [4 * MS; 2], "threads/2", Loss::Spawn, 0.006);
    assert_moved(|round| round.teardown = 3 * MS, "threads/2", Loss::Teardown, 0.004);
    assert_moved(
        |round| round.jobs.iter_mut().for_each(|job| job.queue = Some(MS)),
        "threads/2",
        Loss::RunQueue,
        0.004,
    );
}

#[test]
fn waits_that_one_run_cannot_tell_apart_are_one_row_in_the_comparison() {
    let a = rounds(|round| round.jobs.iter_mut().for_each(|job| job.queue = Some(2 * MS)));
    let b = rounds(|round| {
        round.jobs.iter_mut().for_each(|job| (job.queue, job.rest) = (None, 3 * MS));
    });
    let comparison = compare(&run(&a), &run(&b), 0.02);
    let change = of(&comparison, "threads/2").change.clone().unwrap();
    let row = |loss: Loss| change.rows.iter().find(|row| row.loss == loss);
    assert!((row(Loss::Waiting).unwrap().worker_seconds.value - 0.004).abs() < 1e-9, "{change:#?}");
    assert!(row(Loss::RunQueue).is_none() && row(Loss::Steal).is_none(), "{change:#?}");
}

#[test]
fn a_run_is_no_regression_of_itself_and_one_of_doubled_work_is() {
    let (a, doubled) = (
        run(&rounds(|_| {})),
        run(&rounds(|round| {
            for job in &mut round.jobs {
                (job.serial, job.cpu) = (2 * job.serial, 2 * job.cpu);
            }
        })),
    );
    let same = compare(&a, &a, 0.02);
    assert_eq!(same.outcome, Outcome::NoRegression, "{same:#?}");
    assert!(same.cases().all(|(_, case)| case.verdict == Verdict::NoChange), "{same:#?}");
    let worse = compare(&a, &doubled, 0.02);
    assert_eq!(worse.outcome, Outcome::Regression);
    assert!((of(&worse, "serial").ratio.value - 2.0).abs() < 1e-3);
    let better = compare(&doubled, &a, 0.02);
    assert_eq!(better.outcome, Outcome::NoRegression, "{better:#?}");
    assert!(better.cases().all(|(_, case)| case.verdict == Verdict::Improvement));
}

#[test]
fn verdicts_follow_from_the_whole_interval() {
    for (low, high, verdict) in [
        (1.021, 1.5, Verdict::Regression),
        (1.019, 1.5, Verdict::Inconclusive),
        (0.5, 0.979, Verdict::Improvement),
        (0.5, 0.981, Verdict::Inconclusive),
        (0.981, 1.019, Verdict::NoChange),
        (0.5, 1.5, Verdict::Inconclusive),
    ] {
        let interval = Some(Interval { low, high });
        assert_eq!(judge(interval, interval, 0.02), verdict, "{low} {high}");
    }
    assert_eq!(judge(None, None, 0.02), Verdict::Inconclusive);
    // Drift may have made a regression up, but it does not make one of nothing.
    let interval = |low, high| Some(Interval { low, high });
    assert_eq!(judge(interval(1.03, 1.05), interval(1.0, 1.08), 0.02), Verdict::Inconclusive);
    assert_eq!(judge(interval(0.99, 1.01), interval(0.96, 1.04), 0.02), Verdict::NoChange);
}

#[test]
fn a_regression_is_excluded_only_where_every_interval_ends_below_it() {
    let comparison = compare(&run(&rounds(|_| {})), &run(&rounds(|round| round.teardown += 1)), 0.02);
    let with = |ends: &[Option<(f64, f64)>], missing: usize| {
        let mut workload = comparison.workloads[0].clone();
        let case = workload.cases[0].clone();
        let case = |ends: &Option<(f64, f64)>| {
            let with_drift = ends.map(|(low, high)| Interval { low, high });
            let ratio = Quantity { value: 1.0, interval: with_drift };
            let verdict = judge(with_drift, with_drift, 0.02);
            CaseComparison { ratio, with_drift, verdict, ..case.clone() }
        };
        workload.cases = ends.iter().map(case).collect();
        workload.missing = vec![MissingCase { case: String::new(), reason: String::new() }; missing];
        outcome(&[workload], 0.02)
    };
    // The second is inconclusive as a case: perhaps better, but not worse.
    assert_eq!(with(&[Some((0.99, 1.01)), Some((0.9, 1.01))], 0), Outcome::NoRegression);
    assert_eq!(with(&[Some((0.99, 1.01)), Some((0.99, 1.03))], 0), Outcome::Inconclusive);
    assert_eq!(with(&[Some((0.99, 1.03)), Some((1.03, 1.04))], 1), Outcome::Regression);
    assert_eq!(with(&[Some((0.99, 1.01))], 1), Outcome::Inconclusive);
    assert_eq!(with(&[None], 0), Outcome::Inconclusive);
    assert_eq!(with(&[], 0), Outcome::Inconclusive);
}

#[test]
fn a_clock_that_was_lower_in_b_is_seen_and_allowed_for() {
    let probed = |clock_hz: f64, width: f64| {
        let mut record = run(&rounds(|_| {}));
        for sample in &mut record.samples {
            sample.machine.before = Some(Probe { clock_hz, width });
        }
        record
    };
    let comparison = compare(&probed(3e9, 4.0), &probed(2.5e9, 2.0), 0.02);
    let drift = of(&comparison, "serial").drift;
    assert!((drift.clock.unwrap() - 1.2).abs() < 1e-12 && (drift.throughput.unwrap() - 2.4).abs() < 1e-12);
    assert!(of(&comparison, "serial").with_drift.unwrap().low < 0.5);
    let without = compare(&probed(3e9, 4.0), &run(&rounds(|_| {})), 0.02);
    assert_eq!(of(&without, "serial").drift.clock, None);
}

#[test]
fn others_on_the_cpu_are_seen_in_the_serial_baseline_and_allowed_for() {
    let (a, mut busy) = (run(&rounds(|_| {})), run(&rounds(|_| {})));
    for sample in busy.samples.iter_mut().filter(|sample| sample.case == 0) {
        // The last task waits in the run queue for as long as the whole batch took.
        let waited = sample.wall_ns;
        sample.wall_ns += waited;
        let last = sample.tasks.last_mut().unwrap();
        (last.end_ns, last.queue_ns) = (last.end_ns + waited, Some(waited));
    }
    let comparison = compare(&a, &busy, 0.02);
    let serial = of(&comparison, "serial");
    assert!((serial.drift.contention.unwrap() - 2.0).abs() < 1e-9, "{:?}", serial.drift);
    assert!(serial.ratio.value > 1.99 && serial.verdict == Verdict::Inconclusive, "{serial:?}");
    assert_eq!(of(&comparison, "threads/2").drift.contention, serial.drift.contention);
}

#[test]
fn a_cpu_that_others_had_shows_in_the_ceiling_of_as_many_workers() {
    let with = |passes: u64| {
        let mut record = run(&rounds(|_| {}));
        let lanes = |count: usize, passes: u64| vec![CeilingLane { cpu: None, passes, busy_ns: MS }; count];
        let ceiling = |lanes| CeilingSample {
            workload: "rc4".into(),
            way: 0,
            round: 0,
            warmup: false,
            host: None,
            lanes,
        };
        record.ceilings = vec![ceiling(lanes(1, 100)), ceiling(lanes(2, passes))];
        record
    };
    let comparison = compare(&with(100), &with(50), 0.02);
    let drift = of(&comparison, "threads/2").drift;
    assert!((drift.capacity.unwrap() - 2.0).abs() < 1e-9 && drift.machine().high > 1.99, "{drift:?}");
    assert!((of(&comparison, "serial").drift.capacity.unwrap() - 1.0).abs() < 1e-9);
}

#[test]
fn a_pool_drifts_at_least_as_the_baseline_does() {
    let (steady, mut drifting) = (run(&rounds(|_| {})), run(&rounds(|_| {})));
    for sample in drifting.samples.iter_mut().filter(|sample| sample.case == 0 && sample.round >= 4) {
        sample.wall_ns += sample.wall_ns / 10;
    }
    let comparison = compare(&steady, &drifting, 0.02);
    let halves = |name: &str| of(&comparison, name).drift.halves.unwrap();
    assert!((halves("serial") - 0.1).abs() < 1e-3 && halves("threads/2") >= halves("serial"));
    for sample in drifting.samples.iter_mut().filter(|sample| sample.case == 1 && sample.round >= 4) {
        sample.wall_ns *= 2;
    }
    let comparison = compare(&drifting, &steady, 0.02);
    let halves = |name: &str| of(&comparison, name).drift.halves.unwrap();
    assert!((halves("serial") - 0.1).abs() < 1e-3 && (halves("threads/2") - 1.0).abs() < 1e-3);
}

#[test]
fn a_case_of_a_that_b_lacks_is_missing_and_one_that_only_b_has_is_not() {
    let a = run(&rounds(|_| {}));
    let mut b = a.clone();
    b.failures.push(Failure { case: 1, round: 99, warmup: false, message: "it broke".into() });
    let failed = compare(&a, &b, 0.02);
    assert_eq!(
        failed.workloads[0].missing,
        [MissingCase { case: "threads/2".into(), reason: "run B: it broke".into() }]
    );
    assert_eq!(failed.outcome, Outcome::Inconclusive);
    let mut fewer = a.clone();
    fewer.plan.cases.truncate(1);
    fewer.samples.retain(|sample| sample.case == 0);
    let dropped = compare(&a, &fewer, 0.02);
    assert_eq!((dropped.workloads[0].missing.len(), dropped.cases().count()), (1, 1));
    assert_eq!(dropped.outcome, Outcome::Inconclusive, "what was left out may be what is slower");
    let added = compare(&fewer, &a, 0.02);
    assert_eq!((added.workloads[0].missing.len(), added.cases().count()), (0, 1));
}

#[test]
fn without_a_baseline_or_samples_there_is_a_ratio_but_no_account() {
    let mut bare = run(&rounds(|_| {}));
    bare.samples.retain(|sample| sample.case == 1);
    let comparison = compare(&bare, &bare, 0.02);
    assert_eq!(comparison.workloads[0].missing[0].case, "serial");
    assert_eq!(of(&comparison, "threads/2").change, None);
    let published = compare(&book::record(), &book::record(), 0.02);
    let (_, case) = published.cases().next().unwrap();
    assert!((case.ratio.value - 1.0).abs() < 1e-12 && case.change.is_none());
    assert_eq!((case.verdict, published.outcome), (Verdict::NoChange, Outcome::NoRegression));
    let mut another = book::record();
    another.name = "another".into();
    let published = compare(&book::record(), &another, 0.02);
    let (_, case) = published.cases().next().unwrap();
    assert_eq!((case.verdict, published.outcome), (Verdict::Inconclusive, Outcome::Inconclusive));
    let unknown = published.needed.unwrap().unknown;
    assert!(unknown[0].ends_with("a run has a published mean and no rounds"), "{unknown:?}");
}

/// Runs of any kind.
fn any_run() -> impl Strategy<Value = RunRecord> {
    let figure = || prop::option::of(0..MS);
    let job = (1..9 * MS, 0..9 * MS, figure(), 0..MS, figure());
    let job = job.prop_map(|(serial, cpu, queue, rest, switches)| Job { serial, cpu, queue, rest, switches });
    let round = (prop::collection::vec(job, 5), [0..MS, 0..MS], 1..MS)
        .prop_map(|(jobs, ready, teardown)| Round { jobs, ready, teardown });
    prop::collection::vec(round, 1..5).prop_map(|rounds| run(&rounds))
}

proptest! {
    #[test]
    fn rows_sum_to_the_change_of_worker_time((a, b) in (any_run(), any_run())) {
        let comparison = compare(&a, &b, 0.02);
        prop_assert_eq!(comparison.cases().count(), 2);
        for (_, case) in comparison.cases() {
            let change = case.change.as_ref().unwrap();
            let whole = case.workers as f64 * (case.b_s - case.a_s);
            let sum: f64 = change.rows.iter().map(|row| row.worker_seconds.value).sum();
            prop_assert!((sum - whole).abs() < 1e-12, "{} {sum} {whole}", case.name());
            prop_assert!((change.worker_seconds.value - whole).abs() < 1e-12 && change.residual.abs() < 1e-12);
            let shares: f64 = change.rows.iter().map(|row| row.share).sum();
            prop_assert!((shares - (case.ratio.value - 1.0)).abs() < 1e-9);
        }
    }
}
