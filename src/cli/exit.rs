//! How the program ends: its exit codes, and what it says of each.

use std::fmt::Display;
use std::process::ExitCode;

use crate::settings::SettingError;
use speedup_machine::signal::{EXIT_INTERRUPTED, Interrupt};
use speedup_report::record::{ReadError, StoreError};

/// Why the program ends without success. The messages are sentences without a full stop.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ExitError {
    /// Something went wrong: exit code 1.
    Failure(String),
    /// The command line cannot be used: exit code 2.
    Usage(String),
    /// Two runs cannot be compared: exit code 3.
    NotComparable(String),
    /// The user stopped it: exit code 130.
    Interrupted(String),
    /// The output has said it already.
    Said(Verdict),
}

/// What the output has said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Some of what was asked for could not be had: exit code 1.
    Incomplete,
    /// A case has become slower: exit code 1.
    Regression,
    /// The command line cannot be used: exit code 2.
    Usage,
    /// Two runs do not show whether a case has become slower: exit code 4.
    Inconclusive,
}

impl ExitError {
    /// A failure with its cause: exit code 1.
    pub fn because(cause: impl Display) -> Self {
        Self::Failure(cause.to_string())
    }

    /// The exit code; 0 is that of success.
    #[must_use]
    pub fn code(&self) -> u8 {
        match self {
            Self::Failure(_) | Self::Said(Verdict::Incomplete | Verdict::Regression) => 1,
            Self::Usage(_) | Self::Said(Verdict::Usage) => 2,
            Self::NotComparable(_) => 3,
            Self::Said(Verdict::Inconclusive) => 4,
            Self::Interrupted(_) => EXIT_INTERRUPTED,
        }
    }

    /// What is to be said on standard error.
    #[must_use]
    pub fn message(&self) -> Option<&str> {
        match self {
            Self::Failure(message)
            | Self::Usage(message)
            | Self::NotComparable(message)
            | Self::Interrupted(message) => Some(message),
            Self::Said(_) => None,
        }
    }

    /// Says it, and gives the exit code.
    #[must_use]
    pub fn report(&self) -> ExitCode {
        self.message().into_iter().for_each(super::complain);
        ExitCode::from(self.code())
    }
}

impl From<SettingError> for ExitError {
    fn from(error: SettingError) -> Self {
        Self::Usage(error.as_option())
    }
}

impl From<ReadError> for ExitError {
    fn from(error: ReadError) -> Self {
        Self::because(error)
    }
}

impl From<StoreError> for ExitError {
    fn from(error: StoreError) -> Self {
        Self::because(error)
    }
}

/// Watches for Ctrl-C from now on.
pub(super) fn watch_for_ctrl_c() -> Result<Interrupt, ExitError> {
    Interrupt::install().map_err(|error| ExitError::Failure(format!("cannot watch for Ctrl-C: {error}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_end_has_its_code() {
        let message = || "x".to_string();
        let codes = [
            (ExitError::Failure(message()), 1),
            (ExitError::Usage(message()), 2),
            (ExitError::NotComparable(message()), 3),
            (ExitError::Interrupted(message()), 130),
        ];
        assert!(codes.iter().all(|(error, code)| error.code() == *code && error.message() == Some("x")));
        let said = [Verdict::Incomplete, Verdict::Regression, Verdict::Usage, Verdict::Inconclusive];
        assert_eq!(said.map(|verdict| ExitError::Said(verdict).code()), [1, 1, 2, 4]);
    }
}
