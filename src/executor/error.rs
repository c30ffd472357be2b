//! What can go wrong with a task or a pool.

use std::fmt;
use std::process::ExitStatus;

use crate::sys;

/// Why a task has no result, or a pool takes no more tasks.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The task panicked. The pool goes on.
    #[error("the task panicked: {message}")]
    Panicked {
        /// The panic's message.
        message: String,
    },
    /// The task could not be carried to the worker, or its result back. The pool goes on.
    #[error("task \"{task}\" could not be passed to or from a worker: {reason}")]
    Transfer {
        /// Name of the task's type.
        task: String,
        /// What failed.
        reason: String,
    },
    /// A worker died; every task that was pending or running has this error.
    #[error("worker {worker} (process {pid}) {exit}; the pool is broken")]
    BrokenPool {
        /// Number of the worker.
        worker: usize,
        /// Its process id.
        pid: u32,
        /// How it ended.
        exit: Exit,
    },
    /// A worker could not be started.
    #[error("cannot start worker {worker}: {reason}")]
    Spawn {
        /// Number of the worker.
        worker: usize,
        /// What the system said.
        reason: String,
    },
    /// The pool was shut down before the task was submitted.
    #[error("the executor was shut down")]
    Shutdown,
    /// The pool went away with the task still in its queue.
    #[error("the task was dropped before it ran")]
    Dropped,
}

/// How a worker process ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
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
            Self::Signal(signal) => match sys::signal::name(*signal) {
                Some(name) => write!(f, "was killed by signal {signal} ({name})"),
                None => write!(f, "was killed by signal {signal}"),
            },
            Self::Misbehaved => write!(f, "gave no proper reply and was stopped"),
            Self::Unknown => write!(f, "ended, the system does not say how"),
        }
    }
}
