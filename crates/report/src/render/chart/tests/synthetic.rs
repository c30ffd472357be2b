//! Analyses made up for charts.

use crate::analysis::scaling::{Amdahl, CurvePoint, Usl};
use crate::analysis::{
    Account, Analysis, Bound, Ceiling, Cell, Crossing, Effort, Estimate, ExecutorTable, Lane, Law, Loss,
    LossRow, NoisyRound, RoundPoint, Row, Scaling, Segment, State, TaskCrossing, TaskCurve, TaskPoint,
    TaskTimes, Timeline, WorkloadColumn,
};
use crate::record::{Around, Data, Design, Environment, Known, PoolMode, Status};
use crate::stats::{Interval, Quantity};

pub(super) const POOLS: &[&str] = &["threads", "processes", "rayon"];

/// Rounds of a rich run.
pub(super) const ROUNDS: u32 = 50;

/// An estimate without anything that takes a serial baseline or raw samples; its bar reaches from
/// 6 % below the mean to 12 % above.
pub(super) fn estimate(mean_s: f64, one_s: Option<f64>) -> Estimate {
    Estimate {
        runs: 20,
        mean_s,
        min_s: 0.94 * mean_s,
        max_s: 1.12 * mean_s,
        sd_s: 0.05 * mean_s,
        factor: one_s.map(|one_s| one_s / mean_s),
        speedup: None,
        quiet: None,
        efficiency: None,
        karp_flatt: None,
        overhead_s: None,
        cpus: None,
        account: None,
        waiting: None,
        rounds: Vec::new(),
        timeline: None,
        outside: None,
    }
}

pub(super) fn measured(mean_s: f64, one_s: Option<f64>) -> Cell {
    Cell::Measured(Box::new(estimate(mean_s, one_s)))
}

/// Seconds of the batch on one worker.
fn one_s(column: usize) -> f64 {
    0.9 + 0.7 * column as f64
}

/// Amdahl's law with a serial part, and some loss by coherency, of each executor's own.
fn time_s(column: usize, executor: usize, workers: usize) -> f64 {
    let serial = 0.04 + 0.06 * executor as f64;
    let coherency = 0.0006 * (executor + 1) as f64 * (workers - 1) as f64;
    one_s(column) * (1.0 + 0.01 * executor as f64) * (serial + (1.0 - serial) / workers as f64 + coherency)
}

/// A run without serial baseline and raw samples.
pub(super) fn plain(workloads: &[&str], executors: &[&str], counts: &[usize]) -> Analysis {
    let cell = |column: usize, executor: usize, workers: usize| {
        measured(time_s(column, executor, workers), Some(time_s(column, executor, 1)))
    };
    let rows = |executor: usize| {
        let row = |workers: usize| Row {
            workers,
            oversubscribed: false,
            cells: (0..workloads.len()).map(|column| cell(column, executor, workers)).collect(),
        };
        counts.iter().map(|workers| row(*workers)).collect()
    };
    Analysis {
        name: "desk".to_string(),
        program: "speedup 0.1.0".to_string(),
        peer: false,
        turns: None,
        created: "2026-02-03T04:05:06Z".to_string(),
        machine: "AMD Ryzen 7 5800X 8-Core Processor, 16 CPUs".to_string(),
        design: Design::InterleavedRounds,
        pool: PoolMode::Cold,
        pin: None,
        status: Status::Complete,
        narrowing: Vec::new(),
        effort: Effort {
            rounds: ROUNDS,
            whole: ROUNDS,
            warmup_rounds: 1,
            stop: None,
            precision: Some(0.01),
            widest: None,
            without_interval: Vec::new(),
            apart: Vec::new(),
            noisy: Vec::new(),
            unsteady: None,
        },
        workloads: (workloads.iter().enumerate())
            .map(|(column, name)| WorkloadColumn {
                name: (*name).to_string(),
                label: name.to_uppercase(),
                workload: (*name).to_string(),
                kernel: "plain".to_string(),
                backend: None,
                waits: None,
                command: None,
                data: Data::Generate,
                passes: 80,
                jobs: 12,
                digests: Vec::new(),
                bytes: 3_276_800,
                serial: measured(0.99 * one_s(column), None),
                floor: None,
                bounds: Vec::new(),
                ceilings: Vec::new(),
                ceilings_over_hosts: Vec::new(),
                ceiling_ways: Vec::new(),
                suggestion: None,
            })
            .collect(),
        executors: (executors.iter().enumerate())
            .map(|(index, name)| ExecutorTable {
                executor: (*name).to_string(),
                rows: rows(index),
                scaling: Vec::new(),
            })
            .collect(),
        crossovers: Vec::new(),
        task_times: Vec::new(),
        environment: Environment::default(),
        hosts: None,
        conditions: Around::default(),
    }
}

/// A figure with an interval as wide as `part` of it on either side.
pub(super) fn about(value: f64, part: f64) -> Quantity {
    let half = part * value.abs();
    Quantity { value, interval: Some(Interval { low: value - half, high: value + half }) }
}

