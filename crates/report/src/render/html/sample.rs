//! A made-up analysis with a little of everything that a report may have to show.

use crate::analysis::scaling::{Amdahl, CurvePoint, Usl};
use crate::analysis::{
    Account, Analysis, Bound, Ceiling, Cell, Crossover, Effort, Estimate, ExecutorTable, Lane, Law, Loss,
    LossPart, LossRow, NoisyRound, RoundPoint, Row, Scaling, Segment, State, Timeline, WorkloadColumn,
};
use crate::record::{Around, Data, Design, Environment, Known, PoolMode, Status, Stop};
use crate::stats::{Interval, Quantity};

/// A figure whose interval reaches `share` of it to either side.
pub(crate) fn within(value: f64, share: f64) -> Quantity {
    let half = value.abs() * share;
    Quantity { value, interval: Some(Interval { low: value - half, high: value + half }) }
}

/// An account with these rows; the greatest has parts.
pub(crate) fn account(workers: usize, rows: &[(Loss, f64)], wall_s: f64) -> Account {
    let gap: f64 = rows.iter().map(|(_, value)| value).sum();
    let row = |(loss, value): &(Loss, f64)| LossRow {
        loss: *loss,
        speedup: within(*value, 0.1),
        worker_seconds: value * wall_s,
        parts: if *loss == Loss::SlowerTasks {
            let part = |name, share: f64| LossPart { name, speedup: within(value * share, 0.2) };
            vec![part("clock", 0.4), part("cache, memory and sharing of cores", 0.6)]
        } else {
            Vec::new()
        },
    };
    Account {
        workers,
        speedup: workers as f64 - gap,
        gap,
        rows: rows.iter().map(row).collect(),
        residual: 4.4e-16,
        pop: None,
        hosts: Vec::new(),
        notes: vec!["No hardware counters here, so slower tasks are split by the probed clock alone.".into()],
    }
}

/// Figures of a case with that speedup, whose serial baseline takes `serial_s`.
pub(crate) fn estimate(workers: usize, speedup: f64, serial_s: f64) -> Estimate {
    let mean_s = serial_s / speedup;
    let count = workers as f64;
    Estimate {
        runs: 24,
        mean_s,
        min_s: 0.97 * mean_s,
        max_s: 1.09 * mean_s,
        sd_s: 0.02 * mean_s,
        factor: Some(speedup / 0.98),
        speedup: Some(within(speedup, 0.01)),
        quiet: None,
        efficiency: Some(within(speedup / count, 0.01)),
        karp_flatt: (workers > 1).then(|| within((1.0 / speedup - 1.0 / count) / (1.0 - 1.0 / count), 0.06)),
        overhead_s: Some(0.004 * count),
        cpus: None,
        account: None,
        waiting: None,
        rounds: rounds(mean_s, serial_s),
        timeline: Some(timeline(workers, mean_s)),
        outside: None,
    }
}

/// Rounds that drift upwards a little, with one disturbed by steal.
fn rounds(mean_s: f64, serial_s: f64) -> Vec<RoundPoint> {
    let point = |round: u32| {
        let wave = (f64::from(round) * 1.7 + mean_s * 90.0).sin();
        let disturbed = if round == 13 { 1.08 } else { 1.0 };
        RoundPoint {
            round,
            start_s: f64::from(round) * 2.5,
            wall_s: mean_s * disturbed * (1.0 + 0.012 * wave + 0.0006 * f64::from(round)),
            serial_s: Some(serial_s * (1.0 + 0.006 * wave)),
            steal_s: Some(if round == 13 { 0.11 } else { (0.01 * wave).max(0.0) }),
            clock_hz: Some(2.7e9),
            width: Some(if round % 9 == 4 { 2.1 } else { 3.9 }),
        }
    };
    (0..24).map(point).collect()
}

/// Twelve jobs dealt in turn; every lane is without gaps.
fn timeline(workers: usize, wall_s: f64) -> Timeline {
    let jobs = 12;
    let (ready, done) = (0.03 * wall_s, 0.97 * wall_s);
    let most = jobs_of(0, workers, jobs).count() as f64;
    let lane = |worker: usize| {
        let mut segments = vec![segment(State::Spawn, None, 0.0, ready)];
        let slot = (done - ready) / most;
        let mut at = ready;
        for job in jobs_of(worker, workers, jobs) {
            segments.push(segment(State::Dispatch, None, at, at + 0.04 * slot));
            segments.push(segment(State::Task, Some(job), at + 0.04 * slot, at + slot));
            at += slot;
        }
        if done - at > 1e-9 {
            segments.push(segment(State::Tail, None, at, done));
            at = done;
        }
        segments.push(segment(State::Teardown, None, at, wall_s));
        Lane { worker, host: None, segments }
    };
    Timeline { round: 7, wall_s, lanes: (0..workers).map(lane).collect() }
}

