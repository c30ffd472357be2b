//! `src/ipc/channel.rs`: the parent's end of the line, and a worker that is a thread.

use std::io;
use std::os::fd::{BorrowedFd, OwnedFd};
use std::os::unix::process::ExitStatusExt;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::process::ExitStatus;
use std::time::Duration;

use super::death::Died;
use super::doorbell::{Doorbell, Ring};
use super::line::Line;
use crate::process::run_worker;
use crate::sync::thread;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Arguments {
    None,
    OfTest(&'static [String]),
}

pub struct Process {
    line: Line,
}

impl Process {
    pub fn start(
        _: &str,
        _: Arguments,
        _: (&str, &str),
        file: BorrowedFd<'_>,
    ) -> io::Result<(Self, Channel)> {
        let line = Line::default();
        let file = file.try_clone_to_owned()?;
        line.change(|state| state.files.push_back(file));
        let theirs = line.clone();
        thread::spawn(move || {
            let worker = || run_worker(Doorbell::of(theirs.clone()));
            let died = match catch_unwind(AssertUnwindSafe(worker)) {
                Ok(()) => false,
                Err(payload) if payload.is::<Died>() => true,
                // A panic in a model is its end.
                Err(payload) => resume_unwind(payload),
            };
            theirs.change(|state| (state.exited, state.died) = (true, died));
        });
        Ok((Self { line: line.clone() }, Channel(line)))
    }

    pub fn of(_: std::process::Child) -> Self {
        unreachable!("a worker in a model is no process")
    }

    pub fn id(&self) -> u32 {
        1
    }

    pub fn is_ours(&self) -> bool {
        true
    }

    pub fn reap(&mut self, _: bool) -> io::Result<ExitStatus> {
        let died = self.line.wait(|state| state.exited).died;
        Ok(ExitStatus::from_raw(if died { 9 } else { 0 }))
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    Terminate,
    Kill,
}

impl Ending {
    pub fn signal(self) -> i32 {
        9
    }
}

#[derive(Debug)]
pub struct Channel(Line);

impl Channel {
    pub fn new(_: std::os::unix::net::UnixStream, _: &Process) -> Self {
        unreachable!("a worker in a model has no socket")
    }

    pub fn close(&self) {
        self.0.change(|state| state.closed = true);
    }

    pub fn ring(&self) {
        self.0.change(|state| state.to_child += 1);
    }

    pub fn send_file(&self, file: BorrowedFd<'_>) -> io::Result<()> {
        let file = file.try_clone_to_owned()?;
        self.0.change(|state| state.files.push_back(file));
        Ok(())
    }

    pub fn wait(&self) -> Ring {
        let mut state = self.0.wait(|state| state.to_parent > 0 || state.closed || state.exited);
        let rung = std::mem::take(&mut state.to_parent) > 0;
        if rung && !state.exited { Ring::Rung } else { Ring::Ended }
    }

    pub fn take_file(&self) -> Option<OwnedFd> {
        None
    }

    pub fn end_process(&self, _: Ending) {
        unreachable!("no worker in a model is ended by a signal")
    }

    pub fn wait_for_exit(&self, _: Duration) -> bool {
        drop(self.0.wait(|state| state.exited));
        true
    }
}
