//! A process pool: its scheduler, its slots, and what leads from one to the other.
//!
//! Who comes by, to submit work or to wait for a result, does what is to be done: behind a worker's gate it
//! receives the reply and sends the next work; when the gate is open it tells other workers, and settles
//! futures. User code runs after that.

use std::sync::Arc;
use std::time::Duration;

use super::backlog::Taken;
use super::callbacks::Callbacks;
use super::connection::{Connection, Outcome};
use super::inbox::{Inbox, Receiver};
use super::item::Item;
use super::live::{LiveWorkers, Stop};
use super::receipt::Receipt;
use super::scheduler::{Next, Requeued, Scheduler};
use super::slot::{Gate, Slots};
use super::spinner::Spinner;
use crate::error::{Error, Exit};
use crate::ipc::arena::Arena;
use crate::ipc::channel::Ending;
use crate::pool::life::Visit;
use crate::pool::policy::{CancelFutures, OnCrash, Wait};
use crate::pool::shell::{Refused, Shell};
use crate::sync::atomic::{AtomicBool, AtomicUsize};
use crate::wire::Encoded;
use crate::work::{Deferred, Work};

/// What was chosen for the workers of a pool.
pub(super) struct Crew {
    pub(super) prefix: String,
    /// What the workers' numbers begin with, as they know them themselves.
    pub(super) first_worker: usize,
    pub(super) initializer: Option<Encoded>,
    /// Pieces of work after which a worker is replaced.
    pub(super) task_limit: usize,
    pub(super) on_crash: OnCrash,
    /// Whether long bytes of results come apart from the others.
    pub(super) annex: bool,
    /// How long a thread that submits may wait for workers to take long arguments.
    pub(super) room: Duration,
    /// How long workers, and threads that wait for them, may keep a CPU busy before they sleep.
    pub(super) spin: Duration,
    /// CPUs that this process may use.
    pub(super) cpus: usize,
    /// Starts the worker of a number, which was wanted from that time on, and puts others in its place, until
    /// there is no more work.
    pub(super) supervise: fn(&Arc<Pool>, usize, u64),
}

pub(super) struct Pool {
    pub(super) crew: Crew,
    pub(super) shell: Shell<Scheduler>,
    pub(super) slots: Slots,
    pub(super) live: Arc<LiveWorkers>,
    pub(super) callbacks: Callbacks,
    /// Where long arguments stand.
    pub(super) arena: Arc<Arena>,
    /// Whether it is worth while to wait until workers have taken some of them.
    pub(super) crowding: Spinner,
    /// Supervisors that run.
    pub(super) supervisors: AtomicUsize,
    /// Whether the thread has been started that recalls late batches.
    pub(super) recalls: AtomicBool,
}

/// What follows from what was done behind a gate, and is to be done when it is open: it is user code, or
/// leads through other gates.
#[must_use = "futures wait for it"]
pub(super) struct Followup<'a> {
    pool: &'a Arc<Pool>,
    visit: Visit<'a>,
    receipts: Vec<Receipt>,
    settled: Vec<Work>,
    /// Idle workers that are to fetch work.
    refill: Vec<usize>,
    /// Of a worker that is gone.
    inbox: Option<Arc<Inbox>>,
}

impl Pool {
    pub(super) fn new(max: usize, crew: Crew) -> Arc<Self> {
        let shell = Shell::new(max, Scheduler::default());
        let crowding = Spinner::new(crew.room);
        let (slots, live, callbacks, arena, supervisors, recalls) = Default::default();
        Arc::new(Self { crew, shell, slots, live, callbacks, arena, crowding, supervisors, recalls })
    }

    /// Gives work to an idle worker or queues it, and starts a worker for it if there is none.
    pub(super) fn push(self: &Arc<Self>, item: Item) -> Result<(), Error> {
        match self.shell.push(item, |worker| self.launch_supervisor(worker)) {
            Ok(None) => Ok(()),
            Ok(Some((worker, item))) => {
                let mut followup = self.followup();
                followup.serve(worker, item);
                followup.finish();
                Ok(())
            }
            Err(Refused::Closed(reason)) => Err(reason),
            Err(Refused::NoThread(error)) => Err(self.break_with(error).fail_queued()),
        }
    }

