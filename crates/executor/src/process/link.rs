//! The way to one worker: whoever has work for it sends it, and whoever is there first when the reply
//! comes settles the futures and sends it the next.
//!
//! That is the worker's lane, or a thread that waits for the very result. A gate sees to it that there
//! is one at a time. Only the lane waits before it to receive. Another who finds it shut goes away and
//! leaves the reply to who has it: that one may have looked before the reply came, and therefore looks
//! again after opening it, whatever he had it for.

use std::sync::{Arc, PoisonError, TryLockError};

use super::child::Child;
use super::dispatch::{GivenBack, Item, Next};
use super::pool::Pool;
use super::station::{Standing, Station};
use crate::error::Error;
use crate::sync::atomic::Ordering::SeqCst;
use crate::sync::{Mutex, MutexGuard, Step, left_out};
use crate::work::Work;

/// Who is there when a reply comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Receiver {
    /// The worker's lane.
    Lane,
    /// A thread that waits for a result, or submits work. It leaves large replies to the lane.
    Passing,
}

/// The way to one worker, or to the one that takes its place.
pub(super) struct Link {
    pub(super) pool: Arc<Pool>,
    /// Number of the worker.
    pub(super) worker: usize,
    gate: Mutex<Option<Station>>,
}

/// What remains to be done when the gate is open again, since it is foreign code, or leads through
/// other gates.
#[derive(Default)]
#[must_use = "somebody waits for it"]
pub(super) struct Afterwards {
    /// Those who wait for it are to be told that it is settled.
    pub(super) settled: Vec<Work>,
    /// Idle workers for which there is work now.
    pub(super) refill: Vec<Arc<Link>>,
}

impl Afterwards {
    /// Runs foreign code, and must not be called where this thread looks after replies, or has a gate.
    /// The workers come first: whoever is told may wait for what is to be done by them.
    pub(super) fn see_to_it(mut self) {
        while let Some(link) = self.refill.pop() {
            self.add(link.refill());
        }
        self.settled.into_iter().for_each(Work::tell);
    }

    pub(super) fn is_empty(&self) -> bool {
        self.settled.is_empty() && self.refill.is_empty()
    }

    pub(super) fn add(&mut self, more: Self) {
        self.settled.extend(more.settled);
        self.refill.extend(more.refill);
    }
}

impl Link {
    pub(super) fn new(pool: &Arc<Pool>, worker: usize) -> Arc<Self> {
        Arc::new(Self { pool: Arc::clone(pool), worker, gate: Mutex::default() })
    }

    /// Makes a worker that is ready and idle the one at the end of the way, and gives it that work, or
    /// what there is.
    pub(super) fn connect(
        self: &Arc<Self>,
        child: Child,
        spawned_ns: u64,
        ready_ns: u64,
        first: Option<Item>,
    ) {
        let station = Station::new(self, child, spawned_ns, ready_ns);
        let taken = self.pass(|gate| {
            *gate = Some(station);
            Afterwards::default()
        });
        taken.see_to_it();
        match first {
            Some(item) => self.serve(item),
            None => self.refill().see_to_it(),
        }
    }

    /// Takes the worker away from the end of the way.
    pub(super) fn disconnect(self: &Arc<Self>) -> Option<Station> {
        // Nothing is left here to be received afterwards: what the worker replied goes with the station.
        let station = self.gate().take();
        self.pool.dispatch.forget(self);
        station
    }

    /// Sends work to the worker, which was idle and has been claimed for it. If it is there no more, or
    /// another is in its place and has work, this goes back to the queue.
    pub(super) fn serve(self: &Arc<Self>, item: Item) {
        let afterwards = self.pass(|gate| {
            self.pool.dispatch.unlist(self);
            match gate {
                Some(station) if station.is_free() => self.occupy(station, vec![item]),
                _ => self.pool.give_back(vec![item], || Error::Dropped),
            }
        });
        self.pool.dispatch.settle_claim();
        afterwards.see_to_it();
    }

    /// Gives an idle worker that has been claimed what there is to do.
    fn refill(self: &Arc<Self>) -> Afterwards {
        self.pass(|gate| {
            self.pool.dispatch.unlist(self);
            match gate {
                Some(station) if station.is_free() => self.occupy(station, Vec::new()),
                _ => Afterwards::default(),
            }
        })
    }

    /// Lets an idle worker go that has been claimed.
    pub(super) fn let_go(self: &Arc<Self>) -> Afterwards {
        self.pass(|gate| {
            if let Some(station) = gate.as_mut().filter(|station| station.is_free()) {
                station.leave();
            }
            Afterwards::default()
        })
    }

