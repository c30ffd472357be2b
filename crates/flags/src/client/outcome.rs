//! What became of each flag, and the tally of them all.

use serde::{Deserialize, Serialize};

use crate::codes::CountryCode;

/// What became of a flag.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Status {
    /// It has been saved; so many bytes.
    Downloaded(u64),
    /// The server has no such flag.
    NotFound,
    /// It could not be had, for this reason.
    Failed(String),
    /// The user stopped the program before it was there.
    Interrupted,
}

/// One flag's download as the worker saw it. Times in nanoseconds, on the monotonic clock.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Download {
    /// What became of it.
    pub status: Status,
    /// How many times it was asked for.
    pub attempts: u32,
    /// Number of the worker: a thread, a process, or with async a connection's place.
    pub worker: usize,
    /// When it began.
    pub begin_ns: u64,
    /// When it was there, saved.
    pub end_ns: u64,
    /// CPU time that the client spent for it, saving it included. The rest was waiting.
    pub cpu_ns: u64,
}

/// A download with the code that was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// The code.
    pub cc: CountryCode,
    /// What became of it.
    pub download: Download,
}

/// How many flags ended how.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Tally {
    /// Flags that were saved.
    pub downloaded: usize,
    /// Codes that the server has no flag for.
    pub not_found: usize,
    /// Flags that could not be had.
    pub errors: usize,
    /// Flags that were not there when the user stopped the program.
    pub interrupted: usize,
}

impl Tally {
    /// Counts one more.
    pub fn add(&mut self, status: &Status) {
        match status {
            Status::Downloaded(_) => self.downloaded += 1,
            Status::NotFound => self.not_found += 1,
            Status::Failed(_) => self.errors += 1,
            Status::Interrupted => self.interrupted += 1,
        }
    }
}
