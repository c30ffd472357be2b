//! The memory of another process, read from outside: the least that a copy between processes can cost,
//! with which benches compare the ways that need no such right.

#![allow(unsafe_code)]

use std::io;

/// Copies from the memory of a process into the buffer and says how many bytes that were.
///
/// # Errors
///
/// Where the system does not let this process look at that one, or has no such call, or nothing is at
/// that address.
#[cfg(target_os = "linux")]
pub fn read_memory(process: u32, address: usize, buffer: &mut [u8]) -> io::Result<usize> {
    let local = libc::iovec { iov_base: buffer.as_mut_ptr().cast(), iov_len: buffer.len() };
    let remote = libc::iovec { iov_base: address as *mut libc::c_void, iov_len: buffer.len() };
    // SAFETY: the kernel writes to the local range alone, which is the buffer's, borrowed for writing
    // during the call; the other range is an address in the other process, and only read.
    let read = unsafe {
        libc::process_vm_readv(process.cast_signed(), &raw const local, 1, &raw const remote, 1, 0)
    };
    usize::try_from(read).map_err(|_| io::Error::last_os_error())
}

/// The same where the system has no such call.
///
/// # Errors
///
/// Always.
#[cfg(not(target_os = "linux"))]
pub fn read_memory(_: u32, _: usize, _: &mut [u8]) -> io::Result<usize> {
    Err(io::ErrorKind::Unsupported.into())
}

#[cfg(test)]
#[cfg(target_os = "linux")]
mod tests {
    use super::*;

    #[test]
    fn this_process_can_be_read_where_it_has_memory() {
        let bytes = [1, 2, 3, 4];
        let mut copy = [0; 4];
        let address = bytes.as_ptr().addr();
        assert_eq!(read_memory(std::process::id(), address, &mut copy).unwrap(), 4);
        assert_eq!(copy, bytes);
        read_memory(std::process::id(), 8, &mut copy).unwrap_err();
    }
}
