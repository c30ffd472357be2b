//! Messages between a parent process and its child through shared memory, one at a time each way.
//!
//! The parent writes a request and publishes it by counting up its number; the child reads it, writes
//! the reply, and publishes that under the same number. Until then the parent leaves the request
//! alone, and afterwards the child leaves the reply alone: who may look at a buffer looks at one
//! that no one writes to. Numbers are published in sequentially consistent order, together with the
//! notes by which either side knows whether the other one sleeps and must be woken, so that no wake-up
//! is lost: one writes its number and then reads the note, the other writes the note and then reads
//! the number.
//!
//! Both processes are the same program. One that writes where the rules say it must not, because its memory is
//! corrupt or a copy of it goes on, does so at any time; no rule between processes that share memory can prevent
//! that. So lengths are read once and checked, and a message is copied before anything looks at it.
//!
//! * this file: the two ends; `signals`: how they know of each other

mod signals;
#[cfg(test)]
mod tests;

use std::io;
use std::ops::Range;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::Arc;
use std::time::Duration;

use self::signals::{AWAKE, Control, STOPPED};
use super::buffer::{Buffer, KEPT, View};
use super::memory::{Ground, longest_file};
use crate::sync::atomic::Ordering::SeqCst;
use crate::sync::{Step, left_out};

pub(crate) use self::signals::Signals;

/// Where the request begins: a multiple of every page size.
const REQUEST: u64 = 64 << 10;

/// The longest message in either direction, if the system's limit on file sizes leaves it that much.
const CAPACITY: u64 = 4 << 30;

/// The request, the reply, and the annex in which long bytes of the reply stand.
const AREAS: u64 = 3;

/// The least capacity that is of use.
const LEAST: u64 = 64 << 10;

/// Where the child sleeps, as the parent knows it from a note.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u32)]
pub(crate) enum Bed {
    /// Where it must be rung for.
    Socket = 1,
    /// On a word in the memory that both share, from which it is [called](Signals::call): that costs least.
    Word = 2,
}

const ON_WORD: u32 = Bed::Word as u32;

/// The parent's end.
#[derive(Debug)]
pub(crate) struct ParentEnd {
    ground: Ground,
    signals: Arc<Signals>,
    request: Buffer,
    reply: View,
    annex: View,
}

impl ParentEnd {
    /// A new mailbox, with an empty first request for the child to say that it is there. The child may
    /// spin for that long before it sleeps. Long bytes of its replies stand in the annex, where that is to be
    /// used.
    ///
    /// # Errors
    ///
    /// What the system says.
    pub(crate) fn new(spin: Duration, annex: bool) -> io::Result<Self> {
        let allowed = longest_file();
        let capacity = (allowed.saturating_sub(REQUEST) / AREAS).min(CAPACITY) / REQUEST * REQUEST;
        if capacity < LEAST {
            let problem = format!("the limit on the size of files, {allowed} bytes, is too small");
            return Err(io::Error::new(io::ErrorKind::FileTooLarge, problem));
        }
        let ground = Ground::new(REQUEST + AREAS * capacity)?;
        let signals = Arc::new(Signals::new(&ground)?);
        signals.control().spin_ns.store(spin.as_nanos() as u64, SeqCst);
        signals.control().uses_annex.store(annex.into(), SeqCst);
        signals.control().request.number.store(1, SeqCst);
        let request = Buffer::new(&ground, REQUEST, capacity as usize)?;
        let reply = View::new(&ground, REQUEST + capacity, capacity as usize)?;
        let annex = View::new(&ground, REQUEST + 2 * capacity, capacity as usize)?;
        Ok(Self { ground, signals, request, reply, annex })
    }

    /// The numbers and notes.
    #[must_use]
    pub(crate) fn signals(&self) -> &Arc<Signals> {
        &self.signals
    }

    /// Where the next request is written. `None` while the child may still read the latest.
    pub(crate) fn request(&mut self) -> Option<&mut Buffer> {
        (self.signals.replied() == self.signals.requested()).then_some(&mut self.request)
    }

    /// A part of the latest request.
    ///
    /// # Errors
    ///
    /// `OutOfMemory` where there is no memory for it.
    pub(crate) fn latest(&self, part: Range<usize>) -> io::Result<Vec<u8>> {
        self.request.copy(part)
    }

    /// Publishes the request and calls the child. True if it sleeps and must be rung for.
    #[must_use]
    pub(crate) fn publish(&mut self) -> bool {
        let control = self.signals.control();
        control.request.length.store(self.request.len() as u64, SeqCst);
        control.parts.store(0, SeqCst);
        control.reply.length.store(0, SeqCst);
        control.annex.store(0, SeqCst);
        control.request.number.fetch_add(1, SeqCst);
        match control.child_sleeps.swap(AWAKE, SeqCst) {
            AWAKE => false,
            ON_WORD => {
                self.signals.call();
                false
            }
            _ => true,
        }
    }

    /// The reply to the latest request. `None` while there is none.
    ///
    /// # Errors
    ///
    /// `StorageFull` for one that is longer than can be.
    pub(crate) fn reply(&mut self) -> io::Result<Option<Vec<u8>>> {
        if self.signals.replied() == self.signals.requested() {
            self.reply_so_far().map(Some)
        } else {
            Ok(None)
        }
    }

    /// As much of a reply as is there, whatever has become of the child.
    ///
    /// # Errors
    ///
    /// As [`reply`](Self::reply).
    pub(crate) fn reply_so_far(&mut self) -> io::Result<Vec<u8>> {
        let length = usize::try_from(self.signals.control().reply.length.load(SeqCst));
        let mut reply = Vec::new();
        self.reply.copy(length.unwrap_or(usize::MAX), &mut reply)?;
        Ok(reply)
    }

