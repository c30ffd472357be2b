//! A worker at its place: what it has been sent, and what comes back.

use std::mem;
use std::ops::Range;
use std::sync::Arc;

use super::child::{Child, Lost};
use super::dispatch::Item;
use super::link::{Afterwards, Link, Receiver};
use super::pace::Pace;
use super::spinner::Spinner;
use super::worker::SMALL;
use crate::attachments::Attachment;
use crate::error::{Error, Exit};
use crate::future::deadline::Deadline;
use crate::future::state::Attend;
use crate::ipc::channel::Channel;
use crate::ipc::mailbox::Signals;
use crate::sync::atomic::{AtomicU32, Ordering::SeqCst};
use crate::sync::{Step, left_out};
use crate::wire::{Answer, Encoded, Parts};
use crate::work::{Replies, Work};

/// As much as a request holds before no further task goes with it, in bytes. A share of the nearest
/// caches: more at a time is no faster.
pub(super) const FULL: usize = 64 << 10;

/// A worker at its place.
pub(super) struct Station {
    pub(super) child: Child,
    pub(super) spawned_ns: u64,
    pub(super) ready_ns: u64,
    pub(super) post: Arc<Post>,
    there: Arc<dyn Attend>,
    sent: Vec<Sent>,
    /// Whether what was sent is several pieces of work, of which the worker may give some back.
    together: bool,
    /// Parts of the reply to it that have been received before it was published.
    received: usize,
    pub(super) pace: Pace,
    /// Pieces of work that it has been sent.
    pub(super) pieces: usize,
    pub(super) standing: Standing,
}

/// What is expected of a worker.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
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
}

/// Work that is settled, and work that is to go back to the queue.
type Outcome = (Vec<Work>, Vec<Item>);

impl Station {
    pub(super) fn new(link: &Arc<Link>, child: Child, spawned_ns: u64, ready_ns: u64) -> Self {
        let signals = Arc::clone(child.signals());
        let received = AtomicU32::new(signals.replied());
        let spinner = Spinner::new(link.pool.crew.spin);
        let post = Arc::new(Post { link: Arc::clone(link), signals, received, spinner });
        let there: Arc<dyn Attend> = Arc::clone(&post) as _;
        let (sent, together, received, pace) = Default::default();
        let standing = Standing::Serving;
        Self { child, spawned_ns, ready_ns, post, there, sent, together, received, pace, pieces: 0, standing }
    }

    /// Whether it has work.
    pub(super) fn is_occupied(&self) -> bool {
        !self.sent.is_empty()
    }

    /// Whether it can be given work.
    pub(super) fn is_free(&self) -> bool {
        self.standing == Standing::Serving && !self.is_occupied()
    }

    /// Sends it work, as far as there is something to send: what was cancelled, or cannot be encoded,
    /// is settled instead.
    pub(super) fn send(&mut self, items: Vec<Item>) -> Outcome {
        let (mut settled, mut returned) = Outcome::default();
        if items.is_empty() {
            return (settled, returned);
        }
        let Ok(mut request) = self.child.request() else {
            self.misbehaved();
            return (settled, items);
        };
        for mut item in items {
            if request.len() > FULL {
                returned.push(item);
                continue;
            }
            let (start, tasks, files) = (request.len(), request.tasks(), request.files().len());
            request.next_piece();
            match &item.encoded {
                None => item.work.send(&mut request, &self.there),
                Some(encoded) => {
                    if item.work.send_again(&self.there) && !request.add_again(encoded) {
                        item.work.take_back();
                        returned.push(item);
                        continue;
                    }
                }
            }
            let tasks = request.tasks() - tasks;
            if tasks == 0 {
                settled.push(item.work);
            } else {
                let files = request.files()[files..].to_vec();
                self.sent.push(Sent { work: item.work, tasks, place: start..request.len(), files });
            }
        }
        if self.sent.is_empty() {
            return (settled, returned);
        }
        (self.together, self.received) = (self.sent.len() > 1, 0);
        if self.together {
            request.answer(Answer::InPart);
        }
        let files = request.into_files();
        self.pieces += self.sent.len();
        self.post.link.pool.occupied.fetch_add(1, SeqCst);
        self.child.send(&files);
        (settled, returned)
    }

