//! One worker process as the parent sees it: started, greeted, given tasks, seen to its end.

use std::io::BufReader;
use std::net::Shutdown;
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
    channel: BufReader<UnixStream>,
    /// Used again for every reply.
    reply: Vec<u8>,
    /// Where those find it who end workers from outside. Out of there before it is reaped, so that
    /// no other process is meant that has got its number.
    entry: Option<Entry>,
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
        let failed = |error: std::io::Error| Error::Spawn { worker, reason: error.to_string() };
        let (ours, theirs) = UnixStream::pair().map_err(failed)?;
        let for_roster = ours.try_clone().map_err(failed)?;
        let mut command = Command::new(sys::process::this_program().map_err(failed)?);
        command
            .arg0(name)
            .env(worker::ENVIRONMENT_KEY, worker.to_string())
            .stdin(Stdio::from(OwnedFd::from(theirs)))
            // Ctrl-C in a terminal goes to the foreground group: the parent alone decides.
            .process_group(0);
        let process = command.spawn().map_err(failed)?;
        let entry = Some(Roster::enter(roster, process.id(), for_roster));
        Ok(Self { worker, process, channel: BufReader::new(ours), reply: Vec::new(), entry })
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
        write_frame(self.channel.get_mut(), request.bytes()).map_err(|_| Lost::Gone)?;
        self.receive()?;
        Parts::of_reply(&self.reply, request.tasks()).ok_or(Lost::Misbehaved)
    }

    fn receive(&mut self) -> Result<(), Lost> {
        match read_frame(&mut self.channel, &mut self.reply) {
            Ok(true) => Ok(()),
            Err(error) if error.kind() == std::io::ErrorKind::InvalidData => Err(Lost::Misbehaved),
            Ok(false) | Err(_) => Err(Lost::Gone),
        }
    }

    /// Whether the worker, which has nothing to do, has died meanwhile.
    pub(super) fn has_died(&self) -> bool {
        sys::process::has_hung_up(self.channel.get_ref())
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
        let _ = self.channel.get_ref().shutdown(Shutdown::Both);
        self.reap(LEAVE);
    }

    /// Waits for the process for that long, then kills it.
    fn reap(&mut self, patience: Duration) -> Exit {
        self.entry = None;
        // This also tells how one ended that has been reaped before.
        if let Ok(Some(status)) = self.process.try_wait() {
            return Exit::from(status);
        }
        if sys::process::wait_for_exit(self.id(), patience) {
            return self.process.wait().map_or(Exit::Unknown, Exit::from);
        }
        let _ = self.process.kill();
        let _ = self.process.wait();
        Exit::Misbehaved
    }
}

impl Drop for Child {
    /// However a lane ends, no process and no zombie stays behind.
    fn drop(&mut self) {
        self.reap(Duration::ZERO);
    }
}
