//! How a task on this host tells what becomes of it.

use std::cell::Cell;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering::SeqCst};
use std::time::Duration;

use speedup_executor::Error;
use speedup_executor::remote::{Blob, Outlet, Reply};

use super::{Heard, News};
use crate::message::{Carried, Done, Failure, Outcomes, PoolId, Returned, WorkId};
use crate::transport::Bulk;
use crate::waiting::Mailbox;

/// What the threads of this host's pools have to say.
#[derive(Default)]
pub(crate) struct Outbox {
    pub(crate) news: Mailbox<News>,
    heard: Heard,
}

impl Outbox {
    pub(crate) fn heard(&self) {
        self.heard.note();
    }
}

/// How far a task has come on this host, for who recalls it.
#[derive(Debug, Default)]
pub(crate) struct Progress(AtomicU8);

const WAITS: u8 = 0;
const BEGUN: u8 = 1;
const RECALLED: u8 = 2;

impl Progress {
    /// Takes it from the workers; false if one has it.
    pub(crate) fn recall(&self) -> bool {
        self.0.compare_exchange(WAITS, RECALLED, SeqCst, SeqCst).is_ok()
    }
}

thread_local! {
    /// Whether this thread gives work to a pool, and says itself what was refused.
    static TAKING: Cell<bool> = const { Cell::new(false) };
}

/// Gives work to a pool: if that refuses and drops it, only the call's result tells of it.
pub(crate) fn while_taking<R>(take: impl FnOnce() -> R) -> R {
    TAKING.set(true);
    let taken = take();
    TAKING.set(false);
    taken
}

pub(crate) struct ToHead {
    pub(crate) pool: PoolId,
    pub(crate) id: WorkId,
    /// When the work had come, in nanoseconds of this host's clock.
    pub(crate) came_ns: u64,
    pub(crate) progress: Arc<Progress>,
    /// Ids of the shared bytes that came along.
    pub(crate) came: Vec<u64>,
    /// How long rank 0 may be silent, and the task begin all the same.
    pub(crate) begins_for: Duration,
    pub(crate) outbox: Arc<Outbox>,
}

impl ToHead {
    fn returned(&self, blob: &Blob) -> std::io::Result<Returned> {
        if self.came.contains(&blob.id()) {
            return Ok(Returned::Known(blob.id()));
        }
        Ok(Returned::New(blob.id(), Carried::new(Bulk::Shared(blob.bytes()?))))
    }
}

impl Outlet for ToHead {
    fn may_begin(&self) -> bool {
        // Rank 0 may have given it to another host by now.
        if self.outbox.heard.silence() > self.begins_for && self.progress.recall() {
            self.outbox.news.push(News::Back(self.pool, self.id));
            return false;
        }
        let begins = self.progress.0.compare_exchange(WAITS, BEGUN, SeqCst, SeqCst).is_ok();
        if begins {
            // It is told with its outcome, or within a millisecond.
            self.outbox.news.put(News::Begun(self.pool, self.id));
        }
        begins
    }

    fn not_begun(&self) {
        // A recall may find it until another worker has it.
        let _ = self.progress.0.compare_exchange(BEGUN, WAITS, SeqCst, SeqCst);
    }

    fn done(&self, reply: Reply) {
        if TAKING.get() && matches!(reply, Reply::Failed(Error::Dropped)) {
            return;
        }
        let outcome = match reply {
            Reply::Failed(error) => Err(error),
            Reply::Outcomes(bytes, blobs) => {
                let blobs: std::io::Result<Vec<_>> = blobs.iter().map(|blob| self.returned(blob)).collect();
                let bytes = Carried::new(Bulk::Own(bytes));
                blobs.map(|blobs| Outcomes { bytes, blobs }).map_err(|error| Error::Transfer {
                    task: String::new(),
                    reason: format!("its shared bytes cannot be read: {error}"),
                })
            }
        };
        let done = Done { id: self.id, came_ns: self.came_ns, outcome: outcome.map_err(Failure::from) };
        self.outbox.news.push(News::Done(self.pool, done));
    }
}
