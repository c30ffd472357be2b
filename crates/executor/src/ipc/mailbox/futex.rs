//! Sleeping on a word in shared memory, and waking those who do.

pub(super) use system::{wait, wake};

#[cfg(target_os = "linux")]
mod system {
    use std::sync::atomic::AtomicU32;
    use std::time::Duration;

    use rustix::thread::futex::{self, Flags};

    pub(in super::super) fn wait(word: &AtomicU32, value: u32, timeout: Option<Duration>) -> bool {
        let timeout = timeout.and_then(|timeout| rustix::event::Timespec::try_from(timeout).ok());
        // Whether it was woken, interrupted or too late, the caller looks again.
        let _ = futex::wait(word, Flags::empty(), value, timeout.as_ref());
        true
    }

    pub(in super::super) fn wake(word: &AtomicU32) {
        let _ = futex::wake(word, Flags::empty(), i32::MAX as u32);
    }
}

/// Elsewhere there is no sleep on a word in shared memory that the standard interfaces know.
#[cfg(not(target_os = "linux"))]
mod system {
    use std::sync::atomic::AtomicU32;
    use std::time::Duration;

    pub(in super::super) fn wait(_: &AtomicU32, _: u32, _: Option<Duration>) -> bool {
        false
    }

    pub(in super::super) fn wake(_: &AtomicU32) {}
}
