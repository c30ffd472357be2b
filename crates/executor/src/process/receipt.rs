//! A reply as it was received: copied behind the gate, decoded when that is open.
//!
//! To decode a result is user code, and may take long. Meanwhile the worker has its next tasks, and the memory
//! in which it replies is its own again.

use std::os::fd::OwnedFd;
use std::sync::Arc;

use super::inbox::Inbox;
use crate::ipc::channel::Channel;
use crate::sync::{Step, left_out};
use crate::wire::Parts;
use crate::work::{Deferred, Replies, Work};

/// Work and its outcomes.
#[must_use = "its futures are to be settled"]
pub(super) struct Receipt {
    work: Vec<Work>,
    /// One part for each task, in their order.
    outcomes: Vec<u8>,
    files: Vec<Option<OwnedFd>>,
    inbox: Arc<Inbox>,
}

impl Receipt {
    /// Copies so many parts of a reply, which are about that work.
    pub(super) fn new(
        work: Vec<Work>,
        parts: Parts<'_>,
        count: usize,
        channel: &Channel,
        inbox: &Arc<Inbox>,
    ) -> Self {
        let (mut outcomes, mut files) = (Vec::new(), Vec::new());
        for part in parts.take(count) {
            outcomes.extend_from_slice(part.whole());
            files.extend((0..part.files()).map(|_| channel.take_file()));
        }
        Self { work, outcomes, files, inbox: Arc::clone(inbox) }
    }

    /// Decodes the results and settles the futures. It runs user code: call it where nothing is locked, and
    /// where this thread does not [poll](crate::ipc::mailbox::Signals::poll).
    pub(super) fn settle(self, deferred: &mut Deferred) {
        let mut files = self.files.into_iter();
        let mut next_file = || files.next().flatten();
        let mut replies = Replies::new(Parts::of(&self.outcomes).unwrap_or_default(), &mut next_file);
        self.work.iter().for_each(|work| work.receive_quietly(&mut replies));
        // Who waits for one of these by the worker's poller sleeps until it is woken.
        if !left_out(Step::WakeSettled) {
            self.inbox.wake();
        }
        self.work.into_iter().for_each(|work| deferred.release(work));
    }
}
