//! Where `n` worker-seconds went, from outside.
//!
//! With `a(t)` threads on a CPU, `e(t)` threads that the kernel is ending, and `r(t)` threads that could run
//! and wait for a CPU, every one of `n` lanes is at every time in one state. Over the wall time `T`:
//!
//! ```text
//! n·T = C1 + (Cn − C1) + (∫a − Cn) + ∫min(r, (n − a − e)⁺) + serial + partial + idle + ∫e − over
//! ```
//!
//! `C` is the CPU time without that of ending tasks; `over` is what more than `n` threads ran at once. Lanes
//! still unfilled are cut by `a + e + r`: exactly 1 is *serial*, which is Amdahl's fraction as it happened
//! and not as it was fitted; 2 to `n − 1` is *partial*; 0 is *idle*: disk, locks, sleep.

use serde::{Deserialize, Serialize};

use crate::execution::{Execution, Told, Untold, untold};
use crate::trace::{Level, Trace};

/// A cause for which worker-seconds are spent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Cause {
    /// The CPU time that the baseline takes.
    Work,
    /// CPU time in user mode over that of the baseline.
    ExtraUser,
    /// CPU time in the kernel over that of the baseline, without that of ending tasks.
    ExtraSystem,
    /// A thread had a CPU by the scheduler's book and got no time: taken by a hypervisor or by interrupts.
    Steal,
    /// A thread could have filled the lane and waited for a CPU.
    RunQueue,
    /// Lanes empty while exactly one thread ran or could run.
    Serial,
    /// Lanes empty while two or more did, but fewer than lanes.
    Partial,
    /// Lanes empty while none did: disk, network, locks, sleep.
    Idle,
    /// The kernel's work on ending processes and threads.
    Exit,
    /// What more threads than lanes ran at once; taken off.
    Over,
}

impl Cause {
    /// What it is called in reports.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Work => "work",
            Self::ExtraUser => "extra user time",
            Self::ExtraSystem => "extra system time",
            Self::Steal => "steal",
            Self::RunQueue => "run queue",
            Self::Serial => "serial",
            Self::Partial => "partial",
            Self::Idle => "none",
            Self::Exit => "exit",
            Self::Over => "over",
        }
    }
}

/// Worker-seconds of one cause, or of several that cannot be told apart.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Row {
    /// One cause, or all that are merged here.
    pub causes: Vec<Cause>,
    /// Worker-nanoseconds; may be negative.
    pub ns: i64,
    /// Why several causes are in one row.
    pub merged: Option<Untold>,
}

impl Row {
    /// Worker-seconds.
    #[must_use]
    pub fn seconds(&self) -> f64 {
        self.ns as f64 / 1e9
    }

    /// The names of its causes.
    #[must_use]
    pub fn name(&self) -> String {
        self.causes.iter().map(|cause| cause.name()).collect::<Vec<_>>().join(" + ")
    }
}

/// What the work takes by itself: CPU times of the execution that others are compared with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Baseline {
    /// CPU time in user mode, in ns.
    pub user_ns: u64,
    /// CPU time in all, without that of ending tasks where it is told, in ns.
    pub cpu_ns: u64,
}

impl Baseline {
    /// The baseline that an execution gives: usually one with one worker.
    #[must_use]
    pub fn of(execution: &Execution) -> Self {
        let exit_ns = execution.exit_cpu_ns.as_ref().copied().unwrap_or(0);
        Self { user_ns: execution.usage.user_ns, cpu_ns: execution.cpu_ns.saturating_sub(exit_ns) }
    }
}

/// Where `n` worker-seconds a second went.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Account {
    /// Lanes.
    pub workers: u32,
    /// Wall time, in ns.
    pub wall_ns: u64,
    /// Causes in the order of [`Cause`]; they and `residual_ns` sum to `workers × wall_ns` exactly.
    pub rows: Vec<Row>,
    /// What no row holds: the part of the wall time that the trace does not cover. Zero for every trace
    /// that was made by this crate.
    pub residual_ns: i64,
    /// The part of the threads' time on CPUs during which exactly one thread ran or could run: the serial
    /// fraction of Amdahl's law as it happened.
    pub serial_fraction: Told<f64>,
}

impl Account {
    /// The row that holds a cause, by itself or merged with others.
    #[must_use]
    pub fn row(&self, cause: Cause) -> Option<&Row> {
        self.rows.iter().find(|row| row.causes.contains(&cause))
    }

    /// The worker-seconds of a cause.
    ///
    /// # Errors
    ///
    /// Why they cannot be told: the reason for which its row holds other causes too.
    pub fn seconds(&self, cause: Cause) -> Told<f64> {
        let row = self.row(cause).ok_or_else(|| Untold(format!("no row for {}", cause.name())))?;
        row.merged.clone().map_or_else(|| Ok(row.seconds()), Err)
    }
}