    /// Long bytes in the annex to a reply, of those lengths, one behind the other from that place on; as many as are
    /// there, and there is memory for.
    pub(crate) fn annex(&mut self, mut start: u64, lengths: &[u64]) -> Vec<Vec<u8>> {
        let all = self.signals.annex_length();
        let copy = |length: &u64| {
            let end = start.checked_add(*length).filter(|end| *end <= all)?;
            let mut bytes = Vec::new();
            self.annex.copy_part(start as usize..end as usize, &mut bytes).ok()?;
            start = end;
            Some(bytes)
        };
        lengths.iter().map_while(copy).collect()
    }
}

/// The file, to be handed to the child.
impl AsFd for ParentEnd {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.ground.as_fd()
    }
}

/// The child's end.
#[derive(Debug)]
pub(crate) struct ChildEnd {
    signals: Arc<Signals>,
    request: View,
    /// The latest request, as it was when it was begun.
    received: Vec<u8>,
    reply: Buffer,
    annex: Buffer,
    /// Number of the request that was begun last.
    begun: u32,
    /// Number of the latest request that has been replied to.
    served: u32,
}

impl ChildEnd {
    /// The other end of the mailbox in that file.
    ///
    /// # Errors
    ///
    /// `InvalidInput` for a file that is none, else what the system says.
    pub(crate) fn new(file: OwnedFd) -> io::Result<Self> {
        let length = rustix::fs::fstat(&file)?.st_size.cast_unsigned();
        let capacity = length.saturating_sub(REQUEST) / AREAS;
        let ground = Ground::of(file, REQUEST + AREAS * LEAST)?;
        Ok(Self {
            signals: Arc::new(Signals::of(&ground)?),
            request: View::new(&ground, REQUEST, capacity as usize)?,
            received: Vec::new(),
            reply: Buffer::new(&ground, REQUEST + capacity, capacity as usize)?,
            annex: Buffer::new(&ground, REQUEST + 2 * capacity, capacity as usize)?,
            begun: 0,
            served: 0,
        })
    }

    /// Whether there is a request that has not been replied to.
    #[must_use]
    pub(crate) fn requested(&self) -> bool {
        self.signals.requested() != self.served
    }

    /// The numbers and notes.
    #[must_use]
    pub(crate) fn signals(&self) -> &Arc<Signals> {
        &self.signals
    }

    /// How long to spin for a request before sleeping.
    #[must_use]
    pub(crate) fn spin(&self) -> Duration {
        Duration::from_nanos(self.signals.control().spin_ns.load(SeqCst))
    }

    /// Says that this process is about to sleep, and how. False if there is a request meanwhile, and it must not.
    #[must_use]
    pub(crate) fn may_sleep(&self, how: Bed) -> bool {
        let sleeps = &self.signals.control().child_sleeps;
        sleeps.store(how as u32, SeqCst);
        if self.requested() && !left_out(Step::LookBeforeSleep) {
            sleeps.store(AWAKE, SeqCst);
            return false;
        }
        true
    }

    /// Begins the request: gives it, and a reply to write to.
    ///
    /// # Errors
    ///
    /// `StorageFull` for a request that is longer than can be.
    pub(crate) fn begin(&mut self) -> io::Result<(&[u8], Reply<'_>)> {
        let control = self.signals.control();
        self.begun = self.signals.requested();
        control.begun.store(self.begun, SeqCst);
        self.reply.clear();
        self.annex.clear();
        control.reply.length.store(0, SeqCst);
        control.annex.store(0, SeqCst);
        let length = usize::try_from(control.request.length.load(SeqCst)).unwrap_or(usize::MAX);
        // One large message is not paid for by all that follow.
        if self.received.capacity() > KEPT && length < self.received.capacity() / 4 {
            self.received = Vec::new();
        }
        self.received.clear();
        self.request.copy(length, &mut self.received)?;
        let annex = (control.uses_annex.load(SeqCst) != 0).then_some(&mut self.annex);
        Ok((&self.received, Reply { control, buffer: &mut self.reply, annex }))
    }

    /// Publishes the reply to the request that was begun, under the number of that one, and says how long
    /// it took. True if the parent must be rung for.
    #[must_use]
    pub(crate) fn publish(&mut self, busy: Duration) -> bool {
        let control = self.signals.control();
        control.busy_ns.store(busy.as_nanos() as u64, SeqCst);
        self.served = self.begun;
        control.reply.number.store(self.served, SeqCst);
        if control.pollers.load(SeqCst) == 0 {
            return true;
        }
        self.signals.wake();
        false
    }
}

/// A reply in the making.
pub(crate) struct Reply<'a> {
    control: &'a Control,
    /// Where to write it.
    pub buffer: &'a mut Buffer,
    /// Where long bytes of it may stand.
    pub annex: Option<&'a mut Buffer>,
}

impl Reply<'_> {
    /// Says that a part of the request is begun. False if it must not, because the parent wants it back.
    #[must_use]
    pub(crate) fn begin_part(&self) -> bool {
        self.control.parts.fetch_add(1, SeqCst) & STOPPED == 0
    }

    /// Says that the file is here in which long bytes of requests stand.
    pub(crate) fn note_arena(&self) {
        self.control.has_arena.store(1, SeqCst);
    }

    /// Says that what has been written so far is to be kept should this process die.
    pub(crate) fn keep(&self) {
        self.control.annex.store(self.annex.as_ref().map_or(0, |annex| annex.len()) as u64, SeqCst);
        self.control.reply.length.store(self.buffer.len() as u64, SeqCst);
    }
}
