//! The connection to one worker: what it has been sent, and what comes back.
//!
//! It knows its own worker alone. What follows from a reply, it gives out: it is used behind a gate, where no
//! user code may run.

use std::ops::Range;
use std::sync::Arc;

use super::backlog::Taken;
use super::child::{Child, Lost};
use super::inbox::Inbox;
use super::item::Item;
use super::pace::Pace;
use super::receipt::Receipt;
use super::spinner::Spinner;
use crate::attachments::Attachment;
use crate::error::{Error, Exit};
use crate::future::phase::Poller;
use crate::ipc::arena::Extents;
use crate::wire::{Answer, Encoded, Message};
use crate::work::Work;

/// As much as a request holds before no further task goes with it, in bytes. A share of the nearest
/// caches: more at a time is no faster.
pub(super) const FULL: usize = 64 << 10;

/// The connection to one worker.
pub(super) struct Connection {
    child: Child,
    spawned_ns: u64,
    ready_ns: u64,
    inbox: Arc<Inbox>,
    /// By which threads that wait for a result receive it.
    poller: Arc<dyn Poller>,
    sent: Vec<Sent>,
    /// Whether what was sent is a batch: several pieces of work, of which the worker may give some back.
    is_batch: bool,
    /// Parts of the reply to it that have been received before it was published.
    received: usize,
    pace: Pace,
    /// Whether it is worth while to wait for more short tasks before it is idle.
    lingering: Spinner,
    /// Pieces of work that it has been sent.
    pieces: usize,
    standing: Standing,
}

/// What is expected of a worker.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Standing {
    /// It serves.
    Serving,
    /// It has nothing to do and was told to leave.
    Leaving,
    /// It gave no proper reply.
    Misbehaved,
}

/// Work that a worker has been sent.
struct Sent {
    work: Work,
    /// How many of its tasks.
    tasks: usize,
    /// Where they stand in the request.
    place: Range<usize>,
    files: Vec<Attachment>,
    /// Where their long bytes stand. No one else may use that until they are settled.
    extents: Extents,
}

/// What follows from sending or receiving.
#[derive(Default)]
pub(super) struct Outcome {
    pub(super) receipt: Option<Receipt>,
    /// Work that is settled without a reply.
    pub(super) settled: Vec<Work>,
    /// Work that is to go back to the queue.
    pub(super) requeue: Vec<Item>,
}

/// What a worker leaves that has died.
#[derive(Default)]
pub(super) struct Legacy {
    /// What it had done.
    pub(super) receipt: Option<Receipt>,
    /// What it was at.
    pub(super) lost: Option<Work>,
    /// What it had not begun.
    pub(super) requeue: Vec<Item>,
}

impl Connection {
    /// The connection to a worker that is ready, and was idle so far.
    pub(super) fn new(
        child: Child,
        inbox: Arc<Inbox>,
        poller: Arc<dyn Poller>,
        (spawned_ns, ready_ns): (u64, u64),
        lingering: Spinner,
    ) -> Self {
        let (sent, is_batch, received, pace, pieces) = Default::default();
        let standing = Standing::Serving;
        Self {
            child,
            spawned_ns,
            ready_ns,
            inbox,
            poller,
            sent,
            is_batch,
            received,
            pace,
            lingering,
            pieces,
            standing,
        }
    }

    /// The numbers of its replies.
    pub(super) fn inbox(&self) -> &Arc<Inbox> {
        &self.inbox
    }

    /// By which threads that wait for a result receive it.
    pub(super) fn poller(&self) -> Arc<dyn Poller> {
        Arc::clone(&self.poller)
    }

    /// Whether it has work.
    pub(super) fn is_busy(&self) -> bool {
        !self.sent.is_empty()
    }

    /// Whether it takes work, now or later.
    pub(super) fn is_serving(&self) -> bool {
        self.standing == Standing::Serving
    }

    /// Whether it was told to leave, when it had nothing to do.
    pub(super) fn is_leaving(&self) -> bool {
        self.standing == Standing::Leaving
    }