/// The account of one execution with `workers` lanes. No I/O, no clock.
///
/// # Panics
///
/// If `workers` is 0.
#[must_use]
pub fn account(execution: &Execution, workers: u32, baseline: &Baseline) -> Account {
    assert!(workers > 0, "an account needs a lane");
    let wall_ns = execution.wall_ns();
    let total = i128::from(workers) * i128::from(wall_ns);
    let exit_cpu = execution.exit_cpu_ns.as_ref().copied().unwrap_or(0);
    let cpu = i128::from(execution.cpu_ns) - i128::from(exit_cpu);
    let mut rows = Rows::default();
    rows.put(Cause::Work, i128::from(baseline.cpu_ns));
    let extra = cpu - i128::from(baseline.cpu_ns);
    let extra_user = i128::from(execution.usage.user_ns) - i128::from(baseline.user_ns);
    match split(execution) {
        Ok(()) => {
            rows.put(Cause::ExtraUser, extra_user);
            rows.put(Cause::ExtraSystem, extra - extra_user);
        }
        Err(reason) => rows.merge(vec![Cause::ExtraUser, Cause::ExtraSystem], extra, reason),
    }
    let serial_fraction = match &execution.trace {
        Ok(trace) => {
            with_trace(&mut rows, execution, trace, workers, cpu);
            serial_fraction(trace, workers)
        }
        Err(reason) => {
            without_trace(&mut rows, execution, workers, total, reason);
            Err(reason.clone())
        }
    };
    let residual = total - rows.0.iter().map(|row| i128::from(row.ns)).sum::<i128>();
    Account { workers, wall_ns, rows: rows.0, residual_ns: saturate(residual), serial_fraction }
}

#[derive(Default)]
struct Rows(Vec<Row>);

impl Rows {
    fn put(&mut self, cause: Cause, ns: i128) {
        self.0.push(Row { causes: vec![cause], ns: saturate(ns), merged: None });
    }

    fn merge(&mut self, causes: Vec<Cause>, ns: i128, reason: Untold) {
        self.0.push(Row { causes, ns: saturate(ns), merged: Some(reason) });
    }
}

/// A row holds 292 worker-years; what is over that goes to the residual.
fn saturate(ns: i128) -> i64 {
    i64::try_from(ns).unwrap_or(if ns < 0 { i64::MIN } else { i64::MAX })
}

/// Whether user and system time are those of the whole tree: `wait4` leaves out descendants that were
/// not waited for.
fn split(execution: &Execution) -> Told<()> {
    let usage = execution.usage.user_ns + execution.usage.system_ns;
    let apart = usage.abs_diff(execution.cpu_ns);
    if apart > (execution.cpu_ns / 50).max(5_000_000) {
        return untold("wait4 does not tell user and system time of descendants that were not waited for");
    }
    Ok(())
}

fn busy(level: Level) -> u64 {
    u64::from(level.running) + u64::from(level.exiting)
}

fn with_trace(rows: &mut Rows, execution: &Execution, trace: &Trace, workers: u32, cpu: i128) {
    let n = u64::from(workers);
    let queued = |level: Level| u64::from(level.waiting).min(n.saturating_sub(busy(level)));
    let filled = |level: Level| busy(level) + u64::from(level.waiting);
    let unfilled = |level: Level, threads: std::ops::Range<u64>| {
        let all = filled(level);
        if threads.contains(&all) { n.saturating_sub(all) } else { 0 }
    };
    let running = trace.integral(|level| u64::from(level.running));
    let exiting = trace.integral(|level| u64::from(level.exiting));
    match &execution.exit_cpu_ns {
        Ok(_) => rows.put(Cause::Steal, running - cpu),
        Err(reason) => {
            rows.merge(vec![Cause::Steal, Cause::Exit], running + exiting - cpu, reason.clone());
        }
    }
    rows.put(Cause::RunQueue, trace.integral(queued));
    rows.put(Cause::Serial, trace.integral(|level| unfilled(level, 1..2)));
    rows.put(Cause::Partial, trace.integral(|level| unfilled(level, 2..u64::MAX)));
    rows.put(Cause::Idle, trace.integral(|level| unfilled(level, 0..1)));
    if execution.exit_cpu_ns.is_ok() {
        rows.put(Cause::Exit, exiting);
    }
    rows.put(Cause::Over, -trace.integral(|level| busy(level).saturating_sub(n)));
}

fn serial_fraction(trace: &Trace, workers: u32) -> Told<f64> {
    if workers < 2 {
        return untold("with one worker everything is serial");
    }
    let total = trace.integral(busy);
    if total == 0 {
        return untold("no thread was seen on a CPU");
    }
    let alone = |level: Level| u64::from(busy(level) + u64::from(level.waiting) == 1) * busy(level);
    Ok(trace.integral(alone) as f64 / total as f64)
}

/// Without a trace, totals are left: the queue has its row only where it cannot hold more threads than
/// there are lanes.
fn without_trace(rows: &mut Rows, execution: &Execution, workers: u32, total: i128, reason: &Untold) {
    use Cause::{Exit, Idle, Over, Partial, RunQueue, Serial, Steal};
    let few = execution.tree.peak_threads.as_ref().is_ok_and(|&peak| peak <= u64::from(workers));
    let delay = execution.run_delay_ns.as_ref().ok().filter(|_| few).copied();
    let exit = execution.exit_cpu_ns.as_ref().ok().copied();
    let known = rows.0.iter().map(|row| i128::from(row.ns)).sum::<i128>();
    let rest = total - known - i128::from(delay.unwrap_or(0)) - i128::from(exit.unwrap_or(0));
    let merged = [
        (Steal, true),
        (RunQueue, delay.is_none()),
        (Serial, true),
        (Partial, true),
        (Idle, true),
        (Exit, exit.is_none()),
        (Over, true),
    ];
    let causes = merged.iter().filter(|(_, is)| *is).map(|(cause, _)| *cause).collect();
    rows.merge(causes, rest, reason.clone());
    if let Some(delay) = delay {
        rows.put(RunQueue, i128::from(delay));
    }
    if let Some(exit) = exit {
        rows.put(Exit, i128::from(exit));
    }
}
