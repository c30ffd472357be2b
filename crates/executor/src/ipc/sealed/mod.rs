//! Bytes in a file without a name, written once and then never again: anyone who is handed the file can
//! read them where they are.
//!
//! On Linux it is a `memfd`, sealed by the kernel: no process can write to it any more, nor change its
//! length, whatever it does. Elsewhere, or where that call is not to be had, it is a temporary file
//! whose name is removed at once, and of which only a descriptor for reading remains. Nothing but the
//! good behaviour of those who may open a file of this process by other ways (through `/proc`, as
//! the same user) then keeps it as it is, and what it holds may be written to a disk: one that fails
//! later ends a reader by SIGBUS.
//!
//! Memory that is not there is an error when the file is made, not a signal when it is filled: its
//! pages are reserved first.
//!
//! * this file: the bytes, while they are written and when they are sealed
//! * `map`: a file in memory; `room`: whether there is room for one

#![allow(unsafe_code)]

mod map;
mod room;

use std::fs::{File, OpenOptions};
use std::io;
use std::ops::{Deref, DerefMut};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::fs::OpenOptionsExt;
use std::sync::Arc;

use self::map::Map;
use self::room::check_limits;
#[cfg(target_os = "linux")]
use super::memory::reserve;
use super::memory::reserve_by_writing;

/// Bytes that are being written.
#[derive(Debug)]
pub(crate) struct Draft {
    bytes: Map,
    file: Kind,
}

/// Bytes that no one writes any more.
#[derive(Debug)]
pub(crate) struct Sealed {
    bytes: Map,
    file: Arc<OwnedFd>,
}

/// What the bytes stand in while they are written.
#[derive(Debug)]
enum Kind {
    /// A file in memory that can be sealed.
    #[cfg(target_os = "linux")]
    Memory(OwnedFd),
    /// A temporary file, as it will be handed out: for reading only.
    Temporary(OwnedFd),
}

impl Draft {
    /// Room for that many bytes, all of them 0, which must not be none.
    pub(crate) fn create(len: usize) -> io::Result<Self> {
        check_limits(len)?;
        #[cfg(target_os = "linux")]
        match Self::in_memory(len) {
            // No such call, or a filter that forbids it.
            Err(error) if matches!(error.raw_os_error(), Some(libc::ENOSYS | libc::EPERM)) => {}
            made => return made,
        }
        Self::in_temporary_file(len)
    }

    #[cfg(target_os = "linux")]
    fn in_memory(len: usize) -> io::Result<Self> {
        use rustix::fs::{MemfdFlags, SealFlags, fcntl_add_seals, memfd_create};
        let file = memfd_create("speedup-shared", MemfdFlags::ALLOW_SEALING | MemfdFlags::CLOEXEC)?;
        reserve(&file, 0, len as u64)?;
        fcntl_add_seals(&file, SealFlags::SHRINK | SealFlags::GROW)?;
        Ok(Self { bytes: Map::writable(&file, len)?, file: Kind::Memory(file) })
    }

    fn in_temporary_file(len: usize) -> io::Result<Self> {
        let path = std::env::temp_dir().join(format!("speedup-shared-{:016x}", random()));
        let file = OpenOptions::new().read(true).write(true).create_new(true).mode(0o600).open(&path)?;
        let reading = File::open(&path);
        std::fs::remove_file(&path)?;
        reserve_by_writing(&file, 0, len as u64)?;
        Ok(Self { bytes: Map::writable(&file, len)?, file: Kind::Temporary(reading?.into()) })
    }

    /// Makes the bytes such that no one can write them any more.
    pub(crate) fn freeze(self) -> io::Result<Sealed> {
        let len = self.bytes.len;
        // While anyone could write through a mapping, the kernel refuses the seal.
        drop(self.bytes);
        let file = match self.file {
            #[cfg(target_os = "linux")]
            Kind::Memory(file) => {
                seal(&file)?;
                file
            }
            Kind::Temporary(file) => file,
        };
        Ok(Sealed { bytes: Map::readable(&file, len)?, file: Arc::new(file) })
    }
}

