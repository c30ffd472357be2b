//! A word to sleep on, which may stand in memory that processes share.

use std::sync::atomic::AtomicU32;
use std::sync::atomic::Ordering::SeqCst;
use std::time::Duration;

/// A number that counts up, and threads that sleep until it does.
#[repr(transparent)]
#[derive(Debug, Default)]
pub(crate) struct Word(AtomicU32);

impl Word {
    /// Whether the system has such a sleep.
    pub(crate) const CAN_SLEEP: bool = cfg!(target_os = "linux");

    /// The number.
    pub(crate) fn load(&self) -> u32 {
        self.0.load(SeqCst)
    }

    /// Counts up.
    pub(crate) fn advance(&self) {
        self.0.fetch_add(1, SeqCst);
    }

    /// Sleeps unless the number is another already, until [`wake`](Self::wake) or that long; it may wake
    /// for no reason. False where the system has no such sleep.
    pub(crate) fn sleep(&self, number: u32, timeout: Option<Duration>) -> bool {
        system::wait(&self.0, number, timeout)
    }

    /// Wakes all who sleep.
    pub(crate) fn wake(&self) {
        system::wake(&self.0);
    }
}

#[cfg(target_os = "linux")]
mod system {
    use std::sync::atomic::AtomicU32;
    use std::time::Duration;

    use rustix::thread::futex::{self, Flags};

    pub(super) fn wait(word: &AtomicU32, value: u32, timeout: Option<Duration>) -> bool {
        let timeout = timeout.and_then(|timeout| rustix::event::Timespec::try_from(timeout).ok());
        // Whether it was woken, interrupted or too late, the caller looks again.
        let _ = futex::wait(word, Flags::empty(), value, timeout.as_ref());
        true
    }

    pub(super) fn wake(word: &AtomicU32) {
        let _ = futex::wake(word, Flags::empty(), i32::MAX as u32);
    }
}

/// Elsewhere there is no sleep on a word in shared memory that the standard interfaces know.
#[cfg(not(target_os = "linux"))]
mod system {
    use std::sync::atomic::AtomicU32;
    use std::time::Duration;

    pub(super) fn wait(_: &AtomicU32, _: u32, _: Option<Duration>) -> bool {
        false
    }

    pub(super) fn wake(_: &AtomicU32) {}
}
