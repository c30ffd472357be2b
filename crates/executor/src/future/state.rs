//! What a future and the worker's end of it share, and the only code that changes it.
//!
//! ```text
//! pending ←─→ running ──→ finished ──→ taken
//!    │  └──────────────────↗
//!    └──→ cancelled ──→ cancelled and notified
//! ```
//!
//! A task goes back from running to pending where the worker that has it does not get to begin it.
//! A cancelled future is notified once the worker has found it in the queue and left it alone.
//! Callbacks and wakers hear of the cancelling at once, those who [`wait`](crate::wait)
//! only then: who has waited knows that the executor has let go of the task.
//!
//! What is to be run stands in the same piece of memory, so that a submitted task is one allocation. A
//! [`Future`] does not know its type.

use std::fmt;
use std::ptr;
use std::sync::{Arc, PoisonError};

use super::Future;
use super::deadline::Deadline;
use super::listeners::Listeners;
use super::phase::{Phase, Poller};
use crate::blocking;
use crate::error::Error;
use crate::looking::look_for_a_while;
use crate::sync::atomic::{AtomicBool, Ordering};
use crate::sync::{Mutex, MutexGuard, Step, left_out, thread};

/// What is to be run, for those who need not know.
pub(crate) trait Payload: Send {}

impl<W: Send> Payload for W {}

/// The state, and those who wait for a change of it.
pub(crate) struct Shared<T, W: ?Sized = dyn Payload> {
    /// Whether it is done, for those who look without the lock. It says so a moment late.
    done: AtomicBool,
    state: Mutex<State<T, W>>,
}

pub(super) struct State<T, W: ?Sized> {
    pub(super) phase: Phase<T>,
    pub(super) listeners: Listeners<T>,
    payload: W,
}

/// How often a thread that waits gives its CPU to any thread that wants it, the worker perhaps, between its last
/// two looks before it sleeps.
const LONGEST_PAUSE: u32 = 16;

/// What became of a task that was to go to a worker process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Begun {
    /// It is to be sent.
    Runs,
    /// It was cancelled, and is not to be sent.
    Cancelled,
    /// It has a result already: there was nothing to send from the beginning.
    Settled,
}

/// What a worker has found that wanted to begin.
pub(crate) enum Start<T, R> {
    /// It is to be run.
    Run(R),
    /// It was cancelled; these are to be told.
    Cancelled(R, Listeners<T>),
}

impl<T, W> Shared<T, W> {
    /// A pending future's state.
    pub(crate) fn new(payload: W) -> Self {
        let state = State { phase: Phase::Pending, listeners: Listeners::none(), payload };
        Self { done: AtomicBool::new(false), state: Mutex::new(state) }
    }

    /// Takes something out of the payload, to be dropped by the caller: not under the lock.
    pub(crate) fn with_payload<R>(&self, take: impl FnOnce(&mut W) -> R) -> R {
        take(&mut self.lock().payload)
    }

    /// From pending to running, or from cancelled to notified: then there is nothing to run. What is taken
    /// out of the payload comes back.
    pub(crate) fn start<R>(&self, take: impl FnOnce(&mut W) -> R) -> Result<Start<T, R>, Error> {
        let mut state = self.lock();
        match state.phase {
            Phase::Pending => {
                state.phase = Phase::Running(None);
                Ok(Start::Run(take(&mut state.payload)))
            }
            Phase::Cancelled => {
                state.phase = Phase::CancelledAndNotified;
                let taken = take(&mut state.payload);
                Ok(Start::Cancelled(taken, state.listeners.take()))
            }
            _ => Err(self.invalid_state(state)),
        }
    }

    /// Settles what no one else will, and tells whether to let go of it runs user code: callbacks and wakers, or
    /// the drop of a payload of which the closure says that there is something left.
    pub(crate) fn has_user_code(&self, is_left: impl FnOnce(&W) -> bool) -> bool {
        let mut state = self.lock();
        if !state.phase.notified() {
            drop(state);
            self.settle_abandoned();
            state = self.lock();
        }
        !state.listeners.is_empty() || is_left(&state.payload)
    }
}

impl<T, W: ?Sized> Shared<T, W> {
    /// A panic cannot leave the state half-changed, so that a poisoned lock is as good as any.
    pub(super) fn lock(&self) -> MutexGuard<'_, State<T, W>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Looks at the phase as it is now.
    pub(super) fn look<R>(&self, look: impl FnOnce(&Phase<T>) -> R) -> R {
        look(&self.lock().phase)
    }

