//! Waiting for one of many futures.

use std::collections::VecDeque;
use std::sync::PoisonError;

use super::deadline::Deadline;
use crate::blocking;
use crate::sync::{Condvar, Mutex, MutexGuard};

/// Where futures put their number when they are done.
#[derive(Debug, Default)]
pub(super) struct Watch {
    done: Mutex<VecDeque<usize>>,
    changed: Condvar,
}

impl Watch {
    /// The future of that number is done.
    pub(super) fn tell(&self, number: usize) {
        self.lock().push_back(number);
        self.changed.notify_all();
    }

    /// Waits for the next future to be done and gives its number; `None` at the deadline.
    pub(super) fn next(&self, deadline: Deadline) -> Option<usize> {
        if let Some(number) = self.lock().pop_front() {
            return Some(number);
        }
        blocking::about_to_wait();
        let mut done = self.lock();
        loop {
            if let Some(number) = done.pop_front() {
                return Some(number);
            }
            done = deadline.wait(&self.changed, done).ok()?;
        }
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<usize>> {
        self.done.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
