//! Whether this is still the process that made something, or a copy of it that a fork has made.
//!
//! A copy has all that its original has, down to the memory that the original shares with others, but
//! of its threads only one. What works with other processes or threads must not go on in a copy.

#![allow(unsafe_code)]

use std::process;
use std::ptr::NonNull;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

/// The process that made something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Origin(u32);

impl Origin {
    /// The calling process.
    #[must_use]
    pub(crate) fn here() -> Self {
        Self(process_id())
    }

    /// Whether the calling process is that one.
    #[must_use]
    pub(crate) fn is_here(self) -> bool {
        self.0 == process_id()
    }

    /// Its process id.
    #[must_use]
    pub(crate) fn id(self) -> u32 {
        self.0
    }
}

impl Default for Origin {
    fn default() -> Self {
        Self::here()
    }
}

/// The process that must not be copied, if there is one.
static SERVER: OnceLock<Origin> = OnceLock::new();

/// Says that copies of this process are to end where they come to [`end_copy`].
pub(crate) fn forbid_copies() {
    SERVER.get_or_init(Origin::here);
}

/// Ends the calling process if it is a copy of one that must not be copied: no destructor runs, and
/// nothing is flushed, since all that is its original's.
pub(crate) fn end_copy() {
    if SERVER.get().is_some_and(|origin| !origin.is_here()) {
        // SAFETY: it does not return, and touches nothing of this process.
        unsafe { libc::_exit(0) }
    }
}

/// The id of the calling process. To ask the system for it with every task would take as long as a
/// short task does.
fn process_id() -> u32 {
    static KNOWN: OnceLock<Option<Known>> = OnceLock::new();
    let Some(Known(known)) = KNOWN.get_or_init(Known::new) else { return process::id() };
    // SAFETY: the page stays mapped, and is used as this atomic alone.
    let known = unsafe { known.as_ref() };
    match known.load(Relaxed) {
        0 => {
            let id = process::id();
            known.store(id, Relaxed);
            id
        }
        id => id,
    }
}

/// A word that is 0 again in every copy of this process.
struct Known(NonNull<AtomicU32>);

// SAFETY: it points to an atomic in a page that belongs to the process, not to a thread.
unsafe impl Send for Known {}
// SAFETY: as above.
unsafe impl Sync for Known {}

impl Known {
    /// `None` where the system has no such memory.
    #[cfg(target_os = "linux")]
    fn new() -> Option<Self> {
        use rustix::mm::{Advice, MapFlags, ProtFlags, madvise, mmap_anonymous, munmap};
        // The system makes a page of it.
        let length = size_of::<AtomicU32>();
        let access = ProtFlags::READ | ProtFlags::WRITE;
        // SAFETY: the system chooses the place, so that nothing else is mapped over.
        let page = unsafe { mmap_anonymous(std::ptr::null_mut(), length, access, MapFlags::PRIVATE) }.ok()?;
        // SAFETY: the page has just been mapped, and no one else knows of it.
        unsafe {
            if madvise(page, length, Advice::LinuxWipeOnFork).is_err() {
                let _ = munmap(page, length);
                return None;
            }
        }
        NonNull::new(page.cast()).map(Self)
    }

    #[cfg(not(target_os = "linux"))]
    fn new() -> Option<Self> {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_is_itself() {
        assert!(Origin::here().is_here());
        assert_eq!(Origin::here().id(), process::id());
        assert!(!Origin(process::id() + 1).is_here());
        // Nothing was forbidden to copies of this one.
        end_copy();
    }
}
