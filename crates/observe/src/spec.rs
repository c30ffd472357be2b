//! What to run and how to watch it.

use std::ffi::OsString;
use std::path::PathBuf;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::execution::Source;

/// The program of a [`Spec`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Program {
    /// A program and its arguments. A name without `/` is looked up in the `PATH` that the program gets.
    Direct {
        /// Name or path.
        program: OsString,
        /// Arguments, without the program's own name.
        args: Vec<OsString>,
    },
    /// A text for `/bin/sh -c`. The shell says 127 for a command not found and 126 for one that is not
    /// executable, as exit codes.
    Shell(String),
}

/// Where a program reads from.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum Input {
    /// End of file at once.
    #[default]
    Null,
    /// A file.
    File(PathBuf),
}

/// Where a program's output goes.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum Output {
    /// Thrown away unseen.
    #[default]
    Null,
    /// Read, counted and hashed as it comes; only the last `tail` bytes are kept.
    Digest {
        /// Bytes to keep of the end.
        tail: usize,
    },
    /// To where the watching program writes.
    Inherit,
    /// Into a file, which is created or emptied first.
    File(PathBuf),
}

/// A program to run, with all that it is given.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Spec {
    /// What runs.
    pub program: Program,
    /// Variables set in addition to the inherited ones.
    pub env: Vec<(OsString, OsString)>,
    /// Working directory; that of the watching program if absent.
    pub cwd: Option<PathBuf>,
    /// Standard input.
    pub stdin: Input,
    /// Standard output.
    pub stdout: Output,
    /// Standard error.
    pub stderr: Output,
    /// CPUs that the program may run on; all that the watching program may if empty.
    pub cpus: Vec<usize>,
    /// The program and all its descendants are killed after so long.
    pub timeout: Option<Duration>,
}

impl Spec {
    /// A program with its arguments, no input, and its output thrown away.
    pub fn new<S: Into<OsString>>(program: impl Into<OsString>, args: impl IntoIterator<Item = S>) -> Self {
        let args = args.into_iter().map(Into::into).collect();
        Self::of(Program::Direct { program: program.into(), args })
    }

    /// A text for `/bin/sh -c`, no input, and its output thrown away.
    pub fn shell(text: impl Into<String>) -> Self {
        Self::of(Program::Shell(text.into()))
    }

    fn of(program: Program) -> Self {
        Self {
            program,
            env: Vec::new(),
            cwd: None,
            stdin: Input::Null,
            stdout: Output::Null,
            stderr: Output::Null,
            cpus: Vec::new(),
            timeout: None,
        }
    }
}

/// Which source of facts to use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Wanted {
    /// The best that the system allows: what is refused is replaced by the next one, and the reason kept.
    #[default]
    Best,
    /// This one or an error.
    Only(Source),
}

/// How to watch a program.
#[derive(Debug, Clone, Copy)]
pub struct Options<'a> {
    /// Where facts come from.
    pub source: Wanted,
    /// Set by the caller, for instance on Ctrl-C: the program and all its descendants are killed within
    /// some 50 ms.
    pub interrupt: Option<&'a AtomicBool>,
    /// Events of the scheduler kept at most, at 24 bytes each; with more, there is no trace.
    pub max_events: usize,
}

impl Default for Options<'_> {
    fn default() -> Self {
        Self { source: Wanted::Best, interrupt: None, max_events: 10_000_000 }
    }
}

impl Options<'_> {
    /// The cheap way for short jobs: one process started and waited for, no trace.
    #[must_use]
    pub fn cheap() -> Self {
        Self { source: Wanted::Only(Source::Usage), ..Self::default() }
    }
}