fn jobs_of(worker: usize, workers: usize, jobs: usize) -> impl Iterator<Item = usize> {
    (0..jobs).filter(move |job| job % workers == worker)
}

fn segment(state: State, job: Option<usize>, from_s: f64, to_s: f64) -> Segment {
    Segment { state, job, from_s, to_s }
}

/// What is lost on some number of workers where there are two CPUs.
fn losses(executor: usize, workers: usize) -> Vec<(Loss, f64)> {
    let count = workers as f64;
    let beyond = (count - 2.0).max(0.0);
    let scale = [1.0, 2.2, 0.8][executor];
    vec![
        (Loss::Spawn, 0.018 * scale * count),
        (Loss::Dispatch, 0.004 * scale * count),
        (Loss::Granularity, if workers == 4 { 0.05 } else { 0.02 * (count - 1.0) }),
        (Loss::Ordering, 0.012 * (count - 1.0)),
        (Loss::Jitter, 0.008 * count),
        (Loss::SlowerTasks, if workers == 1 { -0.02 } else { 0.07 * count.min(2.0) }),
        (Loss::RunQueue, 0.93 * beyond + 0.006),
        (Loss::Steal, 0.025 * count.min(2.0)),
        (Loss::Blocking, 0.002),
        (Loss::Teardown, 0.006 * scale * count),
        (Loss::SerialLoop, -0.003),
    ]
}

fn measured(executor: usize, workers: usize, serial_s: f64) -> Cell {
    let rows = losses(executor, workers);
    let speedup = workers as f64 - rows.iter().map(|(_, value)| value).sum::<f64>();
    let mut estimate = estimate(workers, speedup, serial_s);
    estimate.account = Some(account(workers, &rows, serial_s / speedup));
    Cell::Measured(Box::new(estimate))
}

fn column(name: &str, label: &str, serial_s: f64) -> WorkloadColumn {
    let mut serial = estimate(1, 1.0, serial_s);
    (serial.factor, serial.speedup, serial.efficiency, serial.timeline) = (None, None, None, None);
    serial.runs = 48;
    let bound = |(workers, speedup): (usize, f64)| Bound {
        workers,
        speedup,
        exact: workers < 4,
        at_most: if workers < 4 { speedup } else { 4.0 },
        in_order: speedup - if workers > 2 { 0.1 } else { 0.0 },
    };
    let ceiling = |workers: usize| Ceiling { workers, speedup: within((workers as f64).min(1.93), 0.008) };
    WorkloadColumn {
        name: name.into(),
        label: label.into(),
        workload: name.into(),
        kernel: "plain".into(),
        backend: None,
        waits: None,
        command: None,
        data: Data::Generate,
        passes: 80,
        jobs: 12,
        digests: Vec::new(),
        bytes: 3_276_800,
        serial: Cell::Measured(Box::new(serial)),
        floor: Some(Quantity { value: 1.001, interval: Some(Interval { low: 0.996, high: 1.006 }) }),
        bounds: [(1, 1.0), (2, 2.0), (3, 3.0), (4, 3.947)].map(bound).into(),
        ceilings: (1..=2).map(ceiling).collect(),
        ceilings_over_hosts: Vec::new(),
        ceiling_ways: Vec::new(),
        suggestion: None,
    }
}

fn refused() -> Scaling {
    let why = "Only 2 numbers of workers up to the 2 CPUs: the law needs at least four.";
    Scaling { amdahl: Law::Refused(why.into()), usl: Law::Refused(why.into()), cost: Some(2) }
}

fn fitted() -> Scaling {
    let curve = |kappa: f64| {
        let point = |step: u32| {
            let n = 1.0 + 0.25 * f64::from(step);
            let speedup = 0.98 * n / (1.0 + 0.06 * (n - 1.0) + kappa * n * (n - 1.0));
            CurvePoint { workers: n, speedup, low: speedup * 0.97, high: speedup * 1.03 }
        };
        (0..=12).map(point).collect()
    };
    let (lambda, sigma) = (within(0.98, 0.01), within(0.06, 0.2));
    Scaling {
        amdahl: Law::Fitted(Amdahl {
            lambda,
            serial_fraction: sigma,
            curve: curve(0.0),
            residual_rms: 0.004,
            workers: vec![1, 2, 3, 4],
        }),
        usl: Law::Fitted(Usl {
            lambda,
            sigma,
            kappa: within(0.08, 0.1),
            peak: Some(3.4),
            peak_interval: Some(Interval { low: 3.1, high: 3.9 }),
            curve: curve(0.08),
            residual_rms: 0.004,
            workers: vec![1, 2, 3, 4],
        }),
        cost: Some(2),
    }
}

