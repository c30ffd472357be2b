//! What a worker process needs of the system: a program to start, and hygiene once started.

#![allow(unsafe_code)]

use std::ffi::OsString;
use std::io;
use std::mem::{ManuallyDrop, MaybeUninit};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, OwnedFd, RawFd};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, poll};
use rustix::io::Errno;
use rustix::net::{RecvFlags, recv};
use rustix::process::{Signal, getpid, kill_process};

/// Reads an environment variable and removes it, so that no child inherits it.
///
/// Must be called while no other thread runs: at the start of `main`.
#[must_use]
pub(crate) fn take_env(name: &str) -> Option<OsString> {
    let value = std::env::var_os(name)?;
    // SAFETY: `setenv` and `getenv` race only between threads. The one caller is about to make a worker of
    // a process that a pool has started: at the start of `main`, before any thread, as its contract says;
    // or in the only test that a harness runs, whose main thread waits for that meanwhile.
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

/// Asks the kernel to kill this process when the thread that started it ends; it forgets that when the
/// process changes its user. False where the system has no such thing, or does not grant it.
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

/// Closes what this process has inherited beyond the standard streams, but for the channel, and puts
/// `/dev/null` in its place. Programs open files without the flag that keeps them out of children; a worker
/// that held them would keep pipes open and locks alive that it knows nothing of. Their numbers stay taken:
/// one who writes to such a file by its number must not come upon another that is opened later.
///
/// Must be called at the start of `main`, while no other thread opens or closes files.
pub(crate) fn close_inherited(channel: &UnixStream) {
    if replace_listed(channel).is_err() {
        close_above_streams(channel.as_raw_fd());
    }
}

/// Puts `/dev/null` in the place of what the system lists as open, but for the standard streams and the channel.
fn replace_listed(channel: &UnixStream) -> io::Result<()> {
    // To be written to as well: what a program logs there is lost, and no error.
    let null = std::fs::File::options().read(true).write(true).open("/dev/null")?;
    let kept = [channel.as_raw_fd(), null.as_raw_fd()];
    let entries = std::fs::read_dir("/dev/fd")?;
    let numbers: Vec<RawFd> =
        entries.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok()).collect();
    for number in numbers.into_iter().filter(|&number| number > 2 && !kept.contains(&number)) {
        // SAFETY: it was listed as open. The descriptor of the listing itself is closed already, which is
        // found out first; no other thread runs that could open another under its number. Who owns the number
        // from before goes on with another file behind it.
        unsafe {
            if rustix::io::fcntl_getfd(BorrowedFd::borrow_raw(number)).is_ok() {
                let mut replaced = ManuallyDrop::new(OwnedFd::from_raw_fd(number));
                rustix::io::dup2(&null, &mut replaced)?;
                rustix::io::fcntl_setfd(&*replaced, rustix::io::FdFlags::CLOEXEC)?;
            }
        }
    }
    Ok(())
}

/// Where the system lists nothing: closes all there may be above the standard streams, but for that one.
fn close_above_streams(kept: RawFd) {
    let most = rustix::process::getrlimit(rustix::process::Resource::Nofile).current.unwrap_or(1 << 16);
    for number in (3..RawFd::try_from(most).unwrap_or(1 << 16)).filter(|&number| number != kept) {
        // SAFETY: nothing in this process owns these descriptors but who has opened a file before `main`, and
        // finds it closed; no other thread runs that could open another under its number.
        unsafe {
            if rustix::io::fcntl_getfd(BorrowedFd::borrow_raw(number)).is_ok() {
                rustix::io::close(number);
            }
        }
    }
}

/// Signals that stay ignored if those who started the program had them ignored, as `nohup` and a shell's
/// `trap '' INT` do; those that Rust's runtime and a shell's job control have settled.
const KEPT_IGNORED: [libc::c_int; 7] =
    [libc::SIGHUP, libc::SIGINT, libc::SIGQUIT, libc::SIGPIPE, libc::SIGTSTP, libc::SIGTTIN, libc::SIGTTOU];