    /// Settles what a laden worker has done, and takes back what it has not begun, for whoever has time
    /// for it.
    pub(super) fn relieve(self: &Arc<Self>) {
        let afterwards = self.pass(|gate| {
            let Some(station) = gate else { return Afterwards::default() };
            let (settled, returned) = station.relieve();
            let mut afterwards = Afterwards { settled, refill: Vec::new() };
            afterwards.add(self.pool.give_back(returned, || station.ended()));
            afterwards
        });
        afterwards.see_to_it();
    }

    /// Waits for the gate, does something behind it, and receives what has been left to this thread while
    /// it was shut.
    fn pass(self: &Arc<Self>, act: impl FnOnce(&mut Option<Station>) -> Afterwards) -> Afterwards {
        let mut afterwards = act(&mut self.gate());
        if !left_out(Step::LookAfterOpening) {
            afterwards.add(self.receive(Receiver::Passing));
        }
        afterwards
    }

    /// Settles what the worker has replied and gives it the next, unless somebody else does.
    pub(super) fn receive(self: &Arc<Self>, receiver: Receiver) -> Afterwards {
        let mut afterwards = Afterwards::default();
        loop {
            let mut gate = match (receiver, self.gate.try_lock()) {
                (_, Ok(gate)) => gate,
                (_, Err(TryLockError::Poisoned(gate))) => gate.into_inner(),
                // Whoever has it looks again after opening it.
                (Receiver::Passing, Err(TryLockError::WouldBlock)) => return afterwards,
                (Receiver::Lane, Err(TryLockError::WouldBlock)) => self.gate(),
            };
            let Some(station) = gate.as_mut() else { return afterwards };
            let post = Arc::clone(&station.post);
            if post.reply_waits_for(receiver) {
                let (settled, returned) = station.receive();
                afterwards.settled.extend(settled);
                afterwards.add(self.pool.give_back(returned, || station.ended()));
                if station.standing == Standing::Serving {
                    afterwards.add(self.occupy(station, Vec::new()));
                }
            }
            drop(gate);
            if left_out(Step::LookAfterOpening) || !post.reply_waits_for(receiver) {
                return afterwards;
            }
        }
    }

    /// Sends these, or else what is queued, until the worker has something to do; if there is nothing,
    /// it is idle or leaves.
    fn occupy(self: &Arc<Self>, station: &mut Station, mut items: Vec<Item>) -> Afterwards {
        let mut afterwards = Afterwards::default();
        loop {
            let (settled, returned) = station.send(items);
            afterwards.settled.extend(settled);
            afterwards.add(self.pool.give_back(returned, || station.ended()));
            if station.is_occupied() || station.standing != Standing::Serving {
                return afterwards;
            }
            let most = self.pool.crew.task_limit.saturating_sub(station.pieces);
            let next = match most {
                0 => Next::Leave,
                most => self.pool.dispatch.next(self, &station.pace, self.pool.max, most),
            };
            match next {
                Next::Serve(next) => {
                    if next.len() > 1 {
                        self.pool.have_steward();
                    }
                    items = next;
                }
                Next::Idle => return afterwards,
                Next::Leave => {
                    station.leave();
                    return afterwards;
                }
            }
        }
    }

    fn gate(&self) -> MutexGuard<'_, Option<Station>> {
        // A panic of foreign code is caught before it gets here.
        self.gate.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Pool {
    /// Puts work back to the queue; in a broken pool it fails. Where the user has ended the workers it
    /// is cancelled, or fails with that error if it has been sent.
    pub(super) fn give_back(&self, items: Vec<Item>, died: impl Fn() -> Error) -> Afterwards {
        let settle = |mut item: Item, error: &Error| {
            match (&item.encoded, error) {
                (None, Error::Cancelled) => item.work.cancel_quietly(),
                (Some(_), Error::Cancelled) => item.work.fail_quietly(&died()),
                _ => item.work.fail_quietly(error),
            }
            item.work
        };
        let settle_all = |items: Vec<Item>, error: &Error| {
            let settled = items.into_iter().map(|item| settle(item, error)).collect();
            Afterwards { settled, refill: Vec::new() }
        };
        if self.signalled().is_some() {
            return settle_all(items, &Error::Cancelled);
        }
        match self.dispatch.give_back(items) {
            Ok(GivenBack { refill, cancelled }) => {
                let cancel = |mut work: Work| {
                    work.cancel_quietly();
                    work
                };
                Afterwards { settled: cancelled.into_iter().map(cancel).collect(), refill }
            }
            Err((reason, items)) => settle_all(items, &reason),
        }
    }

    /// Whether a CPU is likely to be free for a thread that waits with the CPU in hand.
    pub(super) fn may_spin(&self) -> bool {
        !self.crew.spin.is_zero() && self.occupied.load(SeqCst) < self.crew.cpus
    }
}
