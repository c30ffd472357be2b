//! From an agent to rank 0.

use serde::{Deserialize, Serialize};
use speedup_executor::implement::WorkerLife;

use super::{Carried, Failure, Message, PoolId, WorkId};
use crate::times::Stay;

/// What an agent says of itself, before anything else.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Hello {
    /// [`build_digest`](speedup_executor::remote::build_digest).
    pub(crate) build: u64,
    /// Name of the host.
    pub(crate) host: String,
    /// CPUs that the agent may use.
    pub(crate) cpus: usize,
    /// Model of the CPU, where the system tells it.
    pub(crate) cpu_model: String,
    /// Why it can have no pool of processes, if so.
    pub(crate) fault: Option<String>,
}

/// What has happened to a pool's work on a host.
#[derive(Default, Serialize, Deserialize)]
pub(crate) struct Update {
    /// A worker has these now.
    pub(crate) begun: Vec<WorkId>,
    /// No worker gets these any more.
    pub(crate) back: Vec<WorkId>,
    /// These were recalled in vain.
    pub(crate) kept: Vec<WorkId>,
    pub(crate) done: Vec<Done>,
    /// When it was sent, by the host's clock in nanoseconds.
    pub(crate) told_ns: u64,
}

/// What became of a piece of work.
#[derive(Serialize, Deserialize)]
pub(crate) struct Done {
    pub(crate) id: WorkId,
    /// When the work had come, by the host's clock in nanoseconds.
    pub(crate) came_ns: u64,
    pub(crate) outcome: Result<Outcomes, Failure>,
}

/// Encoded outcomes, with the shared bytes that they mention.
#[derive(Serialize, Deserialize)]
pub(crate) struct Outcomes {
    pub(crate) bytes: Carried,
    pub(crate) blobs: Vec<Returned>,
}

/// Shared bytes that come back with a result.
#[derive(Serialize, Deserialize)]
pub(crate) enum Returned {
    /// Those that went along with the task under that id.
    Known(u64),
    New(u64, Carried),
}

/// From an agent to rank 0.
#[derive(Serialize, Deserialize)]
pub(crate) enum FromAgent {
    Hello(Hello),
    Opened(PoolId, Stay, Option<Failure>),
    Update(PoolId, Update),
    /// The workers have ended; when each lived by the host's clock.
    Closed(PoolId, Stay, Vec<WorkerLife>),
    /// The number of the ping, and the host's clock in nanoseconds.
    Pong(u64, u64),
    /// The last one.
    Parting,
}

impl Message for FromAgent {
    fn carried(&mut self) -> Vec<&mut Carried> {
        let Self::Update(_, update) = self else { return Vec::new() };
        let outcomes = update.done.iter_mut().filter_map(|done| done.outcome.as_mut().ok());
        let all = outcomes.flat_map(|Outcomes { bytes, blobs }| {
            let blobs = blobs.iter_mut().filter_map(|returned| match returned {
                Returned::Known(_) => None,
                Returned::New(_, bytes) => Some(bytes),
            });
            blobs.chain([bytes])
        });
        all.collect()
    }
}
