//! A worker's slot, with its gate: who is inside has the connection to the worker to itself.
//!
//! That is the worker's supervisor, or a thread that waits for a result or submits work. Only the supervisor
//! waits for the gate to receive. Another that finds it shut goes away and leaves the reply to who is inside,
//! who may have looked before the reply came. So an open gate is a value that can only be consumed by looking
//! again: there is no other way out.

use std::sync::{Arc, OnceLock, PoisonError, TryLockError};

use super::connection::Connection;
use super::inbox::{Inbox, Polling, Receiver};
use crate::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use crate::sync::{Mutex, MutexGuard, Step, left_out};

/// Where a worker is connected, or the one that takes its place.
#[derive(Default)]
pub(super) struct Slot {
    gate: Mutex<Option<Box<Connection>>>,
}

/// The slots of a pool, by the worker's number. They are made as they are used: a pool may have a great
/// maximum and few workers.
pub(super) struct Slots {
    /// Each twice as long as the one before it.
    rows: [OnceLock<Box<[Slot]>>; usize::BITS as usize],
    /// Workers that have work.
    busy: AtomicUsize,
}

/// A gate that this thread has shut behind it.
#[must_use = "it stays shut until it is opened"]
pub(super) struct Gate<'a> {
    slots: &'a Slots,
    slot: &'a Slot,
    /// `None` once it is open.
    connection: Option<MutexGuard<'a, Option<Box<Connection>>>>,
    was_busy: bool,
    polling: Option<Polling>,
}

/// A gate that was opened, and behind which a reply may have been left.
#[must_use = "a reply may have been left to this thread: look again"]
pub(super) struct Opened<'a> {
    slots: &'a Slots,
    slot: &'a Slot,
    /// That of the connection, if there is one.
    inbox: Option<Arc<Inbox>>,
    polling: Option<Polling>,
    looked: bool,
}

impl Default for Slots {
    fn default() -> Self {
        Self { rows: std::array::from_fn(|_| OnceLock::new()), busy: AtomicUsize::default() }
    }
}

impl Slots {
    /// Waits for the gate of that worker and shuts it.
    pub(super) fn shut(&self, worker: usize) -> Gate<'_> {
        let slot = self.slot(worker);
        // A panic of user code cannot get here: none runs behind a gate.
        let connection = slot.gate.lock().unwrap_or_else(PoisonError::into_inner);
        Gate::new(self, slot, connection)
    }

    /// Shuts the gate for that receiver; `None` if another is inside, who will look again after opening it.
    pub(super) fn shut_for(&self, worker: usize, receiver: Receiver) -> Option<Gate<'_>> {
        match receiver {
            Receiver::Supervisor => Some(self.shut(worker)),
            Receiver::Passing => self.try_shut(self.slot(worker)),
        }
    }

    fn try_shut<'a>(&'a self, slot: &'a Slot) -> Option<Gate<'a>> {
        match slot.gate.try_lock() {
            Ok(connection) => Some(Gate::new(self, slot, connection)),
            Err(TryLockError::Poisoned(connection)) => Some(Gate::new(self, slot, connection.into_inner())),
            Err(TryLockError::WouldBlock) => None,
        }
    }

    /// How many workers have work.
    pub(super) fn busy(&self) -> usize {
        self.busy.load(SeqCst)
    }

    fn slot(&self, worker: usize) -> &Slot {
        // Row n holds the workers from 2^n - 1 on.
        let row = (worker + 1).ilog2();
        let first = (1_usize << row) - 1;
        let slots = self.rows[row as usize].get_or_init(|| (0..=first).map(|_| Slot::default()).collect());
        &slots[worker - first]
    }
}

impl<'a> Gate<'a> {
    fn new(slots: &'a Slots, slot: &'a Slot, connection: MutexGuard<'a, Option<Box<Connection>>>) -> Self {
        let was_busy = connection.as_ref().is_some_and(|connection| connection.is_busy());
        Self { slots, slot, connection: Some(connection), was_busy, polling: None }
    }

    /// The connection, if there is a worker.
    pub(super) fn connection(&mut self) -> Option<&mut Connection> {
        self.connection.as_mut()?.as_deref_mut()
    }

    /// Says that a worker that sleeps need not ring for its next reply, if that comes before the gate is open: on one
    /// CPU it runs as soon as it is called, and the reply is there before the caller goes on. One that is awake runs
    /// elsewhere, and is not to be kept from its memory.
    pub(super) fn poll(&mut self) {
        let inbox = self.connection().map(|connection| connection.inbox());
        self.polling = inbox.filter(|inbox| inbox.signals().child_sleeps()).map(Inbox::poll);
    }

    /// Connects a worker.
    pub(super) fn connect(&mut self, connection: Box<Connection>) {
        if let Some(place) = &mut self.connection {
            **place = Some(connection);
        }
    }

    /// Takes the connection of a worker that is gone.
    pub(super) fn disconnect(&mut self) -> Option<Box<Connection>> {
        self.connection.as_mut()?.take()
    }

    /// Opens the gate.
    pub(super) fn open(mut self) -> Opened<'a> {
        let guard = self.connection.take();
        let connection = guard.as_ref().and_then(|connection| connection.as_deref());
        match (self.was_busy, connection.is_some_and(Connection::is_busy)) {
            (false, true) => drop(self.slots.busy.fetch_add(1, SeqCst)),
            (true, false) => drop(self.slots.busy.fetch_sub(1, SeqCst)),
            _ => {}
        }
        let inbox = connection.map(|connection| Arc::clone(connection.inbox()));
        drop(guard);
        Opened { slots: self.slots, slot: self.slot, inbox, polling: self.polling.take(), looked: false }
    }
}

impl Drop for Gate<'_> {
    fn drop(&mut self) {
        debug_assert!(self.connection.is_none() || std::thread::panicking(), "a gate opens by `open` alone");
    }
}

impl<'a> Opened<'a> {
    /// Looks for a reply that is for that receiver, and shuts the gate again to receive it; `None` if there
    /// is none, or it is another's now.
    pub(super) fn look_again(mut self, receiver: Receiver) -> Option<Gate<'a>> {
        self.looked = true;
        // Of a reply that came before no one was told.
        drop(self.polling.take());
        let (slots, slot) = (self.slots, self.slot);
        if left_out(Step::LookAfterOpening) || !self.inbox.take()?.has_reply_for(receiver) {
            return None;
        }
        match receiver {
            Receiver::Supervisor => {
                let connection = slot.gate.lock().unwrap_or_else(PoisonError::into_inner);
                Some(Gate::new(slots, slot, connection))
            }
            Receiver::Passing => slots.try_shut(slot),
        }
    }
}

impl Drop for Opened<'_> {
    fn drop(&mut self) {
        debug_assert!(self.looked || std::thread::panicking(), "who opens a gate looks again");
    }
}