/// A run with everything, on so many CPUs.
pub(super) fn rich(workloads: &[&str], executors: &[&str], counts: &[usize], cpus: usize) -> Analysis {
    let mut run = plain(workloads, executors, counts);
    run.environment.cpus_available = Known::Value(cpus);
    run.environment.cpus_online = Known::Value(cpus);
    run.machine = format!("AMD EPYC 9R14, {cpus} CPUs");
    run.effort.noisy = [(7, "steal took 6 % of the CPU time"), (31, "the issue width was half as usual")]
        .map(|(round, reason)| NoisyRound { round, reason: reason.to_string() })
        .to_vec();
    for (column, workload) in run.workloads.iter_mut().enumerate() {
        let Cell::Measured(serial) = &mut workload.serial else { unreachable!() };
        serial.rounds = [rounds(serial.mean_s, 3), rounds(serial.mean_s, 11)].concat();
        serial.rounds.sort_by_key(|point| point.round);
        workload.bounds = (1..=counts.last().copied().unwrap_or(1)).map(|n| bound(column, n)).collect();
        let ceiling = |n: usize| (n.min(cpus) as f64).powf(0.97) * (1.0 - 0.02 * column as f64);
        workload.ceilings =
            counts.iter().map(|&n| Ceiling { workers: n, speedup: about(ceiling(n), 0.02) }).collect();
    }
    for (executor, table) in run.executors.iter_mut().enumerate() {
        for row in &mut table.rows {
            row.oversubscribed = row.workers > cpus;
            for (column, cell) in row.cells.iter_mut().enumerate() {
                let Cell::Measured(estimate) = cell else { unreachable!() };
                enrich(estimate, (column, executor, row.workers), cpus);
            }
        }
        table.scaling = (0..workloads.len()).map(|_| scaling(executor, counts)).collect();
    }
    run.task_times = workloads.iter().map(|name| task_times(name, executors)).collect();
    run
}

/// Times of tasks whose hand-over costs a process 20 µs and a copy of the array.
fn task_times(workload: &str, executors: &[&str]) -> TaskTimes {
    let ways = executors.iter().enumerate().flat_map(|way| Data::ALL.map(|data| (way, data)));
    let curves = ways.map(|((executor, name), data)| {
        let seconds = |bytes: f64| {
            let copies = if data == Data::Copy { executor + 1 } else { 0 };
            1e-6 + 1e-5 * (2 * executor) as f64 + bytes * 1e-10 * (1.0 + 2.0 * copies as f64)
        };
        let points = (0..8).map(|step| {
            let bytes = 4096 << (2 * step);
            TaskPoint { bytes, seconds: about(seconds(bytes as f64), 0.04) }
        });
        TaskCurve { executor: (*name).to_string(), data, points: points.collect() }
    });
    let crossing = |data| TaskCrossing { data, share: 0.05, place: Crossing::From(2e6) };
    TaskTimes {
        workload: workload.to_string(),
        label: workload.to_uppercase(),
        workers: 1,
        curves: curves.collect(),
        crossings: Data::ALL.map(crossing).into(),
    }
}

/// Bounds as of twelve jobs, not all of a size.
fn bound(column: usize, workers: usize) -> Bound {
    let even = 12.0 / 12_usize.div_ceil(workers) as f64;
    let speedup = even.min(if column == 0 { 8.333 } else { 12.0 });
    Bound { workers, speedup, exact: true, at_most: speedup, in_order: 0.98 * speedup }
}

fn enrich(estimate: &mut Estimate, (column, executor, workers): (usize, usize, usize), cpus: usize) {
    if workers > cpus {
        estimate.mean_s = time_s(column, executor, cpus) * 1.02;
    }
    let n = workers as f64;
    let speedup = 0.99 * one_s(column) / estimate.mean_s;
    estimate.speedup = Some(about(speedup, 0.02));
    estimate.efficiency = Some(about(speedup / n, 0.02));
    estimate.karp_flatt = (workers > 1).then(|| {
        let karp_flatt = |speedup: f64| (1.0 / speedup - 1.0 / n) / (1.0 - 1.0 / n);
        let (low, high) = (karp_flatt(1.02 * speedup), karp_flatt(0.98 * speedup));
        Quantity { value: karp_flatt(speedup), interval: Some(Interval { low, high }) }
    });
    estimate.account = Some(account(speedup, workers, executor));
    estimate.rounds = rounds(estimate.mean_s, (17 * column + 5 * executor + workers) as u64);
    estimate.timeline = Some(timeline(estimate.mean_s, workers));
}

/// An account that leaves out what does not occur, with a gain.
fn account(speedup: f64, workers: usize, executor: usize) -> Account {
    let gap = workers as f64 - speedup;
    let gain = 0.02 * speedup;
    let weights = [0.12, 0.04, 0.0, 0.2, 0.05, 0.04, 0.35, 0.0, 0.0, 0.06, 0.0, 0.0, 0.14, 0.0];
    let total: f64 = weights.iter().sum();
    let rows = (Loss::ALL.into_iter().zip(weights))
        .filter(|(loss, weight)| *weight > 0.0 && (executor > 0 || *loss != Loss::Teardown))
        .map(|(loss, weight)| (loss, weight / total * (gap + gain)))
        .chain([(Loss::SerialLoop, -gain)])
        .map(|(loss, value)| LossRow {
            loss,
            speedup: about(value, 0.1),
            worker_seconds: value * 0.2,
            parts: Vec::new(),
        });
    let mut rows: Vec<_> = rows.collect();
    let sum: f64 = rows.iter().map(|row| row.speedup.value).sum();
    rows[0].speedup.value += gap - sum;
    Account { workers, speedup, gap, rows, residual: 0.0, pop: None, hosts: Vec::new(), notes: Vec::new() }
}

