//! What a future and its promise share, and the only code that changes it.
//!
//! ```text
//! pending ──→ running ──→ finished ──→ taken
//!    │  └──────────────────↗
//!    └──→ cancelled ──→ cancelled and notified
//! ```
//!
//! A cancelled future is notified once the worker has found it in the queue and left it alone.
//! Callbacks and wakers hear of the cancelling at once, those who [`wait`](crate::executor::wait)
//! only then: whoever has waited knows that the executor has let go of the task.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::task::Waker;

use super::Future;
use super::deadline::Deadline;
use super::watch::Watch;
use crate::executor::error::Error;
use crate::executor::panics::report_panic;

/// Where a thread that waits for a task can do more than sleep.
pub(in crate::executor) trait Attend: Send + Sync {
    /// Looks after the results that come from there until the task is done or elsewhere, as the closure
    /// says, or the deadline has passed. It may return sooner: then somebody else looks after them.
    fn attend(&self, done: &dyn Fn() -> bool, deadline: Deadline);
}

/// How far a task has come.
pub(super) enum Phase<T> {
    Pending,
    /// With whom a waiting thread can see to the result itself.
    Running(Option<Arc<dyn Attend>>),
    Cancelled,
    CancelledAndNotified,
    Finished(Result<T, Error>),
    /// The result has been moved out.
    Taken,
}

impl<T> Phase<T> {
    /// What a caller calls done.
    pub(super) fn done(&self) -> bool {
        !matches!(self, Self::Pending | Self::Running(_))
    }

    /// Where a waiting thread can see to the result itself.
    fn place(&self) -> Option<&Arc<dyn Attend>> {
        match self {
            Self::Running(there) => there.as_ref(),
            _ => None,
        }
    }

    /// What those call done who wait for several futures: nothing can change any more.
    pub(super) fn notified(&self) -> bool {
        self.done() && !matches!(self, Self::Cancelled)
    }
}

/// What is to happen when a future is done.
enum Listener<T> {
    Callback(Callback<T>),
    /// Under the number of the handle that is awaited.
    Waker(u64, Waker),
    /// A wait for several futures, of which this is the one of that number.
    Watch(Arc<Watch>, usize),
}

pub(super) type Callback<T> = Box<dyn FnOnce(&Future<T>) + Send>;

/// The state, and those who wait for a change of it.
pub(super) struct Shared<T> {
    state: Mutex<State<T>>,
    done: Condvar,
}

struct State<T> {
    phase: Phase<T>,
    listeners: Vec<Listener<T>>,
}

impl<T> State<T> {
    fn take_waker(&mut self, number: u64) -> Option<Listener<T>> {
        let is_it =
            |listener: &Listener<T>| matches!(listener, Listener::Waker(other, _) if *other == number);
        let position = self.listeners.iter().position(is_it)?;
        Some(self.listeners.remove(position))
    }
}

impl<T> Shared<T> {
    pub(super) fn new() -> Self {
        let state = State { phase: Phase::Pending, listeners: Vec::new() };
        Self { state: Mutex::new(state), done: Condvar::new() }
    }

    /// A panic cannot leave the state half-changed, so that a poisoned lock is as good as any.
    fn lock(&self) -> MutexGuard<'_, State<T>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Looks at the phase as it is now.
    pub(super) fn look<R>(&self, look: impl FnOnce(&Phase<T>) -> R) -> R {
        look(&self.lock().phase)
    }

    /// Waits until the task is done and then looks at the phase, which may be changed from finished
    /// to taken.
    pub(super) fn wait_until_done<R>(
        &self,
        deadline: Deadline,
        look: impl FnOnce(&mut Phase<T>) -> R,
    ) -> Result<R, Error> {
        let mut state = self.lock();
        while !state.phase.done() {
            if let Some(there) = state.phase.place() {
                let there = Arc::clone(there);
                drop(state);
                let is_there =
                    |phase: &Phase<T>| phase.place().is_some_and(|place| Arc::ptr_eq(place, &there));
                there.attend(&|| !self.look(is_there), deadline);
                state = self.lock();
                if !is_there(&state.phase) {
                    continue;
                }
            }
            state = deadline.wait(&self.done, state).map_err(|_| Error::TIMEOUT)?;
        }
        Ok(look(&mut state.phase))
    }
}

/// The changes. Each is made under the lock; those concerned are told after it has been released,
/// because what they do is foreign code and may come back here.
impl<T> Future<T> {
    /// From pending to cancelled.
    pub(super) fn cancel_pending(&self) -> bool {
        let mut state = self.shared.lock();
        match state.phase {
            Phase::Pending => state.phase = Phase::Cancelled,
            Phase::Cancelled | Phase::CancelledAndNotified => return true,
            Phase::Running(_) | Phase::Finished(_) | Phase::Taken => return false,
        }
        let (watches, others) = std::mem::take(&mut state.listeners)
            .into_iter()
            .partition(|listener| matches!(listener, Listener::Watch(..)));
        state.listeners = watches;
        drop(state);
        self.shared.done.notify_all();
        self.tell(others);
        true
    }

