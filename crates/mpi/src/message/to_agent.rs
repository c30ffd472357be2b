//! From rank 0 to an agent.

use serde::{Deserialize, Serialize};
use speedup_executor::remote::Piece;
use speedup_executor::{OnCrash, Spin};

use super::{Carried, Message, PoolId, WorkId};
use crate::transport::Bulk;

/// What a pool's part on a host is to be like.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Part {
    pub(crate) first_worker: usize,
    pub(crate) workers: usize,
    pub(crate) kind: Workers,
    pub(crate) on_crash: OnCrash,
    pub(crate) max_tasks_per_child: Option<usize>,
    pub(crate) spin: Spin,
    pub(crate) prefix: String,
    pub(crate) initializer: Option<Vec<u8>>,
    /// How long the host may hear nothing of rank 0 and begin further tasks all the same, in nanoseconds.
    pub(crate) begins_for_ns: u64,
}

/// What runs the tasks on a host.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(crate) enum Workers {
    #[default]
    Processes,
    Threads,
}

/// Shared bytes that a task mentions: under which id, and what is in them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct BlobRef {
    pub(crate) id: u64,
    pub(crate) digest: u128,
}

/// A piece of work that goes to a host.
#[derive(Serialize, Deserialize)]
pub(crate) struct Sent {
    pub(crate) id: WorkId,
    pub(crate) blobs: Vec<BlobRef>,
    pub(crate) bytes: Carried,
    /// Its long bytes, and at which byte each is mentioned.
    pub(crate) long: Vec<(usize, Carried)>,
}

impl Sent {
    pub(crate) fn new(id: WorkId, blobs: Vec<BlobRef>, piece: Piece) -> Self {
        let long =
            piece.long().iter().map(|(at, bytes)| (*at, Carried::new(Bulk::Long(bytes.clone())))).collect();
        Self { id, blobs, bytes: Carried::new(Bulk::Piece(piece)), long }
    }

    fn carried(&mut self) -> impl Iterator<Item = &mut Carried> {
        std::iter::once(&mut self.bytes).chain(self.long.iter_mut().map(|(_, bytes)| bytes))
    }
}

/// From rank 0 to an agent.
#[derive(Serialize, Deserialize)]
pub(crate) enum ToAgent {
    Open(PoolId, Part),
    Work(PoolId, Vec<Sent>),
    /// Bytes that tasks will mention, until they are forgotten.
    Blob(u128, Carried),
    Forget(u128),
    /// Work that is to come back if no worker has it.
    Recall(PoolId, Vec<WorkId>),
    /// The pool ends: when its work is done, or at once.
    Close(PoolId, bool),
    /// Answered with the same number; whether more are to follow at once.
    Ping(u64, bool),
    /// The job ends; whether with every host, so that MPI can be finalized.
    Exit(bool),
}

impl Message for ToAgent {
    fn carried(&mut self) -> Vec<&mut Carried> {
        match self {
            Self::Work(_, work) => work.iter_mut().flat_map(Sent::carried).collect(),
            Self::Blob(_, bytes) => vec![bytes],
            _ => Vec::new(),
        }
    }
}
