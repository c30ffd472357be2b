//! Why a program could not be run or watched.

use std::io;
use std::path::PathBuf;

use crate::execution::{Source, Untold};

/// Why there is no [`Execution`](crate::Execution). What a started program does wrong is no error: it is
/// in the execution.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// No such program; nothing has run. A shell would say 127.
    #[error("{program}: command not found{}", searched.as_ref().map(|path| format!(" in PATH ({path})")).unwrap_or_default())]
    NotFound {
        /// As it was given.
        program: String,
        /// The `PATH` searched, where one was.
        searched: Option<String>,
    },
    /// There is such a file, but it cannot be run; nothing has run. A shell would say 126.
    #[error("{}: not executable: {why}", path.display())]
    NotExecutable {
        /// What was found.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// A file or directory that the program should be given; nothing has run.
    #[error("{what} {}: {source}", path.display())]
    File {
        /// What it is for.
        what: &'static str,
        /// Which one.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// A setting that no program can be given; nothing has run.
    #[error("{0}")]
    Setting(String),
    /// The source that was asked for is not to be had here; nothing has run.
    #[error("no {}: {why}", wanted.name())]
    NoSource {
        /// Which one.
        wanted: Source,
        /// Why not.
        why: Untold,
    },
    /// The system refused something that every execution needs.
    #[error("cannot {what}: {source}")]
    System {
        /// What was tried.
        what: &'static str,
        /// What the system says.
        source: io::Error,
    },
}

impl Error {
    pub(crate) fn system(what: &'static str) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::System { what, source }
    }
}
