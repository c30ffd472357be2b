//! What there is to say of cases whose jobs wait.

use serde::Serialize;

use crate::stats::Quantity;

/// How much of a case was waiting, and what it came to.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Waiting {
    /// Share of the time of all tasks in which they had no CPU: they waited for the server, and where there
    /// are more of them than CPUs, or one thread for all, for their turn.
    pub share: Quantity,
    /// The share of the worker that waited least.
    pub least: f64,
    /// The share of the worker that waited most.
    pub greatest: f64,
    /// Jobs done in a second: those of the batch over its mean time.
    pub jobs_per_s: f64,
}
