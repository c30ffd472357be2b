//! A child process as its parent holds it: a socket to wake each other by, and a handle to see its end.
//!
//! The end of the socket is not enough to see a child die. A process that the child has forked holds
//! it open; one who waits for the end would wait for that one's. Where the system gives a handle on a
//! process (Linux), it is watched too.

use std::collections::VecDeque;
use std::io;
use std::net::Shutdown;
use std::os::fd::{BorrowedFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, waitid};

use super::doorbell::{self, Arrived, Patience, Ring};
use super::origin::Origin;
use super::process::this_program;

/// A socket to a child process, and the process.
#[derive(Debug)]
pub(crate) struct Channel {
    socket: UnixStream,
    pid: Pid,
    /// Readable once the process has ended; it never means another process. None where the system
    /// has no such thing.
    process: Option<OwnedFd>,
    /// Files that the child has sent and no one has taken.
    files: Mutex<VecDeque<Arrived>>,
}

/// A child process, to be reaped.
#[derive(Debug)]
pub(crate) struct Process {
    child: Child,
    origin: Origin,
}

impl Process {
    /// Starts this very program again, under that name, with those arguments and that variable in its
    /// environment. It has the other end of the channel for its standard input, where it finds the file.
    ///
    /// # Errors
    ///
    /// What the system says.
    pub(crate) fn start(
        name: &str,
        arguments: Arguments,
        variable: (&str, &str),
        file: BorrowedFd<'_>,
    ) -> io::Result<(Self, Channel)> {
        let (ours, theirs) = UnixStream::pair()?;
        doorbell::send_file(&ours, file)?;
        let mut command = Command::new(this_program()?);
        command
            .arg0(name)
            .env(variable.0, variable.1)
            .stdin(Stdio::from(OwnedFd::from(theirs)))
            // Ctrl-C in a terminal goes to the foreground group: the parent alone decides.
            .process_group(0);
        if let Arguments::OfTest(arguments) = arguments {
            // The harness says there what it runs.
            command.args(arguments).stdout(Stdio::null());
        }
        let process = Self::of(command.spawn()?);
        let channel = Channel::new(ours, &process);
        Ok((process, channel))
    }

    /// A child process.
    #[must_use]
    pub(crate) fn of(child: Child) -> Self {
        Self { child, origin: Origin::here() }
    }

    /// Its id.
    #[must_use]
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Whether it is a child of the calling process, and not of the one that this was forked from.
    #[must_use]
    pub(crate) fn is_ours(&self) -> bool {
        self.origin.is_here()
    }

    /// Waits for its end and reaps it. Killed, if it is to be, by SIGKILL.
    ///
    /// # Errors
    ///
    /// What the system says.
    pub(crate) fn reap(&mut self, killed: bool) -> io::Result<ExitStatus> {
        if killed {
            // One that is dead is no error.
            let _ = self.child.kill();
        }
        self.child.wait()
    }
}

/// How this program becomes a worker.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Arguments {
    /// By what stands at the start of its `main`.
    None,
    /// It is a test harness, and this is what makes it run a single test.
    OfTest(&'static [String]),
}

/// How a process is to be ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ending {
    /// It is asked, by SIGTERM.
    Terminate,
    /// It has no choice, by SIGKILL.
    Kill,
}

impl Ending {
    fn of_rustix(self) -> Signal {
        match self {
            Self::Terminate => Signal::TERM,
            Self::Kill => Signal::KILL,
        }
    }

    /// Number of the signal.
    #[must_use]
    pub(crate) fn signal(self) -> i32 {
        self.of_rustix().as_raw()
    }
}

impl Channel {
    /// The channel to a child process that has not been reaped.
    #[must_use]
    pub(crate) fn new(socket: UnixStream, process: &Process) -> Self {
        let pid = Pid::from_child(&process.child);
        #[cfg(target_os = "linux")]
        let process = rustix::process::pidfd_open(pid, rustix::process::PidfdFlags::empty()).ok();
        #[cfg(not(target_os = "linux"))]
        let process = None;
        Self { socket, pid, process, files: Mutex::default() }
    }

    /// Ends both directions, also for those who wait to read or write.
    pub(crate) fn close(&self) {
        // It fails only where the other end is gone, and then there is nothing to end.
        let _ = self.socket.shutdown(Shutdown::Both);
    }

    /// Wakes the child if it waits at its end of the socket.
    pub(crate) fn ring(&self) {
        doorbell::ring(&self.socket);
    }

    /// Sends the child a file.
    ///
    /// # Errors
    ///
    /// What the system says; `BrokenPipe` where the child has closed its end.
    pub(crate) fn send_file(&self, file: BorrowedFd<'_>) -> io::Result<()> {
        doorbell::send_file(&self.socket, file)
    }

    /// Waits until the child rings, dies, or closes its end of the socket.
    #[must_use]
    pub(crate) fn wait(&self) -> Ring {
        let socket = PollFd::new(&self.socket, PollFlags::IN);
        let ready = match &self.process {
            Some(process) => {
                let mut watched = [socket, PollFd::new(process, PollFlags::IN)];
                poll(&mut watched, None).map(|_| watched[1].revents().is_empty())
            }
            None => poll(&mut [socket], None).map(|_| true),
        };
        match ready {
            Ok(true) => self.receive(),
            Err(rustix::io::Errno::INTR) => Ring::Rung,
            // What it has sent before its end stays to be read.
            Ok(false) | Err(_) => Ring::Ended,
        }
    }

    /// Reads what has come.
    fn receive(&self) -> Ring {
        let mut files = self.files.lock().unwrap_or_else(PoisonError::into_inner);
        doorbell::receive(&self.socket, Patience::No, &mut files).unwrap_or(Ring::Ended)
    }

    /// The next file that the child has sent; `None` if there is none.
    #[must_use]
    pub(crate) fn take_file(&self) -> Option<OwnedFd> {
        let take = || self.files.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
        // A reading may end with bytes that have no file, before one that has.
        for _ in 0..64 {
            if let Some(file) = take() {
                return file;
            }
            if self.receive() == Ring::Ended {
                break;
            }
        }
        take().flatten()
    }

    /// Sends the process the signal. It must not have been reaped.
    pub(crate) fn end_process(&self, ending: Ending) {
        let signal = ending.of_rustix();
        // One that is dead is no error.
        #[cfg(target_os = "linux")]
        if let Some(process) = &self.process {
            let _ = rustix::process::pidfd_send_signal(process, signal);
            return;
        }
        let _ = rustix::process::kill_process(self.pid, signal);
    }

    /// Waits until the process has ended, but at most that long. It stays to be reaped.
    #[must_use]
    pub(crate) fn wait_for_exit(&self, patience: Duration) -> bool {
        if let Some(process) = &self.process {
            let timeout = Timespec::try_from(patience).ok();
            if let Ok(ready) = poll(&mut [PollFd::new(process, PollFlags::IN)], timeout.as_ref()) {
                return ready > 0;
            }
        }
        let start = Instant::now();
        let options = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
        loop {
            match waitid(WaitId::Pid(self.pid), options) {
                Ok(None) if start.elapsed() < patience => std::thread::sleep(Duration::from_millis(1)),
                Ok(None) => return false,
                // An error says that there is no such child, or no more.
                Ok(Some(_)) | Err(_) => return true,
            }
        }
    }
}
