//! Errors as they go from an agent to rank 0.

use serde::{Deserialize, Serialize};
use speedup_executor::{Error, Exit};

/// What a pool of a host can say.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Failure {
    BrokenPool { worker: usize, pid: u32, exit: Exit },
    WorkerDied { worker: usize, pid: u32, exit: Exit },
    Spawn { worker: usize, reason: String },
    Initializer { worker: usize, reason: String },
    NotInitialised { reason: String },
    Cancelled,
    Dropped,
    Transfer { task: String, reason: String },
}

impl From<Error> for Failure {
    /// What has no form here arrives as a failed transfer with its text.
    fn from(error: Error) -> Self {
        match error {
            Error::BrokenPool { worker, pid, exit } => Self::BrokenPool { worker, pid, exit },
            Error::WorkerDied { worker, pid, exit } => Self::WorkerDied { worker, pid, exit },
            Error::Spawn { worker, reason } => Self::Spawn { worker, reason },
            Error::Initializer { worker, reason } => Self::Initializer { worker, reason },
            Error::NotInitialised { reason } => Self::NotInitialised { reason },
            Error::Cancelled => Self::Cancelled,
            Error::Dropped => Self::Dropped,
            Error::Transfer { task, reason } => Self::Transfer { task, reason },
            other => Self::Transfer { task: String::new(), reason: other.to_string() },
        }
    }
}

impl From<Failure> for Error {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::BrokenPool { worker, pid, exit } => Self::BrokenPool { worker, pid, exit },
            Failure::WorkerDied { worker, pid, exit } => Self::WorkerDied { worker, pid, exit },
            Failure::Spawn { worker, reason } => Self::Spawn { worker, reason },
            Failure::Initializer { worker, reason } => Self::Initializer { worker, reason },
            Failure::NotInitialised { reason } => Self::NotInitialised { reason },
            Failure::Cancelled => Self::Cancelled,
            Failure::Dropped => Self::Dropped,
            Failure::Transfer { task, reason } => Self::Transfer { task, reason },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_arrive_as_they_were() {
        let errors = [
            Error::BrokenPool { worker: 3, pid: 77, exit: Exit::Signal(9) },
            Error::WorkerDied { worker: 0, pid: 1, exit: Exit::Code(-1) },
            Error::Spawn { worker: 2, reason: "no more processes".to_string() },
            Error::Initializer { worker: 1, reason: "panicked".to_string() },
            Error::Cancelled,
            Error::Dropped,
            Error::NotInitialised { reason: "at the start".to_string() },
            Error::Transfer { task: "square".to_string(), reason: "too long".to_string() },
        ];
        for error in errors {
            assert_eq!(Error::from(Failure::from(error.clone())), error);
        }
        let other = Error::from(Failure::from(Error::Shutdown));
        assert_eq!(other, Error::Transfer { task: String::new(), reason: Error::Shutdown.to_string() });
    }
}