    /// Whether someone waits for it, or is to be told of it.
    pub(crate) fn has_listeners(&self) -> bool {
        !self.lock().listeners.is_empty()
    }

    /// Waits until the task is done and then looks at the phase, which may be changed from finished
    /// to taken.
    pub(super) fn wait_until_done<R>(
        &self,
        deadline: Deadline,
        look: impl FnOnce(&mut Phase<T>) -> R,
    ) -> Result<R, Error> {
        let mut state = self.lock();
        if !state.phase.done() && !deadline.has_passed() {
            drop(state);
            blocking::about_to_wait();
            state = self.lock();
        }
        let (mut looked, mut registered) = (false, false);
        while !state.phase.done() {
            if let Some(poller) = state.phase.poller() {
                let poller = Arc::clone(poller);
                drop(state);
                let is_there =
                    |phase: &Phase<T>| phase.poller().is_some_and(|other| Arc::ptr_eq(other, &poller));
                poller.poll(&|| !self.look(is_there), deadline);
                state = self.lock();
                if !is_there(&state.phase) {
                    continue;
                }
            }
            if deadline.has_passed() {
                let own = state.listeners.take_thread(&thread::current());
                drop(state);
                drop(own);
                return Err(Error::TIMEOUT);
            }
            // A system's call to wake a thread is made only where one waits, which therefore says
            // so first. A thread that is woken for another reason looks, and waits again.
            if looked && !registered {
                state.listeners.add_thread(thread::current());
                registered = true;
            }
            drop(state);
            if looked {
                deadline.park();
            } else {
                self.look_for_a_while();
                looked = true;
            }
            state = self.lock();
        }
        Ok(look(&mut state.phase))
    }

    /// Waits a little without sleeping: what is done in some microseconds is there sooner so, and who does
    /// it has no one to wake. Looks come more and more seldom, since each takes the state from under the
    /// hands of the worker; where many are waited for in turn, it gets ahead.
    fn look_for_a_while(&self) {
        let pauses = std::iter::successors(Some(1), |pause| Some(2 * pause))
            .take_while(|pause| *pause <= LONGEST_PAUSE);
        look_for_a_while(pauses, || self.done.load(Ordering::Relaxed));
    }

    /// Whether the task is with a worker, or on its way to one.
    pub(crate) fn is_running(&self) -> bool {
        self.look(|phase| matches!(phase, Phase::Running(_)))
    }

    /// From pending or running to finished. Gives those who are to be told.
    pub(crate) fn finish(&self, outcome: Result<T, Error>) -> Result<Listeners<T>, Error> {
        self.settle(outcome, |mut state| state.listeners.take())
    }

    /// As [`finish`](Self::finish), but wakes only those who wait, which runs no user code. Callbacks and
    /// wakers are left for [`abandon`](Self::abandon): of many futures all are settled first, because a
    /// callback of one may wait for another.
    pub(crate) fn finish_quietly(&self, outcome: Result<T, Error>) -> Result<(), Error> {
        self.settle(outcome, Self::wake)
    }

    /// A worker process is about to get the task: from pending to running, where a thread that waits can
    /// receive the result by that poller; from cancelled to notified. One that runs already, as those of a
    /// chunk do that was requeued, runs on elsewhere.
    pub(crate) fn begin(&self, poller: &Arc<dyn Poller>) -> Begun {
        let mut state = self.lock();
        match state.phase {
            Phase::Pending | Phase::Running(_) => {
                let before = std::mem::replace(&mut state.phase, Phase::Running(Some(Arc::clone(poller))));
                // Not under the lock: it may be the last handle.
                drop(state);
                drop(before);
                Begun::Runs
            }
            Phase::Cancelled => {
                state.phase = Phase::CancelledAndNotified;
                Self::wake(state);
                Begun::Cancelled
            }
            _ => Begun::Settled,
        }
    }

    /// From running back to pending: it was with a worker that has not begun it.
    pub(crate) fn take_back(&self) {
        self.leave_poller(|| Phase::Pending);
    }

    /// It runs on, but no thread can receive the result where it was: it is to be sent again.
    pub(crate) fn detach(&self) {
        self.leave_poller(|| Phase::Running(None));
    }

