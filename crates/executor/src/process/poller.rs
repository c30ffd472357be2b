//! How a thread that waits for a result receives it from the worker itself.

use std::sync::{Arc, Weak};

use super::inbox::{Inbox, Receiver};
use super::pool::{Followup, Pool};
use super::spinner::Spinner;
use crate::future::deadline::Deadline;
use crate::future::phase::Poller;
use crate::sync::{Step, left_out};

/// Receives replies of one worker process: that of a number, as long as it lives.
pub(super) struct ReplyPoller {
    /// A future that is forgotten keeps no pool.
    pool: Weak<Pool>,
    worker: usize,
    inbox: Arc<Inbox>,
    spinner: Spinner,
}

/// How polling went.
enum Polled<'a> {
    /// Something is to be done before it can go on.
    Received(Followup<'a>),
    /// It came to its end: what was waited for is there, the time is over, or another thread is at it.
    Ended,
}

impl ReplyPoller {
    pub(super) fn new(pool: &Arc<Pool>, worker: usize, inbox: &Arc<Inbox>) -> Arc<Self> {
        let spinner = Spinner::new(pool.crew.spin);
        Arc::new(Self { pool: Arc::downgrade(pool), worker, inbox: Arc::clone(inbox), spinner })
    }

    fn poll_once<'a>(&self, pool: &'a Arc<Pool>, done: &dyn Fn() -> bool, deadline: Deadline) -> Polled<'a> {
        let signals = self.inbox.signals();
        loop {
            let news = signals.news();
            if self.inbox.has_reply() {
                let followup = pool.receive(self.worker, Receiver::Passing);
                if !followup.is_empty() {
                    return Polled::Received(followup);
                }
                if self.inbox.has_reply() {
                    return Polled::Ended;
                }
            }
            let left = deadline.left();
            if done() || left.is_some_and(|left| left.is_zero()) {
                return Polled::Ended;
            }
            if pool.may_spin() && self.spinner.spin(left, || self.inbox.has_reply()) {
                continue;
            }
            if !signals.sleep(news, left) {
                return Polled::Ended;
            }
        }
    }
}

impl Poller for ReplyPoller {
    fn poll(&self, done: &dyn Fn() -> bool, deadline: Deadline) {
        let Some(pool) = self.pool.upgrade() else { return };
        // In a copy of the process this would take the reply from the original, and send what that one sends.
        if !pool.shell.lives.are_here() {
            return;
        }
        loop {
            self.inbox.signals().poll();
            let polled = self.poll_once(&pool, done, deadline);
            self.inbox.signals().leave();
            // Of a reply that came since, no one was told. What follows from replies is user code, and may
            // wait for the worker's next one: the supervisor must be told of that.
            let last =
                (!left_out(Step::LookAfterPolling)).then(|| pool.receive(self.worker, Receiver::Passing));
            let again = matches!(polled, Polled::Received(_));
            if let Polled::Received(followup) = polled {
                followup.finish();
            }
            if let Some(last) = last {
                last.finish();
            }
            if !again || done() {
                return;
            }
        }
    }
}
