//! Memory that two processes share: a file without a name, and mappings of parts of it.

#![allow(unsafe_code)]

mod copy;
mod room;

use std::io;
use std::ops::Range;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::ptr::{self, NonNull};
use std::sync::Arc;

use rustix::mm::{MapFlags, ProtFlags, mmap, munmap};

pub(super) use self::room::{longest_file, reserve, reserve_by_writing};

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
        let ground = Self(Arc::new(file));
        if ground.length()? < length {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "the file is too short"));
        }
        Ok(ground)
    }

    /// Makes the file longer.
    ///
    /// # Errors
    ///
    /// What the system says.
    pub(super) fn grow(&self, length: u64) -> io::Result<()> {
        Ok(rustix::fs::ftruncate(&*self.0, length)?)
    }

    /// The length of the file, which may grow.
    pub(super) fn length(&self) -> io::Result<u64> {
        Ok(rustix::fs::fstat(&*self.0)?.st_size.cast_unsigned())
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

#[cfg(all(test, target_os = "linux"))]
impl Ground {
    /// The same file, through which the system gives no memory.
    pub(super) fn read_only(&self) -> Self {
        use std::os::fd::AsRawFd;
        let path = format!("/proc/self/fd/{}", self.as_fd().as_raw_fd());
        Self(Arc::new(std::fs::File::open(path).unwrap().into()))
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
// SAFETY: through `&Mapping` bytes are only copied out, or changed as atomics; a `Piece` has its bytes alone, which are
// written through a borrow of it that no other reference reaches, and else only read.
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
        if from.len() >= LARGE {
            use_large_pages(into);
        }
        // SAFETY: they are mapped, the file cannot get shorter, and there is room for them in memory that is
        // elsewhere. No reference to them is made: the other process may write to them at any time, and whatever
        // is read then are bytes.
        unsafe {
            let end = into.as_mut_ptr().add(into.len());
            copy::copy(self.start.as_ptr().add(from.start), end, from.len());
            into.set_len(into.len() + from.len());
        }
        Ok(())
    }

    /// Cuts it into pieces of that length, which stay mapped as long as one of them is left. What is shorter at
    /// its end is no one's.
    pub(super) fn cut(self, length: usize) -> impl DoubleEndedIterator<Item = Piece> {
        let count = self.length.checked_div(length).unwrap_or(0);
        let mapping = Arc::new(self);
        (0..count).map(move |index| Piece { mapping: Arc::clone(&mapping), at: index * length, length })
    }

    /// Writes bytes from that place on.
    ///
    /// # Panics
    ///
    /// If it ends before them.
    #[inline]
    pub(super) fn write(&mut self, at: usize, bytes: &[u8]) {
        assert!(at <= self.length && bytes.len() <= self.length - at, "beyond the mapping");
        // SAFETY: as above. What is written stands elsewhere: no reference to a mapping is ever made but to its atomics,
        // and to a piece of one that no one else has.
        unsafe { write(bytes, self.start.as_ptr().add(at), bytes.len()) }
    }
}

impl Drop for Mapping {
    fn drop(&mut self) {
        // SAFETY: it was mapped with this length, and nothing borrowed from it is left.
        let _ = unsafe { munmap(self.start.as_ptr().cast(), self.length) };
    }
}

/// A piece of a mapping that is its owner's alone in this process.
#[derive(Debug)]
pub(super) struct Piece {
    mapping: Arc<Mapping>,
    at: usize,
    length: usize,
}

impl Piece {
    /// Where it begins in the mapping.
    pub(super) fn at(&self) -> usize {
        self.at
    }

    /// Where it begins in memory.
    pub(super) fn start(&mut self) -> *mut u8 {
        self.mapping.start.as_ptr().wrapping_add(self.at)
    }

    /// Its first bytes, which have been written.
    ///
    /// # Panics
    ///
    /// If it is shorter.
    pub(super) fn read(&self, length: usize) -> &[u8] {
        assert!(length <= self.length, "beyond the piece");
        // SAFETY: they are mapped as long as the piece is there, and only its owner writes here, by a borrow of its own.
        unsafe { std::slice::from_raw_parts(self.mapping.start.as_ptr().add(self.at), length) }
    }

    /// Its first bytes, to be written before another process is told of them.
    ///
    /// # Panics
    ///
    /// If it is shorter.
    pub(super) fn first(&mut self, length: usize) -> &mut [u8] {
        assert!(length <= self.length, "beyond the piece");
        // SAFETY: they are mapped as long as the piece is there, pieces do not overlap, and it is borrowed alone: no
        // other thread of this process reads or writes here. Other processes only read what they have been told of.
        unsafe { std::slice::from_raw_parts_mut(self.start(), length) }
    }

    /// Writes bytes at its beginning. So many are there to be read by now, these among them.
    ///
    /// # Panics
    ///
    /// If it is shorter.
    pub(super) fn write(&mut self, bytes: &[u8], unread: usize) {
        assert!(bytes.len() <= self.length, "beyond the piece");
        // SAFETY: as for a mapping, which is at least as long as `cut` has made its pieces. They do not overlap, and
        // it was taken to make them: no other thread of this process reads or writes here.
        unsafe {
            let start = self.mapping.start.as_ptr().add(self.at);
            write(bytes, start, unread);
        }
    }
}

/// What caches hold between one CPU that writes and another that reads, in bytes: a part of what a processor of today
/// has. (EPYC 7003, 1 MiB at a time: as fast with up to 8 MiB that have not been read, with 16 MiB half as fast.)
pub(crate) const CACHED: usize = 4 << 20;

/// From so many unread bytes on it is certain that caches do not hold them.
const UNCACHED: usize = 4 * CACHED;

/// Copies bytes to memory that is shared, when so many are there to be read, these among them.
///
/// # Safety
///
/// There is room for them, and no reference to it.
unsafe fn write(bytes: &[u8], to: *mut u8, unread: usize) {
    let write = if unread > UNCACHED { copy::copy_past_caches } else { copy::copy };
    // SAFETY: by the caller. They stand elsewhere.
    unsafe { write(bytes.as_ptr(), to, bytes.len()) }
}

/// A multiple of every page size.
#[cfg(target_os = "linux")]
const PAGE: usize = 64 << 10;

/// From this length on large pages are worth asking for. An allocator has such memory mapped anew, or at the end of its
/// heap.
const LARGE: usize = 4 << 20;

/// Asks for large pages where a vector has room: to touch new memory by small ones costs more than a copy (64 MiB to
/// a worker 59 ms without, 24 ms with them).
fn use_large_pages(into: &mut Vec<u8>) {
    #[cfg(target_os = "linux")]
    {
        let room = into.spare_capacity_mut();
        let (before, length) = (room.as_ptr().align_offset(PAGE), room.len());
        let whole = length.saturating_sub(before) / PAGE * PAGE;
        if whole > 0 {
            // SAFETY: those pages are the vector's alone. Whatever stands there is the same afterwards.
            let _ = unsafe {
                let start = room.as_mut_ptr().add(before).cast();
                rustix::mm::madvise(start, whole, rustix::mm::Advice::LinuxHugepage)
            };
        }
    }
    #[cfg(not(target_os = "linux"))]
    let _ = into;
}
