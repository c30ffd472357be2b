//! The identity on generated executions, and each loss on one made for it.

use proptest::prelude::*;

use super::*;
use crate::analysis::rounds::Reference;
use crate::record::{HostSpan, MachineState, Sample, TaskSpan, Trip, WorkerSpan};

fn sample(wall_ns: u64, workers: Vec<WorkerSpan>, tasks: Vec<TaskSpan>) -> Sample {
    Sample { workers, tasks, ..Sample::timed(0, 0, wall_ns) }
}

fn life(worker: usize, ready_ns: u64) -> WorkerSpan {
    WorkerSpan { worker, spawned_ns: 0, ready_ns, ended_ns: 0 }
}

/// A serial execution of tasks that take so long, `glue` between each.
fn serial(times: &[u64], glue: u64) -> Sample {
    let mut now = 0;
    let tasks = (times.iter().enumerate()).map(|(job, time)| {
        let begin = now + glue;
        now = begin + time;
        TaskSpan::busy(job, 0, (begin, now))
    });
    let tasks = tasks.collect();
    sample(now + glue, vec![], tasks)
}

fn account_of(serial: &Sample, sample: &Sample, workers: usize) -> Account {
    let pairs = [Paired { sample, reference: Reference(vec![serial]) }];
    account(&pairs, workers, true).unwrap()
}

fn value(account: &Account, loss: Loss) -> f64 {
    account.rows.iter().find(|row| row.loss == loss).map_or(0.0, |row| row.speedup.value)
}

#[track_caller]
fn assert_row(account: &Account, loss: Loss, expected: f64) {
    let found = value(account, loss);
    assert!((found - expected).abs() < 1e-9, "{loss:?} is {found}, not {expected}: {account:#?}");
}

#[test]
fn a_perfect_execution_loses_nothing() {
    let pool = sample(
        200,
        vec![life(0, 0), life(1, 0)],
        vec![
            TaskSpan::busy(0, 0, (0, 100)),
            TaskSpan::busy(1, 1, (0, 100)),
            TaskSpan::busy(2, 0, (100, 200)),
            TaskSpan::busy(3, 1, (100, 200)),
        ],
    );
    let account = account_of(&serial(&[100; 4], 0), &pool, 2);
    assert!((account.speedup - 2.0).abs() < 1e-12);
    for row in &account.rows {
        assert!(row.speedup.value.abs() < 1e-12, "{row:?}");
    }
}

#[test]
fn each_stretch_of_a_lane_goes_to_its_row() {
    // T = 400: spawn 20 and 40, hand-over 10 on each lane, tail 90 on lane 1, teardown 30 on each.
    let pool = sample(
        400,
        vec![life(0, 20), life(1, 40)],
        vec![
            TaskSpan::busy(0, 0, (30, 130)),
            TaskSpan::busy(1, 1, (50, 280)),
            TaskSpan::busy(2, 0, (130, 370)),
        ],
    );
    let account = account_of(&serial(&[100, 230, 240], 0), &pool, 2);
    assert_row(&account, Loss::Spawn, 60.0 / 400.0);
    assert_row(&account, Loss::Dispatch, 20.0 / 400.0);
    assert_row(&account, Loss::Teardown, 60.0 / 400.0);
    // The best schedule: 240 + 100 on one, 230 on the other; so is the order as it is.
    assert_row(&account, Loss::Granularity, (2.0 * 330.0 - 570.0) / 400.0);
    assert_row(&account, Loss::Ordering, (2.0 * 340.0 - 2.0 * 330.0) / 400.0);
}

#[test]
fn the_loop_between_serial_tasks_is_a_gain() {
    let pool =
        sample(200, vec![life(0, 0)], vec![TaskSpan::busy(0, 0, (0, 100)), TaskSpan::busy(1, 0, (100, 200))]);
    let account = account_of(&serial(&[100, 100], 10), &pool, 1);
    assert_row(&account, Loss::SerialLoop, -30.0 / 200.0);
    assert!((account.speedup - 230.0 / 200.0).abs() < 1e-12);
}

