//! Work that leaves this program.

use std::sync::Arc;

use super::landing::Room;
use super::{Blob, descriptors};
use crate::error::Error;
use crate::future::deadline::Deadline;
use crate::future::phase::Poller;
use crate::ipc::arena::Extents;
use crate::wire::{Encoded, Encoder, Message, Parts};
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

/// From this length on bytes are long: they travel by themselves, from where they are to where they stay.
pub const LONG: usize = 16 << 10;

/// What is sent of work. A clone is the same bytes.
#[derive(Clone)]
pub struct Piece {
    encoded: Arc<Encoded>,
    /// Long bytes that are not among the others, and at which byte each is mentioned, in that order.
    long: Vec<(usize, LongBytes)>,
}

/// Long bytes of a [`Piece`].
#[derive(Clone)]
pub struct LongBytes(Arc<Extents>);

impl AsRef<[u8]> for LongBytes {
    fn as_ref(&self) -> &[u8] {
        self.0.bytes()
    }
}

impl AsRef<[u8]> for Piece {
    fn as_ref(&self) -> &[u8] {
        self.encoded.bytes()
    }
}

impl Piece {
    fn new(mut encoded: Encoded) -> Self {
        let long = encoded.take_long().into_iter().map(|(at, extents)| (at, LongBytes(Arc::new(extents))));
        Self { long: long.collect(), encoded: Arc::new(encoded) }
    }

    /// The same with those of its tasks that are to be kept.
    fn keeping(&self, keep: &[bool]) -> Self {
        let (mut long, mut start, mut gone) = (Vec::new(), 0, 0);
        let mut all = self.long.iter().peekable();
        for (part, keep) in Parts::of(self.as_ref()).unwrap_or_default().zip(keep) {
            let length = part.whole().len();
            start += length;
            while let Some((at, bytes)) = all.next_if(|(at, _)| *at < start) {
                if *keep {
                    long.push((at - gone, bytes.clone()));
                }
            }
            gone += if *keep { 0 } else { length };
        }
        Self { encoded: Arc::new(self.encoded.keeping(keep)), long }
    }

    /// Its long bytes, and at which byte each is mentioned, in that order. They are given to
    /// [`arrived`](super::arrived) by themselves.
    #[must_use]
    pub fn long(&self) -> &[(usize, LongBytes)] {
        &self.long
    }

    /// How many bytes it has, the long ones among them.
    #[must_use]
    pub fn length(&self) -> usize {
        self.as_ref().len() + self.long.iter().map(|(_, bytes)| bytes.as_ref().len()).sum::<usize>()
    }

    /// The shared bytes that go along, in the order in which the tasks mention them.
    pub fn blobs(&self) -> impl ExactSizeIterator<Item = Blob> {
        self.encoded.files().iter().cloned().map(Blob)
    }
}

impl Outgoing {
    /// Encodes work, in the thread that submits it: to encode a task and to drop it is user code. Long bytes wait in
    /// that room. `None` if no task could be encoded; each has its error then.
    ///
    /// # Errors
    ///
    /// [`Error::Transfer`] where the tasks' type is not registered.
    pub fn encode(work: Work, room: &Room) -> Result<Option<Self>, Error> {
        let registered = work.registered()?;
        let encoded = work.encode(registered, Encoder::of_long(&room.0, LONG));
        Ok((!encoded.is_empty()).then(|| Self { work, piece: Piece::new(encoded) }))
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
            self.piece = self.piece.keeping(&keep);
        }
        !self.piece.encoded.is_empty()
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

#[cfg(test)]
mod tests {
    use serde_bytes::ByteBuf;

    use super::*;
    use crate::table::Registered;
    use crate::wire::{encode, put_back};

    fn encoded(lengths: &[usize], room: Option<&Room>) -> Encoded {
        let mut encoder = Encoder::new(room.map(|room| &room.0));
        for &length in lengths {
            let argument =
                (length as u8, ByteBuf::from(vec![length as u8; length]), ByteBuf::from(vec![9; 5]));
            let task = Registered { number: 3, name: "task" };
            let added = encoder.add(task, |tasks| {
                encode(&argument, tasks).unwrap();
                Ok(())
            });
            added.unwrap();
        }
        encoder.finish()
    }

    /// The piece with its long bytes in it.
    fn whole(piece: &Piece) -> Vec<u8> {
        put_back(piece.as_ref(), piece.long()).unwrap()
    }

    #[test]
    fn of_a_piece_of_which_some_tasks_are_cancelled_the_others_keep_their_long_bytes() {
        let (room, lengths) = (Room::default(), [20_000, 3, 30_000, 40_000]);
        let piece = Piece::new(encoded(&lengths, Some(&room)));
        assert!(whole(&piece) == encoded(&lengths, None).bytes() && piece.as_ref().len() < 1000);
        let three = piece.keeping(&[false, true, true, true]);
        assert!(whole(&three) == encoded(&lengths[1..], None).bytes());
        assert!((70_000..71_000).contains(&three.length()));
        let two = three.keeping(&[true, false, true]);
        assert!(whole(&two) == encoded(&[3, 40_000], None).bytes());
        assert_eq!(two.long().iter().map(|(_, bytes)| bytes.as_ref().len()).collect::<Vec<_>>(), [40_000]);
        drop((piece, three));
        // What was cancelled is no one's.
        assert!((40_000..70_000).contains(&room.0.used()));
        drop(two);
        assert_eq!(room.0.used(), 0);
    }
}
