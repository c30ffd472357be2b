//! What can go wrong with a task or a pool.

use std::fmt;
use std::process::ExitStatus;

use serde::{Deserialize, Serialize};

use crate::system::signal;

/// Why a task has no result, or a pool takes no more tasks.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The task panicked. The pool goes on.
    #[error("the task panicked{}: {message}", location.as_ref().map(|at| format!(" at {at}")).unwrap_or_default())]
    Panicked {
        /// The panic's message.
        message: String,
        /// File, line and column, also of a panic in a worker process; none where the program has
        /// put its own panic hook in place of ours.
        location: Option<String>,
    },
    /// The task could not be carried to the worker, or its result back. The pool goes on.
    #[error("task \"{task}\" could not be passed to or from a worker: {reason}")]
    Transfer {
        /// Name of the task's type.
        task: String,
        /// What failed.
        reason: String,
    },
    /// A worker died, and the pool with it: every task that was pending or running has this error.
    #[error("worker {worker} (process {pid}) {exit}; the pool is broken")]
    BrokenPool {
        /// Number of the worker.
        worker: usize,
        /// Its process id.
        pid: u32,
        /// How it ended.
        exit: Exit,
    },
    /// The worker died that ran the task. The pool goes on with another in its place.
    #[error("worker {worker} (process {pid}) {exit}; another takes its place")]
    WorkerDied {
        /// Number of the worker.
        worker: usize,
        /// Its process id.
        pid: u32,
        /// How it ended.
        exit: Exit,
    },
    /// The machine was lost that had the task, or is no longer heard of. The pool goes on with the others.
    #[error("host {host} was lost: {reason}")]
    HostLost {
        /// Name of the machine.
        host: String,
        /// What was seen of it, or for how long nothing.
        reason: String,
    },
    /// A worker could not be started; the pool is broken.
    #[error("cannot start worker {worker}: {reason}")]
    Spawn {
        /// Number of the worker.
        worker: usize,
        /// What the system said.
        reason: String,
    },
    /// This program cannot be started again as a worker process.
    #[error("worker processes cannot be started: {reason}")]
    NotInitialised {
        /// What is missing.
        reason: String,
    },
    /// The initializer failed in a worker; the pool is broken.
    #[error("the initializer of worker {worker} failed: {reason}")]
    Initializer {
        /// Number of the worker.
        worker: usize,
        /// What happened.
        reason: String,
    },
    /// The future was cancelled before its task ran.
    #[error("the task was cancelled before it ran")]
    Cancelled,
    /// What was waited for did not finish in time.
    #[error("{unfinished} (of {total}) futures unfinished")]
    Timeout {
        /// Futures that were not done.
        unfinished: usize,
        /// Futures that were waited for.
        total: usize,
    },
    /// The result has been moved out by [`take`](super::Future::take) or by awaiting.
    #[error("the result was taken before")]
    Taken,
    /// A future was to be settled that is settled already, or was cancelled.
    #[error("the state can no longer be changed: {future}")]
    InvalidState {
        /// The future as it prints itself.
        future: String,
    },
    /// The pool was shut down before the task was submitted.
    #[error("the executor was shut down")]
    Shutdown,
    /// The calling process is a copy that a fork has made of the one that has the pool. The workers are not its.
    #[error("the pool is of process {pid}, and this one was forked from it: make another pool here")]
    Forked {
        /// The process that made the pool.
        pid: u32,
    },
    /// The pool went away with the task still in its queue.
    #[error("the task was dropped before it ran")]
    Dropped,
    /// A setting of a pool has a value that makes no sense.
    #[error("{setting} must be greater than 0")]
    InvalidSetting {
        /// Name of the setting.
        setting: &'static str,
    },
}

impl Error {
    /// Name of the variant, such as `Panicked`.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Panicked { .. } => "Panicked",
            Self::Transfer { .. } => "Transfer",
            Self::BrokenPool { .. } => "BrokenPool",
            Self::WorkerDied { .. } => "WorkerDied",
            Self::HostLost { .. } => "HostLost",
            Self::Spawn { .. } => "Spawn",
            Self::NotInitialised { .. } => "NotInitialised",
            Self::Initializer { .. } => "Initializer",
            Self::Cancelled => "Cancelled",
            Self::Timeout { .. } => "Timeout",
            Self::Taken => "Taken",
            Self::InvalidState { .. } => "InvalidState",
            Self::Shutdown => "Shutdown",
            Self::Forked { .. } => "Forked",
            Self::Dropped => "Dropped",
            Self::InvalidSetting { .. } => "InvalidSetting",
        }
    }

    /// The error of a single future that was waited for too long.
    pub(super) const TIMEOUT: Self = Self::Timeout { unfinished: 1, total: 1 };
}

/// How a worker process ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Exit {
    /// It left with an exit code.
    Code(i32),
    /// A signal killed it.
    Signal(i32),
    /// It sent no reply but something else, or went silent without leaving; the pool killed it.
    Misbehaved,
    /// It ended, and the system does not say how: so where the program was started with child
    /// signals ignored.
    Unknown,
}

impl From<ExitStatus> for Exit {
    fn from(status: ExitStatus) -> Self {
        use std::os::unix::process::ExitStatusExt;
        match (status.code(), status.signal()) {
            (Some(code), _) => Self::Code(code),
            (None, Some(signal)) => Self::Signal(signal),
            (None, None) => Self::Unknown,
        }
    }
}

impl fmt::Display for Exit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Code(code) => write!(f, "exited with code {code}"),
            Self::Signal(signal) => match signal::name(*signal) {
                Some(name) => write!(f, "was killed by signal {signal} ({name})"),
                None => write!(f, "was killed by signal {signal}"),
            },
            Self::Misbehaved => write!(f, "gave no proper reply and was stopped"),
            Self::Unknown => write!(f, "exited with unknown status"),
        }
    }
}
