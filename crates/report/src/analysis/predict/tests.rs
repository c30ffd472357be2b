//! Predictions from records whose truth is known.

use proptest::prelude::*;

use super::model::{Choice, Forecast, Gain, Outcome, Prediction, Tried};
use super::predict;
use crate::analysis::{Analysis, Loss, bounds};
use crate::record::{
    BASELINE, Case, CeilingLane, CeilingSample, Design, HostSpan, Known, RunRecord, Sample, TaskSpan,
    WorkerSpan, book,
};

const ROUNDS: u32 = 10;

/// A pool whose workers take `spawn` to start, all at once, and whose tasks take longer by a factor.
#[derive(Clone, Copy)]
struct Pool {
    workers: usize,
    spawn: f64,
    slower: f64,
}

impl Pool {
    fn of(workers: usize) -> Self {
        Self { workers, spawn: 0.0, slower: 1.0 }
    }
}

/// Times of the jobs in a round, in seconds: they vary a little from round to round.
fn in_round(times: &[f64], round: u32) -> Vec<f64> {
    times.iter().map(|time| time * (1.0 + 0.002 * f64::from(round % 5))).collect()
}

fn ns(seconds: f64) -> u64 {
    (seconds * 1e9).round() as u64
}

fn sample(case: usize, round: u32, wall: f64, workers: Vec<WorkerSpan>, tasks: Vec<TaskSpan>) -> Sample {
    Sample { workers, tasks, ..Sample::timed(case, round, ns(wall)) }
}

fn serial(case: usize, round: u32, times: &[f64]) -> Sample {
    let mut now = 0.0;
    let mut task = |(job, time): (usize, &f64)| {
        let begin = now;
        now += time;
        TaskSpan::busy(job, 0, (ns(begin), ns(now)))
    };
    let tasks: Vec<TaskSpan> = times.iter().enumerate().map(&mut task).collect();
    sample(case, round, now, vec![], tasks)
}

/// Each job to the worker that is free first.
fn pooled(case: usize, round: u32, times: &[f64], pool: Pool) -> Sample {
    let mut free = vec![pool.spawn; pool.workers];
    let mut tasks = Vec::new();
    for (job, time) in times.iter().enumerate() {
        let worker = (0..pool.workers).min_by(|&a, &b| free[a].total_cmp(&free[b])).unwrap();
        let begin = free[worker];
        free[worker] += time * pool.slower;
        tasks.push(TaskSpan::busy(job, worker, (ns(begin), ns(free[worker]))));
    }
    let wall = free.iter().copied().fold(0.0, f64::max);
    let life = |worker| WorkerSpan { worker, spawned_ns: 0, ready_ns: ns(pool.spawn), ended_ns: ns(wall) };
    sample(case, round, wall, (0..pool.workers).map(life).collect(), tasks)
}

/// A run of one workload on threads, on so many CPUs that do `ceiling` of what as many would that share nothing.
fn run(times: &[f64], pools: &[Pool], cpus: usize, ceiling: f64) -> RunRecord {
    let mut record = book::record();
    let workload = record.plan.workloads[0].name.clone();
    let case = |executor: &str, workers| Case {
        workload: workload.clone(),
        executor: executor.to_string(),
        workers,
        again: false,
    };
    record.design = Design::InterleavedRounds;
    record.published.clear();
    record.environment.cpus_available = Known::Value(cpus);
    record.plan.workloads.truncate(1);
    record.plan.cases = std::iter::once(case(BASELINE, 1))
        .chain(pools.iter().map(|pool| case("threads", pool.workers)))
        .collect();
    record.samples.clear();
    for round in 0..ROUNDS {
        let times = in_round(times, round);
        record.samples.push(serial(0, round, &times));
        for (index, pool) in pools.iter().enumerate() {
            record.samples.push(pooled(index + 1, round, &times, *pool));
        }
        for threads in 1..=cpus {
            let share = if threads == 1 { 1.0 } else { ceiling };
            let lane = CeilingLane { cpu: None, passes: 1000, busy_ns: (1e9 / share) as u64 };
            record.ceilings.push(CeilingSample {
                way: 0,
                workload: workload.clone(),
                round,
                warmup: false,
                host: None,
                lanes: vec![lane; threads],
            });
        }
    }
    record
}

fn only(prediction: &Prediction) -> &Forecast {
    let [forecast] = &prediction.forecasts[..] else { panic!("{prediction:?}") };
    forecast
}

fn gain(forecast: &Forecast, choice: Choice) -> (f64, f64) {
    let advice = forecast.advice.iter().find(|advice| advice.choice == choice).unwrap();
    match &advice.outcome {
        Gain::Told { speedup, gain, .. } => (speedup.value, gain.value),
        Gain::Untold { reason } => panic!("{reason}"),
    }
}

