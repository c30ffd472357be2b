//! The workers of a pool as others than their own lanes reach them: to end them.

use std::collections::BTreeMap;
use std::net::Shutdown;
use std::os::unix::net::UnixStream;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::sys::process::{Ending, end_process};

/// The worker processes that are there.
#[derive(Debug, Default)]
pub(super) struct Roster(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    /// What was done to all workers, and is done to those that come later.
    stopped: Option<Stop>,
    present: BTreeMap<u64, Present>,
    /// Number of the next entry.
    next: u64,
}

#[derive(Debug)]
struct Present {
    process: u32,
    channel: UnixStream,
}

/// How the workers were stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stop {
    /// By ending their channels.
    Closed,
    /// By a signal.
    Signalled(Ending),
}

/// A worker's place in the roster; it leaves when this is dropped.
pub(super) struct Entry {
    roster: Arc<Roster>,
    number: u64,
}

impl Roster {
    /// Enters a worker process and its channel. If the workers have been stopped it is stopped too.
    pub(super) fn enter(roster: &Arc<Self>, process: u32, channel: UnixStream) -> Entry {
        let mut state = roster.lock();
        let present = Present { process, channel };
        if let Some(stop) = state.stopped {
            present.stop(stop);
        }
        let number = state.next;
        state.next += 1;
        state.present.insert(number, present);
        drop(state);
        Entry { roster: Arc::clone(roster), number }
    }

    /// Whether the channels have been ended.
    pub(super) fn closed(&self) -> bool {
        self.lock().stopped == Some(Stop::Closed)
    }

    /// Ends the channels of all workers, so that the lanes that wait for a reply wake up.
    pub(super) fn close_all(&self) {
        self.stop(Stop::Closed);
    }

    /// Sends a signal to all workers.
    pub(super) fn signal_all(&self, ending: Ending) {
        self.stop(Stop::Signalled(ending));
    }

    fn stop(&self, stop: Stop) {
        let mut state = self.lock();
        state.stopped = Some(stop);
        for present in state.present.values() {
            present.stop(stop);
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Present {
    fn stop(&self, stop: Stop) {
        match stop {
            // Both directions, also for the lane that holds another handle to the same socket. It
            // fails only where the other end is gone, and then there is nothing to end.
            Stop::Closed => drop(self.channel.shutdown(Shutdown::Both)),
            Stop::Signalled(ending) => end_process(self.process, ending),
        }
    }
}

impl Drop for Entry {
    fn drop(&mut self) {
        self.roster.lock().present.remove(&self.number);
    }
}
