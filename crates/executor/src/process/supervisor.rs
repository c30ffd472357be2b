//! A worker's supervisor, a thread of the pool: starts the process, sees its end, and puts another in its
//! place where that is wanted.
//!
//! While the worker lives the supervisor sleeps, and receives its replies where no other thread does. It is
//! the only one to see a death, and others may wait for that: it runs no callbacks, and where what decodes a
//! result waits for another, a second thread goes on in its place.

use std::sync::{Arc, PoisonError};

use super::child::{Child, Lost};
use super::connection::{Connection, Legacy};
use super::inbox::{Inbox, Receiver};
use super::item::Item;
use super::live::Stop;
use super::poller::ReplyPoller;
use super::pool::{Broken, Followup, Pool};
use super::scheduler::PATIENCE;
use super::spinner::Spinner;
use crate::blocking;
use crate::error::{Error, Exit};
use crate::ipc::channel::Channel;
use crate::ipc::doorbell::Ring;
use crate::panics::catch_panic;
use crate::pool::initializer::failed;
use crate::pool::life::WorkerLife;
use crate::pool::policy::OnCrash;
use crate::sync::{Condvar, Mutex, MutexGuard};
use crate::system::clock;
use crate::wire::{Message, read_outcome};

/// What a supervisor is to do next.
enum Step {
    /// Start a worker, which was wanted from that time on and begins with that work.
    Start(u64, Option<Item>),
    /// Receive what the worker replies until it is gone, or told to go.
    Watch(Arc<Channel>),
    /// Reap a worker that is gone.
    Bury,
    /// Wait for work for another.
    Wait,
    /// End: there is no more work, the pool is broken, or the user has ended the workers.
    End,
}

/// What a supervisor is to do next, for the thread that does it.
struct Baton {
    /// `None` when that thread has done all.
    step: Mutex<Option<Step>>,
    ended: Condvar,
}

impl Baton {
    fn lock(&self) -> MutexGuard<'_, Option<Step>> {
        self.step.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A worker that could not be started.
struct NotStarted {
    error: Error,
    /// How its process ended, if there was one.
    exit: Option<(u32, Exit)>,
}

impl From<Error> for NotStarted {
    fn from(error: Error) -> Self {
        Self { error, exit: None }
    }
}

/// A supervisor from its start to its end.
pub(super) fn run(pool: &Arc<Pool>, worker: usize, spawned_ns: u64) {
    // The first worker is started before there is work in hand: if it is slow to come, another may do the
    // work. A further one is started only for work that there is.
    go_on(pool, worker, Step::Start(spawned_ns, None));
}

fn go_on(pool: &Arc<Pool>, worker: usize, step: Step) {
    let supervisor = Supervisor { pool, worker };
    // One that panicked would leave the queue without anyone, and who waits for a task in it would wait for
    // ever.
    if let Err(error) = catch_panic(|| supervisor.go_on(step)) {
        pool.break_with(error).fail_queued();
    }
}

struct Supervisor<'a> {
    pool: &'a Arc<Pool>,
    /// Number of the worker.
    worker: usize,
}

