//! Waiting for workers to take long arguments, before more are put where no cache holds them.

use std::sync::Arc;
use std::time::Duration;

use super::connection::Connection;
use super::inbox::Receiver;
use super::pool::Pool;
use crate::future::deadline::Deadline;
use crate::future::phase::Poller;
use crate::ipc::arena::CACHED;

/// How long to wait at most until workers have taken long arguments, of 1 MiB each or less: some times as long as that
/// takes. Where it is longer, tasks are computing.
pub(super) const LONGEST: Duration = Duration::from_micros(500);

impl Pool {
    /// Waits a moment where more long arguments are on their way than caches hold, and receives what has come, for
    /// workers to take some of them. Each is copied twice as fast then: by one who has it in a cache, to memory that
    /// is in a cache. Work is left for every worker to go on with.
    pub(super) fn make_room(self: &Arc<Self>) {
        let used = self.arena.used();
        let queued = || self.shell.queue.queued();
        let is_full = || self.arena.used() > CACHED && queued() >= self.shell.max();
        if !is_full() || !self.may_spin() {
            return;
        }
        let Some(poller) = (0..self.shell.max()).find_map(|worker| self.poller_of(worker)) else { return };
        let mebibytes = (used / (queued() + 1)) >> 20;
        self.crowding.wait(None, |limit| {
            let limit = limit.saturating_mul(mebibytes.max(1) as u32);
            poller.poll(&|| !is_full(), Deadline::after(Some(limit)));
            self.arena.used() < used
        });
    }

    /// By which one receives the reply of that worker, if it has work.
    fn poller_of(self: &Arc<Self>, worker: usize) -> Option<Arc<dyn Poller>> {
        let mut followup = self.followup();
        let mut gate = self.slots.shut_for(worker, Receiver::Passing)?;
        let connection = gate.connection().filter(|connection| connection.is_busy());
        let poller = connection.map(|connection| Connection::poller(connection));
        followup.open(worker, gate, Receiver::Passing);
        followup.finish();
        poller
    }
}
