//! The shape of an account: rows that sum to the gap.

use serde::Serialize;

use crate::analysis::pop::Pop;
use crate::stats::Quantity;

/// An exact account of the gap between the number of workers and the speedup.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Account {
    /// Number of workers.
    pub workers: usize,
    /// Speedup over the rounds that the account is made of.
    pub speedup: f64,
    /// Number of workers less speedup.
    pub gap: f64,
    /// What the gap is made of, in units of speedup. Negative ones are gains.
    pub rows: Vec<LossRow>,
    /// Sum of the rows less the gap: rounding alone.
    pub residual: f64,
    /// The same under the names of the POP metrics, as factors; absent of a program watched from outside.
    pub pop: Option<Pop>,
    /// What each host's workers lost, where they are on others than this machine.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub hosts: Vec<HostAccount>,
    /// Which rows the system could not tell apart, and why.
    pub notes: Vec<String>,
}

/// One line of an account.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LossRow {
    /// What was lost.
    pub loss: Loss,
    /// How much, in units of speedup.
    pub speedup: Quantity,
    /// How much, in worker-seconds per execution of the batch.
    pub worker_seconds: f64,
    /// What it consists of, as far as the system tells; empty if that is not known. They sum to the row.
    pub parts: Vec<LossPart>,
}

/// A part of a line.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LossPart {
    /// What it is.
    pub name: &'static str,
    /// How much, in units of speedup.
    pub speedup: Quantity,
}

/// What the workers of a host lost: the losses that each worker has by itself.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct HostAccount {
    /// Number of the host, from 1.
    pub host: usize,
    /// How many workers it had.
    pub workers: usize,
    /// By how much its times may be off against those of the case.
    pub clock_error_s: f64,
    /// The losses.
    pub rows: Vec<HostLoss>,
}

/// A loss on a host.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct HostLoss {
    /// What was lost.
    pub loss: Loss,
    /// How much, in worker-seconds per execution of the batch; absent where that host does not tell it.
    pub worker_seconds: Option<f64>,
}

/// Where worker time goes, other than into the work.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Loss {
    /// From the start of the case until the worker was ready.
    Spawn,
    /// From ready, or from a task's end, to the next task's begin.
    Dispatch,
    /// Workers of another host without a task, while a message that they waited for was under way.
    Network,
    /// Idle workers at the end that no schedule of these jobs could avoid.
    Granularity,
    /// Idle workers at the end because of the order of the jobs.
    Ordering,
    /// Idle workers at the end because tasks took other times than they did serially.
    Jitter,
    /// Tasks that needed more CPU time than serially.
    SlowerTasks,
    /// Tasks that could have run but waited for a CPU.
    RunQueue,
    /// Tasks that could have run, but the control group had used up its CPU time of the period.
    Quota,
    /// Tasks that neither ran, nor waited in a queue, nor gave up their CPU: taken by a hypervisor,
    /// or by interrupts.
    Steal,
    /// Tasks that gave up their CPU to wait for something.
    Blocking,
    /// The last three together, where the system does not tell them apart.
    Waiting,
    /// From the end of the last task until the pool was joined.
    Teardown,
    /// The serial loop's own time between its jobs, which no worker has to spend: a gain.
    SerialLoop,
    /// From outside: more CPU time in the program than the baseline took.
    ExtraUser,
    /// From outside: more CPU time in the kernel than the baseline took.
    ExtraSystem,
    /// The last two together, where the system does not tell them apart.
    ExtraCpu,
    /// From outside: steal and exit together, where the system does not tell them apart.
    StealExit,
    /// From outside: exactly one thread had work, and all other workers none.
    Serial,
    /// From outside: two or more threads had work, but fewer than there are workers.
    Partial,
    /// From outside: no thread could run.
    Idle,
    /// From outside: the kernel ended processes and threads.
    Exit,
    /// From outside: more threads ran than there are workers: a gain.
    Over,
    /// From outside: all that the system does not tell apart.
    Untold,
}