impl Supervisor<'_> {
    fn go_on(&self, mut step: Step) {
        loop {
            let (next, followup) = match step {
                Step::Start(spawned_ns, first) => self.begin(spawned_ns, first),
                Step::Watch(channel) => {
                    let ring = channel.wait();
                    // It may have replied before its end.
                    let followup = self.pool.receive(self.worker, Receiver::Supervisor);
                    (if ring == Ring::Rung { Step::Watch(channel) } else { Step::Bury }, followup)
                }
                Step::Bury => match self.pool.disconnect(self.worker) {
                    Some(connection) => self.bury(*connection),
                    None => (Step::Wait, self.pool.followup()),
                },
                Step::Wait => {
                    let work = self.pool.shell.queue.wait_for_work();
                    let next = work.map_or(Step::End, |item| Step::Start(clock::monotonic_ns(), Some(item)));
                    (next, self.pool.followup())
                }
                Step::End => return,
            };
            let Some(next) = self.finish(next, followup) else { return };
            step = next;
        }
    }

    /// Does what follows, and gives the next step; `None` if another thread has taken that over, because what
    /// decodes a result is about to wait for one.
    fn finish(&self, next: Step, followup: Followup<'_>) -> Option<Step> {
        if !followup.decodes() {
            followup.finish();
            return Some(next);
        }
        let baton = Arc::new(Baton { step: Mutex::new(Some(next)), ended: Condvar::new() });
        let (pool, worker, passed) = (Arc::clone(self.pool), self.worker, Arc::clone(&baton));
        let stand_in = move || {
            pool.take_over(worker, move |pool| {
                if let Some(step) = passed.lock().replace(Step::End) {
                    go_on(pool, worker, step);
                }
                *passed.lock() = None;
                passed.ended.notify_all();
            })
        };
        if !blocking::run(stand_in, || followup.finish()) {
            return baton.lock().take();
        }
        // The system kills a process with the thread that has started it: this one stays as long as the worker
        // may.
        let mut step = baton.lock();
        while step.is_some() {
            step = baton.ended.wait(step).unwrap_or_else(PoisonError::into_inner);
        }
        None
    }

    /// Starts a worker, which begins with that work.
    fn begin(&self, spawned_ns: u64, first: Option<Item>) -> (Step, Followup<'_>) {
        let (child, ready_ns) = match self.start() {
            Ok(started) => started,
            Err(not_started) => return (Step::End, self.give_up(not_started, first)),
        };
        let channel = Arc::clone(child.channel());
        let inbox = Inbox::new(child.signals());
        let poller = ReplyPoller::new(self.pool, self.worker, &inbox);
        let lingering = Spinner::new(PATIENCE.min(self.pool.crew.spin));
        let connection = Connection::new(child, inbox, poller, (spawned_ns, ready_ns), lingering);
        (Step::Watch(channel), self.pool.connect(self.worker, connection, first))
    }

    /// The worker's number as tasks, errors and lives tell it.
    fn known_as(&self) -> usize {
        self.pool.crew.first_worker + self.worker
    }

    fn start(&self) -> Result<(Child, u64), NotStarted> {
        let (worker, crew) = (self.known_as(), &self.pool.crew);
        let name = format!("{}_{worker}", crew.prefix);
        let child = Child::start(worker, &name, (crew.spin, crew.annex), &self.pool.live);
        let mut child = child.map_err(|error| self.pool.shell.not_started(worker, &error))?;
        let mut ready_ns = match child.greet() {
            Ok(ready_ns) => ready_ns,
            Err(error) => return Err(NotStarted { error, exit: child.exit() }),
        };
        if let Some(initializer) = &crew.initializer {
            let lost = |child: &mut Child, lost| {
                let exit = child.bury(lost, self.closed());
                let error = failed(worker, &format!("process {} {exit}", child.id()));
                NotStarted { error, exit: Some((child.id(), exit)) }
            };
            let added = match child.request() {
                Ok(mut request) => request.add(initializer, &[true]).map(|()| request.into_files()),
                Err(reason) => return Err(lost(&mut child, reason)),
            };
            child.send(None, &added.map_err(|error| failed(worker, &error))?);
            match child.await_reply().and_then(|reply| Message::of(reply).ok_or(Lost::Misbehaved)) {
                Ok(reply) => {
                    let outcome =
                        reply.parts_from(0).next().map(|part| read_outcome("initializer", part.content));
                    outcome.transpose().map_err(|error| failed(worker, &error))?;
                }
                Err(reason) => return Err(lost(&mut child, reason)),
            }
            ready_ns = clock::monotonic_ns();
        }
        Ok((child, ready_ns))
    }

    /// There is no worker. To go on trying would be to go on failing, so that it breaks the pool whatever the
    /// policy; but one that was ended on its way is no failure to start.
    fn give_up(&self, not_started: NotStarted, first: Option<Item>) -> Followup<'_> {
        let NotStarted { error, exit } = not_started;
        let ended = match exit {
            Some((pid, exit)) => self.pool.death(self.worker, pid, exit),
            None => error.clone(),
        };
        let broken = match self.pool.signalled() {
            Some(_) => None,
            None => Some(self.pool.break_with(error)),
        };
        // What was to be its first work fails before anyone is told of other failures.
        let mut followup = self.pool.followup();
        if let Some(item) = first {
            followup.requeue(vec![item], || ended.clone());
            self.pool.shell.queue.settle_claim();
        }
        broken.map(Broken::fail_queued);
        followup
    }

    /// Reaps a worker that is gone, and settles what it had.
    fn bury(&self, mut connection: Connection) -> (Step, Followup<'_>) {
        let inbox = Arc::clone(connection.inbox());
        if connection.is_leaving() {
            connection.dismiss();
            self.write_down(&connection);
            inbox.wake();
            return (Step::Wait, self.pool.followup());
        }
        let stopped = self.closed();
        let exit = connection.bury(stopped);
        let pid = self.write_down(&connection);
        let Legacy { receipt, lost, requeue } = connection.into_legacy();
        let signalled = self.pool.signalled().is_some();
        let worker = self.known_as();
        let mut broken = None;
        let next;
        let error = if self.pool.crew.on_crash == OnCrash::FailTaskAndReplace && !stopped {
            next = if signalled { Step::End } else { Step::Wait };
            self.pool.death(self.worker, pid, exit)
        } else if signalled && lost.is_none() {
            // One that the user has ended while it was idle took no task with it.
            next = Step::End;
            self.pool.death(self.worker, pid, exit)
        } else {
            // The pool is broken before its work fails, so that all of it fails with the same reason.
            next = Step::End;
            broken.insert(self.pool.break_with(Error::BrokenPool { worker, pid, exit })).reason()
        };
        let mut followup = self.pool.followup();
        followup.requeue(requeue, || error.clone());
        followup.settle(receipt);
        followup.fail(lost, &error);
        // All that the worker had is settled before anyone is told: a callback of one may wait for another.
        broken.map(Broken::fail_queued);
        followup.wake(inbox);
        (next, followup)
    }

    /// Writes down the life of a worker that has ended, and gives its process id.
    fn write_down(&self, connection: &Connection) -> u32 {
        let (spawned_ns, ready_ns) = connection.started_ns();
        let ended_ns = clock::monotonic_ns();
        self.pool.shell.lives.add(WorkerLife { worker: self.known_as(), spawned_ns, ready_ns, ended_ns });
        connection.id()
    }

    /// Whether the channels have been ended since the pool broke.
    fn closed(&self) -> bool {
        self.pool.live.stopped() == Some(Stop::Closed)
    }
}
