//! What the machine can do when nothing has to be handed out.

use serde::{Deserialize, Serialize};
use speedup_machine::placement::Knee;

use super::Pinned;

/// One way in which the ceiling of the machine was measured.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct CeilingPlan {
    /// What its threads did.
    pub load: CeilingLoad,
    /// The CPUs of its threads, thread I on the I-th.
    pub pin: Pinned,
    /// Where more threads in this order share what fewer did not; empty where the system tells of nothing that is
    /// shared.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub knees: Vec<Knee>,
}

/// What the threads of a ceiling do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum CeilingLoad {
    /// Each the work of each workload, again and again.
    Workload,
    /// Together the triad of STREAM, `a = b + s c`, over arrays that no cache holds.
    Triad {
        /// Bytes of each of the three arrays, over all threads.
        array_bytes: u64,
        /// Bytes that are read or written in a pass of a [`CeilingLane`].
        pass_bytes: u64,
    },
}

/// One window in which as many threads as a case has workers, each pinned to a CPU, work on what is their own.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct CeilingSample {
    /// Name of the workload; empty for a triad, which is of none.
    pub workload: String,
    /// Index into the plan's ceilings; in records that list none there, the only way.
    #[serde(default, skip_serializing_if = "is_first")]
    pub way: usize,
    /// The round that it belongs to; see [`Sample::round`](super::Sample::round).
    pub round: u32,
    /// Whether that was a warm-up round.
    pub warmup: bool,
    /// The host that they ran on, as an index into the record's hosts; absent for this machine.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub host: Option<usize>,
    /// The threads.
    pub lanes: Vec<CeilingLane>,
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "as serde calls it")]
fn is_first(way: &usize) -> bool {
    *way == 0
}

/// One thread of a [`CeilingSample`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct CeilingLane {
    /// The CPU that it was pinned to; absent where it could not be pinned.
    pub cpu: Option<usize>,
    /// Passes over its array that it finished.
    pub passes: u64,
    /// Nanoseconds from the start of the first to the end of the last.
    pub busy_ns: u64,
}
