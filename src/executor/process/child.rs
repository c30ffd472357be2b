//! One worker process as the parent sees it: started, greeted, given tasks, seen to its end.

use std::io::{self, BufReader, Read};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::process::{self, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use super::frame::{read_frame, write_frame};
use super::hello::Hello;
use super::roster::{Entry, Roster};
use super::worker;
use crate::executor::error::{Error, Exit};
use crate::executor::wire::{Parts, Request};
use crate::sys;
use crate::sys::channel::Channel;

/// How long a worker whose channel has ended may take to be gone before it is killed. A process
/// that dies closes its files first and can be reaped a moment later.
const GRACE: Duration = Duration::from_secs(2);

/// How long an idle worker may take to leave when it is dismissed. It has no task, but may have
/// things to do at its exit; one that was stopped in a debugger would take for ever.
const LEAVE: Duration = Duration::from_secs(10);

/// A running worker process.
pub(super) struct Child {
    worker: usize,
    process: process::Child,
    channel: Arc<Channel>,
    reader: BufReader<Reader>,
    /// Used again for every reply.
    reply: Vec<u8>,
    /// Where those find it who end workers from outside. Out of there before it is reaped, so that
    /// no other process is meant that has got its number.
    entry: Option<Entry>,
    /// How it ended, once it has been reaped.
    exit: Option<Exit>,
}

/// A share in the channel that can be read from.
struct Reader(Arc<Channel>);

impl Read for Reader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        (&*self.0).read(buffer)
    }
}

/// Why an exchange with a worker came to nothing.
pub(super) enum Lost {
    /// Its end of the channel is closed: it has died.
    Gone,
    /// What came back is no reply.
    Misbehaved,
}

impl Child {
    /// Starts a worker process under that name, and enters it in the roster.
    pub(super) fn start(worker: usize, name: &str, roster: &Arc<Roster>) -> Result<Self, Error> {
        let failed = |error: io::Error| Error::Spawn { worker, reason: error.to_string() };
        let (ours, theirs) = UnixStream::pair().map_err(failed)?;
        let mut command = Command::new(sys::process::this_program().map_err(failed)?);
        command
            .arg0(name)
            .env(worker::ENVIRONMENT_KEY, worker.to_string())
            .stdin(Stdio::from(OwnedFd::from(theirs)))
            // Ctrl-C in a terminal goes to the foreground group: the parent alone decides.
            .process_group(0);
        let process = command.spawn().map_err(failed)?;
        let mut child = Self::with(worker, process, ours);
        child.entry = Some(Roster::enter(roster, Arc::clone(&child.channel)));
        Ok(child)
    }

    fn with(worker: usize, process: process::Child, socket: UnixStream) -> Self {
        let channel = Arc::new(Channel::new(socket, &process));
        let reader = BufReader::new(Reader(Arc::clone(&channel)));
        Self { worker, process, channel, reader, reply: Vec::new(), entry: None, exit: None }
    }

    /// Waits for the worker's greeting and gives the time at which it was ready.
    pub(super) fn greet(&mut self) -> Result<u64, Error> {
        let hello = self.receive().and_then(|()| Hello::decode(&self.reply).ok_or(Lost::Misbehaved));
        match hello {
            Ok(hello) if hello.build == worker::build_id() => Ok(hello.ready_ns),
            Ok(_) => {
                let reason = "the program's file has been replaced by another build".to_string();
                Err(Error::Spawn { worker: self.worker, reason })
            }
            Err(lost) => {
                let exit = self.bury(&lost, false);
                Err(Error::Spawn { worker: self.worker, reason: format!("process {} {exit}", self.id()) })
            }
        }
    }

