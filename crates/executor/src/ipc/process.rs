//! What a worker process needs of the system: a program to start, and hygiene once started.

#![allow(unsafe_code)]

use std::ffi::OsString;
use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, RawFd};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;

use rustix::event::{PollFd, PollFlags, poll};
use rustix::process::{Signal, getpid, kill_process};

/// Reads an environment variable and removes it, so that no child inherits it.
///
/// Must be called while no other thread runs: at the start of `main`.
#[must_use]
pub(crate) fn take_env(name: &str) -> Option<OsString> {
    let value = std::env::var_os(name)?;
    // SAFETY: `setenv` and `getenv` race only between threads. The one caller,
    // `executor::worker::init`, has checked that it runs on the main thread of a process that a
    // pool has started, and its contract is to stand at the start of `main`, before any thread.
    unsafe { std::env::remove_var(name) };
    Some(value)
}

/// Whether the calling thread is the process's first; true where the system does not tell.
#[must_use]
pub(crate) fn on_main_thread() -> bool {
    #[cfg(target_os = "linux")]
    return rustix::thread::gettid() == rustix::process::getpid();
    #[cfg(not(target_os = "linux"))]
    true
}

/// Takes the socket that the parent left at standard input and puts `/dev/null` in its place.
///
/// The duplicate is closed on exec, so that what a task starts cannot hold the channel open, and
/// a task that reads standard input sees its end instead of eating a frame.
///
/// # Errors
///
/// Where standard input is no connected socket, or `/dev/null` cannot be opened.
pub(crate) fn take_channel() -> io::Result<UnixStream> {
    let channel = UnixStream::from(io::stdin().as_fd().try_clone_to_owned()?);
    let no_channel =
        |error| io::Error::new(io::ErrorKind::InvalidInput, format!("no channel at standard input: {error}"));
    channel.peer_addr().map_err(no_channel)?;
    let null = std::fs::File::open("/dev/null")?;
    rustix::stdio::dup2_stdin(&null)?;
    Ok(channel)
}

/// Asks the kernel to kill this process when the thread that started it ends. False where the system
/// has no such thing, or does not grant it.
#[must_use]
pub(crate) fn die_with_parent() -> bool {
    #[cfg(target_os = "linux")]
    return rustix::process::set_parent_process_death_signal(Some(Signal::KILL)).is_ok();
    #[cfg(not(target_os = "linux"))]
    false
}

/// The running program, in a form that can be started again even if its file has been replaced.
///
/// # Errors
///
/// Where the system cannot name the program's file.
pub(crate) fn this_program() -> io::Result<PathBuf> {
    if cfg!(target_os = "linux") {
        // The child resolves it between its creation and its exec, when it still runs the parent's
        // program.
        return Ok(PathBuf::from("/proc/self/exe"));
    }
    std::env::current_exe()
}

/// Closes what this process has inherited beyond the standard streams, but for the channel. Programs
/// open files without the flag that keeps them out of children; a worker that held them would keep
/// pipes open and locks alive that it knows nothing of.
///
/// Must be called while nothing of this process's own is open but the channel: at the start of
/// `main`.
pub(crate) fn close_inherited(channel: &UnixStream) {
    let kept = channel.as_raw_fd();
    // Above the standard streams, below the channel and above it.
    if close_range(3, kept - 1).and_then(|()| close_range(kept + 1, RawFd::MAX)).is_err() {
        close_listed(kept);
    }
}

/// Closes a range of descriptors, both ends included, in one call of the system.
#[cfg(target_os = "linux")]
fn close_range(first: RawFd, last: RawFd) -> io::Result<()> {
    if first > last {
        return Ok(());
    }
    // SAFETY: nothing in this process owns these descriptors: the one caller runs at the start of
    // `main`, where only what was inherited is open, and the channel, which is not in the range.
    let closed = unsafe { libc::syscall(libc::SYS_close_range, first, last, 0) };
    if closed == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

#[cfg(not(target_os = "linux"))]
fn close_range(_: RawFd, _: RawFd) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

/// Closes what the system lists as open, beyond the standard streams and this one.
fn close_listed(kept: RawFd) {
    let Ok(entries) = std::fs::read_dir("/dev/fd") else { return };
    let numbers: Vec<RawFd> =
        entries.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok()).collect();
    for number in numbers.into_iter().filter(|&number| number > 2 && number != kept) {
        // SAFETY: as above. The descriptor of the listing itself is closed already, which is found
        // out first; no other thread runs that could open another under its number.
        unsafe {
            if rustix::io::fcntl_getfd(BorrowedFd::borrow_raw(number)).is_ok() {
                rustix::io::close(number);
            }
        }
    }
}

/// Makes the name under which this process was started that of its main thread, which is what tools
/// show.
pub(crate) fn take_name() {
    #[cfg(target_os = "linux")]
    if let Some(name) = std::env::args().next().and_then(|name| std::ffi::CString::new(name).ok()) {
        // Only a label.
        let _ = rustix::thread::set_name(&name);
    }
}

/// Waits until the other end of the channel is closed, or this one is shut down.
pub(crate) fn wait_for_hangup(channel: impl AsFd) {
    // Asked for nothing, the system tells of the end of the channel alone.
    while !poll(&mut [PollFd::new(&channel, PollFlags::empty())], None).is_ok_and(|ready| ready > 0) {}
}

/// Ends this process: no destructor runs, nothing is flushed.
pub(crate) fn end_at_once() {
    let _ = kill_process(getpid(), Signal::KILL);
}
