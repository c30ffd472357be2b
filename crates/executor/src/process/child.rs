//! One worker process as the parent sees it: started, greeted, sent requests, seen to its end.

use std::io;
use std::ops::Range;
use std::os::fd::AsFd;
use std::sync::Arc;
use std::time::Duration;

use super::hello::Hello;
use super::live::{Entry, LiveWorkers};
use super::{start, worker};
use crate::attachments::Attachment;
use crate::error::{Error, Exit};
use crate::ipc::channel::{Channel, Process};
use crate::ipc::doorbell::Ring;
use crate::ipc::mailbox::{ParentEnd, Signals};
use crate::ipc::memory::Ground;
use crate::wire::{Message, Request};

/// How long a worker whose channel has ended may take to be gone before it is killed. A process
/// that dies closes its files first and can be reaped a moment later.
const GRACE: Duration = Duration::from_secs(2);

/// How long an idle worker may take to leave when it is dismissed. It has no task, but may have
/// things to do at its exit; one that was stopped in a debugger would take for ever.
const LEAVE: Duration = Duration::from_secs(10);

/// A running worker process.
pub(super) struct Child {
    worker: usize,
    process: Process,
    channel: Arc<Channel>,
    mailbox: ParentEnd,
    /// Where those find it who end workers from outside. Out of there before it is reaped, so that
    /// no other process is meant that has got its number.
    entry: Option<Entry>,
    /// How it ended, once it has been reaped.
    exit: Option<Exit>,
}

/// Why an exchange with a worker came to nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Lost {
    /// Its end of the channel is closed: it has died.
    Gone,
    /// What came back is no reply.
    Misbehaved,
}

impl Child {
    /// Starts a worker process under that name, and enters it among the live workers. It may spin for work that
    /// long before it sleeps, and long bytes of its replies come in the annex if that is so.
    pub(super) fn start(
        worker: usize,
        name: &str,
        (spin, annex): (Duration, bool),
        live: &Arc<LiveWorkers>,
    ) -> io::Result<Self> {
        let mailbox = ParentEnd::new(spin, annex)?;
        let variable = (start::ENVIRONMENT_KEY, &*worker.to_string());
        let (process, channel) = Process::start(name, start::arguments(), variable, mailbox.as_fd())?;
        let mut child = Self::with(worker, process, channel, mailbox);
        child.entry = Some(LiveWorkers::enter(live, Arc::clone(&child.channel)));
        Ok(child)
    }

    fn with(worker: usize, process: Process, channel: Channel, mailbox: ParentEnd) -> Self {
        let channel = Arc::new(channel);
        Self { worker, process, channel, mailbox, entry: None, exit: None }
    }

    /// The way to it.
    pub(super) fn channel(&self) -> &Arc<Channel> {
        &self.channel
    }

    /// The numbers and notes of its mailbox.
    pub(super) fn signals(&self) -> &Arc<Signals> {
        self.mailbox.signals()
    }

    /// Waits for the worker's greeting and gives the time at which it was ready.
    pub(super) fn greet(&mut self) -> Result<u64, Error> {
        let hello = self.await_reply().and_then(|hello| Hello::decode(&hello).ok_or(Lost::Misbehaved));
        match hello {
            Ok(hello) if hello.build == worker::build_id() => Ok(hello.ready_ns),
            Ok(_) => {
                let reason = "the program's file has been replaced by another build".to_string();
                Err(Error::Spawn { worker: self.worker, reason })
            }
            Err(lost) => {
                let exit = self.bury(lost, false);
                Err(Error::Spawn { worker: self.worker, reason: format!("process {} {exit}", self.id()) })
            }
        }
    }

    /// Waits for the reply to the latest request.
    pub(super) fn await_reply(&mut self) -> Result<Vec<u8>, Lost> {
        loop {
            let answered = self.signals().replied() == self.signals().requested();
            if answered {
                return self.mailbox.reply().ok().flatten().ok_or(Lost::Misbehaved);
            }
            if self.channel.wait() == Ring::Ended && self.signals().replied() != self.signals().requested() {
                return Err(Lost::Gone);
            }
        }
    }

