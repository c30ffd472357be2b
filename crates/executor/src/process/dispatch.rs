//! What is queued, and which workers have nothing to do: who submits work and who has finished some
//! meet here.

use std::collections::VecDeque;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use super::link::{Afterwards, Link};
use super::pace::Pace;
use crate::error::Error;
use crate::pool::policy::CancelFutures;
use crate::sync::{Condvar, Mutex, MutexGuard, thread};
use crate::wire::Encoded;
use crate::work::{Grouping, Work};

/// How often the steward looks after laden workers: many times as long as what goes together should
/// take.
const ROUND: Duration = Duration::from_millis(1);

/// Work on its way to a worker.
pub(super) struct Item {
    pub(super) work: Work,
    /// As it was sent to a worker that has not begun it.
    pub(super) encoded: Option<Encoded>,
}

impl From<Work> for Item {
    fn from(work: Work) -> Self {
        Self { work, encoded: None }
    }
}

/// The queue of a process pool and its idle workers. One of the two is always empty.
#[derive(Default)]
pub(super) struct Dispatch {
    state: Mutex<State>,
    /// There is work, or will be no more.
    changed: Condvar,
    /// There are laden workers, or will be no more.
    loaded: Condvar,
}

#[derive(Default)]
struct State {
    /// Work that came back; it goes first.
    returned: VecDeque<Item>,
    pending: VecDeque<Work>,
    /// The one that was busy last is used first: its memory is warm.
    idle: Vec<Arc<Link>>,
    /// Workers that have several pieces of work together.
    laden: Vec<Laden>,
    /// Lanes that have no worker and wait until there is work for one.
    vacant: usize,
    /// Pieces of work that are on their way to a worker. They may come back.
    claimed: usize,
    /// Set once: why nothing more is taken.
    closed: Option<Error>,
    /// Whether what has not been begun is to be cancelled.
    cancelling: bool,
}

impl State {
    fn queued(&self) -> usize {
        self.returned.len() + self.pending.len()
    }

    /// Everything but chunks that came back, of which tasks count as running.
    fn take_cancellable(&mut self) -> Vec<Work> {
        let (chunks, singles): (VecDeque<Item>, VecDeque<Item>) = std::mem::take(&mut self.returned)
            .into_iter()
            .partition(|item| item.work.grouping() == Grouping::Chunk);
        self.returned = chunks;
        let singles = singles.into_iter().map(|item| item.work);
        singles.chain(std::mem::take(&mut self.pending)).collect()
    }

    fn take_queued(&mut self) -> Vec<Work> {
        let returned = std::mem::take(&mut self.returned).into_iter().map(|item| item.work);
        returned.chain(std::mem::take(&mut self.pending)).collect()
    }

    fn pop(&mut self) -> Option<Item> {
        self.returned.pop_front().or_else(|| self.pending.pop_front().map(Item::from))
    }

    /// As many single tasks as the pace allows, or one chunk.
    fn pop_some(&mut self, pace: &Pace, workers: usize, most: usize) -> Vec<Item> {
        let most = pace.tasks(self.queued(), workers).min(most);
        let mut items: Vec<Item> = self.pop().into_iter().collect();
        let single = |item: &Item| item.work.grouping() == Grouping::Single;
        while items.len() < most && items.last().is_some_and(single) {
            let next = match (self.returned.front(), self.pending.front()) {
                (Some(item), _) => item.work.grouping(),
                (None, Some(work)) => work.grouping(),
                (None, None) => break,
            };
            if next == Grouping::Chunk {
                break;
            }
            items.extend(self.pop());
        }
        items
    }
}

/// A worker that has several pieces of work together.
struct Laden {
    link: Arc<Link>,
    /// How often the steward has seen it with that work.
    seen: u32,
}

/// What becomes of submitted work.
pub(super) enum Pushed {
    /// An idle worker is to have it.
    Claimed(Arc<Link>, Item),
    /// It is queued. `short` tells that there is more than the lanes without worker can take.
    Queued { short: bool },
}

/// What a worker that has nothing to do is to do.
pub(super) enum Next {
    /// This.
    Serve(Vec<Item>),
    /// Wait: it counts as idle now, and may have been given work already.
    Idle,
    /// Leave.
    Leave,
}

/// What follows from work that was given back.
#[derive(Default)]
pub(super) struct GivenBack {
    /// Idle workers that are to be refilled now.
    pub(super) refill: Vec<Arc<Link>>,
    /// Work that is to be cancelled.
    pub(super) cancelled: Vec<Work>,
}

/// What is left of a broken queue.
#[must_use = "what was queued is to be failed"]
pub(super) struct Broken {
    reason: Error,
    queued: Vec<Work>,
    idle: Vec<Arc<Link>>,
}

impl Broken {
    /// Why the queue is broken: the first reason that there was.
    pub(super) fn reason(&self) -> Error {
        self.reason.clone()
    }

    /// Settles what was queued with the reason, and returns that; the idle workers leave. It calls foreign code, and must not
    /// be called under a lock.
    pub(super) fn fail_queued(self) -> Error {
        let afterwards = let_go(&self.idle);
        Work::fail_all(self.queued, &self.reason);
        afterwards.see_to_it();
        self.reason
    }
}

/// Lets idle workers go.
pub(super) fn let_go(idle: &[Arc<Link>]) -> Afterwards {
    let mut afterwards = Afterwards::default();
    for link in idle {
        afterwards.add(link.let_go());
    }
    afterwards
}