/// Four jobs, the longest last: three units of time on two workers, where two and a half would do.
const LONGEST_LAST: [f64; 4] = [0.1, 0.1, 0.1, 0.2];

#[test]
fn longest_first_is_told_what_it_gives() {
    let prediction = predict(&run(&LONGEST_LAST, &[Pool::of(1), Pool::of(2)], 2, 1.0), &[]);
    let (with, more) = gain(only(&prediction), Choice::LongestFirst);
    // 5 units of work in 3 units of time; with the longest first in 3 as well: 2 + 1 and 1 + 1. Split: 2.5.
    assert!((with - 5.0 / 3.0).abs() < 1e-6 && more.abs() < 1e-6, "{with} {more}");
    let (split, _) = gain(only(&prediction), Choice::SplitInTwo);
    assert!((split - 2.0).abs() < 1e-6, "{split}");
    let late = [0.1, 0.1, 0.3];
    let prediction = predict(&run(&late, &[Pool::of(1), Pool::of(2)], 2, 1.0), &[]);
    let (with, more) = gain(only(&prediction), Choice::LongestFirst);
    assert!(
        (with - 5.0 / 3.0).abs() < 1e-6 && (more - (5.0 / 3.0 - 5.0 / 4.0)).abs() < 1e-6,
        "{with} {more}"
    );
    let analysis = Analysis::of(&run(&late, &[Pool::of(1), Pool::of(2)], 2, 1.0));
    let best = analysis.workloads[0].suggestion.as_ref().unwrap();
    // Halves of 0.15 at the end make 0.25, the bound.
    assert_eq!((best.advice.choice, best.advice.workers), (Choice::SplitInTwo, 2));
}

#[test]
fn a_warm_pool_saves_the_start_and_tasks_as_fast_as_serially_what_they_are_slower() {
    let pools = [1, 2].map(|workers| Pool { workers, spawn: 0.02, slower: 1.25 });
    let prediction = predict(&run(&[0.1; 4], &pools, 2, 1.0), &[]);
    let forecast = only(&prediction);
    let near = |choice, expected: f64| {
        let (with, _) = gain(forecast, choice);
        assert!((with / expected - 1.0).abs() < 1e-3, "{choice:?}: {with}, not {expected}");
    };
    near(Choice::WarmPool, 0.4 / 0.25);
    near(Choice::HalfSpawn, 0.4 / 0.26);
    near(Choice::NoSlowerTasks, 0.4 / 0.22);
    near(Choice::NoRunQueue, 0.4 / 0.27);
    assert!(forecast.advice.is_sorted_by(|one, other| {
        let of = |it: &super::model::Advice| match &it.outcome {
            Gain::Told { gain, .. } => gain.value,
            Gain::Untold { .. } => f64::NEG_INFINITY,
        };
        of(one) >= of(other)
    }));
    let untold = forecast.advice.iter().find(|advice| advice.choice == Choice::Processes).unwrap();
    assert!(
        matches!(&untold.outcome, Gain::Untold { reason } if reason.contains("--executor")),
        "{untold:?}"
    );
}

#[test]
fn more_workers_than_cpus_share_them() {
    let prediction = predict(&run(&[0.1; 24], &[Pool::of(1), Pool::of(2)], 2, 1.0), &[2, 4, 8, 16]);
    let asked = &only(&prediction).predicted;
    assert!(matches!(asked[0].here, Outcome::Measured { .. }) && asked[0].with_cpus.is_none());
    let Outcome::Expected { speedup, time_s } = asked[1].here else { panic!("{asked:?}") };
    assert!((speedup.value - 2.0).abs() < 1e-6 && (time_s - 1.2 * 1.004).abs() < 1e-3, "{asked:?}");
    assert!(speedup.interval.unwrap().contains(1.9) && !speedup.interval.unwrap().contains(1.5));
    let Some(Outcome::Range { low, high }) = asked[1].with_cpus else { panic!("{asked:?}") };
    assert!((high.value - 4.0).abs() < 1e-6 && (low.value - 4.0).abs() < 1e-3, "{asked:?}");
    assert!(matches!(asked[3].here, Outcome::Refused { .. }), "eight times as many: {asked:?}");
}