    /// Connects a worker that is ready and idle, and gives it that work, or what is queued.
    pub(super) fn connect(
        self: &Arc<Self>,
        worker: usize,
        connection: Connection,
        first: Option<Item>,
    ) -> Followup<'_> {
        let mut followup = self.followup();
        let mut gate = self.slots.shut(worker);
        gate.connect(Box::new(connection));
        followup.open(worker, gate, Receiver::Passing);
        match first {
            Some(item) => followup.serve(worker, item),
            None => followup.refill.push(worker),
        }
        followup
    }

    /// Takes the connection of a worker that is gone.
    pub(super) fn disconnect(&self, worker: usize) -> Option<Box<Connection>> {
        let mut gate = self.slots.shut(worker);
        let connection = gate.disconnect();
        // Nothing is left here to be received: what the worker replied goes with the connection.
        let nothing = gate.open().look_again(Receiver::Supervisor);
        debug_assert!(nothing.is_none(), "there is a reply and no worker");
        self.shell.queue.forget(worker);
        connection
    }

    /// Receives what the worker has replied and gives it the next work, unless another thread does.
    pub(super) fn receive(self: &Arc<Self>, worker: usize, receiver: Receiver) -> Followup<'_> {
        let mut followup = self.followup();
        // Who is inside looks again after opening the gate.
        if let Some(mut gate) = self.slots.shut_for(worker, receiver) {
            followup.receive(worker, &mut gate, receiver);
            followup.open(worker, gate, receiver);
        }
        followup
    }

    /// Recalls the batch of a worker that takes long, for others who have time for it.
    pub(super) fn recall(self: &Arc<Self>, worker: usize) {
        let mut followup = self.followup();
        let mut gate = self.slots.shut(worker);
        if let Some(connection) = gate.connection() {
            let outcome = connection.recall();
            let pid = connection.id();
            followup.add(outcome, || self.ended(worker, pid));
        }
        followup.open(worker, gate, Receiver::Passing);
        followup.finish();
    }

    /// Takes no more work. What is queued is finished or cancelled; waiting is until every worker has ended.
    pub(super) fn shutdown(self: &Arc<Self>, wait: Wait, queued: CancelFutures) {
        let Some(closed) = self.shell.close(queued) else { return };
        for closed in closed {
            self.dismiss(&closed.idle);
            self.defer(Work::cancel_all(closed.cancelled));
        }
        if wait == Wait::Yes {
            self.shell.join();
        }
    }

    /// Lets idle workers go.
    fn dismiss(self: &Arc<Self>, idle: &[usize]) {
        for &worker in idle {
            let mut followup = self.followup();
            let mut gate = self.slots.shut(worker);
            if let Some(connection) = gate.connection().filter(|connection| connection.is_free()) {
                connection.leave();
            }
            followup.open(worker, gate, Receiver::Passing);
            followup.finish();
        }
    }

    /// Breaks the pool: the other workers are stopped. What was queued is to be failed as soon as what the
    /// caller has is settled, because a callback may wait for that.
    pub(super) fn break_with(self: &Arc<Self>, error: Error) -> Broken<'_> {
        let broken = self.shell.break_with(error);
        self.live.close_all();
        Broken { pool: self, broken }
    }

    /// The error of the work that a worker took with it.
    pub(super) fn death(&self, worker: usize, pid: u32, exit: Exit) -> Error {
        let worker = self.crew.first_worker + worker;
        match self.crew.on_crash {
            OnCrash::BreakPool => Error::BrokenPool { worker, pid, exit },
            OnCrash::FailTaskAndReplace => Error::WorkerDied { worker, pid, exit },
        }
    }

    /// The error of work that a worker was to have when the user ended it.
    pub(super) fn ended(&self, worker: usize, pid: u32) -> Error {
        let exit = self.signalled().map_or(Exit::Unknown, |ending| Exit::Signal(ending.signal()));
        self.death(worker, pid, exit)
    }

    /// How the user has ended the workers, if so.
    pub(super) fn signalled(&self) -> Option<Ending> {
        match self.live.stopped() {
            Some(Stop::Signalled(ending)) => Some(ending),
            _ => None,
        }
    }

    /// Whether a CPU is likely to be free for a thread that waits with the CPU in hand.
    pub(super) fn may_spin(&self) -> bool {
        !self.crew.spin.is_zero() && self.slots.busy() < self.crew.cpus
    }

    /// Nothing so far. To be made before a gate is shut.
    pub(super) fn followup(self: &Arc<Self>) -> Followup<'_> {
        let (receipts, settled, refill, inbox) = Default::default();
        Followup { pool: self, visit: self.shell.lives.visit(), receipts, settled, refill, inbox }
    }
}