#[test]
fn time_within_a_task_is_told_apart_by_what_the_system_counts() {
    let mut one = TaskSpan::busy(0, 0, (0, 200));
    (one.cpu_ns, one.queue_ns) = (120, Some(30));
    let reference = serial(&[100], 0);
    let run = |task: &TaskSpan| account_of(&reference, &sample(200, vec![life(0, 0)], vec![task.clone()]), 1);
    let stolen = run(&one);
    assert_row(&stolen, Loss::SlowerTasks, 0.1);
    assert_row(&stolen, Loss::RunQueue, 0.15);
    assert_row(&stolen, Loss::Steal, 0.25);
    one.voluntary_switches = Some(2);
    assert_row(&run(&one), Loss::Blocking, 0.25);
    one.voluntary_switches = None;
    assert_row(&run(&one), Loss::Waiting, 0.25);
    one.queue_ns = None;
    let merged = run(&one);
    assert_row(&merged, Loss::Waiting, 0.4);
    assert!(merged.rows.iter().all(|row| row.loss != Loss::RunQueue));
    assert!(merged.notes.iter().any(|note| note.contains("no run-queue delay")), "{:?}", merged.notes);
}

#[test]
fn time_that_the_control_group_was_held_up_comes_out_of_the_waits_for_a_cpu() {
    let mut one = TaskSpan::busy(0, 0, (0, 200));
    (one.cpu_ns, one.queue_ns) = (100, Some(60));
    let run = |task: &TaskSpan, throttled_ns| {
        let mut sample = sample(200, vec![life(0, 0)], vec![task.clone()]);
        sample.machine.throttled_ns = throttled_ns;
        account_of(&serial(&[100], 0), &sample, 1)
    };
    let held_up = run(&one, Some(50));
    assert_row(&held_up, Loss::Quota, 0.25);
    assert_row(&held_up, Loss::RunQueue, 0.05);
    assert!(held_up.residual.abs() < 1e-12);
    // Other threads of the group were held up as well.
    let others = run(&one, Some(1000));
    assert_row(&others, Loss::Quota, 0.3);
    assert_row(&others, Loss::RunQueue, 0.0);
    for never in [run(&one, None), run(&one, Some(0))] {
        assert_row(&never, Loss::RunQueue, 0.3);
        assert!(never.rows.iter().all(|row| row.loss != Loss::Quota), "{never:#?}");
    }
    one.queue_ns = None;
    let merged = run(&one, Some(50));
    assert_row(&merged, Loss::Quota, 0.25);
    assert_row(&merged, Loss::Waiting, 0.25);
}

#[test]
fn a_task_that_had_to_wait_to_be_submitted_says_so() {
    let mut late = TaskSpan::busy(0, 0, (70, 170));
    late.submitted_ns = 50;
    let account = account_of(&serial(&[100], 0), &sample(170, vec![life(0, 10)], vec![late]), 1);
    let row = account.rows.iter().find(|row| row.loss == Loss::Dispatch).unwrap();
    let parts: Vec<_> =
        row.parts.iter().map(|part| (part.name, (part.speedup.value * 170.0).round())).collect();
    assert_eq!(parts, [("not yet submitted", 40.0), ("hand-over", 20.0)]);
}

fn host(host: usize, first_worker: usize, workers: usize) -> HostSpan {
    HostSpan {
        host,
        first_worker,
        workers,
        clock_error_ns: 12,
        latency_ns: 12,
        opening: None,
        closing: None,
        machine: MachineState::default(),
    }
}

fn trip([sent_ns, came_ns, told_ns, back_ns]: [u64; 4]) -> Trip {
    Trip { sent_ns, came_ns, told_ns, back_ns }
}

#[track_caller]
fn assert_parts(account: &Account, loss: Loss, wall: f64, expected: &[(&str, f64)]) {
    let row = account.rows.iter().find(|row| row.loss == loss).unwrap();
    let parts: Vec<_> =
        row.parts.iter().map(|part| (part.name, (part.speedup.value * wall * 1e6).round() / 1e6)).collect();
    assert_eq!(parts, expected);
}

