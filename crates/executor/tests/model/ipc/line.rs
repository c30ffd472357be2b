//! What a socket between parent and worker is in a model.

use std::collections::VecDeque;
use std::os::fd::OwnedFd;
use std::sync::Arc;

use crate::sync::{Condvar, Mutex, MutexGuard};

/// Bytes and files on their way, and what has come to an end.
#[derive(Debug, Default)]
pub(super) struct State {
    pub(super) to_parent: usize,
    pub(super) to_child: usize,
    pub(super) files: VecDeque<OwnedFd>,
    pub(super) closed: bool,
    pub(super) exited: bool,
    pub(super) died: bool,
}

#[derive(Debug, Clone, Default)]
pub(super) struct Line(Arc<(Mutex<State>, Condvar)>);

impl Line {
    /// Changes the state and wakes both ends.
    pub(super) fn change<R>(&self, change: impl FnOnce(&mut State) -> R) -> R {
        let mut state = self.0.0.lock().unwrap();
        let changed = change(&mut state);
        drop(state);
        self.0.1.notify_all();
        changed
    }

    /// Waits for that, with the state in hand.
    pub(super) fn wait(&self, come: impl Fn(&State) -> bool) -> MutexGuard<'_, State> {
        let mut state = self.0.0.lock().unwrap();
        while !come(&state) {
            state = self.0.1.wait(state).unwrap();
        }
        state
    }
}