/// Blocks no signal and ignores none that the parent had blocked or ignored for itself, but for those that
/// are [kept](KEPT_IGNORED): a worker that is asked to end must hear of it.
pub(crate) fn reset_signals() {
    block_signals(false);
    for signal in (1..=64).filter(|signal| !KEPT_IGNORED.contains(signal)) {
        // SAFETY: both calls are given memory of the right size, or none, and only a disposition changes by
        // which no code of this process is called.
        unsafe {
            let mut now = MaybeUninit::<libc::sigaction>::zeroed();
            if libc::sigaction(signal, std::ptr::null(), now.as_mut_ptr()) == 0
                && now.assume_init().sa_sigaction == libc::SIG_IGN
            {
                libc::signal(signal, libc::SIG_DFL);
            }
        }
    }
}

/// Blocks all signals in the calling thread, or none.
pub(crate) fn block_signals(all: bool) {
    // SAFETY: the set is written before it is read.
    unsafe {
        let mut set = MaybeUninit::<libc::sigset_t>::uninit();
        let _ = if all { libc::sigfillset(set.as_mut_ptr()) } else { libc::sigemptyset(set.as_mut_ptr()) };
        libc::pthread_sigmask(libc::SIG_SETMASK, set.as_ptr(), std::ptr::null_mut());
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
    loop {
        // Asked for nothing, the system tells of the end of the channel alone.
        match poll(&mut [PollFd::new(&channel, PollFlags::empty())], None) {
            Ok(ready) if ready > 0 => return,
            Ok(_) | Err(Errno::INTR) => continue,
            // It polls no more than there may be open files, and a task may have changed that number.
            Err(Errno::INVAL) if has_ended(&channel) => return,
            Err(_) => {}
        }
        std::thread::sleep(INTERVAL);
    }
}

/// How often the channel is looked at where the system does not wait for its end.
const INTERVAL: Duration = Duration::from_millis(10);

/// Whether there is nothing more to come.
fn has_ended(channel: impl AsFd) -> bool {
    let seen = recv(channel, &mut [0; 1], RecvFlags::PEEK | RecvFlags::DONTWAIT);
    seen.is_ok_and(|(_, length)| length == 0) || matches!(seen, Err(Errno::CONNRESET))
}

/// Ends this process: no destructor runs, nothing is flushed.
pub(crate) fn end_at_once() {
    let _ = kill_process(getpid(), Signal::KILL);
}

/// A test in a process of its own, as it changes what all threads of a process share.
#[cfg(test)]
pub(crate) mod alone {
    use std::process::Command;

    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

    /// Runs the test of that module and name in this process, if it is one for that; else in another, and waits.
    pub(crate) fn run(module: &str, name: &str, run: impl FnOnce()) {
        const KEY: &str = "SPEEDUP_TEST_ALONE";
        if std::env::var_os(KEY).is_some() {
            return run();
        }
        let (_, module) = module.split_once("::").unwrap();
        let mut command = Command::new(std::env::current_exe().unwrap());
        let output = command.args(["--exact", &format!("{module}::{name}")]).env(KEY, "1").output().unwrap();
        let text = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success() && text.contains("1 passed"), "{text}");
    }

    /// From now on so many files may be open. Gives how many it were.
    pub(crate) fn limit_open_files(most: Option<u64>) -> Option<u64> {
        let before = getrlimit(Resource::Nofile);
        setrlimit(Resource::Nofile, Rlimit { current: most, ..before }).unwrap();
        before.current
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[cfg(target_os = "linux")]
    fn the_end_is_seen_where_no_file_may_be_open() {
        alone::run(module_path!(), "the_end_is_seen_where_no_file_may_be_open", || {
            let (ours, theirs) = UnixStream::pair().unwrap();
            alone::limit_open_files(Some(0));
            let none = poll(&mut [PollFd::new(&ours, PollFlags::empty())], None);
            assert_eq!((none, has_ended(&ours)), (Err(Errno::INVAL), false));
            let waiting = std::thread::spawn(move || wait_for_hangup(&ours));
            drop(theirs);
            waiting.join().unwrap();
        });
    }
}
