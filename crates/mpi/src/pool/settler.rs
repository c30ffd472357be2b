//! The thread in which a pool decodes results and calls back: user code, which may wait for anything, other tasks of
//! the pool included. Before it waits for a future, another thread takes over what is left.

use std::cell::Cell;
use std::collections::VecDeque;
use std::ptr;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use speedup_executor::Error;
use speedup_executor::remote::{Outgoing, run_user_code};

use crate::message::Outcomes;

/// What is to be done.
pub(super) enum Job {
    Settle(Outgoing, Outcomes),
    Fail(Vec<Outgoing>, Error),
    Cancel(Vec<Outgoing>),
}

#[derive(Default)]
pub(super) struct Settler {
    state: Mutex<State>,
    changed: Condvar,
    /// Told when a thread ends.
    ended: Condvar,
}

#[derive(Default)]
struct State {
    jobs: VecDeque<Job>,
    /// Threads that run, those that wait in user code included.
    threads: usize,
    /// Whether one of them takes jobs.
    is_served: bool,
    leaves: bool,
}

thread_local! {
    static OF: Cell<*const Settler> = const { Cell::new(ptr::null()) };
}

impl Settler {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn is_this_thread(&self) -> bool {
        ptr::eq(OF.get(), self)
    }

    pub(super) fn push(self: &Arc<Self>, jobs: Vec<Job>) {
        if jobs.is_empty() {
            return;
        }
        let mut state = self.lock();
        state.jobs.extend(jobs);
        let starts = !std::mem::replace(&mut state.is_served, true);
        drop(state);
        if !starts {
            return self.changed.notify_one();
        }
        if !self.start() {
            // There is no thread for it: what can wait is done here.
            self.serve();
        }
    }

    /// Starts a thread that takes jobs; false where the system gives none.
    fn start(self: &Arc<Self>) -> bool {
        self.lock().threads += 1;
        let settler = Arc::clone(self);
        let thread = std::thread::Builder::new().name("speedup-settler".to_string());
        let started = thread.spawn(move || {
            OF.set(Arc::as_ptr(&settler));
            settler.serve();
            settler.lock().threads -= 1;
            settler.ended.notify_all();
        });
        if started.is_err() {
            self.lock().threads -= 1;
        }
        started.is_ok()
    }

    fn serve(self: &Arc<Self>) {
        loop {
            let mut state = self.lock();
            let job = loop {
                if let Some(job) = state.jobs.pop_front() {
                    break job;
                }
                if state.leaves {
                    state.is_served = false;
                    return;
                }
                state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
            };
            drop(state);
            let settler = Arc::clone(self);
            if run_user_code(move || settler.start(), || job.run()) {
                return;
            }
        }
    }

    /// Says that the thread is to end when nothing is left.
    pub(super) fn leave(&self) {
        self.lock().leaves = true;
        self.changed.notify_all();
    }

    /// Waits until all is done.
    pub(super) fn join(&self) {
        let mut state = self.lock();
        while state.threads > 0 || !state.jobs.is_empty() {
            state = self.ended.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }
}
