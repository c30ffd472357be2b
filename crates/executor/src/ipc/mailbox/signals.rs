//! The numbers and notes by which the two ends of a mailbox know of each other.

#![allow(unsafe_code)]

use std::io;
use std::time::Duration;

use crate::ipc::memory::{Ground, Mapping, reserve};
use crate::sync::atomic::{AtomicU32, AtomicU64, Ordering::SeqCst};
use crate::sync::futex::Word;
use crate::sync::{Step, left_out};

/// In the note of where the child sleeps: nowhere.
pub(super) const AWAKE: u32 = 0;

/// In the word of the number of parts: no more are to be begun.
pub(super) const STOPPED: u32 = 1 << 31;

/// The numbers and notes of one direction. Aligned so that the two directions share no cache line,
/// nor a pair of them.
#[repr(C, align(128))]
#[derive(Default)]
pub(super) struct Direction {
    /// Number of the latest message.
    pub(super) number: AtomicU32,
    /// Bytes that are there to be read.
    pub(super) length: AtomicU64,
}

/// What stands at the beginning of the file.
#[repr(C)]
#[derive(Default)]
pub(super) struct Control {
    pub(super) request: Direction,
    pub(super) reply: Direction,
    /// The child is about to sleep, and how it is to be woken.
    pub(super) child_sleeps: AtomicU32,
    /// Counted up where there may be something new for the child. It sleeps on it.
    calls: Word,
    /// Counted up where there may be something new for those who poll. They sleep on it.
    news: Word,
    /// Number of the latest request that the child has begun.
    pub(super) begun: AtomicU32,
    /// Parts of the latest request that the child has begun, and whether it may begin no more.
    pub(super) parts: AtomicU32,
    /// Threads of the parent that poll for the reply, and need no ringing.
    pub(super) pollers: AtomicU32,
    /// Those of them that sleep.
    sleepers: AtomicU32,
    /// The child has the file in which long bytes of requests stand.
    pub(super) has_arena: AtomicU32,
    /// Long bytes of replies are to stand in the annex, and how many bytes are there to be read.
    pub(super) uses_annex: AtomicU32,
    pub(super) annex: AtomicU64,
    /// How long the child may spin for a request, in nanoseconds.
    pub(super) spin_ns: AtomicU64,
    /// How long the latest request took the child, in nanoseconds.
    pub(super) busy_ns: AtomicU64,
}

/// The numbers and notes of both directions.
#[derive(Debug)]
pub(crate) struct Signals(Mapping);

impl Signals {
    /// Those in a file that no one else has yet, all zero.
    pub(super) fn new(ground: &Ground) -> io::Result<Self> {
        reserve(ground, 0, size_of::<Control>() as u64)?;
        let signals = Self::of(ground)?;
        // SAFETY: the mapping begins at a page and is as long as `Control`, and no one else looks at it.
        unsafe { signals.0.start().cast::<Control>().write(Control::default()) };
        Ok(signals)
    }

    /// Those in a file in which another process has made them.
    pub(super) fn of(ground: &Ground) -> io::Result<Self> {
        Mapping::new(ground, 0, size_of::<Control>()).map(Self)
    }

    pub(super) fn control(&self) -> &Control {
        // SAFETY: the mapping begins at a page, is as long as `Control`, lives as long as `self`, and
        // all of `Control` is atomic: it may change under any reader's eyes, and any bytes are valid.
        unsafe { self.0.start().cast::<Control>().as_ref() }
    }

    /// Number of the latest reply.
    #[must_use]
    pub(crate) fn replied(&self) -> u32 {
        self.control().reply.number.load(SeqCst)
    }

    /// Number of the latest request.
    #[must_use]
    pub(crate) fn requested(&self) -> u32 {
        self.control().request.number.load(SeqCst)
    }

    /// Bytes of the latest reply.
    #[must_use]
    pub(crate) fn reply_length(&self) -> u64 {
        self.control().reply.length.load(SeqCst)
    }

    /// Bytes in the annex to the latest reply.
    #[must_use]
    pub(crate) fn annex_length(&self) -> u64 {
        self.control().annex.load(SeqCst)
    }

    /// Whether the child has begun the latest request.
    #[must_use]
    pub(crate) fn begun(&self) -> bool {
        self.control().begun.load(SeqCst) == self.requested()
    }

    /// Keeps the child from beginning further parts of the latest request, and tells how many it has
    /// begun. The first part it begins in any case.
    #[must_use]
    pub(crate) fn stop(&self) -> usize {
        ((self.control().parts.fetch_or(STOPPED, SeqCst) & !STOPPED) as usize).max(1)
    }

    /// Whether the child has the file in which long bytes of requests stand.
    #[must_use]
    pub(crate) fn has_arena(&self) -> bool {
        self.control().has_arena.load(SeqCst) != 0
    }

    /// How long the latest request took the child, in nanoseconds.
    #[must_use]
    pub(crate) fn busy_ns(&self) -> u64 {
        self.control().busy_ns.load(SeqCst)
    }

    /// Whether the child sleeps, or is about to.
    #[must_use]
    pub(crate) fn child_sleeps(&self) -> bool {
        self.control().child_sleeps.load(SeqCst) != AWAKE
    }

    /// Says that the calling thread of the parent polls for the reply, until it [leaves](Self::leave).
    pub(crate) fn poll(&self) {
        self.control().pollers.fetch_add(1, SeqCst);
    }

    /// The calling thread polls no more. Of a reply that came before no one was told who slept elsewhere:
    /// look for one after this call.
    pub(crate) fn leave(&self) {
        self.control().pollers.fetch_sub(1, SeqCst);
    }

    /// Wakes the child if it sleeps on the word for that.
    pub(crate) fn call(&self) {
        self.control().calls.advance();
        self.control().calls.wake();
    }

    /// How often the child has been called.
    #[must_use]
    pub(crate) fn calls(&self) -> u32 {
        self.control().calls.load()
    }

    /// Sleeps, in the child, until it is called for more often than that; it may wake for no reason. What it is to
    /// be called for must be looked at after `calls` has been asked for and before this call.
    pub(crate) fn sleep_until_called(&self, calls: u32) {
        let _ = self.control().calls.sleep(calls, None);
    }

    /// How often there has been [something new](Self::wake) for those who poll.
    #[must_use]
    pub(crate) fn news(&self) -> u32 {
        self.control().news.load()
    }

    /// Sleeps until there is something newer than that, or that long; it may wake for no reason. What it
    /// is to be woken for must be looked at after `news` has been asked for and before this call. The
    /// calling thread must [poll](Self::poll). False where the system has no such sleep.
    #[must_use]
    pub(crate) fn sleep(&self, news: u32, timeout: Option<Duration>) -> bool {
        let control = self.control();
        control.sleepers.fetch_add(1, SeqCst);
        let slept = control.news.sleep(news, timeout);
        control.sleepers.fetch_sub(1, SeqCst);
        slept
    }

    /// Wakes the threads of the parent that sleep: there is something new.
    pub(crate) fn wake(&self) {
        let control = self.control();
        control.news.advance();
        if control.sleepers.load(SeqCst) > 0 && !left_out(Step::WakePollers) {
            control.news.wake();
        }
    }
}