fn environment() -> Environment {
    Environment {
        cpu_model: Known::Value("Intel(R) Xeon(R) Processor @ 2.70GHz".into()),
        cpus_online: Known::Value(2),
        cpus_available: Known::Value(2),
        affinity: Known::Value("0-1".into()),
        platform: Known::Value("linux x86_64".into()),
        kernel: Known::Value("Linux 6.1.0".into()),
        memory_bytes: Known::Value(24 << 30),
        rustc: Known::Value("rustc 1.95.0".into()),
        opt_level: Known::Value("3".into()),
        cpu_features: Known::Value(vec!["aes".into(), "avx2".into(), "sha".into()]),
        ..Environment::default()
    }
}

/// Two CPUs, one to four workers, three executors, two workloads; a fit, a refusal, a failed case.
pub(crate) fn analysis() -> Analysis {
    let serial_s = [2.31, 1.204];
    let executors = ["threads", "processes", "rayon"];
    let row = |executor: usize, workers: usize| Row {
        workers,
        oversubscribed: workers > 2,
        cells: serial_s.iter().map(|serial_s| measured(executor, workers, *serial_s)).collect(),
    };
    let table = |(index, name): (usize, &&str)| ExecutorTable {
        executor: (*name).to_string(),
        rows: (1..=4).map(|workers| row(index, workers)).collect(),
        scaling: vec![fitted(), refused()],
    };
    let mut tables: Vec<_> = executors.iter().enumerate().map(table).collect();
    let reason = "worker 2 was killed by signal 9 while it ran job 7".to_string();
    tables[1].rows[2].cells[1] = Cell::Failed { reason };
    tables[2].rows[3].cells[0] = Cell::NotMeasured;
    Analysis {
        name: "demo".into(),
        program: "speedup 0.1.0".into(),
        peer: false,
        turns: None,
        created: "2026-11-22T10:20:30Z".into(),
        machine: environment().summary(),
        design: Design::InterleavedRounds,
        pool: PoolMode::Cold,
        pin: None,
        status: Status::Complete,
        narrowing: Vec::new(),
        effort: Effort {
            rounds: 24,
            whole: 24,
            warmup_rounds: 1,
            stop: Some(Stop::Time),
            precision: Some(0.01),
            widest: Some(("sha256 processes/4".into(), 0.021)),
            without_interval: Vec::new(),
            apart: Vec::new(),
            noisy: vec![NoisyRound { round: 13, reason: "0.11s of steal, 12 times the median".into() }],
            unsteady: None,
        },
        workloads: vec![column("rc4", "RC4", serial_s[0]), column("sha256", "SHA", serial_s[1])],
        executors: tables,
        task_times: Vec::new(),
        crossovers: vec![Crossover {
            workload: "rc4".into(),
            workers: 2,
            tasks: 12,
            start_s: 0.0021,
            task_s: 0.000_045,
            job_s: 0.008_7,
            share: 0.05,
        }],
        environment: environment(),
        hosts: None,
        conditions: Around::default(),
    }
}

/// Text that would do harm if it got into a page as it is.
pub(crate) const HOSTILE: &str =
    "</script><script>alert(1)</script><!-- \"'&\u{0}\u{7}\u{2028}]]><img src=x onerror=alert(2)>\u{202e}";

/// The same analysis with such text wherever a name, a reason or a note can stand.
pub(crate) fn hostile() -> Analysis {
    let mut run = analysis();
    let texts = [&mut run.name, &mut run.created, &mut run.machine];
    for text in texts {
        *text = HOSTILE.to_string();
    }
    run.environment.note = Some(HOSTILE.into());
    run.environment.cpu_model = Known::Value(HOSTILE.into());
    run.environment.governor = Known::Missing(HOSTILE.into());
    run.effort.widest = Some((HOSTILE.into(), 0.5));
    run.effort.noisy[0].reason = HOSTILE.into();
    run.crossovers[0].workload = HOSTILE.into();
    for workload in &mut run.workloads {
        (workload.name, workload.label) = (HOSTILE.into(), HOSTILE.into());
    }
    for table in &mut run.executors {
        table.executor = HOSTILE.into();
        for scaling in &mut table.scaling {
            scaling.amdahl = Law::Refused(HOSTILE.into());
            scaling.usl = Law::Refused(HOSTILE.into());
        }
        for cell in table.rows.iter_mut().flat_map(|row| &mut row.cells) {
            match cell {
                Cell::Failed { reason } => *reason = HOSTILE.into(),
                Cell::Measured(estimate) => {
                    estimate.account.iter_mut().for_each(|account| account.notes = vec![HOSTILE.into()]);
                }
                Cell::NotMeasured => {}
            }
        }
    }
    run
}