impl Followup<'_> {
    /// Opens a gate, and receives what has been left to this thread while it was shut.
    pub(super) fn open(&mut self, worker: usize, gate: Gate<'_>, receiver: Receiver) {
        let mut opened = gate.open();
        while let Some(mut gate) = opened.look_again(receiver) {
            self.receive(worker, &mut gate, receiver);
            opened = gate.open();
        }
    }

    /// Sends work to a worker that was idle and has been claimed for it. If it is there no more, or another is
    /// in its place and has work, this goes back to the queue.
    fn serve(&mut self, worker: usize, item: Item) {
        let pool = self.pool;
        let mut gate = pool.slots.shut(worker);
        gate.poll();
        pool.shell.queue.unlist(worker);
        match gate.connection() {
            Some(connection) if connection.is_free() => self.occupy(worker, connection, item.into()),
            _ => self.requeue(vec![item], || Error::Cancelled),
        }
        self.open(worker, gate, Receiver::Passing);
        pool.shell.queue.settle_claim();
    }

    /// Receives the reply, if there is one for this receiver, and sends the next work.
    fn receive(&mut self, worker: usize, gate: &mut Gate<'_>, receiver: Receiver) {
        let Some(connection) = gate.connection() else { return };
        if !connection.inbox().has_reply_for(receiver) {
            return;
        }
        let outcome = connection.receive();
        let pid = connection.id();
        let pool = self.pool;
        // Where threads look for results, each of these is soon to be waited for.
        let lingers = receiver == Receiver::Supervisor
            && connection.pace().is_short()
            && outcome.receipt.as_ref().is_some_and(|receipt| !receipt.is_awaited());
        self.add(outcome, || pool.ended(worker, pid));
        if lingers && connection.is_serving() {
            pool.shell.queue.linger(connection.lingering());
        }
        if connection.is_serving() {
            self.occupy(worker, connection, Taken::default());
        }
    }

    /// Sends these, or else what is queued, until the worker has something to do; if there is nothing, it is
    /// idle or leaves.
    fn occupy(&mut self, worker: usize, connection: &mut Connection, mut items: Taken) {
        let (pool, pid) = (self.pool, connection.id());
        loop {
            let outcome = connection.send(items);
            self.add(outcome, || pool.ended(worker, pid));
            if connection.is_busy() || !connection.is_serving() {
                return;
            }
            let most = pool.crew.task_limit.saturating_sub(connection.pieces());
            let next = match most {
                0 => Next::Leave,
                most => pool.shell.queue.next(worker, connection.pace(), pool.shell.max(), most),
            };
            match next {
                Next::Serve(next) => {
                    if next.len() > 1 {
                        pool.have_recalls();
                    }
                    items = next;
                }
                Next::Idle => return,
                Next::Leave => return connection.leave(),
            }
        }
    }

    fn add(&mut self, outcome: Outcome, died: impl Fn() -> Error) {
        let Outcome { receipt, settled, requeue } = outcome;
        self.receipts.extend(receipt);
        self.settled.extend(settled);
        self.requeue(requeue, died);
    }

    /// Puts work back to the queue. In a broken pool it fails. Where the user has ended the workers it is
    /// cancelled; what cannot be, because it has been seen running, fails with that error.
    pub(super) fn requeue(&mut self, items: Vec<Item>, died: impl Fn() -> Error) {
        if self.pool.signalled().is_some() {
            for Item { work, .. } in items {
                work.cancel_quietly();
                work.fail_quietly(&died());
                self.settled.push(work);
            }
            return;
        }
        match self.pool.shell.queue.requeue(items) {
            Ok(Requeued { refill, cancelled }) => {
                cancelled.iter().for_each(Work::cancel_quietly);
                self.refill.extend(refill);
                self.settled.extend(cancelled);
            }
            Err((reason, items)) => {
                self.settled.extend(
                    items.into_iter().map(|item| item.work).inspect(|work| work.fail_quietly(&reason)),
                );
            }
        }
    }

    /// What follows from a reply.
    pub(super) fn settle(&mut self, receipt: Option<Receipt>) {
        self.receipts.extend(receipt);
    }

    /// Fails work.
    pub(super) fn fail(&mut self, work: Option<Work>, error: &Error) {
        self.settled.extend(work.into_iter().inspect(|work| work.fail_quietly(error)));
    }

    /// Wakes those who poll for replies, when all is settled: there will be none.
    pub(super) fn wake(&mut self, inbox: Arc<Inbox>) {
        self.inbox = Some(inbox);
    }

    /// Whether a result is to be decoded, which is user code.
    pub(super) fn decodes(&self) -> bool {
        !self.receipts.is_empty() || !self.refill.is_empty()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.receipts.is_empty() && self.settled.is_empty() && self.refill.is_empty()
    }

    /// Does what is to be done. The workers come first: user code may wait for what is to be done by them. It
    /// decodes results, and must not be called where this thread polls, or has a gate; other user code is
    /// handed to the thread for it.
    pub(super) fn finish(mut self) {
        while let Some(worker) = self.refill.pop() {
            let mut gate = self.pool.slots.shut(worker);
            self.pool.shell.queue.unlist(worker);
            if let Some(connection) = gate.connection().filter(|connection| connection.is_free()) {
                self.occupy(worker, connection, Taken::default());
            }
            self.open(worker, gate, Receiver::Passing);
        }
        let mut deferred = Deferred::default();
        self.visit.run(|| self.receipts.into_iter().for_each(|receipt| receipt.settle(&mut deferred)));
        self.settled.into_iter().for_each(|work| deferred.release(work));
        self.inbox.iter().for_each(|inbox| inbox.wake());
        self.pool.defer(deferred);
    }
}

/// A pool that has just been broken.
#[must_use = "what was queued is to be failed"]
pub(super) struct Broken<'a> {
    pool: &'a Arc<Pool>,
    broken: crate::pool::door::Broken<Vec<usize>>,
}

impl Broken<'_> {
    /// Why it is broken: the first reason that there was.
    pub(super) fn reason(&self) -> Error {
        self.broken.reason.clone()
    }

    /// Settles what was queued with the reason, and returns that; the idle workers leave.
    pub(super) fn fail_queued(self) -> Error {
        let reason = self.reason();
        self.pool.dismiss(&self.broken.idle);
        self.pool.defer(self.broken.fail_queued());
        reason
    }
}