#[test]
fn what_a_worker_of_another_host_waits_for_messages_is_network() {
    // Told to start at 5, which came at 15; spawned at 16. The work was sent at 45 and came at 60.
    let task = TaskSpan { trip: Some(trip([45, 60, 305, 320])), ..TaskSpan::busy(0, 0, (62, 300)) };
    let life = WorkerSpan { worker: 0, spawned_ns: 16, ready_ns: 40, ended_ns: 0 };
    let of = HostSpan {
        opening: Some(trip([5, 15, 20, 30])),
        closing: Some(trip([325, 335, 380, 395])),
        ..host(0, 0, 1)
    };
    let pool = Sample { hosts: vec![of], ..sample(400, vec![life], vec![task]) };
    let account = account_of(&serial(&[238], 0), &pool, 1);
    assert_row(&account, Loss::Spawn, 30.0 / 400.0);
    assert_row(&account, Loss::Dispatch, 7.0 / 400.0);
    assert_row(&account, Loss::Network, 65.0 / 400.0);
    assert_row(&account, Loss::Teardown, 60.0 / 400.0);
    assert!(account.residual.abs() < 1e-12, "{account:#?}");
    assert_parts(&account, Loss::Spawn, 400.0, &[("launcher", 6.0), ("local pool", 24.0)]);
    assert_parts(&account, Loss::Network, 400.0, &[("latency", 56.0), ("data", 9.0)]);
}

#[test]
fn a_clock_that_is_off_moves_a_way_and_not_the_sum_of_both() {
    let of = |off: u64| {
        let task = TaskSpan {
            trip: Some(trip([10, 30 + off, 130 + off, 160])),
            ..TaskSpan::busy(0, 0, (30 + off, 130 + off))
        };
        let pool = Sample { hosts: vec![host(0, 0, 1)], ..sample(160, vec![life(0, 0)], vec![task]) };
        account_of(&serial(&[100], 0), &pool, 1)
    };
    for off in [0, 5, 9] {
        assert_row(&of(off), Loss::Network, 50.0 / 160.0);
        assert_row(&of(off), Loss::Dispatch, 10.0 / 160.0);
    }
}

#[test]
fn a_worker_that_waits_for_more_waits_for_the_answer_and_the_next_task() {
    let first = TaskSpan { trip: Some(trip([0, 10, 110, 120])), ..TaskSpan::busy(0, 0, (10, 110)) };
    // It was sent only once the first was back, and 4 later.
    let second = TaskSpan { trip: Some(trip([124, 134, 234, 244])), ..TaskSpan::busy(1, 0, (135, 234)) };
    // This one was there before it was needed.
    let third = TaskSpan { trip: Some(trip([125, 135, 334, 344])), ..TaskSpan::busy(2, 0, (236, 334)) };
    let pool =
        Sample { hosts: vec![host(0, 0, 1)], ..sample(344, vec![life(0, 0)], vec![first, second, third]) };
    let account = account_of(&serial(&[100, 99, 98], 0), &pool, 1);
    assert_row(&account, Loss::Network, 40.0 / 344.0);
    assert_row(&account, Loss::Dispatch, 7.0 / 344.0);
}

#[test]
fn each_host_has_its_own_losses_and_says_what_it_does_not_tell() {
    let mut held_up = TaskSpan::busy(1, 1, (0, 200));
    (held_up.cpu_ns, held_up.queue_ns) = (100, Some(100));
    let mut silent = TaskSpan::busy(2, 2, (0, 200));
    (silent.cpu_ns, silent.queue_ns) = (150, None);
    let tasks = vec![TaskSpan::busy(0, 0, (0, 200)), held_up, silent];
    let mut hosts = vec![host(0, 0, 1), host(1, 1, 1), host(2, 2, 1)];
    hosts[1].machine.throttled_ns = Some(30);
    let pool = Sample { hosts, ..sample(200, (0..3).map(|worker| life(worker, 0)).collect(), tasks) };
    let account = account_of(&serial(&[200, 100, 150], 0), &pool, 3);
    let of = |host: usize, loss: Loss| {
        let rows = &account.hosts[host].rows;
        rows.iter().find(|row| row.loss == loss).map(|row| row.worker_seconds.map(|s| (s * 1e9).round()))
    };
    assert_eq!(
        [0, 1, 2].map(|host| of(host, Loss::RunQueue)),
        [Some(Some(0.0)), Some(Some(70.0)), Some(None)]
    );
    assert_eq!([0, 1, 2].map(|host| of(host, Loss::Quota)), [None, Some(Some(30.0)), None]);
    assert_eq!([0, 1, 2].map(|host| of(host, Loss::Waiting)), [None, None, Some(Some(50.0))]);
    assert_eq!(
        account.hosts.iter().map(|on| (on.host, on.workers)).collect::<Vec<_>>(),
        [(1, 1), (2, 1), (3, 1)]
    );
    assert!(account.residual.abs() < 1e-12);
}

