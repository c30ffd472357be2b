//! A file in this process's memory.

#![allow(unsafe_code)]

use std::io;
use std::os::fd::AsFd;
use std::ptr::{self, NonNull};

use rustix::mm::{MapFlags, ProtFlags, mmap, munmap};

/// A mapping of a whole file, unmapped when it is dropped.
#[derive(Debug)]
pub(super) struct Map {
    pub(super) start: NonNull<u8>,
    pub(super) len: usize,
}

// SAFETY: a mapping belongs to the process, not to a thread. What can be done with its bytes is a
// matter of the references that `Draft` and `Sealed` give.
unsafe impl Send for Map {}
// SAFETY: as above; through `&Map` alone nothing is read or written.
unsafe impl Sync for Map {}

impl Map {
    pub(super) fn writable(file: impl AsFd, len: usize) -> io::Result<Self> {
        Self::new(file, len, ProtFlags::READ | ProtFlags::WRITE, MapFlags::SHARED)
    }

    /// Private, as kernels before 6.7 take any shared mapping of a sealed file for one that could
    /// become writable. As no one writes, no page is ever copied: all share those of the file.
    pub(super) fn readable(file: impl AsFd, len: usize) -> io::Result<Self> {
        Self::new(file, len, ProtFlags::READ, MapFlags::PRIVATE)
    }

    fn new(file: impl AsFd, len: usize, access: ProtFlags, flags: MapFlags) -> io::Result<Self> {
        // SAFETY: the system chooses an address where nothing is, so that no memory of ours is
        // replaced.
        let start = unsafe { mmap(ptr::null_mut(), len, access, flags, file, 0)? };
        let start = NonNull::new(start.cast()).ok_or(io::ErrorKind::OutOfMemory)?;
        Ok(Self { start, len })
    }
}

impl Drop for Map {
    fn drop(&mut self) {
        // SAFETY: it is what `new` has mapped, and it goes away with its owner: references to its
        // bytes borrow that one and have ended.
        let unmapped = unsafe { munmap(self.start.as_ptr().cast(), self.len) };
        debug_assert!(unmapped.is_ok(), "a mapping can always be given back");
    }
}