impl Loss {
    /// Every loss, in the order of a report.
    pub const ALL: [Self; 24] = [
        Self::Spawn,
        Self::Dispatch,
        Self::Network,
        Self::Granularity,
        Self::Ordering,
        Self::Jitter,
        Self::SlowerTasks,
        Self::RunQueue,
        Self::Quota,
        Self::Steal,
        Self::Blocking,
        Self::Waiting,
        Self::Teardown,
        Self::SerialLoop,
        Self::ExtraUser,
        Self::ExtraSystem,
        Self::ExtraCpu,
        Self::StealExit,
        Self::Serial,
        Self::Partial,
        Self::Idle,
        Self::Exit,
        Self::Over,
        Self::Untold,
    ];

    /// Those that each worker has by itself, in the order of a report.
    pub const OF_A_LANE: [Self; 10] = [
        Self::Spawn,
        Self::Dispatch,
        Self::Network,
        Self::SlowerTasks,
        Self::RunQueue,
        Self::Quota,
        Self::Steal,
        Self::Blocking,
        Self::Waiting,
        Self::Teardown,
    ];

    /// Those of an account from outside, in the order of a report.
    pub const OUTSIDE: [Self; 13] = [
        Self::ExtraUser,
        Self::ExtraSystem,
        Self::ExtraCpu,
        Self::Steal,
        Self::RunQueue,
        Self::Quota,
        Self::Serial,
        Self::Partial,
        Self::Idle,
        Self::Exit,
        Self::StealExit,
        Self::Over,
        Self::Untold,
    ];

    /// What reports call it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Spawn => "spawn",
            Self::Dispatch => "dispatch",
            Self::Network => "network",
            Self::Granularity => "granularity",
            Self::Ordering => "ordering",
            Self::Jitter => "jitter",
            Self::SlowerTasks => "slower tasks",
            Self::RunQueue => "run queue",
            Self::Quota => "quota",
            Self::Steal => "steal",
            Self::Blocking => "blocking",
            Self::Waiting => "waiting",
            Self::Teardown => "teardown",
            Self::SerialLoop => "serial loop",
            Self::ExtraUser => "extra user time",
            Self::ExtraSystem => "extra system time",
            Self::ExtraCpu => "extra CPU time",
            Self::StealExit => "steal and exit",
            Self::Serial => "serial",
            Self::Partial => "partial",
            Self::Idle => "none",
            Self::Exit => "exit",
            Self::Over => "over",
            Self::Untold => "not told apart",
        }
    }

    /// What it means, in a few words.
    #[must_use]
    pub fn meaning(self) -> &'static str {
        match self {
            Self::Spawn => "workers not yet ready",
            Self::Dispatch => "ready workers between tasks",
            Self::Network => "workers of another host waited for messages to or from it",
            Self::Granularity => "idle at the end; no schedule of these jobs avoids it",
            Self::Ordering => "idle at the end because of the order of the jobs",
            Self::Jitter => "idle at the end because tasks took other times than serially",
            Self::SlowerTasks => "tasks needed more CPU time than serially",
            Self::RunQueue => "tasks waited for a CPU",
            Self::Quota => "the control group had used up its CPU time, and tasks waited for more",
            Self::Steal => "a hypervisor or interrupts took the CPU",
            Self::Blocking => "tasks gave up their CPU to wait",
            Self::Waiting => "tasks did not run: run queue, steal and blocking together",
            Self::Teardown => "after the last task until the pool was joined",
            Self::SerialLoop => "what the serial loop spends between its jobs",
            Self::ExtraUser => "the program needed more CPU time than the baseline",
            Self::ExtraSystem => "the kernel needed more CPU time for it than for the baseline",
            Self::ExtraCpu => "program and kernel needed more CPU time than the baseline",
            Self::StealExit => "a hypervisor or interrupts took the CPU, or processes and threads were ended",
            Self::Serial => "only one thread had work",
            Self::Partial => "more than one thread had work, but fewer than workers",
            Self::Idle => "no thread could run: disk, network, locks, sleep",
            Self::Exit => "the kernel ended processes and threads",
            Self::Over => "more threads than workers ran at once",
            Self::Untold => "what the system does not tell apart",
        }
    }
}
