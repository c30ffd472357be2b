//! Who is notified when a future is done, and when.

use std::sync::Arc;
use std::task::Waker;

use super::Future;
use super::listeners::{Callback, Listener, Listeners};
use super::phase::Phase;
use super::watch::Watch;
use crate::panics::report_panic;

impl<T> Future<T> {
    /// Tells everyone that the future is done: first those who wait, then the callbacks in the order
    /// in which they were added. What they do is user code and may come back here: it must not be
    /// called under the lock.
    pub(super) fn notify(&self, mut listeners: Listeners<T>) {
        let mut callbacks = Vec::new();
        for listener in listeners.all() {
            match listener {
                Listener::Thread(thread) => thread.unpark(),
                Listener::Callback(callback) => callbacks.push(callback),
                Listener::Waker(_, waker) => report_panic(|| format!("a waker of {self}"), || waker.wake()),
                Listener::Watch(watch, number) => watch.tell(number),
            }
        }
        for callback in callbacks {
            callback(self);
        }
    }

    /// Calls back when the future is done; at once, in the calling thread, if it is already.
    pub(super) fn call_when_done(&self, callback: Callback<T>) {
        let mut state = self.shared.lock();
        if state.phase.done() {
            drop(state);
            callback(self);
        } else {
            state.listeners.add(Listener::Callback(callback));
        }
    }

    /// Wakes the waker when the future is done; `false` if it is already. The waker takes the place of
    /// the one that came before under the same number.
    pub(super) fn wake_when_done(&self, number: u64, waker: &Waker) -> bool {
        // To clone a waker, and to drop one, is user code: not under the lock.
        let new = waker.clone();
        let mut state = self.shared.lock();
        if state.phase.done() {
            return false;
        }
        let replaced = state.listeners.take_waker(number);
        state.listeners.add(Listener::Waker(number, new));
        drop(state);
        drop(replaced);
        true
    }

    /// Forgets the waker under that number: no one is left to be woken.
    pub(super) fn forget_waker(&self, number: u64) {
        let forgotten = self.shared.lock().listeners.take_waker(number);
        drop(forgotten);
    }

    /// Tells the watch when the future is done and notified; `false` if it is already.
    pub(super) fn watch(&self, watch: &Arc<Watch>, number: usize) -> bool {
        let mut state = self.shared.lock();
        if state.phase.notified() {
            return false;
        }
        state.listeners.add(Listener::Watch(Arc::clone(watch), number));
        true
    }

    /// Takes back [`watch`](Self::watch), so that a future that is never done does not gather those
    /// who have long given up.
    pub(super) fn unwatch(&self, watch: &Arc<Watch>) {
        let own =
            |listener: &Listener<T>| matches!(listener, Listener::Watch(own, _) if Arc::ptr_eq(own, watch));
        let taken = self.shared.lock().listeners.take_those(own);
        drop(taken);
    }

    /// From pending to cancelled. Those who wait for several futures are not told before the worker has
    /// found it. A task that lies ahead of need elsewhere is fetched back first.
    pub(super) fn cancel_pending(&self) -> bool {
        let mut state = self.shared.lock();
        loop {
            let holder = match &state.phase {
                Phase::Pending => break,
                Phase::Cancelled | Phase::CancelledAndNotified => return true,
                Phase::Running(Some(holder)) => Arc::clone(holder),
                Phase::Running(None) | Phase::Finished(_) | Phase::Taken => return false,
            };
            // To fetch it takes a while: not under the lock.
            drop(state);
            if holder.has_begun() || !holder.give_back() {
                return false;
            }
            state = self.shared.lock();
        }
        state.phase = Phase::Cancelled;
        let told = state.listeners.take_all_but_watches();
        drop(state);
        self.notify(told);
        true
    }
}
