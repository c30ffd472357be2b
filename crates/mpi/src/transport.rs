//! What messages travel over: whole ones, in order between each two ranks.

use std::os::fd::BorrowedFd;

use speedup_executor::SharedBytes;
use speedup_executor::remote::{LONG, Landing, LongBytes, Piece};

/// Bytes of at least that many travel by themselves, from where they are to where they stay.
pub(crate) const BULK: usize = LONG;

/// A message to be sent: a few bytes that say what it is, and large ones as they are.
#[derive(Default)]
pub(crate) struct Outbound {
    pub(crate) head: Vec<u8>,
    pub(crate) bulk: Vec<Bulk>,
}

/// Bytes that are not copied to be sent.
pub(crate) enum Bulk {
    Own(Vec<u8>),
    Piece(Piece),
    /// Long bytes of a piece, which workers can read where they land.
    Long(LongBytes),
    Shared(SharedBytes),
}

impl Bulk {
    /// Whether it is to land where workers can read it.
    pub(crate) fn is_for_workers(&self) -> bool {
        matches!(self, Self::Long(..))
    }
}

impl AsRef<[u8]> for Bulk {
    fn as_ref(&self) -> &[u8] {
        match self {
            Self::Own(bytes) => bytes,
            Self::Piece(piece) => piece.as_ref(),
            Self::Long(bytes) => bytes.as_ref(),
            Self::Shared(bytes) => bytes,
        }
    }
}

/// A message that has come.
#[derive(Debug, Default)]
pub(crate) struct Inbound {
    pub(crate) head: Vec<u8>,
    pub(crate) bulk: Vec<Landing>,
}

/// What a rank hears.
#[derive(Debug)]
pub(crate) enum Event {
    Message(Inbound),
    /// Nothing more comes from that rank, for this reason.
    Gone(String),
}

/// One rank's end of the way to all others. It belongs to the one thread that makes its calls, and none of them
/// waits.
pub(crate) trait Transport {
    /// How many ranks there are.
    fn size(&self) -> usize;

    /// Sends a message in time.
    fn send(&mut self, to: usize, message: Outbound);

    /// Goes on with what is under way, and gives what has come, with the rank it is from.
    fn poll(&mut self) -> Option<(usize, Event)>;

    /// Whether a part of a message has gone or come since the last call, so that more is likely to at once.
    fn has_moved(&mut self) -> bool;

    /// Whether something is still to be sent to that rank.
    fn is_sending(&self, to: usize) -> bool;

    /// Neither sends nor receives with that rank any more.
    fn forget(&mut self, rank: usize);

    /// What can be read when something may have come, or may be sent, since it was cleared; none where nothing tells
    /// that. That it tells of every message is not sure.
    fn alarm(&self) -> Option<BorrowedFd<'_>> {
        None
    }

    /// Takes note of the alarm; false if there was none.
    fn clear_alarm(&mut self) -> bool {
        false
    }

    /// A message came of which the alarm did not tell.
    fn improve_alarm(&mut self) {}
}