    /// Whether it can be given work.
    pub(super) fn is_free(&self) -> bool {
        self.is_serving() && !self.is_busy()
    }

    /// How long its tasks take.
    pub(super) fn pace(&self) -> &Pace {
        &self.pace
    }

    /// Whether it is worth while to wait for more short tasks before it is idle.
    pub(super) fn lingering(&self) -> &Spinner {
        &self.lingering
    }

    /// Pieces of work that it has been sent.
    pub(super) fn pieces(&self) -> usize {
        self.pieces
    }

    /// The process id.
    pub(super) fn id(&self) -> u32 {
        self.child.id()
    }

    /// When the pool began to start it, and when it was ready.
    pub(super) fn started_ns(&self) -> (u64, u64) {
        (self.spawned_ns, self.ready_ns)
    }

    /// Sends it work, as far as there is something to send: what was cancelled, or has no room, is settled
    /// instead. It must be free.
    pub(super) fn send(&mut self, items: Taken) -> Outcome {
        let mut outcome = Outcome::default();
        if items.is_empty() {
            return outcome;
        }
        let Ok(mut request) = self.child.request() else {
            self.misbehaved();
            outcome.requeue = items.into_iter().collect();
            return outcome;
        };
        let mut keep = Vec::new();
        for item in items {
            if request.len() > FULL {
                outcome.requeue.push(item);
                continue;
            }
            keep.clear();
            item.work.begin(&self.poller, |runs| keep.push(runs));
            let tasks = keep.iter().filter(|runs| **runs).count();
            if tasks == 0 {
                outcome.settled.push(item.work);
                continue;
            }
            let (start, files) = (request.len(), request.files());
            match request.add(&item.encoded, &keep) {
                Ok(()) => {
                    let (place, files) = (start..request.len(), request.files_from(files));
                    let Item { work, encoded } = item;
                    self.sent.push(Sent { work, tasks, place, files, extents: encoded.into_extents() });
                }
                // Another request may have room for what this one has not.
                Err(_) if !request.is_empty() => {
                    item.work.take_back();
                    outcome.requeue.push(item);
                }
                Err(error) => {
                    let (task, reason) = (item.work.name().to_string(), error.to_string());
                    let reason = format!("there is no room for it in a message: {reason}");
                    item.work.fail_quietly(&Error::Transfer { task, reason });
                    outcome.settled.push(item.work);
                }
            }
        }
        if self.sent.is_empty() {
            return outcome;
        }
        (self.is_batch, self.received) = (self.sent.len() > 1, 0);
        // A worker that has not got it for want of a descriptor may get it the next time.
        let needed =
            self.sent.iter().find(|sent| !sent.extents.is_empty() && !self.inbox.signals().has_arena());
        let ground = needed.and_then(|sent| sent.extents.ground());
        request.begins_with(if self.is_batch { Answer::InPart } else { Answer::InFull }, ground.is_some());
        let files = request.into_files();
        self.pieces += self.sent.len();
        self.child.send(ground.as_ref(), &files);
        outcome
    }

    /// Receives the reply, which must be there.
    pub(super) fn receive(&mut self) -> Outcome {
        let busy_ns = self.inbox.signals().busy_ns();
        let expected = self.received + self.tasks();
        let is_proper = |count: usize| {
            count == expected || self.is_batch && count >= self.received.max(1) && count < expected
        };
        let proper = self.child.reply().ok().filter(|reply| is_proper(reply.len()));
        let receipt = proper.map(|reply| {
            self.pace.note(busy_ns, reply.len());
            self.take_outcomes(self.received..reply.len(), reply)
        });
        self.inbox.receive();
        let Some(receipt) = receipt else {
            self.misbehaved();
            return Outcome::default();
        };
        Outcome { receipt, settled: Vec::new(), requeue: self.take_back(0) }
    }

