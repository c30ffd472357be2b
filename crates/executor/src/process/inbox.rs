//! Whether a worker's reply is there that no one has received: what those look at who wait for one.

use std::sync::Arc;

use super::worker::is_small;
use crate::ipc::mailbox::Signals;
use crate::sync::atomic::{AtomicU32, Ordering::SeqCst};

/// Who is there when a reply comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Receiver {
    /// The worker's supervisor.
    Supervisor,
    /// A thread that waits for a result, or submits work. It leaves large replies to the supervisor, which
    /// has the stack to decode them.
    Passing,
}

/// The numbers of a worker's replies.
pub(super) struct Inbox {
    signals: Arc<Signals>,
    /// Number of the latest reply that has been received.
    received: AtomicU32,
}

impl Inbox {
    /// That of a worker of which all replies so far have been received.
    pub(super) fn new(signals: &Arc<Signals>) -> Arc<Self> {
        let received = AtomicU32::new(signals.replied());
        Arc::new(Self { signals: Arc::clone(signals), received })
    }

    /// The numbers and notes that the worker shares.
    pub(super) fn signals(&self) -> &Signals {
        &self.signals
    }

    /// Whether there is a reply that no one has received.
    pub(super) fn has_reply(&self) -> bool {
        self.signals.replied() != self.received.load(SeqCst)
    }

    /// Whether there is one that is for that receiver.
    pub(super) fn has_reply_for(&self, receiver: Receiver) -> bool {
        self.has_reply() && (receiver == Receiver::Supervisor || is_small(&self.signals))
    }

    /// Says that the latest reply has been received. Behind the gate alone.
    pub(super) fn receive(&self) {
        self.received.store(self.signals.replied(), SeqCst);
    }

    /// Says that this thread looks for a reply itself, until what it gets is dropped: then it must look once more.
    pub(super) fn poll(self: &Arc<Self>) -> Polling {
        self.signals.poll();
        Polling(Arc::clone(self))
    }

    /// Wakes those who wait for replies: what they wait for may have come, or will not come here.
    pub(super) fn wake(&self) {
        self.signals.wake();
    }
}

/// That a thread looks for a worker's reply itself, so that no one need be rung for.
#[must_use = "it polls until this is dropped"]
pub(super) struct Polling(Arc<Inbox>);

impl Drop for Polling {
    fn drop(&mut self) {
        self.0.signals.leave();
    }
}
