//! The sockets by which MPI gets messages over a network, for who sleeps until there are some.
//!
//! MPI has no way to wait for a message without keeping a CPU busy, and does not say by what it gets them. Over TCP
//! these are sockets of this process, which the system lists. They are only watched: MPI alone reads from them. Any
//! other socket to the network is watched with them, and wakes for nothing; where messages go by other ways, as by
//! shared memory or InfiniBand, none of them wakes.

use std::collections::HashSet;
use std::fs;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, FromRawFd, OwnedFd};
use std::time::{Duration, Instant};

use rustix::event::{Timespec, epoll};
use rustix::net::AddressFamily;
use rustix::net::sockopt::socket_domain;

/// How long it takes until the list is read again, at first. Each time that it has had nothing new doubles that.
const AGAIN: Duration = Duration::from_secs(1);

/// The longest that it takes.
const LONGEST: Duration = Duration::from_secs(64);

/// What becomes readable when something happens at one of them.
pub(super) struct Sockets {
    epoll: OwnedFd,
    /// By the numbers that the system has for them.
    watched: HashSet<u64>,
    looked: Option<Instant>,
    again: Duration,
}

impl Sockets {
    /// None of them.
    ///
    /// # Errors
    ///
    /// What the system says.
    pub(super) fn new() -> io::Result<Self> {
        let epoll = epoll::create(epoll::CreateFlags::CLOEXEC)?;
        Ok(Self { epoll, watched: HashSet::new(), looked: None, again: AGAIN })
    }

    /// Readable when something has happened since it was cleared.
    pub(super) fn descriptor(&self) -> BorrowedFd<'_> {
        self.epoll.as_fd()
    }

    /// Takes note of what has happened; false if nothing has.
    pub(super) fn clear(&self) -> bool {
        let mut events = [const { std::mem::MaybeUninit::uninit() }; 16];
        let at_once = Timespec { tv_sec: 0, tv_nsec: 0 };
        epoll::wait(&self.epoll, &mut events, Some(&at_once)).is_ok_and(|(events, _)| !events.is_empty())
    }

    /// Watches what has been opened since.
    pub(super) fn look(&mut self) {
        if self.looked.is_some_and(|looked| looked.elapsed() < self.again) {
            return;
        }
        self.looked = Some(Instant::now());
        // Where there is no such list, none is watched.
        let Ok(entries) = fs::read_dir("/proc/self/fd") else { return };
        let mut open = HashSet::new();
        for entry in entries.flatten() {
            let number = entry.file_name().to_str().and_then(|name| name.parse().ok());
            let socket =
                fs::read_link(entry.path()).ok().as_deref().and_then(|to| socket_number(to.to_str()?));
            if let (Some(number), Some(socket)) = (number, socket) {
                open.insert(socket);
                if !self.watched.contains(&socket) {
                    self.watch(number);
                }
            }
        }
        self.again = if open.is_subset(&self.watched) { (self.again * 2).min(LONGEST) } else { AGAIN };
        self.watched = open;
    }

    fn watch(&self, number: i32) {
        // SAFETY: the call takes any number, and fails where it is no open descriptor.
        let copy = unsafe { libc::fcntl(number, libc::F_DUPFD_CLOEXEC, 0) };
        if copy < 0 {
            return;
        }
        // SAFETY: the descriptor has just been made, and is known to no one else.
        let copy = unsafe { OwnedFd::from_raw_fd(copy) };
        if matches!(socket_domain(&copy), Ok(AddressFamily::INET | AddressFamily::INET6)) {
            // With `ET` it tells of what comes, not of what is there: MPI may leave that for a while. It goes on when
            // the copy is closed, until the socket itself is.
            let of = epoll::EventFlags::IN | epoll::EventFlags::OUT | epoll::EventFlags::ET;
            let _ = epoll::add(&self.epoll, &copy, epoll::EventData::new_u64(0), of);
        }
    }
}

/// The number of a socket, of what its entry in the list of descriptors points to.
fn socket_number(to: &str) -> Option<u64> {
    to.strip_prefix("socket:[")?.strip_suffix(']')?.parse().ok()
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::net::{TcpListener, TcpStream};
    use std::os::unix::net::UnixStream;

    use rustix::event::{PollFd, PollFlags, poll};

    use super::*;

    #[test]
    fn it_tells_what_comes_by_sockets_to_the_network_until_they_are_closed() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let mut sender = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let (receiver, _) = listener.accept().unwrap();
        let (mut local, _other) = UnixStream::pair().unwrap();
        let mut sockets = Sockets::new().unwrap();
        sockets.look();
        while sockets.clear() {}
        let rings = |sockets: &Sockets, timeout| {
            let descriptor = sockets.descriptor();
            let mut fds = [PollFd::new(&descriptor, PollFlags::IN)];
            poll(&mut fds, Some(&Timespec { tv_sec: timeout, tv_nsec: 0 })).unwrap() == 1
        };
        local.write_all(&[1]).unwrap();
        assert!(!rings(&sockets, 0));
        for _ in 0..2 {
            // What no one has read does not go on ringing.
            sender.write_all(&[1]).unwrap();
            assert!(rings(&sockets, 60));
            assert!(sockets.clear());
            assert!(!rings(&sockets, 0));
        }
        // Nothing keeps the socket open.
        drop(receiver);
        let closed = (0..1000).any(|_| sender.write_all(&[1]).is_err());
        assert!(closed);
    }

    #[test]
    fn only_sockets_have_a_number() {
        assert_eq!(socket_number("socket:[123]"), Some(123));
        assert_eq!(socket_number("pipe:[123]"), None);
        assert_eq!(socket_number("/a/socket:[1"), None);
    }
}
