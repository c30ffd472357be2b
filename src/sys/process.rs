//! What worker processes need of the system: a program to start, and hygiene once started.

use std::ffi::OsString;
use std::io;
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::path::PathBuf;

/// Reads an environment variable and removes it, so that no child inherits it.
///
/// Must be called while no other thread runs: at the start of `main`.
#[must_use]
pub fn take_env(name: &str) -> Option<OsString> {
    let value = std::env::var_os(name)?;
    // SAFETY: `setenv` and `getenv` race only between threads. The one caller,
    // `executor::worker::init`, has checked that it runs on the main thread of a process that a
    // pool has started, and its contract is to stand at the start of `main`, before any thread.
    unsafe { std::env::remove_var(name) };
    Some(value)
}

/// Whether the calling thread is the process's first; true where the system does not tell.
#[must_use]
pub fn on_main_thread() -> bool {
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
pub fn take_channel() -> io::Result<UnixStream> {
    let channel = UnixStream::from(io::stdin().as_fd().try_clone_to_owned()?);
    let no_channel =
        |error| io::Error::new(io::ErrorKind::InvalidInput, format!("no channel at standard input: {error}"));
    channel.peer_addr().map_err(no_channel)?;
    let null = std::fs::File::open("/dev/null")?;
    rustix::stdio::dup2_stdin(&null)?;
    Ok(channel)
}

/// Asks the kernel to kill this process when the thread that started it ends. Where the system
/// has no such thing, the end of the channel is what ends a worker.
///
/// # Errors
///
/// What the kernel says.
pub fn die_with_parent() -> io::Result<()> {
    #[cfg(target_os = "linux")]
    rustix::process::set_parent_process_death_signal(Some(rustix::process::Signal::KILL))?;
    Ok(())
}

/// The running program, in a form that can be started again even if its file has been replaced.
///
/// # Errors
///
/// Where the system cannot name the program's file.
pub fn this_program() -> io::Result<PathBuf> {
    if cfg!(target_os = "linux") {
        // The child resolves it between its creation and its exec, when it still runs the parent's
        // program.
        return Ok(PathBuf::from("/proc/self/exe"));
    }
    std::env::current_exe()
}