#[test]
fn another_batch_than_the_baselines_has_no_account() {
    let pool = sample(100, vec![life(0, 0)], vec![TaskSpan::busy(0, 0, (0, 100))]);
    let reference = serial(&[50, 50], 0);
    let pairs = [Paired { sample: &pool, reference: Reference(vec![&reference]) }];
    assert!(account(&pairs, 1, true).is_none());
}

/// A host's part in one: index, first worker, workers, opening, closing, and time that its quota held up.
type Span = (usize, usize, usize, Option<[u64; 4]>, Option<[u64; 4]>, Option<u64>);

/// Executions as a machine might produce them, and as only a broken file might.
fn executions() -> impl Strategy<Value = (usize, Vec<(Sample, Sample)>)> {
    let figure = || prop::option::of(0..5_000_000_u64);
    let one_task = (0..8_usize, 0..50_000_000_u64, 0..9_000_000_u64, 0..9_000_000_u64, figure(), figure());
    let batch = prop::collection::vec(one_task, 1..14);
    let lives = prop::collection::vec((0..8_usize, 0..3_000_000_u64), 0..8);
    let trips = || prop::option::of(prop::array::uniform4(0..90_000_000_u64));
    let span = (0..4_usize, 0..8_usize, 1..4_usize, trips(), trips(), figure());
    let hosts = (prop::collection::vec(span, 0..4), prop::collection::vec(trips(), 14));
    let execution =
        (batch, lives, 1..90_000_000_u64, prop::collection::vec(1..9_000_000_u64, 14), (0..9999_u64, hosts));
    let clock = prop::option::of(1.0..5e9_f64);
    (1..9_usize, prop::collection::vec((execution, clock), 1..5)).prop_map(|(workers, rounds)| {
        let build = |((batch, lives, wall, times, (glue, (spans, trips))), clock): (_, Option<f64>)| {
            let batch: Vec<_> = batch;
            let trips: Vec<Option<[u64; 4]>> = trips;
            let tasks = (batch.iter().enumerate())
                .map(|(job, &(worker, begin, length, cpu, queue, switches))| TaskSpan {
                    cpu_ns: cpu,
                    queue_ns: queue,
                    voluntary_switches: switches,
                    submitted_ns: length / 2,
                    clock_hz: clock,
                    trip: trips[job].map(trip),
                    ..TaskSpan::busy(job, worker % workers, (begin, begin + length))
                })
                .collect();
            let lives: Vec<(usize, u64)> = lives;
            let lives = lives.into_iter().map(|(worker, ready)| life(worker % workers, ready)).collect();
            let times: Vec<u64> = times;
            let mut reference = serial(&times[..batch.len()], glue);
            for task in &mut reference.tasks {
                task.clock_hz = clock.map(|hz| hz * 1.1);
            }
            let spans: Vec<Span> = spans;
            let hosts = spans.into_iter().map(|(of, first, many, opening, closing, throttled_ns)| HostSpan {
                opening: opening.map(trip),
                closing: closing.map(trip),
                machine: MachineState { throttled_ns, ..MachineState::default() },
                ..host(of, first, many)
            });
            (reference, Sample { hosts: hosts.collect(), ..sample(wall, lives, tasks) })
        };
        (workers, rounds.into_iter().map(build).collect())
    })
}

proptest! {
    #[test]
    fn rows_sum_to_the_gap_and_parts_to_their_rows((workers, rounds) in executions()) {
        let pairs: Vec<_> = rounds
            .iter()
            .map(|(serial, sample)| Paired { sample, reference: Reference(vec![serial]) })
            .collect();
        let account = account(&pairs, workers, true).unwrap();
        let sum: f64 = account.rows.iter().map(|row| row.speedup.value).sum();
        // Rounding grows with the rows, which in a broken file may dwarf the gap.
        let size = account.rows.iter().map(|row| row.speedup.value.abs()).fold(workers as f64, f64::max);
        prop_assert!((sum - account.gap).abs() < 1e-9 * size, "{sum} {}", account.gap);
        prop_assert!((account.gap - (workers as f64 - account.speedup)).abs() < 1e-12 * size);
        for row in &account.rows {
            let parts: f64 = row.parts.iter().map(|part| part.speedup.value).sum();
            prop_assert!(row.parts.is_empty() || (parts - row.speedup.value).abs() < 1e-9 * size, "{row:?}");
        }
    }
}
