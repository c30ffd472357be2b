//! `src/ipc/doorbell.rs`: the worker's end of the line.

use std::io;
use std::os::fd::{BorrowedFd, OwnedFd};
use std::os::unix::net::UnixStream;

use super::death;
use super::line::Line;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ring {
    Rung,
    Ended,
}

pub enum Taken {
    File(OwnedFd),
    NoDescriptor,
    Ended,
}

pub struct Doorbell(Line);

impl Doorbell {
    pub fn new(_: UnixStream) -> Self {
        unreachable!("a worker in a model has no socket")
    }

    pub(super) fn of(line: Line) -> Self {
        Self(line)
    }

    /// Waits for the end of the line, at either end.
    pub fn end(&self) -> impl FnOnce() + Send + 'static {
        let line = self.0.clone();
        move || drop(line.wait(|state| state.closed || state.exited))
    }

    pub fn ring(&self) {
        death::meet();
        self.0.change(|state| state.to_parent += 1);
    }

    pub fn send_file(&self, _: BorrowedFd<'_>) -> io::Result<()> {
        unreachable!("no task in a model gives a file back")
    }

    pub fn wait(&mut self) -> io::Result<Ring> {
        death::meet();
        let mut state = self.0.wait(|state| state.to_child > 0 || state.closed);
        let rung = std::mem::take(&mut state.to_child) > 0;
        Ok(if rung { Ring::Rung } else { Ring::Ended })
    }

    pub fn take_file(&mut self) -> io::Result<Taken> {
        let file = self.0.wait(|state| !state.files.is_empty() || state.closed).files.pop_front();
        Ok(file.map_or(Taken::Ended, Taken::File))
    }
}