    /// Hands over tasks and waits for their outcomes.
    pub(super) fn exchange(&mut self, request: &Request) -> Result<Parts<'_>, Lost> {
        write_frame(&mut &*self.channel, request.bytes()).map_err(|_| Lost::Gone)?;
        self.receive()?;
        Parts::of_reply(&self.reply, request.tasks()).ok_or(Lost::Misbehaved)
    }

    fn receive(&mut self) -> Result<(), Lost> {
        match read_frame(&mut self.reader, &mut self.reply) {
            Ok(true) => Ok(()),
            Err(error) if error.kind() == io::ErrorKind::InvalidData => Err(Lost::Misbehaved),
            Ok(false) | Err(_) => Err(Lost::Gone),
        }
    }

    /// Whether the worker, which has nothing to do, has died meanwhile.
    pub(super) fn has_died(&self) -> bool {
        self.channel.has_died()
    }

    /// Reaps a worker that is lost and says how it ended. `stopped` tells that the pool itself
    /// has ended the channel: then there is nothing to wait for.
    pub(super) fn bury(&mut self, lost: &Lost, stopped: bool) -> Exit {
        match (lost, stopped) {
            (Lost::Gone, false) => self.reap(GRACE),
            (Lost::Gone, true) | (Lost::Misbehaved, _) => self.reap(Duration::ZERO),
        }
    }

    /// The process id.
    pub(super) fn id(&self) -> u32 {
        self.process.id()
    }

    /// Lets the worker go: it leaves when its channel ends.
    pub(super) fn dismiss(&mut self) {
        self.channel.close();
        self.reap(LEAVE);
    }

    /// Waits for the process for that long, then kills it. Once it has been reaped its number may be
    /// another's: then nothing is done any more.
    fn reap(&mut self, patience: Duration) -> Exit {
        if let Some(exit) = self.exit {
            return exit;
        }
        self.entry = None;
        let exit = if self.channel.wait_for_exit(patience) {
            self.process.wait().map_or(Exit::Unknown, Exit::from)
        } else {
            let _ = self.process.kill();
            let _ = self.process.wait();
            Exit::Misbehaved
        };
        self.exit = Some(exit);
        exit
    }
}

impl Drop for Child {
    /// However a lane ends, no process and no zombie stays behind.
    fn drop(&mut self) {
        self.reap(Duration::ZERO);
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::net::Shutdown;

    use super::*;

    /// A child whose part is played by the test, at the other end of the channel.
    fn actor() -> (Child, UnixStream) {
        let (ours, theirs) = UnixStream::pair().unwrap();
        // It lives until it is killed.
        (Child::with(3, Command::new("sleep").arg("60").spawn().unwrap(), ours), theirs)
    }

    fn request() -> Request {
        let mut request = Request::default();
        request.add("task", |_| Ok(())).unwrap();
        request
    }

    #[test]
    fn a_worker_of_another_build_is_an_error_that_says_so() {
        let (mut child, mut theirs) = actor();
        let hello = Hello { build: worker::build_id() ^ 1, ready_ns: 0 };
        write_frame(&mut theirs, &hello.encode()).unwrap();
        let error = child.greet().unwrap_err().to_string();
        assert_eq!(error, "cannot start worker 3: the program's file has been replaced by another build");
    }

    #[test]
    fn a_greeting_that_is_none_is_an_error() {
        let (mut child, mut theirs) = actor();
        write_frame(&mut theirs, b"\xff").unwrap();
        let error = child.greet().unwrap_err().to_string();
        assert!(error.ends_with("gave no proper reply and was stopped"), "{error}");
    }

    #[test]
    fn a_reply_that_is_none_or_too_long_or_answers_too_much_is_told_from_a_death() {
        for reply in [&b"\x02\0\0\0hi"[..], b"\xff\xff\xff\xff", b"\x0a\0\0\0\x01\0\0\0a\x01\0\0\0b"] {
            let (mut child, mut theirs) = actor();
            theirs.write_all(reply).unwrap();
            assert!(matches!(child.exchange(&request()), Err(Lost::Misbehaved)), "{reply:?}");
        }
        for cut_short in [&b""[..], b"\x02\0", b"\x02\0\0\0h"] {
            let (mut child, mut theirs) = actor();
            theirs.write_all(cut_short).unwrap();
            theirs.shutdown(Shutdown::Write).unwrap();
            assert!(matches!(child.exchange(&request()), Err(Lost::Gone)), "{cut_short:?}");
        }
    }

    #[test]
    fn one_that_does_not_leave_is_killed() {
        let (mut child, theirs) = actor();
        assert!(!child.has_died());
        theirs.shutdown(Shutdown::Both).unwrap();
        assert!(child.has_died());
        assert_eq!(child.bury(&Lost::Gone, true), Exit::Misbehaved);
    }
}