    /// Settles what it has replied, which must be there. The gate is shut, so that those concerned are
    /// to be told later.
    pub(super) fn receive(&mut self) -> Outcome {
        let number = self.post.signals.replied();
        let busy_ns = self.post.signals.busy_ns();
        let expected = self.received + self.tasks();
        let channel = Arc::clone(self.child.channel());
        let parts = self.child.reply().and_then(|reply| Parts::of(reply).ok_or(Lost::Misbehaved));
        let settled = parts.ok().and_then(|parts| {
            let count = parts.clone().count();
            let proper =
                count == expected || self.together && count >= self.received.max(1) && count < expected;
            proper.then(|| {
                self.pace.note(busy_ns, count);
                settle(&mut self.sent, self.received..count, parts, &channel)
            })
        });
        self.post.received.store(number, SeqCst);
        let Some(settled) = settled else {
            self.misbehaved();
            return Outcome::default();
        };
        self.post.link.pool.occupied.fetch_sub(1, SeqCst);
        (settled, self.take_back(0))
    }

    /// Sees to work that went together and takes long, because one of its tasks does: settles what is
    /// done of it, and takes back what is not begun.
    pub(super) fn relieve(&mut self) -> Outcome {
        if !self.together || self.sent.len() < 2 || self.post.reply_waits() {
            return Outcome::default();
        }
        let begun = self.post.signals.stop();
        let channel = Arc::clone(self.child.channel());
        let parts = self.child.remains();
        // One stays: while there is something sent, a reply is to come.
        let done = parts.clone().count().min(self.received + self.sent.len() - 1);
        let settled = settle(&mut self.sent, self.received..done, parts, &channel);
        self.received = done;
        if !settled.is_empty() {
            self.post.signals.wake();
        }
        let keep = begun.saturating_sub(done).clamp(1, self.sent.len());
        (settled, self.take_back(keep))
    }

    /// Tasks of which the outcome has not been received.
    fn tasks(&self) -> usize {
        self.sent.iter().map(|sent| sent.tasks).sum()
    }

    /// Takes back what has been sent but for the first pieces, to be sent again.
    fn take_back(&mut self, keep: usize) -> Vec<Item> {
        let request = self.child.latest();
        let take_back = |mut sent: Sent| {
            sent.work.take_back();
            let Sent { work, tasks, place, files } = sent;
            Item { work, encoded: Some(Encoded { bytes: request[place].into(), tasks, files }) }
        };
        let items: Vec<Item> = self.sent.drain(keep..).map(take_back).collect();
        self.pieces -= items.len();
        if !items.is_empty() {
            // Who waits for it there waits in vain.
            self.post.signals.wake();
        }
        items
    }

    /// Tells it to leave. It must have nothing to do.
    pub(super) fn leave(&mut self) {
        self.standing = Standing::Leaving;
        self.child.channel().close();
    }

    fn misbehaved(&mut self) {
        self.standing = Standing::Misbehaved;
        // The lane wakes and sees to it.
        self.child.channel().close();
    }

    /// How it was lost, if it is.
    pub(super) fn loss(&self) -> Lost {
        if self.standing == Standing::Misbehaved { Lost::Misbehaved } else { Lost::Gone }
    }

    /// What becomes of the work of a worker that has died: what it has done is settled, what it was at
    /// is lost, and what it has not begun can be sent to another.
    pub(super) fn remains(&mut self) -> Remains {
        let mut remains = Remains::default();
        if self.sent.is_empty() {
            return remains;
        }
        self.post.link.pool.occupied.fetch_sub(1, SeqCst);
        if self.standing == Standing::Misbehaved {
            remains.lost = Some(self.sent.remove(0).work);
        } else if self.post.signals.begun() {
            let expected = self.received + self.tasks();
            let channel = Arc::clone(self.child.channel());
            let parts = self.child.remains();
            let count = parts.clone().count();
            // The tasks of a chunk share one fate.
            if self.together || count == expected {
                remains.settled = settle(&mut self.sent, self.received..count, parts, &channel);
            }
            if !self.sent.is_empty() {
                remains.lost = Some(self.sent.remove(0).work);
            }
        }
        remains.returned = self.take_back(0);
        remains
    }