    /// Begins a request. The latest one must have been replied to.
    pub(super) fn request(&mut self) -> Result<Request<'_>, Lost> {
        let buffer = self.mailbox.request().ok_or(Lost::Misbehaved)?;
        Request::new(buffer).map_err(|_| Lost::Misbehaved)
    }

    /// Publishes the request, with the file in which long bytes stand, if it says so, and those files.
    pub(super) fn send(&mut self, ground: Option<&Ground>, files: &[Attachment]) {
        let files = files.iter().map(|file| file.file.as_fd());
        for file in ground.map(Ground::as_fd).into_iter().chain(files) {
            // A worker that is dead is seen by who waits for the reply. One that would wait for the file
            // in vain is ended.
            if self.channel.send_file(file).is_err() {
                self.channel.close();
            }
        }
        if self.mailbox.publish() {
            self.channel.ring();
        }
    }

    /// A part of the latest request; nothing where there is no memory for it.
    pub(super) fn latest(&self, part: Range<usize>) -> Vec<u8> {
        self.mailbox.latest(part).unwrap_or_default()
    }

    /// The reply to the latest request, which must be there.
    pub(super) fn reply(&mut self) -> Result<Message, Lost> {
        self.mailbox.reply().ok().flatten().and_then(Message::of).ok_or(Lost::Misbehaved)
    }

    /// As much of the reply to the latest request as there is by now.
    pub(super) fn reply_so_far(&mut self) -> Message {
        self.mailbox.reply_so_far().ok().and_then(Message::of).unwrap_or_default()
    }

    /// The long bytes of those parts of a reply, as far as they are there.
    pub(super) fn apart(&mut self, reply: &Message, parts: Range<usize>) -> Vec<Vec<u8>> {
        let (start, lengths) = reply.apart(parts);
        self.mailbox.annex(start, &lengths)
    }

    /// Reaps a worker that is lost and says how it ended. `stopped` tells that the pool itself
    /// has ended the channel: then there is nothing to wait for.
    pub(super) fn bury(&mut self, lost: Lost, stopped: bool) -> Exit {
        match (lost, stopped) {
            (Lost::Gone, false) => self.reap(GRACE),
            (Lost::Gone, true) | (Lost::Misbehaved, _) => self.reap(Duration::ZERO),
        }
    }

    /// Its process id and how it ended, once it has been reaped.
    pub(super) fn exit(&self) -> Option<(u32, Exit)> {
        Some((self.id(), self.exit?))
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
            self.process.reap(false).map_or(Exit::Unknown, Exit::from)
        } else {
            let _ = self.process.reap(true);
            Exit::Misbehaved
        };
        self.exit = Some(exit);
        exit
    }
}

impl Drop for Child {
    /// However its supervisor ends, no process and no zombie stays behind. A copy of this process has no children.
    fn drop(&mut self) {
        if self.process.is_ours() {
            self.reap(Duration::ZERO);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::Shutdown;
    use std::os::unix::net::UnixStream;
    use std::process::Command;

    use super::*;
    use crate::ipc::mailbox::ChildEnd;

    /// A child whose part is played by the test, at the other end of the channel.
    fn actor() -> (Child, UnixStream, ChildEnd) {
        let (ours, theirs) = UnixStream::pair().unwrap();
        let mailbox = ParentEnd::new(Duration::ZERO, true).unwrap();
        let end = ChildEnd::new(mailbox.as_fd().try_clone_to_owned().unwrap()).unwrap();
        // It lives until it is killed.
        let process = Process::of(Command::new("sleep").arg("60").spawn().unwrap());
        let channel = Channel::new(ours, &process);
        (Child::with(3, process, channel, mailbox), theirs, end)
    }

    fn say(end: &mut ChildEnd, reply: &[u8]) {
        let (_, reply_to) = end.begin().unwrap();
        reply_to.buffer.extend(reply).unwrap();
        reply_to.keep();
        assert!(end.publish(Duration::ZERO));
    }

    #[test]
    fn a_worker_of_another_build_is_an_error_that_says_so() {
        let (mut child, _theirs, mut end) = actor();
        let hello = Hello { build: worker::build_id() ^ 1, ready_ns: 0 };
        let (_, reply) = end.begin().unwrap();
        hello.write(reply.buffer).unwrap();
        reply.keep();
        assert!(end.publish(Duration::ZERO));
        let error = child.greet().unwrap_err().to_string();
        assert_eq!(error, "cannot start worker 3: the program's file has been replaced by another build");
    }

    #[test]
    fn a_greeting_that_is_none_is_an_error() {
        let (mut child, _theirs, mut end) = actor();
        say(&mut end, b"\xff");
        let error = child.greet().unwrap_err().to_string();
        assert!(error.ends_with("gave no proper reply and was stopped"), "{error}");
    }

    #[test]
    fn a_reply_out_of_turn_is_told_from_a_death() {
        let (mut child, theirs, mut end) = actor();
        assert!(matches!(child.request(), Err(Lost::Misbehaved)));
        say(&mut end, b"");
        assert_eq!(child.await_reply(), Ok(Vec::new()));
        child.request().unwrap();
        child.send(None, &[]);
        assert_eq!(child.reply().err(), Some(Lost::Misbehaved));
        theirs.shutdown(Shutdown::Write).unwrap();
        assert_eq!(child.await_reply(), Err(Lost::Gone));
    }

    #[test]
    fn one_that_does_not_leave_is_killed() {
        let (mut child, theirs, _end) = actor();
        theirs.shutdown(Shutdown::Both).unwrap();
        assert_eq!(child.channel().wait(), Ring::Ended);
        assert_eq!(child.bury(Lost::Gone, true), Exit::Misbehaved);
    }
}
