//! Whether there is room for a file.

use std::io;

use speedup_machine::available;

use crate::ipc::memory::longest_file;

/// From this length on it is worth a look whether there is memory for it. Below, to look would cost
/// more than the reserving.
const WORTH_A_LOOK: usize = 4 << 20;

/// Gives an error where to reserve the memory would end this process, or another, by a signal.
pub(super) fn check_limits(len: usize) -> io::Result<()> {
    let limit = longest_file();
    if len as u64 > limit {
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
