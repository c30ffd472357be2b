//! Where a piece of work is that has left this program, for who wants it back.

use std::sync::atomic::{AtomicU8, Ordering::SeqCst};
use std::sync::{Arc, Weak};

use speedup_executor::remote::Holder;

use super::Pool;
use crate::message::WorkId;

pub(super) struct Flight {
    pub(super) id: WorkId,
    pub(super) rank: usize,
    place: AtomicU8,
    pool: Weak<Pool>,
}

/// It lies at the host, as far as is known here.
const LIES: u8 = 0;
/// A worker has it.
const BEGUN: u8 = 1;
/// It is no more at that host: it is back, or sent elsewhere.
const BACK: u8 = 2;
const DONE: u8 = 3;

impl Flight {
    pub(super) fn new(pool: &Arc<Pool>, id: WorkId, rank: usize) -> Arc<Self> {
        Arc::new(Self { id, rank, place: AtomicU8::new(LIES), pool: Arc::downgrade(pool) })
    }

    pub(super) fn lies(&self) -> bool {
        self.place.load(SeqCst) == LIES
    }

    pub(super) fn came_back(&self) -> bool {
        self.place.load(SeqCst) == BACK
    }

    pub(super) fn set_begun(&self) {
        self.place.store(BEGUN, SeqCst);
    }

    pub(super) fn set_back(&self) {
        self.place.store(BACK, SeqCst);
    }

    pub(super) fn set_done(&self) {
        self.place.store(DONE, SeqCst);
    }
}

impl Holder for Flight {
    fn has_begun(&self) -> bool {
        !self.lies()
    }

    fn give_back(&self) -> bool {
        self.pool.upgrade().is_some_and(|pool| pool.fetch(self))
    }
}