    /// From pending to running, or from cancelled to notified: then there is nothing to run.
    pub(super) fn set_running(&self, there: Option<Arc<dyn Attend>>) -> Result<bool, Error> {
        let mut state = self.shared.lock();
        match state.phase {
            Phase::Pending => {
                state.phase = Phase::Running(there);
                Ok(true)
            }
            Phase::Cancelled => {
                state.phase = Phase::CancelledAndNotified;
                drop(state);
                self.tell_all();
                Ok(false)
            }
            _ => Err(self.invalid_state(state)),
        }
    }

    /// From running to running elsewhere.
    pub(super) fn move_to(&self, there: Option<Arc<dyn Attend>>) {
        let mut state = self.shared.lock();
        if let Phase::Running(place) = &mut state.phase {
            let before = std::mem::replace(place, there);
            drop(state);
            drop(before);
        }
    }

    /// From pending or running to finished. Nobody is told but those who wait in
    /// [`wait_until_done`](Shared::wait_until_done).
    pub(super) fn finish_quietly(&self, outcome: Result<T, Error>) -> Result<(), Error> {
        let mut state = self.shared.lock();
        if !matches!(state.phase, Phase::Pending | Phase::Running(_)) {
            return Err(self.invalid_state(state));
        }
        let before = std::mem::replace(&mut state.phase, Phase::Finished(outcome));
        drop(state);
        // It may hold the last handle on what there is of a pool: not under the lock.
        drop(before);
        self.shared.done.notify_all();
        Ok(())
    }

    /// From pending or cancelled to cancelled and notified, as quietly.
    pub(super) fn cancel_quietly(&self) {
        let mut state = self.shared.lock();
        if matches!(state.phase, Phase::Pending | Phase::Cancelled) {
            state.phase = Phase::CancelledAndNotified;
            drop(state);
            self.shared.done.notify_all();
        }
    }

    /// Tells those who have not been told yet that the future is done.
    pub(super) fn tell_all(&self) {
        let mut state = self.shared.lock();
        if state.phase.notified() {
            let listeners = std::mem::take(&mut state.listeners);
            drop(state);
            self.tell(listeners);
        }
    }

    fn invalid_state(&self, state: MutexGuard<'_, State<T>>) -> Error {
        // Printing locks the state again.
        drop(state);
        Error::InvalidState { future: self.to_string() }
    }

    /// Tells everyone that the future is done: first those who wait, then the callbacks in the order
    /// in which they were added.
    fn tell(&self, listeners: Vec<Listener<T>>) {
        let mut callbacks = Vec::new();
        for listener in listeners {
            match listener {
                Listener::Callback(callback) => callbacks.push(callback),
                Listener::Waker(_, waker) => report_panic(|| format!("a waker of {self}"), || waker.wake()),
                Listener::Watch(watch, number) => watch.tell(number),
            }
        }
        for callback in callbacks {
            self.call(callback);
        }
    }

    fn call(&self, callback: Callback<T>) {
        report_panic(|| format!("a callback of {self}"), || callback(self));
    }
}

/// Those who want to be told.
impl<T> Future<T> {
    /// Calls back when the future is done; at once, in the calling thread, if it is already.
    pub(super) fn call_when_done(&self, callback: Callback<T>) {
        let mut state = self.shared.lock();
        if state.phase.done() {
            drop(state);
            self.call(callback);
        } else {
            state.listeners.push(Listener::Callback(callback));
        }
    }

    /// Wakes the waker when the future is done; `false` if it is already. The waker takes the place of
    /// the one that came before under the same number.
    pub(super) fn wake_when_done(&self, number: u64, waker: &Waker) -> bool {
        // To clone a waker, and to drop one, is foreign code: not under the lock.
        let new = waker.clone();
        let mut state = self.shared.lock();
        if state.phase.done() {
            return false;
        }
        let replaced = state.take_waker(number);
        state.listeners.push(Listener::Waker(number, new));
        drop(state);
        drop(replaced);
        true
    }

    /// Forgets the waker under that number: nobody is left to be woken.
    pub(super) fn forget_waker(&self, number: u64) {
        let forgotten = self.shared.lock().take_waker(number);
        drop(forgotten);
    }

    /// Tells the watch when the future is done and notified; `false` if it is already.
    pub(super) fn watch(&self, watch: &Arc<Watch>, number: usize) -> bool {
        let mut state = self.shared.lock();
        if state.phase.notified() {
            return false;
        }
        state.listeners.push(Listener::Watch(Arc::clone(watch), number));
        true
    }

    /// Takes back [`watch`](Self::watch), so that a future that is never done does not gather those
    /// who have long given up.
    pub(super) fn unwatch(&self, watch: &Arc<Watch>) {
        let other =
            |listener: &Listener<T>| !matches!(listener, Listener::Watch(own, _) if Arc::ptr_eq(own, watch));
        self.shared.lock().listeners.retain(other);
    }
}
