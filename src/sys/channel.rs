//! A child process as its parent holds it: a socket to talk to it, and a handle to see its end.
//!
//! The end of the socket is not enough to see a child die. A process that the child has forked holds
//! it open; whoever waits for an answer would wait for that one. Where the system gives a handle on a
//! process (Linux), it is watched too.

use std::io::{self, IoSlice, Read, Write};
use std::net::Shutdown;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, waitid};

/// A socket to a child process, and the process.
#[derive(Debug)]
pub struct Channel {
    socket: UnixStream,
    pid: Pid,
    /// Readable once the process has ended; it never means another process. None where the system
    /// has no such thing.
    process: Option<OwnedFd>,
}

/// How a process is to be ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// It is asked, by SIGTERM.
    Terminate,
    /// It has no choice, by SIGKILL.
    Kill,
}

impl Channel {
    /// The channel to a child process that has not been reaped.
    #[must_use]
    pub fn new(socket: UnixStream, child: &std::process::Child) -> Self {
        let pid = Pid::from_child(child);
        #[cfg(target_os = "linux")]
        let process = rustix::process::pidfd_open(pid, rustix::process::PidfdFlags::empty()).ok();
        #[cfg(not(target_os = "linux"))]
        let process = None;
        Self { socket, pid, process }
    }

    /// Ends both directions, also for whoever waits to read or write.
    pub fn close(&self) {
        // It fails only where the other end is gone, and then there is nothing to end.
        let _ = self.socket.shutdown(Shutdown::Both);
    }

    /// Whether the process has died, or has closed its end of the socket.
    #[must_use]
    pub fn has_died(&self) -> bool {
        // Asked for nothing, the system tells of the end of the socket alone.
        let socket = PollFd::new(&self.socket, PollFlags::empty());
        let now = Some(&Timespec { tv_sec: 0, tv_nsec: 0 });
        match &self.process {
            Some(process) => poll(&mut [socket, PollFd::new(process, PollFlags::IN)], now),
            None => poll(&mut [socket], now),
        }
        .is_ok_and(|ready| ready > 0)
    }

    /// Sends the process the signal. It must not have been reaped.
    pub fn end_process(&self, ending: Ending) {
        let signal = match ending {
            Ending::Terminate => Signal::TERM,
            Ending::Kill => Signal::KILL,
        };
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
    pub fn wait_for_exit(&self, patience: Duration) -> bool {
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

    /// Waits until the socket can be read from, or written to. False if the process has died and
    /// left nothing there.
    fn wait_for(&self, what: PollFlags) -> io::Result<bool> {
        let Some(process) = &self.process else { return Ok(true) };
        let mut fds = [PollFd::new(&self.socket, what), PollFd::new(process, PollFlags::IN)];
        poll(&mut fds, None)?;
        Ok(!fds[0].revents().is_empty())
    }

    /// Sends what fits without waiting where the process is watched, else waits. Never raises
    /// SIGPIPE, which would end a program that has not told the system to ignore it.
    fn send(&self, parts: &[IoSlice<'_>]) -> io::Result<usize> {
        #[cfg(target_os = "linux")]
        {
            use rustix::net::{SendAncillaryBuffer, SendFlags, sendmsg};
            let dont_wait = if self.process.is_some() { SendFlags::DONTWAIT } else { SendFlags::empty() };
            let flags = SendFlags::NOSIGNAL | dont_wait;
            Ok(sendmsg(&self.socket, parts, &mut SendAncillaryBuffer::default(), flags)?)
        }
        // The other systems have that as a setting of the socket, which std makes.
        #[cfg(not(target_os = "linux"))]
        (&self.socket).write_vectored(parts)
    }
}

/// It ends where the process has died, though another may hold its end of the socket.
impl Read for &Channel {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.wait_for(PollFlags::IN)? { (&self.socket).read(buffer) } else { Ok(0) }
    }
}

impl Write for &Channel {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.write_vectored(&[IoSlice::new(bytes)])
    }

    fn write_vectored(&mut self, parts: &[IoSlice<'_>]) -> io::Result<usize> {
        loop {
            match self.send(parts) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    if !self.wait_for(PollFlags::OUT)? {
                        return Err(io::ErrorKind::BrokenPipe.into());
                    }
                }
                sent => return sent,
            }
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
