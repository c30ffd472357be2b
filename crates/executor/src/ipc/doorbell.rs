//! A socket by which two processes wake each other and hand files over. A worker sleeps elsewhere, on a word in shared
//! memory, where the system has that.
//!
//! All that goes over it is single bytes that mean nothing but "look", some with a file. Its end tells
//! that the other process is gone.

use std::collections::VecDeque;
use std::io::{self, IoSlice, IoSliceMut};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::net::UnixStream;

use rustix::cmsg_space;
use rustix::event::{PollFd, PollFlags, poll};
use rustix::net::{
    RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, ReturnFlags, SendAncillaryBuffer,
    SendAncillaryMessage, SendFlags, recvmsg, sendmsg,
};

/// What went over the socket since the last look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ring {
    /// Something, or nothing yet.
    Rung,
    /// The other end is closed.
    Ended,
}

/// A file that came, or `None` in place of one for which this process had no descriptor left.
pub(super) type Arrived = Option<OwnedFd>;

/// What has become of a file that was to come.
#[derive(Debug)]
pub(crate) enum Taken {
    /// It is here.
    File(OwnedFd),
    /// It came, and this process had no descriptor left for it.
    NoDescriptor,
    /// The other end was closed before it came.
    Ended,
}

/// One end of the socket, and the files that came and have not been taken.
#[derive(Debug)]
pub(crate) struct Doorbell {
    socket: UnixStream,
    files: VecDeque<Arrived>,
}

impl Doorbell {
    /// The end that this socket is.
    #[must_use]
    pub(crate) fn new(socket: UnixStream) -> Self {
        Self { socket, files: VecDeque::new() }
    }

    /// Wakes the process that waits at the other end. That it is gone is found out by waiting for it.
    pub(crate) fn ring(&self) {
        ring(&self.socket);
    }

    /// Sends a file, and wakes the other end.
    ///
    /// # Errors
    ///
    /// What the system says; `BrokenPipe` where the other end is closed.
    pub(crate) fn send_file(&self, file: BorrowedFd<'_>) -> io::Result<()> {
        send_file(&self.socket, file)
    }

    /// Waits until the other end rings or is closed.
    ///
    /// # Errors
    ///
    /// What the system says.
    pub(crate) fn wait(&mut self) -> io::Result<Ring> {
        receive(&self.socket, Patience::Wait, &mut self.files)
    }

    /// The next file, waiting for it if need be.
    ///
    /// # Errors
    ///
    /// What the system says.
    pub(crate) fn take_file(&mut self) -> io::Result<Taken> {
        loop {
            match self.files.pop_front() {
                Some(Some(file)) => return Ok(Taken::File(file)),
                Some(None) => return Ok(Taken::NoDescriptor),
                None if self.wait()? == Ring::Ended => return Ok(Taken::Ended),
                None => {}
            }
        }
    }
}

impl AsFd for Doorbell {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}

/// Whether to wait for a byte if there is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Patience {
    Wait,
    No,
}

/// Sends a byte, if there is room. Bytes that have not been read yet wake as well.
pub(super) fn ring(socket: impl AsFd) {
    let _ = sendmsg(
        socket,
        &[IoSlice::new(&[0])],
        &mut SendAncillaryBuffer::default(),
        send_flags() | SendFlags::DONTWAIT,
    );
}

/// Sends a byte with a file.
pub(super) fn send_file(socket: impl AsFd, file: BorrowedFd<'_>) -> io::Result<()> {
    let files = [file];
    loop {
        let mut space = [MaybeUninit::uninit(); cmsg_space!(ScmRights(1))];
        let mut with = SendAncillaryBuffer::new(&mut space);
        with.push(SendAncillaryMessage::ScmRights(&files));
        let flags = send_flags() | SendFlags::DONTWAIT;
        match sendmsg(&socket, &[IoSlice::new(&[0])], &mut with, flags) {
            Ok(_) => return Ok(()),
            Err(rustix::io::Errno::INTR) => {}
            Err(rustix::io::Errno::AGAIN | rustix::io::Errno::TOOMANYREFS) => {
                poll(&mut [PollFd::new(&socket, PollFlags::OUT)], None)?;
                std::thread::yield_now();
            }
            Err(error) => return Err(error.into()),
        }
    }
}

/// Reads the bytes that are there and keeps the files that come with them.
pub(super) fn receive(
    socket: impl AsFd,
    patience: Patience,
    files: &mut VecDeque<Arrived>,
) -> io::Result<Ring> {
    let mut bytes = [0; 64];
    let mut space = [MaybeUninit::uninit(); cmsg_space!(ScmRights(64))];
    let mut with = RecvAncillaryBuffer::new(&mut space);
    let flags = match patience {
        Patience::Wait => recv_flags(),
        Patience::No => recv_flags() | RecvFlags::DONTWAIT,
    };
    match recvmsg(socket, &mut [IoSliceMut::new(&mut bytes)], &mut with, flags) {
        Ok(received) => {
            for message in with.drain() {
                if let RecvAncillaryMessage::ScmRights(came) = message {
                    files.extend(came.map(Some));
                }
            }
            if received.flags.contains(ReturnFlags::CTRUNC) {
                files.push_back(None);
            }
            Ok(if received.bytes == 0 { Ring::Ended } else { Ring::Rung })
        }
        Err(rustix::io::Errno::AGAIN | rustix::io::Errno::INTR) => Ok(Ring::Rung),
        Err(rustix::io::Errno::CONNRESET) => Ok(Ring::Ended),
        Err(error) => Err(error.into()),
    }
}

/// Without SIGPIPE, which would end a program that has not told the system to ignore it.
fn send_flags() -> SendFlags {
    #[cfg(target_os = "linux")]
    return SendFlags::NOSIGNAL;
    // The other systems have that as a setting of the socket, which std makes.
    #[cfg(not(target_os = "linux"))]
    SendFlags::empty()
}

/// Files are not for the children of those who get them.
fn recv_flags() -> RecvFlags {
    #[cfg(target_os = "linux")]
    return RecvFlags::CMSG_CLOEXEC;
    #[cfg(not(target_os = "linux"))]
    RecvFlags::empty()
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Seek, Write};

    use super::*;

    #[test]
    fn files_and_rings_arrive_and_the_end_is_seen() {
        let (one, other) = UnixStream::pair().unwrap();
        let (one, mut other) = (Doorbell::new(one), Doorbell::new(other));
        let mut sent = tempfile::tempfile().unwrap();
        sent.write_all(b"text").unwrap();
        one.ring();
        one.send_file(sent.as_fd()).unwrap();
        one.send_file(sent.as_fd()).unwrap();
        one.ring();
        for _ in 0..2 {
            let mut file = match other.take_file().unwrap() {
                Taken::File(file) => std::fs::File::from(file),
                other => panic!("{other:?}"),
            };
            let mut text = String::new();
            file.rewind().unwrap();
            file.read_to_string(&mut text).unwrap();
            assert_eq!(text, "text");
        }
        drop(one);
        while other.wait().unwrap() == Ring::Rung {}
        assert!(matches!(other.take_file().unwrap(), Taken::Ended));
        assert_eq!(other.send_file(sent.as_fd()).unwrap_err().kind(), io::ErrorKind::BrokenPipe);
        other.ring();
    }
}
