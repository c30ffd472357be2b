//! Work on its way to a worker process.

use std::sync::Arc;

use crate::ipc::arena::Arena;
use crate::table::Registered;
use crate::wire::{Encoded, Encoder};
use crate::work::{Deferred, Work};

/// Work, and what is sent of it. It is encoded by who submits it, where nothing is locked and no worker is
/// kept waiting: to encode a task and to drop it is user code.
pub(super) struct Item {
    pub(super) work: Work,
    pub(super) encoded: Encoded,
}

impl Item {
    /// Encodes work for a pool with that arena. `Err` if no task could be: each has its error then, and someone may
    /// wait to be told.
    pub(super) fn encode(work: Work, registered: Registered, arena: &Arc<Arena>) -> Result<Self, Deferred> {
        let encoded = work.encode(registered, Encoder::new(Some(arena)));
        if encoded.is_empty() {
            let mut deferred = Deferred::default();
            deferred.release(work);
            return Err(deferred);
        }
        Ok(Self { work, encoded })
    }
}
