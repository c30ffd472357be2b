//! Room for a file, or an error: what this process may have, and what there is.

use std::io;
use std::os::fd::AsFd;

use rustix::process::{Resource, getrlimit};

/// How long a file of this process may get. Beyond it the system sends SIGXFSZ.
pub(in crate::ipc) fn longest_file() -> u64 {
    getrlimit(Resource::Fsize).current.unwrap_or(u64::MAX)
}

/// A piece that is reserved between two signals even where these come every few milliseconds: one that is
/// interrupted begins anew.
#[cfg(target_os = "linux")]
const PIECE: u64 = 16 << 20;

/// Has memory for a part of a file, which gets longer if need be. To write to a mapping of what has none is a signal
/// where there is none left. What stands there is zero, or may be written over.
///
/// # Errors
///
/// What the system says.
#[cfg(target_os = "linux")]
pub(in crate::ipc) fn reserve(file: impl AsFd, start: u64, length: u64) -> io::Result<()> {
    use rustix::fs::{FallocateFlags, fallocate};
    use rustix::io::Errno;
    let end = start.checked_add(length).ok_or(io::ErrorKind::FileTooLarge)?;
    for start in (start..end).step_by(PIECE as usize) {
        let length = PIECE.min(end - start);
        match rustix::io::retry_on_intr(|| fallocate(&file, FallocateFlags::empty(), start, length)) {
            // The call is not there, or denied to a program in a sandbox.
            Err(Errno::NOSYS | Errno::OPNOTSUPP | Errno::PERM) => {
                reserve_by_writing(&file, start, length)?;
            }
            result => result?,
        }
    }
    Ok(())
}

#[cfg(not(target_os = "linux"))]
pub(in crate::ipc) use reserve_by_writing as reserve;

/// The same in a way that works everywhere: what is written has its place.
///
/// # Errors
///
/// What the system says.
pub(in crate::ipc) fn reserve_by_writing(file: impl AsFd, mut start: u64, length: u64) -> io::Result<()> {
    let zeros = [0; 16 << 10];
    let end = start.checked_add(length).ok_or(io::ErrorKind::FileTooLarge)?;
    while start < end {
        let piece = &zeros[..(end - start).min(zeros.len() as u64) as usize];
        match rustix::io::retry_on_intr(|| rustix::io::pwrite(&file, piece, start))? {
            0 => return Err(io::ErrorKind::WriteZero.into()),
            written => start += written as u64,
        }
    }
    Ok(())
}