impl Sealed {
    /// The bytes of a file that another process has frozen.
    ///
    /// A file that is not sealed is taken only as far as one without seals can look like ours: it has
    /// no name and is open for reading only. The callers pass on no other files than those they made
    /// by [`Draft::freeze`].
    pub(crate) fn open(file: Arc<OwnedFd>, len: usize) -> io::Result<Self> {
        let wrong = |what| Err(io::Error::new(io::ErrorKind::InvalidData, what));
        let stat = rustix::fs::fstat(&file)?;
        if u64::try_from(stat.st_size) != Ok(len as u64) || len == 0 {
            return wrong("shared bytes: the file has another length than was said");
        }
        if !is_sealed(&file) {
            let mode = rustix::fs::fcntl_getfl(&file)? & rustix::fs::OFlags::RWMODE;
            if mode != rustix::fs::OFlags::RDONLY || stat.st_nlink != 0 {
                return wrong("shared bytes: the file is not sealed");
            }
        }
        Ok(Self { bytes: Map::readable(&file, len)?, file })
    }

    /// The file, to be handed to another process.
    pub(crate) fn file(&self) -> &Arc<OwnedFd> {
        &self.file
    }

    /// Whether that file is this one, though by another descriptor.
    pub(crate) fn is_in(&self, file: impl AsFd) -> bool {
        let identity = |file: &dyn Fn() -> rustix::io::Result<rustix::fs::Stat>| {
            file().ok().map(|stat| (stat.st_dev, stat.st_ino))
        };
        let own = identity(&|| rustix::fs::fstat(&self.file));
        own.is_some() && own == identity(&|| rustix::fs::fstat(&file))
    }
}

impl Deref for Draft {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        // SAFETY: the mapping has that many bytes, readable and initialised by the kernel, for as long
        // as `self` lives. Its pages have been reserved, and the file's length is sealed from the
        // beginning, so that no access meets a missing one. No one else has the file: it is handed out
        // only by `freeze`, which ends the draft.
        unsafe { std::slice::from_raw_parts(self.bytes.start.as_ptr(), self.bytes.len) }
    }
}

impl DerefMut for Draft {
    fn deref_mut(&mut self) -> &mut [u8] {
        // SAFETY: as above; the mapping is writable, and `&mut self` makes this the only reference.
        unsafe { std::slice::from_raw_parts_mut(self.bytes.start.as_ptr(), self.bytes.len) }
    }
}

impl Deref for Sealed {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        // SAFETY: the mapping has that many readable bytes for as long as `self` lives. None of them
        // changes or goes away meanwhile: the file's seals, which `freeze` has set or `open` has
        // checked, forbid every process to write to it, to map it for writing and to shorten it, and
        // cannot be taken off. A temporary file that stands in for one has no name, and the only
        // descriptors of it that are left are for reading.
        unsafe { std::slice::from_raw_parts(self.bytes.start.as_ptr(), self.bytes.len) }
    }
}

#[cfg(target_os = "linux")]
const SEALS: rustix::fs::SealFlags = rustix::fs::SealFlags::SHRINK
    .union(rustix::fs::SealFlags::GROW)
    .union(rustix::fs::SealFlags::WRITE)
    .union(rustix::fs::SealFlags::SEAL);

/// Sets all seals. A process that is just being forked in another thread has a writable mapping of its
/// own until it executes its program, and the kernel refuses meanwhile: that is waited for.
#[cfg(target_os = "linux")]
fn seal(file: &OwnedFd) -> io::Result<()> {
    const PATIENCE: std::time::Duration = std::time::Duration::from_secs(1);
    let begin = std::time::Instant::now();
    loop {
        match rustix::fs::fcntl_add_seals(file, SEALS) {
            Err(rustix::io::Errno::BUSY) if begin.elapsed() < PATIENCE => {
                std::thread::sleep(std::time::Duration::from_micros(200));
            }
            Err(rustix::io::Errno::BUSY) => {
                let reason = "a process that was forked meanwhile can still write to it";
                return Err(io::Error::new(io::ErrorKind::ResourceBusy, reason));
            }
            sealed => return Ok(sealed?),
        }
    }
}

#[cfg(target_os = "linux")]
fn is_sealed(file: &OwnedFd) -> bool {
    rustix::fs::fcntl_get_seals(file).is_ok_and(|seals| seals.contains(SEALS))
}

