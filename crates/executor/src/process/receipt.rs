//! A reply as it was received: copied behind the gate, decoded when that is open.
//!
//! To decode a result is user code, and may take long. Meanwhile the worker has its next tasks, and the memory
//! in which it replies is its own again.

use std::ops::Range;
use std::os::fd::OwnedFd;
use std::sync::Arc;

use super::inbox::Inbox;
use crate::ipc::arena::Extents;
use crate::ipc::channel::Channel;
use crate::sync::{Step, left_out};
use crate::wire::Message;
use crate::work::{Deferred, Replies, Work};

/// Work and its outcomes.
#[must_use = "its futures are to be settled"]
pub(super) struct Receipt {
    work: Vec<Work>,
    reply: Message,
    /// The part of the reply with the first outcome; one for each task follows.
    first: usize,
    /// Their long bytes.
    apart: Vec<Vec<u8>>,
    files: Vec<Option<OwnedFd>>,
    /// Where the long bytes of the work's arguments stand. Many are given back, which takes longer than is good behind
    /// a gate.
    extents: Extents,
    inbox: Arc<Inbox>,
}

impl Receipt {
    /// Those parts of a reply, which are about that work, with their long bytes, and the files that came with them.
    pub(super) fn new(
        (work, extents): (Vec<Work>, Extents),
        reply: Message,
        outcomes: Range<usize>,
        apart: Vec<Vec<u8>>,
        channel: &Channel,
        inbox: &Arc<Inbox>,
    ) -> Self {
        let first = outcomes.start;
        let files = (0..reply.files(outcomes)).map(|_| channel.take_file()).collect();
        Self { work, reply, first, apart, files, extents, inbox: Arc::clone(inbox) }
    }

    /// Whether someone waits for the last of its results, or is to be told of it.
    pub(super) fn is_awaited(&self) -> bool {
        self.work.last().is_some_and(Work::is_awaited)
    }

    /// Decodes the results and settles the futures. It runs user code: call it where nothing is locked, and
    /// where this thread does not [poll](crate::ipc::mailbox::Signals::poll).
    pub(super) fn settle(self, deferred: &mut Deferred) {
        let mut files = self.files.into_iter();
        let mut next_file = || files.next().flatten();
        let mut replies = Replies::new(self.reply.parts_from(self.first), &mut next_file, self.apart);
        self.work.iter().for_each(|work| work.receive_quietly(&mut replies));
        // Who waits for one of these by the worker's poller sleeps until it is woken.
        if !left_out(Step::WakeSettled) {
            self.inbox.wake();
        }
        self.work.into_iter().for_each(|work| deferred.release(work));
        drop(self.extents);
    }
}
