//! The queue of a process pool, and which workers have nothing to do: who submits work and who has finished
//! some meet here.
//!
//! Workers are numbers. What is decided about them is for others to do: the scheduler knows neither
//! processes nor connections, and what it holds is no one's to wait for.

use std::sync::PoisonError;
use std::time::Duration;

use super::backlog::{Backlog, Taken};
use super::item::Item;
use super::pace::Pace;
use super::spinner::Spinner;
use crate::error::Error;
use crate::pool::door::{Broken, Closed, Door, Intake, Pushed};
use crate::pool::policy::CancelFutures;
use crate::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use crate::sync::{Condvar, Mutex, MutexGuard, thread};
use crate::work::{Grouping, Work};

/// How often batches are looked at that are with a worker: many times as long as one should take.
const ROUND: Duration = Duration::from_millis(1);

/// How many short tasks make the way to a worker worth while.
const ENOUGH: usize = 32;

/// How long a worker's supervisor waits for as many before it says that the worker is idle.
pub(super) const PATIENCE: Duration = Duration::from_micros(20);

/// The queue and the idle workers. One of the two is always empty.
#[derive(Default)]
pub(super) struct Scheduler {
    state: Mutex<State>,
    /// Pieces of work that are queued, for those who look without the lock.
    queued: AtomicUsize,
    /// There is work, or will be no more.
    changed: Condvar,
    /// There are batches with workers, or will be no more.
    batched: Condvar,
}

#[derive(Default)]
struct State {
    /// Work that came back; it goes first.
    requeued: Backlog,
    pending: Backlog,
    /// The one that was busy last is used first: its memory is warm.
    idle: Vec<usize>,
    /// Workers that have a batch: several pieces of work together.
    batches: Vec<Batch>,
    /// Supervisors that have no worker and wait until there is work for one.
    vacant: usize,
    /// Pieces of work that are on their way to a worker. They may come back.
    claimed: usize,
    door: Door,
}

impl State {
    fn queued(&self) -> usize {
        self.requeued.len() + self.pending.len()
    }

    /// Everything but chunks that came back, of which tasks count as running.
    fn take_cancellable(&mut self) -> Vec<Work> {
        let (chunks, singles): (Vec<Item>, Vec<Item>) = std::mem::take(&mut self.requeued)
            .into_items()
            .partition(|item| item.work.grouping() == Grouping::Chunk);
        self.requeued.extend(chunks);
        singles
            .into_iter()
            .chain(std::mem::take(&mut self.pending).into_items())
            .map(|item| item.work)
            .collect()
    }

    fn take_queued(&mut self) -> Vec<Work> {
        let requeued = std::mem::take(&mut self.requeued);
        requeued
            .into_items()
            .chain(std::mem::take(&mut self.pending).into_items())
            .map(|item| item.work)
            .collect()
    }

    fn pop(&mut self) -> Option<Item> {
        self.requeued.pop_front().or_else(|| self.pending.pop_front())
    }

    /// As many single tasks as the pace allows, or one chunk.
    fn pop_batch(&mut self, pace: &Pace, workers: usize, most: usize) -> Taken {
        let most = pace.tasks(self.queued(), workers).min(most);
        let mut taken = Taken::default();
        self.requeued.take(most, &mut taken);
        if self.requeued.len() == 0 && !taken.is_chunk() {
            self.pending.take(most, &mut taken);
        }
        taken
    }
}

/// A worker that has several pieces of work together.
struct Batch {
    worker: usize,
    /// How often it has been seen with that work.
    seen: u32,
}

/// What a worker that has nothing to do is to do.
pub(super) enum Next {
    /// This.
    Serve(Taken),
    /// Wait: it counts as idle now, and may have been claimed already.
    Idle,
    /// Leave.
    Leave,
}

/// What follows from work that was requeued.
#[derive(Default)]
pub(super) struct Requeued {
    /// Idle workers that are to fetch some of it.
    pub(super) refill: Vec<usize>,
    /// Work that is to be cancelled instead.
    pub(super) cancelled: Vec<Work>,
}

impl Scheduler {
    /// Says that work that was claimed for a worker is there, or back in the queue.
    pub(super) fn settle_claim(&self) {
        let mut state = self.lock();
        state.claimed -= 1;
        let waiting = state.vacant > 0;
        drop(state);
        if waiting {
            self.changed.notify_all();
        }
    }

    /// Puts work back to the head of the queue. In a broken pool it comes back, with the reason.
    pub(super) fn requeue(&self, items: Vec<Item>) -> Result<Requeued, (Error, Vec<Item>)> {
        if items.is_empty() {
            return Ok(Requeued::default());
        }
        let mut state = self.lock();
        if let Some(reason) = state.door.broken() {
            return Err((reason.clone(), items));
        }
        let mut cancelled = Vec::new();
        for item in items.into_iter().rev() {
            if state.door.is_cancelling() && item.work.grouping() == Grouping::Single {
                cancelled.push(item.work);
            } else {
                state.requeued.push_front(item);
            }
        }
        let refill = (0..state.queued()).map_while(|_| state.idle.pop()).collect();
        drop(state);
        self.changed.notify_all();
        Ok(Requeued { refill, cancelled })
    }

