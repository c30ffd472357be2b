//! How the array of a job reaches the worker that computes on it.
//!
//! The parent makes a [`Passed`] for every job, outside all timing; it travels with the task; and the
//! worker takes the array out of it, within the job's own time. It is the only place that knows how
//! the ways of passing data differ.

use serde::{Deserialize, Serialize};

use crate::record::Data;
use crate::workload::{Job, Workload};

/// What travels with a task in place of the array, or as the array.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Passed {
    /// Nothing: the worker makes the array from the job.
    Generate,
}

/// Whether arrays can be passed so.
///
/// # Errors
///
/// Why not.
pub(super) fn can_pass(data: Data) -> Result<(), String> {
    match data {
        Data::Generate => Ok(()),
        Data::Copy | Data::Shared => {
            Err(format!("{} cannot be done yet; workers can only generate their arrays", data.name()))
        }
    }
}

impl Passed {
    /// What travels for a job: on the parent's side.
    ///
    /// # Errors
    ///
    /// Why the array cannot be passed so.
    pub(super) fn of(_workload: &dyn Workload, _job: Job, data: Data) -> Result<Self, String> {
        can_pass(data).map(|()| Self::Generate)
    }

    /// The array: on the worker's side.
    pub(super) fn take(self, workload: &dyn Workload, job: Job) -> Vec<u8> {
        match self {
            Self::Generate => workload.generate(job),
        }
    }
}
