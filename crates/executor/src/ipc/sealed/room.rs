//! Room for a file, or an error: what this process may have, and what there is.

use std::fs::File;
use std::io::{self, Write};

use speedup_machine::available;

/// From this length on it is worth a look whether there is memory for it. Below, to look would cost
/// more than the reserving.
const WORTH_A_LOOK: usize = 4 << 20;

/// Gives an error where to reserve the memory would end this process, or another, by a signal.
pub(super) fn check_limits(len: usize) -> io::Result<()> {
    if let Some(limit) = rustix::process::getrlimit(rustix::process::Resource::Fsize).current
        && len as u64 > limit
    {
        // Beyond it the system sends SIGXFSZ.
        let reason = format!("files may have {limit} bytes (see ulimit -f)");
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, reason));
    }
    if len >= WORTH_A_LOOK
        && let Ok(available) = available::memory()
        && len as u64 > available
    {
        let reason = format!("{available} bytes of memory are available");
        return Err(io::Error::new(io::ErrorKind::OutOfMemory, reason));
    }
    Ok(())
}

/// A piece that is reserved between two signals even where these come every few milliseconds: one that is
/// interrupted begins anew.
#[cfg(target_os = "linux")]
const PIECE: u64 = 16 << 20;

/// Makes the file that long, all of it in memory.
#[cfg(target_os = "linux")]
pub(super) fn reserve(file: impl std::os::fd::AsFd, len: u64) -> io::Result<()> {
    use rustix::fs::{FallocateFlags, fallocate};
    for start in (0..len).step_by(PIECE as usize) {
        let length = PIECE.min(len - start);
        rustix::io::retry_on_intr(|| fallocate(&file, FallocateFlags::empty(), start, length))?;
    }
    Ok(())
}

/// Makes the file that long in a way that works everywhere: what is written has its place.
pub(super) fn reserve_by_writing(mut file: &File, len: usize) -> io::Result<()> {
    let zeros = [0; 16 << 10];
    let mut rest = len;
    while rest > 0 {
        let length = rest.min(zeros.len());
        file.write_all(&zeros[..length])?;
        rest -= length;
    }
    Ok(())
}
