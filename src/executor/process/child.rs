//! One worker process as the parent sees it: started, greeted, given tasks, seen to its end.

use std::io::BufReader;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::process::{self, Command, Stdio};
use std::time::{Duration, Instant};

use super::frame::{check_length, read_frame, write_frame};
use super::protocol::{self, Hello};
use super::worker;
use crate::executor::{Error, Exit, Work};
use crate::sys;

/// How long a worker whose channel has ended may take to be gone before it is killed. A process
/// that dies closes its files first and can be reaped a moment later.
const GRACE: Duration = Duration::from_secs(2);

/// A running worker process.
pub(super) struct Child {
    worker: usize,
    process: process::Child,
    channel: BufReader<UnixStream>,
    /// Used again for every message.
    buffer: Vec<u8>,
}

/// Why an exchange with a worker came to nothing.
pub(super) enum Lost {
    /// Its end of the channel is closed: it has died.
    Gone,
    /// What came back is no reply.
    Misbehaved,
}

impl Child {
    pub(super) fn start(worker: usize) -> Result<Self, Error> {
        let failed = |error: std::io::Error| Error::Spawn { worker, reason: error.to_string() };
        let (ours, theirs) = UnixStream::pair().map_err(failed)?;
        let mut command = Command::new(sys::process::this_program().map_err(failed)?);
        command
            .arg0("speedup-worker")
            .env(worker::ENVIRONMENT_KEY, worker.to_string())
            .stdin(Stdio::from(OwnedFd::from(theirs)))
            // Ctrl-C in a terminal goes to the foreground group: the parent alone decides.
            .process_group(0);
        let process = command.spawn().map_err(failed)?;
        Ok(Self { worker, process, channel: BufReader::new(ours), buffer: Vec::new() })
    }

    /// Another handle to the channel, good for ending it.
    pub(super) fn channel_for_closing(&self) -> Result<UnixStream, Error> {
        let clone = self.channel.get_ref().try_clone();
        clone.map_err(|error| Error::Spawn { worker: self.worker, reason: error.to_string() })
    }

    /// Waits for the worker's greeting and gives the time at which it was ready.
    pub(super) fn greet(&mut self) -> Result<u64, Error> {
        let hello = self.receive().and_then(|()| Hello::decode(&self.buffer).ok_or(Lost::Misbehaved));
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

    /// Hands over a task and waits for its outcome, which is valid until the next call.
    pub(super) fn exchange(&mut self, work: &dyn Work) -> Result<Result<&[u8], Error>, Lost> {
        self.buffer.clear();
        protocol::begin_request(work.task_name(), &mut self.buffer);
        if let Err(error) = work.encode(&mut self.buffer) {
            return Ok(Err(error));
        }
        if let Err(reason) = check_length(&self.buffer) {
            return Ok(Err(Error::Transfer { task: work.task_name().to_string(), reason }));
        }
        write_frame(self.channel.get_mut(), &self.buffer).map_err(|_| Lost::Gone)?;
        self.receive()?;
        protocol::decode_reply(work.task_name(), &self.buffer).ok_or(Lost::Misbehaved)
    }

    fn receive(&mut self) -> Result<(), Lost> {
        match read_frame(&mut self.channel, &mut self.buffer) {
            Ok(true) => Ok(()),
            Err(error) if error.kind() == std::io::ErrorKind::InvalidData => Err(Lost::Misbehaved),
            Ok(false) | Err(_) => Err(Lost::Gone),
        }
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
    pub(super) fn dismiss(mut self) {
        let _ = self.channel.get_ref().shutdown(std::net::Shutdown::Both);
        // An idle worker has nothing to do but to leave.
        let _ = self.process.wait();
    }

    /// Waits for the process for that long, then kills it.
    fn reap(&mut self, patience: Duration) -> Exit {
        let start = Instant::now();
        loop {
            match self.process.try_wait() {
                Ok(Some(status)) => return Exit::from(status),
                Ok(None) if start.elapsed() < patience => std::thread::sleep(Duration::from_millis(1)),
                Ok(None) => break,
                Err(_) => return Exit::Unknown,
            }
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