impl Dispatch {
    /// Takes work in: for an idle worker, or for the queue. Work that is
    /// refused comes back: to drop it is to call foreign code, which must not be done under a lock.
    pub(super) fn push(&self, work: Work) -> Result<Pushed, (Error, Work)> {
        let mut state = self.lock();
        if let Some(reason) = &state.closed {
            return Err((reason.clone(), work));
        }
        if let Some(link) = state.idle.pop() {
            state.claimed += 1;
            return Ok(Pushed::Claimed(link, work.into()));
        }
        state.pending.push_back(work);
        let short = state.queued() > state.vacant;
        let wake = state.vacant > 0;
        drop(state);
        if wake {
            self.changed.notify_one();
        }
        Ok(Pushed::Queued { short })
    }

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
    pub(super) fn give_back(&self, items: Vec<Item>) -> Result<GivenBack, (Error, Vec<Item>)> {
        if items.is_empty() {
            return Ok(GivenBack::default());
        }
        let mut state = self.lock();
        if let Some(reason) = state.closed.clone().filter(|reason| *reason != Error::Shutdown) {
            return Err((reason, items));
        }
        let mut cancelled = Vec::new();
        for item in items.into_iter().rev() {
            if state.cancelling && item.work.grouping() == Grouping::Single {
                cancelled.push(item.work);
            } else {
                state.returned.push_front(item);
            }
        }
        let refill = (0..state.queued()).map_while(|_| state.idle.pop()).collect();
        drop(state);
        self.changed.notify_all();
        Ok(GivenBack { refill, cancelled })
    }

    /// What a worker that has nothing to do is to do next.
    pub(super) fn next(&self, link: &Arc<Link>, pace: &Pace, workers: usize, most: usize) -> Next {
        let mut state = self.lock();
        state.laden.retain(|laden| !Arc::ptr_eq(&laden.link, link));
        let items = state.pop_some(pace, workers, most);
        if items.len() > 1 {
            let first = state.laden.is_empty();
            state.laden.push(Laden { link: Arc::clone(link), seen: 0 });
            drop(state);
            if first {
                self.loaded.notify_one();
            }
            return Next::Serve(items);
        }
        if !items.is_empty() {
            return Next::Serve(items);
        }
        if state.closed.is_some() {
            return Next::Leave;
        }
        if !state.idle.iter().any(|other| Arc::ptr_eq(other, link)) {
            state.idle.push(Arc::clone(link));
        }
        Next::Idle
    }

    /// Says that a worker is about to get work, whoever has claimed it.
    pub(super) fn unlist(&self, link: &Arc<Link>) {
        self.lock().idle.retain(|other| !Arc::ptr_eq(other, link));
    }

    /// Forgets a worker that is there no more.
    pub(super) fn forget(&self, link: &Arc<Link>) {
        let mut state = self.lock();
        state.idle.retain(|other| !Arc::ptr_eq(other, link));
        state.laden.retain(|laden| !Arc::ptr_eq(&laden.link, link));
    }

    /// Waits until workers have had the same work together for longer than it should take, and gives
    /// them; `None` if there will be none.
    pub(super) fn wait_for_laden(&self) -> Option<Vec<Arc<Link>>> {
        let mut state = self.lock();
        loop {
            while state.laden.is_empty() {
                if state.closed.is_some() {
                    return None;
                }
                state = self.loaded.wait(state).unwrap_or_else(PoisonError::into_inner);
            }
            drop(state);
            thread::sleep(ROUND);
            state = self.lock();
            for laden in &mut state.laden {
                laden.seen += 1;
            }
            let late: Vec<Laden> = state.laden.extract_if(.., |laden| laden.seen > 1).collect();
            if !late.is_empty() {
                return Some(late.into_iter().map(|laden| laden.link).collect());
            }
        }
    }

    /// Waits until there is work and takes it; `None` if there will be none.
    pub(super) fn wait_for_work(&self) -> Option<Item> {
        let mut state = self.lock();
        state.vacant += 1;
        while state.queued() == 0 && (state.closed.is_none() || state.claimed > 0) {
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        state.vacant -= 1;
        let item = state.pop();
        state.claimed += usize::from(item.is_some());
        item
    }

    /// Takes no more work. What is queued still comes out, or is cancelled. The idle workers are given
    /// out, to be let go.
    pub(super) fn close(&self, queued: CancelFutures) -> Vec<Arc<Link>> {
        let mut state = self.lock();
        state.closed.get_or_insert(Error::Shutdown);
        state.cancelling |= queued == CancelFutures::Yes;
        let abandoned = match queued {
            CancelFutures::Yes => state.take_cancellable(),
            CancelFutures::No => Vec::new(),
        };
        let idle = std::mem::take(&mut state.idle);
        // Cancelling calls foreign code, which may submit again: not under the lock.
        drop(state);
        self.changed.notify_all();
        self.loaded.notify_all();
        Work::cancel_all(abandoned);
        idle
    }

    /// Takes no more work, and gives out what is queued, to be failed. The first error stays as the
    /// reason.
    pub(super) fn break_with(&self, error: Error) -> Broken {
        let mut state = self.lock();
        if matches!(state.closed, None | Some(Error::Shutdown)) {
            state.closed = Some(error);
        }
        let reason = state.closed.clone().unwrap_or(Error::Shutdown);
        let queued = state.take_queued();
        let idle = std::mem::take(&mut state.idle);
        drop(state);
        self.changed.notify_all();
        self.loaded.notify_all();
        Broken { reason, queued, idle }
    }

    /// A panic cannot leave the state half-changed, so that a poisoned lock is as good as any.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
