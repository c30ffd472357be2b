//! The queue between those who submit and the workers: first in, first out.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::sync::PoisonError;

use super::door::{Broken, Closed, Door, Intake, Pushed};
use crate::error::Error;
use crate::looking::look_for_a_while;
use crate::pool::policy::CancelFutures;
use crate::sync::atomic::{AtomicUsize, Ordering};
use crate::sync::{Condvar, Mutex, MutexGuard};
use crate::work::Work;

/// A queue that many submit to and many take from.
///
/// It has two halves with a lock each, so that those who submit and those who take are not in each other's way: a
/// worker that finds nothing in its half swaps the two. Who needs both locks takes that of the front first.
#[derive(Default)]
pub(crate) struct Queue {
    front: Front,
    back: Back,
    changed: Condvar,
}

/// What is taken next.
#[derive(Default)]
#[repr(align(128))] // what one side writes is in no cache line of the other's, nor in its neighbour
struct Front {
    next: Mutex<VecDeque<Work>>,
    /// Work that has been taken. Under that lock alone.
    taken: AtomicUsize,
}

/// What came in since.
#[derive(Default)]
#[repr(align(128))]
struct Back {
    state: Mutex<State>,
    /// Work that has come in. Under that lock alone.
    pushed: AtomicUsize,
}

#[derive(Default)]
struct State {
    pending: VecDeque<Work>,
    /// Workers that sleep and have not been called.
    idle: usize,
    /// Calls that no worker has heard yet. Each is for one of those that sleep: to call no one still
    /// takes the system's time, and so does to call the same one twice.
    called: usize,
    /// The worker, if any, that is still looking before it sleeps. It will find what comes in.
    looking: Looking,
    door: Door,
}

impl State {
    /// Counts some of those that sleep as called.
    fn call(&mut self, workers: usize) {
        self.idle -= workers;
        self.called += workers;
    }
}

/// Whether a worker is looking: one at a time, so that idle workers never take more than one CPU.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Looking {
    One,
    #[default]
    None,
}

/// Looks before a worker sleeps. If no other thread wants its CPU, they take about ten microseconds together.
const LOOKS: u32 = 32;

/// How many others a worker calls at most that was called itself. Who submits calls no one as long as a call has not
/// been heard: where tasks are short it would call workers for whom nothing is left when they come. Where they are
/// long, twice as many workers get up each time.
const CALLS: usize = 2;

impl Queue {
    /// Waits for work, at first looking for it a while; `None` once the queue is closed and empty.
    pub(crate) fn pop(&self) -> Option<Work> {
        let mut may_look = true;
        loop {
            if let Some(work) = self.try_pop() {
                return Some(work);
            }
            let mut state = self.lock();
            if self.queued() > 0 {
                continue;
            }
            if state.door.closed().is_some() {
                return None;
            }
            if may_look && state.looking == Looking::None {
                may_look = false;
                state.looking = Looking::One;
                drop(state);
                look_for_a_while((0..LOOKS).map(|_| 1), || self.queued() > 0);
                self.lock().looking = Looking::None;
                continue;
            }
            state.idle += 1;
            // One that wakes for no reason goes on sleeping: who calls counts on it.
            while state.called == 0 && state.door.closed().is_none() {
                state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
            }
            if state.called == 0 {
                state.idle -= 1;
                continue;
            }
            state.called -= 1;
            // One piece is for this worker, and who submits calls one at a time.
            let others = self.queued().saturating_sub(1).min(state.idle).min(CALLS);
            state.call(others);
            drop(state);
            (0..others).for_each(|_| self.changed.notify_one());
        }
    }

    /// Work, if there is some now.
    pub(crate) fn try_pop(&self) -> Option<Work> {
        let mut next = self.lock_front();
        if next.is_empty() {
            std::mem::swap(&mut *next, &mut self.lock().pending);
        }
        let work = next.pop_front()?;
        self.note_taken(1);
        Some(work)
    }

    /// How much there is. Without a lock it may be out of date.
    fn queued(&self) -> usize {
        self.back.pushed.load(Ordering::Relaxed).wrapping_sub(self.front.taken.load(Ordering::Relaxed))
    }

    /// Behind the lock of the front.
    fn note_taken(&self, more: usize) {
        let taken = self.front.taken.load(Ordering::Relaxed);
        self.front.taken.store(taken.wrapping_add(more), Ordering::Relaxed);
    }

    /// All that there is, in order, for one who has both locks.
    fn take_all(&self, next: &mut VecDeque<Work>, state: &mut State) -> Vec<Work> {
        let all: Vec<Work> = next.drain(..).chain(state.pending.drain(..)).collect();
        self.note_taken(all.len());
        all
    }

    /// A panic cannot leave the state half-changed, so that a poisoned lock is as good as any.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.back.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Likewise.
    fn lock_front(&self) -> MutexGuard<'_, VecDeque<Work>> {
        self.front.next.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Intake for Queue {
    type Item = Work;
    type Claim = Infallible;
    type Idle = ();

    fn push(&self, work: Work) -> Result<Pushed<Infallible>, (Error, Work)> {
        let mut state = self.lock();
        if let Some(reason) = state.door.closed() {
            return Err((reason.clone(), work));
        }
        state.pending.push_back(work);
        self.back.pushed.store(self.back.pushed.load(Ordering::Relaxed).wrapping_add(1), Ordering::Relaxed);
        let awake = state.called + usize::from(state.looking == Looking::One);
        // Where no worker has nothing to do, the others need not be asked how much they have taken.
        let queued = if state.idle + awake == 0 { state.pending.len() } else { self.queued() };
        let short = queued > state.idle + awake;
        let call = state.idle > 0 && state.called == 0 && queued > awake;
        if call {
            state.call(1);
        }
        drop(state);
        if call {
            self.changed.notify_one();
        }
        Ok(Pushed::Queued { short })
    }

    fn close(&self, queued: CancelFutures) -> Closed<()> {
        let mut next = self.lock_front();
        let mut state = self.lock();
        state.door.close(queued);
        let cancelled = match queued {
            CancelFutures::Yes => self.take_all(&mut next, &mut state),
            CancelFutures::No => Vec::new(),
        };
        drop((state, next));
        self.changed.notify_all();
        Closed { cancelled, idle: () }
    }

    fn break_with(&self, error: Error) -> Broken<()> {
        let mut next = self.lock_front();
        let mut state = self.lock();
        let reason = state.door.break_with(error);
        let queued = self.take_all(&mut next, &mut state);
        drop((state, next));
        self.changed.notify_all();
        Broken { reason, queued, idle: () }
    }
}