/// Numbers from 0 to 1 that look random.
fn noise(seed: u64, index: u64) -> f64 {
    let mixed = (seed.wrapping_mul(0x9e37_79b9) ^ index.wrapping_mul(0x85eb_ca6b)).wrapping_mul(0xc2b2_ae3d);
    ((mixed >> 16) & 0xffff) as f64 / 65_536.0
}

fn rounds(mean_s: f64, seed: u64) -> Vec<RoundPoint> {
    let point = |round: u32| {
        let disturbed = if round == 7 { 0.12 } else { 0.0 };
        let wall_s = mean_s * (0.98 + 0.04 * noise(seed, u64::from(round)) + disturbed);
        RoundPoint {
            round,
            start_s: f64::from(round) * 10.0,
            wall_s,
            serial_s: Some(0.9),
            steal_s: Some(wall_s * if round == 7 { 0.2 } else { 0.01 * noise(seed + 1, u64::from(round)) }),
            clock_hz: None,
            width: None,
        }
    };
    (1..=ROUNDS).map(point).collect()
}

/// Twelve jobs, each given to the worker that is free first.
fn timeline(wall_s: f64, workers: usize) -> Timeline {
    let (begin, end) = (0.06 * wall_s, 0.95 * wall_s);
    let spawned = |worker: usize| begin * (0.4 + 0.6 * (worker + 1) as f64 / workers as f64);
    let mut free: Vec<f64> = (0..workers).map(spawned).collect();
    let mut lanes: Vec<Lane> =
        (0..workers).map(|worker| Lane { worker, host: None, segments: Vec::new() }).collect();
    let mut put = |worker: usize, state: State, job: Option<usize>, from_s: f64, to_s: f64| {
        lanes[worker].segments.push(Segment { state, job, from_s, to_s });
    };
    for (worker, ready) in free.iter().enumerate() {
        put(worker, State::Spawn, None, 0.0, *ready);
    }
    let job_s = (end - begin) / 12_usize.div_ceil(workers) as f64;
    for job in 0..12 {
        let next = (0..workers).min_by(|a, b| free[*a].total_cmp(&free[*b])).unwrap();
        let from = free[next];
        let start = from + 0.02 * job_s;
        let done = (start + job_s * (0.85 + 0.1 * noise(7, job))).min(end);
        put(next, State::Dispatch, None, from, start);
        put(next, State::Task, Some(job as usize), start, done);
        free[next] = done;
    }
    let last = free.iter().copied().fold(0.0, f64::max);
    for (worker, done) in free.iter().enumerate() {
        put(worker, State::Tail, None, *done, last);
        put(worker, State::Teardown, None, last, wall_s);
    }
    Timeline { round: 17, wall_s, lanes }
}

fn scaling(executor: usize, counts: &[usize]) -> Scaling {
    if counts.len() < 4 {
        let reason = "It takes four numbers of workers within the CPUs to tell the parameters apart; \
                      this run has only two, so any curve would be a guess.";
        let (amdahl, usl) = (Law::Refused(reason.to_string()), Law::Refused(reason.to_string()));
        return Scaling { amdahl, usl, cost: None };
    }
    let most = counts[counts.len() - 1] as f64;
    let (sigma, kappa) = (0.04 + 0.06 * executor as f64, 0.0006 * (executor + 1) as f64);
    let curve = |kappa: f64| -> Vec<CurvePoint> {
        let point = |workers: f64| {
            let speedup =
                0.99 * workers / (1.0 + sigma * (workers - 1.0) + kappa * workers * (workers - 1.0));
            let half = 0.004 * workers * speedup / (1.0 + 0.02 * workers);
            CurvePoint { workers, speedup, low: speedup - half, high: speedup + half }
        };
        (0..=64).map(|step| point(1.0 + f64::from(step) / 64.0 * (most - 1.0))).collect()
    };
    let lambda = about(0.99, 0.01);
    Scaling {
        amdahl: Law::Fitted(Amdahl {
            lambda,
            serial_fraction: about(sigma, 0.1),
            curve: curve(0.0),
            residual_rms: 0.002,
            workers: counts.to_vec(),
        }),
        usl: Law::Fitted(Usl {
            lambda,
            sigma: about(sigma, 0.1),
            kappa: about(kappa, 0.2),
            peak: Some(((1.0 - sigma) / kappa).sqrt()),
            peak_interval: Some(Interval { low: 1.0, high: 100.0 }),
            curve: curve(kappa),
            residual_rms: 0.002,
            workers: counts.to_vec(),
        }),
        cost: Some(2),
    }
}
