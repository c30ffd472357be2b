//! Memory that two processes share: a file without a name, and mappings of parts of it.

#![allow(unsafe_code)]

use std::io;
use std::ops::Range;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::ptr::{self, NonNull};
use std::sync::Arc;

use rustix::mm::{MapFlags, ProtFlags, mmap, munmap};

/// A file of zeros that has no name, takes memory only where it is written to, and never gets shorter:
/// a mapping of it cannot lose its ground.
#[derive(Debug, Clone)]
pub(crate) struct Ground(Arc<OwnedFd>);

impl Ground {
    /// A new file of that many bytes.
    ///
    /// # Errors
    ///
    /// What the system says.
    pub(crate) fn new(length: u64) -> io::Result<Self> {
        let file = nameless_file()?;
        rustix::fs::ftruncate(&file, length)?;
        #[cfg(target_os = "linux")]
        {
            use rustix::fs::SealFlags;
            rustix::fs::fcntl_add_seals(&file, SealFlags::SHRINK | SealFlags::SEAL)?;
        }
        Ok(Self(Arc::new(file)))
    }

    /// A file that another process has made by [`new`](Self::new) and handed over.
    ///
    /// # Errors
    ///
    /// `InvalidInput` for a file that could get shorter, or is too short.
    pub(crate) fn of(file: OwnedFd, length: u64) -> io::Result<Self> {
        #[cfg(target_os = "linux")]
        {
            use rustix::fs::SealFlags;
            if !rustix::fs::fcntl_get_seals(&file)?.contains(SealFlags::SHRINK) {
                return Err(io::Error::new(io::ErrorKind::InvalidInput, "the file could get shorter"));
            }
        }
        if rustix::fs::fstat(&file)?.st_size.cast_unsigned() < length {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "the file is too short"));
        }
        Ok(Self(Arc::new(file)))
    }

    /// Gives memory back: what stood there is zero again.
    pub(crate) fn forget(&self, offset: u64, length: u64) {
        // Where the system cannot do it the memory stays taken, and nothing else changes.
        #[cfg(target_os = "linux")]
        {
            use rustix::fs::FallocateFlags;
            let flags = FallocateFlags::PUNCH_HOLE | FallocateFlags::KEEP_SIZE;
            let _ = rustix::fs::fallocate(&*self.0, flags, offset, length);
        }
        #[cfg(not(target_os = "linux"))]
        let _ = (offset, length);
    }
}

impl AsFd for Ground {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

#[cfg(target_os = "linux")]
fn nameless_file() -> io::Result<OwnedFd> {
    use rustix::fs::MemfdFlags;
    Ok(rustix::fs::memfd_create("speedup", MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING)?)
}

/// A file in the folder for temporary files, which loses its name at once.
#[cfg(not(target_os = "linux"))]
fn nameless_file() -> io::Result<OwnedFd> {
    use std::sync::atomic::{AtomicU64, Ordering};
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let name = format!("speedup-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
    let path = std::env::temp_dir().join(name);
    let file = std::fs::File::options().read(true).write(true).create_new(true).open(&path)?;
    std::fs::remove_file(&path)?;
    Ok(file.into())
}

/// A part of a [`Ground`] in this process's memory.
#[derive(Debug)]
pub(crate) struct Mapping {
    start: NonNull<u8>,
    length: usize,
}

// SAFETY: a mapping belongs to the process, not to a thread.
unsafe impl Send for Mapping {}
// SAFETY: through `&Mapping` bytes are only copied out, or changed as atomics.
unsafe impl Sync for Mapping {}

impl Mapping {
    /// Maps that many bytes from the offset on, a multiple of the page size, to be read and written.
    /// The length must not be 0, and the file not shorter.
    ///
    /// # Errors
    ///
    /// What the system says.
    pub(crate) fn new(ground: &Ground, offset: u64, length: usize) -> io::Result<Self> {
        // SAFETY: the system chooses the place, so that nothing else is mapped over.
        let start = unsafe {
            mmap(
                ptr::null_mut(),
                length,
                ProtFlags::READ | ProtFlags::WRITE,
                MapFlags::SHARED,
                ground,
                offset,
            )
        }?;
        let start = NonNull::new(start.cast()).ok_or(io::ErrorKind::OutOfMemory)?;
        Ok(Self { start, length })
    }

    /// Its length in bytes.
    #[must_use]
    pub(crate) fn length(&self) -> usize {
        self.length
    }

    /// Where it begins, at a multiple of the page size.
    pub(super) fn start(&self) -> NonNull<u8> {
        self.start
    }

    /// Appends a copy of bytes to memory of this process's own.
    ///
    /// # Errors
    ///
    /// `OutOfMemory` where there is no memory for it.
    ///
    /// # Panics
    ///
    /// If there are fewer.
    #[inline]
    pub(super) fn read(&self, from: Range<usize>, into: &mut Vec<u8>) -> io::Result<()> {
        assert!(from.start <= from.end && from.end <= self.length, "beyond the mapping");
        into.try_reserve(from.len()).map_err(|_| io::ErrorKind::OutOfMemory)?;
        // SAFETY: they are mapped, the file cannot get shorter, and there is room for them in memory that is
        // elsewhere. No reference to them is made: the other process may write to them at any time, and whatever
        // is read then are bytes.
        unsafe {
            let end = into.as_mut_ptr().add(into.len());
            ptr::copy_nonoverlapping(self.start.as_ptr().add(from.start), end, from.len());
            into.set_len(into.len() + from.len());
        }
        Ok(())
    }

    /// Writes bytes from that place on.
    ///
    /// # Panics
    ///
    /// If it ends before them.
    #[inline]
    pub(super) fn write(&mut self, at: usize, bytes: &[u8]) {
        assert!(at <= self.length && bytes.len() <= self.length - at, "beyond the mapping");
        // SAFETY: as above. What is written stands elsewhere: no reference to a mapping is ever made but to
        // its atomics.
        unsafe { ptr::copy_nonoverlapping(bytes.as_ptr(), self.start.as_ptr().add(at), bytes.len()) }
    }
}

impl Drop for Mapping {
    fn drop(&mut self) {
        // SAFETY: it was mapped with this length, and nothing borrowed from it is left.
        let _ = unsafe { munmap(self.start.as_ptr().cast(), self.length) };
    }
}