    fn leave_poller(&self, then: impl FnOnce() -> Phase<T>) {
        let mut state = self.lock();
        if let Phase::Running(_) = state.phase {
            let before = std::mem::replace(&mut state.phase, then());
            // It may hold the last handle on a pool: not under the lock.
            drop(state);
            drop(before);
        }
    }

    fn settle<R>(
        &self,
        outcome: Result<T, Error>,
        and: impl FnOnce(MutexGuard<'_, State<T, W>>) -> R,
    ) -> Result<R, Error> {
        let outcome = outcome.map_err(Box::new);
        let mut state = self.lock();
        if !matches!(state.phase, Phase::Pending | Phase::Running(_)) {
            return Err(self.invalid_state(state));
        }
        let before = std::mem::replace(&mut state.phase, Phase::Finished(outcome));
        let kept = and(state);
        // It may hold the last handle on a pool: not under the lock.
        drop(before);
        self.done.store(true, Ordering::Relaxed);
        Ok(kept)
    }

    /// Settles with an error what is not settled yet, as quietly.
    pub(crate) fn fail_quietly(&self, error: &Error) {
        if !self.look(Phase::done) {
            let _ = self.finish_quietly(Err(error.clone()));
        }
    }

    /// From pending or cancelled to cancelled and notified, as quietly.
    pub(crate) fn cancel_quietly(&self) {
        let mut state = self.lock();
        if matches!(state.phase, Phase::Pending | Phase::Cancelled) {
            state.phase = Phase::CancelledAndNotified;
            Self::wake(state);
        }
    }

    /// Settles what is not settled yet, since no one will run it, as quietly.
    pub(crate) fn settle_abandoned(&self) {
        if !self.look(Phase::notified) {
            self.fail_quietly(&Error::Dropped);
            // It may have been cancelled, and the queue that held it is gone.
            self.cancel_quietly();
        }
    }

    /// Those who have not been told yet that the future is done. Where it is not, it is settled here.
    pub(crate) fn abandon(&self) -> Listeners<T> {
        self.settle_abandoned();
        self.lock().listeners.take()
    }

    /// Releases the lock, and wakes those who wait for the change that was made under it.
    fn wake(mut state: MutexGuard<'_, State<T, W>>) {
        let waiters = state.listeners.take_waiters();
        drop(state);
        if !left_out(Step::WakeWaiters) {
            waiters.wake();
        }
    }

    fn invalid_state(&self, state: MutexGuard<'_, State<T, W>>) -> Error {
        // Printing locks the state again.
        drop(state);
        Error::InvalidState { future: self.to_string() }
    }

    /// Where it is: one place for each task, whatever is known of the payload.
    pub(super) fn address(&self) -> *const () {
        ptr::from_ref(self).cast()
    }
}

/// As a future is printed.
impl<T, W: ?Sized> fmt::Display for Shared<T, W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (state, detail) = self.look(|phase| match phase {
            Phase::Pending => ("pending", String::new()),
            Phase::Running(_) if !phase.has_begun() => ("pending", String::new()),
            Phase::Running(_) => ("running", String::new()),
            Phase::Cancelled | Phase::CancelledAndNotified => ("cancelled", String::new()),
            Phase::Finished(Ok(_)) | Phase::Taken => {
                ("finished returned ", super::short_name(std::any::type_name::<T>()))
            }
            Phase::Finished(Err(error)) => ("finished raised ", error.name().to_string()),
        });
        // Not under the lock: what it is written to may take its time.
        write!(f, "<Future at {:p} state={state}{detail}>", self.address())
    }
}

/// Notifies those who are to be told, if there are any, through a handle of the future's.
pub(crate) fn notify<T, W: Payload + 'static>(shared: &Arc<Shared<T, W>>, told: Listeners<T>) {
    if !told.is_empty() {
        let shared: Arc<Shared<T, W>> = Arc::clone(shared);
        Future::new(shared).notify(told);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a pending task takes is a promise of the documentation.
    #[test]
    fn a_pending_task_is_small() {
        type Pending = Shared<u64, Option<u64>>;
        assert!(size_of::<Pending>() <= 64, "{}", size_of::<Pending>());
        assert!(size_of::<Future<u64>>() <= 24, "{}", size_of::<Future<u64>>());
    }
}