#[cfg(not(target_os = "linux"))]
fn is_sealed(_: &OwnedFd) -> bool {
    false
}

/// Another number at every call, from the system's source of randomness.
fn random() -> u64 {
    use std::hash::BuildHasher;
    std::hash::RandomState::new().hash_one(0)
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    fn filled(mut draft: Draft) -> Sealed {
        for (index, byte) in draft.iter_mut().enumerate() {
            assert_eq!(*byte, 0);
            *byte = index as u8;
        }
        draft.freeze().unwrap()
    }

    fn both_kinds(len: usize) -> Vec<Sealed> {
        let drafts = [Draft::create(len).unwrap(), Draft::in_temporary_file(len).unwrap()];
        drafts.map(filled).into()
    }

    fn open(sealed: &Sealed, len: usize) -> io::Result<Sealed> {
        Sealed::open(Arc::new(sealed.file().try_clone().unwrap()), len)
    }

    #[test]
    fn what_was_written_is_read_through_any_descriptor() {
        for sealed in both_kinds(10_000) {
            let other = open(&sealed, 10_000).unwrap();
            assert!(sealed.iter().enumerate().all(|(index, byte)| *byte == index as u8));
            assert_eq!(*sealed, *other);
            assert_ne!(sealed.as_ptr(), other.as_ptr());
            assert!(sealed.is_in(other.file()));
            drop(sealed);
            assert_eq!(other[257], 1);
        }
        let [one, other] = [1, 2].map(|_| Draft::create(1).unwrap().freeze().unwrap());
        assert!(!one.is_in(other.file()));
    }

    #[test]
    fn nobody_can_write_or_change_the_length() {
        use rustix::fs::ftruncate;
        for sealed in both_kinds(5000) {
            let file = File::from(sealed.file().try_clone().unwrap());
            for len in [0, 4999, 5001] {
                ftruncate(&file, len).unwrap_err();
            }
            (&file).write(b"x").unwrap_err();
            Map::writable(&file, 5000).unwrap_err();
            assert_eq!(sealed[1], 1);
        }
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn seals_stay_also_for_who_opens_it_anew() {
        use std::os::fd::AsRawFd;
        let sealed = filled(Draft::create(5000).unwrap());
        let path = format!("/proc/self/fd/{}", sealed.file().as_raw_fd());
        let file = OpenOptions::new().read(true).write(true).open(path).unwrap();
        file.set_len(0).unwrap_err();
        (&file).write(b"x").unwrap_err();
        Map::writable(&file, 5000).unwrap_err();
        rustix::fs::fcntl_add_seals(&file, rustix::fs::SealFlags::FUTURE_WRITE).unwrap_err();
    }

    #[test]
    fn another_length_or_a_file_that_can_change_is_refused() {
        for sealed in both_kinds(5000) {
            for len in [0, 4999, 5001] {
                assert_eq!(open(&sealed, len).unwrap_err().kind(), io::ErrorKind::InvalidData);
            }
        }
        let refused = |file: File| Sealed::open(Arc::new(file.into()), 1).unwrap_err().to_string();
        let mut named = tempfile::NamedTempFile::new().unwrap();
        named.write_all(b"x").unwrap();
        assert!(refused(File::open(named.path()).unwrap()).contains("not sealed"));
        assert!(refused(named.into_file()).contains("not sealed"));
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn more_than_there_is_is_an_error_and_not_a_signal() {
        for len in [usize::MAX, isize::MAX as usize, 1 << 46] {
            assert_eq!(Draft::create(len).unwrap_err().kind(), io::ErrorKind::OutOfMemory, "{len}");
        }
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn a_seal_waits_for_a_mapping_that_is_about_to_go() {
        let draft = Draft::create(1).unwrap();
        let Kind::Memory(file) = &draft.file else { panic!("there is memfd_create") };
        // What a fork would have.
        let other = Map::writable(file, 1).unwrap();
        let thread = std::thread::spawn(move || {
            std::thread::sleep(std::time::Duration::from_millis(20));
            drop(other);
        });
        draft.freeze().unwrap();
        thread.join().unwrap();
    }
}