#[test]
fn what_cpus_share_makes_a_range_of_what_more_of_them_would_do() {
    // Two threads do 1.6 times the work of one: Amdahl's law has a contention of 0.25.
    let pools = [Pool::of(1), Pool { slower: 1.25, ..Pool::of(2) }];
    let prediction = predict(&run(&[0.1; 24], &pools, 2, 0.8), &[4]);
    let forecast = only(&prediction);
    let Tried::Predicted { error, covered, .. } = forecast.held_out[0].outcome else {
        panic!("{forecast:?}")
    };
    assert!(error.abs() < 1e-3 && covered, "the ceiling says it: {error}");
    let Some(Outcome::Range { low, high }) = forecast.predicted[0].with_cpus else { panic!("{forecast:?}") };
    // Tasks that take as long as with two workers; and 4 / (1 + 3 · 0.25).
    assert!((high.value - 3.2).abs() < 1e-3 && (low.value - 4.0 / 1.75).abs() < 1e-2, "{low:?} {high:?}");
}

#[test]
fn from_one_worker_alone_nothing_follows_without_a_ceiling() {
    let mut record = run(&[0.1; 8], &[Pool::of(1), Pool::of(2)], 2, 1.0);
    record.ceilings.clear();
    let prediction = predict(&record, &[4]);
    let forecast = only(&prediction);
    let Tried::Refused { reason } = &forecast.held_out[0].outcome else { panic!("{forecast:?}") };
    assert!(reason.contains("no ceiling"), "{reason}");
    assert!(matches!(forecast.predicted[0].here, Outcome::Expected { .. }), "two workers tell");
    assert!(matches!(&forecast.predicted[0].with_cpus, Some(Outcome::AtMost { .. })));
    assert_eq!((prediction.held.pairs, prediction.held.refused), (0, 1));
}

#[test]
fn where_hold_out_misses_nothing_more_is_predicted() {
    // Two workers are as slow as one, as under a global lock; the ceiling knows nothing of it.
    let pools = [Pool::of(1), Pool { slower: 2.0, ..Pool::of(2) }];
    let prediction = predict(&run(&[0.1; 8], &pools, 8, 1.0), &[4]);
    let forecast = only(&prediction);
    assert!(matches!(forecast.held_out[0].outcome, Tried::Predicted { covered: false, .. }));
    let Outcome::Refused { reason } = &forecast.predicted[0].here else { panic!("{forecast:?}") };
    assert!(reason.contains("2 workers were missed by +100 %"), "{reason}");
}

#[test]
fn records_without_tasks_say_so() {
    let mut record = run(&[0.1; 8], &[Pool::of(1), Pool::of(2)], 2, 1.0);
    record.samples.iter_mut().for_each(|sample| sample.tasks.clear());
    let prediction = predict(&record, &[4]);
    let Outcome::Refused { reason } = &only(&prediction).predicted[0].here else { panic!("{prediction:?}") };
    assert!(reason.contains("not timed one by one"), "{reason}");
    assert_eq!(only(&prediction).advice, []);
    assert_eq!(predict(&book::record(), &[4]).forecasts, []);
}

#[test]
fn that_messages_between_hosts_are_part_of_the_time_between_jobs_is_told() {
    let mut record = run(&[0.1; 8], &[Pool::of(1), Pool::of(2)], 2, 1.0);
    let notes = |record: &RunRecord| only(&predict(record, &[4])).notes.join(" ");
    assert!(!notes(&record).contains("hosts"));
    for sample in &mut record.samples {
        let (opening, closing, machine) = Default::default();
        let (clock_error_ns, latency_ns) = (1000, 500);
        let host = HostSpan {
            host: 0,
            first_worker: 0,
            workers: 2,
            clock_error_ns,
            latency_ns,
            opening,
            closing,
            machine,
        };
        sample.hosts = vec![host];
    }
    assert!(notes(&record).contains("messages between hosts"), "{}", notes(&record));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    /// Without costs the predicted gap is that of granularity and ordering, as the account has them.
    #[test]
    fn the_predicted_gap_is_granularity_and_ordering(
        times in prop::collection::vec(0.01..0.2_f64, 4..16),
        workers in 2..5_usize,
    ) {
        let pools = [Pool::of(1), Pool::of(workers)];
        let record = run(&times, &pools, 8, 1.0);
        let prediction = predict(&record, &[]);
        let Tried::Predicted { speedup, .. } = only(&prediction).held_out[0].outcome else {
            panic!("{prediction:?}");
        };
        let replayed = times.iter().sum::<f64>() / bounds::replay(&times, workers);
        prop_assert!((speedup.value / replayed - 1.0).abs() < 1e-6);
        let analysis = Analysis::of(&record);
        let cell = analysis.executors[0].rows[1].cells[0].estimate().unwrap();
        let row = |row: &&crate::analysis::LossRow| [Loss::Granularity, Loss::Ordering].contains(&row.loss);
        let rows = cell.account.as_ref().unwrap().rows.iter().filter(row);
        let lost: f64 = rows.map(|row| row.speedup.value).sum();
        prop_assert!((workers as f64 - speedup.value - lost).abs() < 1e-5, "{} {}", speedup.value, lost);
    }
}