    /// The error of work that it was to have when the user ended it.
    pub(super) fn ended(&self) -> Error {
        let pool = &self.post.link.pool;
        let exit = pool.signalled().map_or(Exit::Unknown, |ending| Exit::Signal(ending.signal()));
        pool.death(self.post.link.worker, self.child.id(), exit)
    }

    /// Wakes those who wait for its replies: there will be none.
    pub(super) fn wake(&self) {
        self.post.signals.wake();
    }
}

/// What is left of the work of a worker that has died.
#[derive(Default)]
pub(super) struct Remains {
    pub(super) settled: Vec<Work>,
    pub(super) lost: Option<Work>,
    pub(super) returned: Vec<Item>,
}

/// Settles the first pieces of work with those outcomes, and leaves the pieces for which there are not
/// enough.
fn settle(
    sent: &mut Vec<Sent>,
    outcomes: Range<usize>,
    mut parts: Parts<'_>,
    channel: &Channel,
) -> Vec<Work> {
    let mut left = outcomes.len();
    if outcomes.start > 0 {
        parts.nth(outcomes.start - 1);
    }
    let mut files = || channel.take_file();
    let mut replies = Replies::new(parts, &mut files);
    let mut settled = Vec::new();
    let mut rest = mem::take(sent).into_iter().peekable();
    while let Some(mut piece) = rest.next_if(|piece| piece.tasks <= left) {
        left -= piece.tasks;
        piece.work.receive_quietly(&mut replies);
        settled.push(piece.work);
    }
    sent.extend(rest);
    settled
}

/// Where a thread that waits for a result looks after the replies of the worker that is to give it.
pub(super) struct Post {
    link: Arc<Link>,
    signals: Arc<Signals>,
    /// Number of the latest reply that has been received.
    received: AtomicU32,
    spinner: Spinner,
}

impl Post {
    /// Whether there is a reply that nobody has received.
    fn reply_waits(&self) -> bool {
        self.signals.replied() != self.received.load(SeqCst)
    }

    /// Whether there is one that is for that receiver.
    pub(super) fn reply_waits_for(&self, receiver: Receiver) -> bool {
        self.reply_waits() && (receiver == Receiver::Lane || self.signals.reply_length() <= SMALL)
    }

    /// Looks after replies until the task is done, the deadline has passed, or somebody else is at it:
    /// then false. True where there is something to see to before one can go on.
    fn look_after(&self, done: &dyn Fn() -> bool, deadline: Deadline, afterwards: &mut Afterwards) -> bool {
        loop {
            let news = self.signals.news();
            if self.reply_waits() {
                afterwards.add(self.link.receive(Receiver::Passing));
                if !afterwards.is_empty() {
                    return true;
                }
                if self.reply_waits() {
                    return false;
                }
            }
            let left = deadline.left();
            if done() || left.is_some_and(|left| left.is_zero()) {
                return false;
            }
            if self.link.pool.may_spin() && self.spinner.spin(left, || self.reply_waits()) {
                continue;
            }
            if !self.signals.sleep(news, left) {
                return false;
            }
        }
    }
}

impl Attend for Post {
    fn attend(&self, done: &dyn Fn() -> bool, deadline: Deadline) {
        // In a copy of the process this would take the reply from the original, and send what that one sends.
        if !self.link.pool.lives.are_here() {
            return;
        }
        loop {
            let mut afterwards = Afterwards::default();
            self.signals.attend();
            let again = self.look_after(done, deadline, &mut afterwards);
            self.signals.leave();
            // A reply that came meanwhile has been rung for to nobody.
            if !left_out(Step::LookAfterLeaving) {
                afterwards.add(self.link.receive(Receiver::Passing));
            }
            // What is seen to is foreign code, and may wait for the worker's next reply. It is not looked
            // after from here meanwhile, and so the lane must be rung for.
            afterwards.see_to_it();
            if !again || done() {
                return;
            }
        }
    }
}