    /// Lets those who submit short tasks get ahead of a worker that has none left, as long as that has been worth it
    /// of late, until there are as many as make the way there worth while. One who gives tasks to idle workers,
    /// each by itself, does nothing else.
    pub(super) fn linger(&self, spinner: &Spinner) {
        spinner.spin(None, || self.queued() >= ENOUGH);
    }

    /// Pieces of work that are queued.
    pub(super) fn queued(&self) -> usize {
        self.queued.load(Relaxed)
    }

    /// What a worker that has nothing to do is to do next, if it can take so many pieces. There are that many
    /// workers.
    pub(super) fn next(&self, worker: usize, pace: &Pace, workers: usize, most: usize) -> Next {
        let mut state = self.lock();
        state.batches.retain(|batch| batch.worker != worker);
        let items = state.pop_batch(pace, workers, most);
        self.queued.store(state.queued(), Relaxed);
        if items.len() > 1 {
            let first = state.batches.is_empty();
            state.batches.push(Batch { worker, seen: 0 });
            drop(state);
            if first {
                self.batched.notify_one();
            }
            return Next::Serve(items);
        }
        if !items.is_empty() {
            return Next::Serve(items);
        }
        if state.door.closed().is_some() {
            return Next::Leave;
        }
        if !state.idle.contains(&worker) {
            state.idle.push(worker);
        }
        Next::Idle
    }

    /// Says that a worker is about to get work, whichever thread has claimed it.
    pub(super) fn unlist(&self, worker: usize) {
        self.lock().idle.retain(|&other| other != worker);
    }

    /// Forgets a worker that is there no more.
    pub(super) fn forget(&self, worker: usize) {
        let mut state = self.lock();
        state.idle.retain(|&other| other != worker);
        state.batches.retain(|batch| batch.worker != worker);
    }

    /// Waits until workers have had a batch for longer than it should take, and gives them; `None` if there
    /// will be none.
    pub(super) fn wait_for_late(&self) -> Option<Vec<usize>> {
        let mut state = self.lock();
        loop {
            while state.batches.is_empty() {
                if state.door.closed().is_some() {
                    return None;
                }
                state = self.batched.wait(state).unwrap_or_else(PoisonError::into_inner);
            }
            drop(state);
            thread::sleep(ROUND);
            state = self.lock();
            for batch in &mut state.batches {
                batch.seen += 1;
            }
            let late: Vec<usize> =
                state.batches.extract_if(.., |batch| batch.seen > 1).map(|batch| batch.worker).collect();
            if !late.is_empty() {
                return Some(late);
            }
        }
    }

    /// Waits until there is work and claims it; `None` if there will be none.
    pub(super) fn wait_for_work(&self) -> Option<Item> {
        let mut state = self.lock();
        state.vacant += 1;
        while state.queued() == 0 && (state.door.closed().is_none() || state.claimed > 0) {
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        state.vacant -= 1;
        let item = state.pop();
        state.claimed += usize::from(item.is_some());
        item
    }

    /// A panic cannot leave the state half-changed, so that a poisoned lock is as good as any.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wake_all(&self) {
        self.changed.notify_all();
        self.batched.notify_all();
    }
}

impl Intake for Scheduler {
    type Item = Item;
    type Claim = (usize, Item);
    type Idle = Vec<usize>;

    fn push(&self, item: Item) -> Result<Pushed<(usize, Item)>, (Error, Item)> {
        let mut state = self.lock();
        if let Some(reason) = state.door.closed() {
            return Err((reason.clone(), item));
        }
        if let Some(worker) = state.idle.pop() {
            state.claimed += 1;
            return Ok(Pushed::Claimed((worker, item)));
        }
        state.pending.push_back(item);
        let queued = state.queued();
        self.queued.store(queued, Relaxed);
        let short = queued > state.vacant;
        let wake = state.vacant > 0;
        drop(state);
        if wake {
            self.changed.notify_one();
        }
        Ok(Pushed::Queued { short })
    }

    fn close(&self, queued: CancelFutures) -> Closed<Vec<usize>> {
        let mut state = self.lock();
        state.door.close(queued);
        let cancelled = match queued {
            CancelFutures::Yes => state.take_cancellable(),
            CancelFutures::No => Vec::new(),
        };
        let idle = std::mem::take(&mut state.idle);
        drop(state);
        self.wake_all();
        Closed { cancelled, idle }
    }

    fn break_with(&self, error: Error) -> Broken<Vec<usize>> {
        let mut state = self.lock();
        let reason = state.door.break_with(error);
        let queued = state.take_queued();
        let idle = std::mem::take(&mut state.idle);
        drop(state);
        self.wake_all();
        Broken { reason, queued, idle }
    }
}