    /// Recalls a batch that takes long, because one of its tasks does: receives what is done of it, and takes
    /// back what is not begun.
    pub(super) fn recall(&mut self) -> Outcome {
        if !self.is_batch || self.sent.len() < 2 || self.inbox.has_reply() {
            return Outcome::default();
        }
        let begun = self.inbox.signals().stop();
        let reply = self.child.reply_so_far();
        // One stays: while there is something sent, a reply is to come.
        let done = reply.len().min(self.received + self.sent.len() - 1);
        let receipt = self.take_outcomes(self.received..done, reply);
        self.received = done;
        let keep = begun.saturating_sub(done).clamp(1, self.sent.len());
        Outcome { receipt, settled: Vec::new(), requeue: self.take_back(keep) }
    }

    /// Tasks of which the outcome has not been received.
    fn tasks(&self) -> usize {
        self.sent.iter().map(|sent| sent.tasks).sum()
    }

    /// Takes back what has been sent but for the first pieces, to be sent again.
    fn take_back(&mut self, keep: usize) -> Vec<Item> {
        let child = &self.child;
        let take_back = |sent: Sent| {
            sent.work.take_back();
            let encoded = Encoded::again(child.latest(sent.place), &sent.files, sent.extents);
            Item { encoded, work: sent.work }
        };
        let items: Vec<Item> = self.sent.drain(keep..).map(take_back).collect();
        self.pieces -= items.len();
        if !items.is_empty() {
            // Who waits for it there waits in vain.
            self.inbox.wake();
        }
        items
    }

    /// Takes those outcomes of the first pieces of work, and leaves the pieces for which there are not enough.
    fn take_outcomes(&mut self, outcomes: Range<usize>, reply: Message) -> Option<Receipt> {
        let (mut count, most) = (0, outcomes.len());
        let fitting = |piece: &&Sent| {
            let fits = count + piece.tasks <= most;
            count += if fits { piece.tasks } else { 0 };
            fits
        };
        let pieces = self.sent.iter().take_while(fitting).count();
        let mut extents = Extents::default();
        let mut take = |piece: Sent| {
            extents.append(piece.extents);
            piece.work
        };
        let work = self.sent.drain(..pieces).map(&mut take).collect();
        let outcomes = outcomes.start..outcomes.start + count;
        let apart = self.child.apart(&reply, outcomes.clone());
        (count > 0)
            .then(|| Receipt::new((work, extents), reply, outcomes, apart, self.child.channel(), &self.inbox))
    }

    /// Tells it to leave. It must have nothing to do.
    pub(super) fn leave(&mut self) {
        self.standing = Standing::Leaving;
        self.child.channel().close();
    }

    fn misbehaved(&mut self) {
        self.standing = Standing::Misbehaved;
        // Its supervisor wakes.
        self.child.channel().close();
    }

    /// Reaps a worker that has left.
    pub(super) fn dismiss(&mut self) {
        self.child.dismiss();
    }

    /// Reaps a worker that is lost and says how it ended. `stopped` tells that the pool itself has ended the
    /// channel: then there is nothing to wait for.
    pub(super) fn bury(&mut self, stopped: bool) -> Exit {
        let lost = if self.standing == Standing::Misbehaved { Lost::Misbehaved } else { Lost::Gone };
        self.child.bury(lost, stopped)
    }

    /// What becomes of the work of a worker that has died: what it has done is received, what it was at is
    /// lost, and what it has not begun can be sent to another.
    pub(super) fn into_legacy(mut self) -> Legacy {
        let mut legacy = Legacy::default();
        if self.sent.is_empty() {
            return legacy;
        }
        if self.standing == Standing::Misbehaved {
            legacy.lost = Some(self.sent.remove(0).work);
        } else if self.inbox.signals().begun() {
            let expected = self.received + self.tasks();
            let reply = self.child.reply_so_far();
            let count = reply.len();
            // The tasks of a chunk share one fate.
            if self.is_batch || count == expected {
                let done = self.received..count.max(self.received);
                legacy.receipt = self.take_outcomes(done, reply);
            }
            if !self.sent.is_empty() {
                legacy.lost = Some(self.sent.remove(0).work);
            }
        }
        legacy.requeue = self.take_back(0);
        legacy
    }
}
