//! The worker processes of a pool as others than their own supervisors reach them: to end them.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError};

use crate::ipc::channel::{Channel, Ending};
use crate::sync::{Mutex, MutexGuard};

/// The worker processes that are there.
#[derive(Debug, Default)]
pub(super) struct LiveWorkers(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    /// What was done to all workers, and is done to those that come later.
    stopped: Option<Stop>,
    present: BTreeMap<u64, Arc<Channel>>,
    /// Number of the next entry.
    next: u64,
}

/// How the workers were stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stop {
    /// The pool is broken, and their channels were ended.
    Closed,
    /// The user ended them, by a signal.
    Signalled(Ending),
}

/// A worker's place among the live ones; it leaves when this is dropped.
pub(super) struct Entry {
    live: Arc<LiveWorkers>,
    number: u64,
}

impl LiveWorkers {
    /// Enters a worker. If the workers have been stopped it is stopped too.
    pub(super) fn enter(live: &Arc<Self>, channel: Arc<Channel>) -> Entry {
        let mut state = live.lock();
        if let Some(stop) = state.stopped {
            stop.apply(&channel);
        }
        let number = state.next;
        state.next += 1;
        state.present.insert(number, channel);
        drop(state);
        Entry { live: Arc::clone(live), number }
    }

    /// How the workers were stopped, if they were.
    pub(super) fn stopped(&self) -> Option<Stop> {
        self.lock().stopped
    }

    /// Ends the channels of all workers, so that the supervisors that wait for a reply wake up. Workers
    /// that the user has ended are left to it: they may have something to put in order.
    pub(super) fn close_all(&self) {
        let mut state = self.lock();
        if state.stopped.is_none() {
            state.stop(Stop::Closed);
            state.stopped = Some(Stop::Closed);
        }
    }

    /// Sends a signal to all workers.
    pub(super) fn signal_all(&self, ending: Ending) {
        let mut state = self.lock();
        let stop = Stop::Signalled(ending);
        state.stop(stop);
        // What was done before is not undone: a broken pool is broken, and killed is killed.
        if matches!(state.stopped, None | Some(Stop::Signalled(Ending::Terminate))) {
            state.stopped = Some(stop);
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn stop(&self, stop: Stop) {
        self.present.values().for_each(|channel| stop.apply(channel));
    }
}

impl Stop {
    fn apply(self, channel: &Channel) {
        match self {
            Self::Closed => channel.close(),
            Self::Signalled(ending) => channel.end_process(ending),
        }
    }
}

impl Drop for Entry {
    fn drop(&mut self) {
        self.live.lock().present.remove(&self.number);
    }
}
