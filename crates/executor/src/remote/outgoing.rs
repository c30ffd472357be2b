//! Work that leaves this program.

use std::sync::Arc;

use super::{Blob, descriptors};
use crate::error::Error;
use crate::future::deadline::Deadline;
use crate::future::phase::Poller;
use crate::wire::{Encoded, Message};
use crate::work::{Replies, Work};

/// Where a task lies that has left this program.
pub trait Holder: Send + Sync {
    /// Whether a worker there has it, as far as is known here.
    fn has_begun(&self) -> bool;

    /// Fetches it back if no worker has it, and waits for the answer. True if it came back: it is pending again,
    /// or has been sent elsewhere.
    fn give_back(&self) -> bool;
}

/// A thread that waits for such a task sleeps: only the pool receives from elsewhere.
struct Away(Arc<dyn Holder>);

impl Poller for Away {
    fn poll(&self, _: &dyn Fn() -> bool, _: Deadline) {}

    fn has_begun(&self) -> bool {
        self.0.has_begun()
    }

    fn give_back(&self) -> bool {
        self.0.give_back()
    }
}

/// Work that has been encoded, and its futures.
pub struct Outgoing {
    work: Work,
    piece: Piece,
}

/// What is sent of work. A clone is the same bytes.
#[derive(Clone)]
pub struct Piece(Arc<Encoded>);

impl AsRef<[u8]> for Piece {
    fn as_ref(&self) -> &[u8] {
        self.0.bytes()
    }
}

impl Piece {
    /// The shared bytes that go along, in the order in which the tasks mention them.
    pub fn blobs(&self) -> impl ExactSizeIterator<Item = Blob> {
        self.0.files().iter().cloned().map(Blob)
    }
}

impl Outgoing {
    /// Encodes work, in the thread that submits it: to encode a task and to drop it is user code. `None` if no task
    /// could be; each has its error then.
    ///
    /// # Errors
    ///
    /// [`Error::Transfer`] where the tasks' type is not registered.
    pub fn encode(work: Work) -> Result<Option<Self>, Error> {
        let registered = work.registered()?;
        let encoded = work.encode(registered, None);
        Ok((!encoded.is_empty()).then(|| Self { work, piece: Piece(Arc::new(encoded)) }))
    }

    /// What there is to send.
    #[must_use]
    pub fn piece(&self) -> &Piece {
        &self.piece
    }

    /// Says that the tasks are sent to where that holder knows. False if all of them were cancelled, and
    /// nothing is left to be sent.
    pub fn begin(&mut self, holder: Arc<dyn Holder>) -> bool {
        let holder: Arc<dyn Poller> = Arc::new(Away(holder));
        let mut keep = Vec::new();
        self.work.begin(&holder, |kept| keep.push(kept));
        if keep.iter().any(|kept| !kept) {
            // What is left may be sent again: those that were cancelled must not be among it.
            self.piece = Piece(Arc::new(self.piece.0.keeping(&keep)));
        }
        !self.piece.0.is_empty()
    }

    /// Says that the tasks have come back, and none was begun: they are pending again.
    pub fn take_back(&self) {
        self.work.unsend();
    }

    /// Settles the futures with a reply and what came along. It decodes results and calls back: user code.
    pub fn settle(self, reply: Vec<u8>, blobs: &[Blob]) {
        let name = self.work.name();
        let failed = |reason: &str| Error::Transfer { task: name.to_string(), reason: reason.to_string() };
        let Some(message) = Message::of(reply) else {
            return self.work.fail(&failed("the reply cannot be decoded"));
        };
        let mut files = descriptors(blobs);
        self.work.receive_quietly(&mut Replies::new(message.parts_from(0), &mut files, Vec::new()));
        // What had no part in the reply.
        self.work.fail_quietly(&failed("the reply has no outcome for it"));
    }

    /// Cancels what has come back, without callbacks: those are called when it is dropped, or [cancelled](cancel_all).
    pub fn cancel_quietly(&self) {
        self.work.cancel_quietly();
    }
}

/// Settles all of them with that error before anyone is told: user code.
pub fn fail_all(all: impl IntoIterator<Item = Outgoing>, error: &Error) {
    Work::fail_all(all.into_iter().map(|outgoing| outgoing.work), error).run();
}

/// Cancels all of them before anyone is told: user code.
pub fn cancel_all(all: impl IntoIterator<Item = Outgoing>) {
    Work::cancel_all(all.into_iter().map(|outgoing| outgoing.work)).run();
}
