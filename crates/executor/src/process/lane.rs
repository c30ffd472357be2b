//! A lane of the process pool: starts a worker process, sees it to its end, and puts another in its
//! place where that is wanted.
//!
//! While the worker lives the lane sleeps, and is the one who receives its replies where nobody else
//! does.

use std::sync::Arc;

use super::child::{Child, Lost};
use super::dispatch::{Broken, Item};
use super::link::{Afterwards, Link, Receiver};
use super::pool::Pool;
use super::roster::Stop;
use super::station::{Standing, Station};
use crate::error::Error;
use crate::ipc::channel::Channel;
use crate::ipc::doorbell::Ring;
use crate::pool::initializer::failed;
use crate::pool::life::WorkerLife;
use crate::pool::policy::OnCrash;
use crate::system::clock;
use crate::wire::{Parts, read_outcome};

/// Why a lane comes to its end before the queue does.
enum Halt {
    /// The pool is broken.
    Broken,
    /// The user has ended the workers.
    Ended,
}

/// A lane from its start to its end.
pub(super) fn drive(pool: &Arc<Pool>, worker: usize, spawned_ns: u64) {
    let lane = Lane { pool, worker, link: Link::new(pool, worker) };
    // The first worker is started before there is work in hand: if it is slow to come, another may do
    // the work. A further one is started only for work that there is.
    let mut ended = lane.serve(spawned_ns, None);
    while ended.is_ok()
        && let Some(item) = pool.dispatch.wait_for_work()
    {
        ended = lane.serve(clock::monotonic_ns(), Some(item));
    }
}

struct Lane<'a> {
    pool: &'a Arc<Pool>,
    /// Number of the worker.
    worker: usize,
    link: Arc<Link>,
}

impl Lane<'_> {
    /// The life of one worker, which begins with that work.
    fn serve(&self, spawned_ns: u64, first: Option<Item>) -> Result<(), Halt> {
        let (child, ready_ns) = match self.start() {
            Ok(started) => started,
            Err(error) => {
                // One that was ended on its way is no failure to start. To go on trying after one would
                // be to go on failing, so that it breaks the pool whatever the policy.
                let (halt, broken) = match self.pool.signalled() {
                    Some(_) => (Halt::Ended, None),
                    None => (Halt::Broken, Some(self.pool.break_with(error))),
                };
                // What was to be its first work fails before anyone is told of other failures.
                let mut afterwards = Afterwards::default();
                if let Some(item) = first {
                    afterwards = self.pool.give_back(vec![item], || Error::Dropped);
                    self.pool.dispatch.settle_claim();
                }
                broken.map(Broken::fail_queued);
                afterwards.see_to_it();
                return Err(halt);
            }
        };
        let channel = Arc::clone(child.channel());
        self.link.connect(child, spawned_ns, ready_ns, first);
        self.watch(&channel);
        let Some(station) = self.link.disconnect() else { return Ok(()) };
        self.bury(station)
    }

    fn start(&self) -> Result<(Child, u64), Error> {
        let (worker, crew) = (self.worker, &self.pool.crew);
        let name = format!("{}_{worker}", crew.prefix);
        let mut child = Child::start(worker, &name, crew.spin, &self.pool.roster)?;
        let mut ready_ns = child.greet()?;
        if let Some(initializer) = &crew.initializer {
            let lost = |child: &mut Child, lost| {
                let exit = child.bury(lost, self.closed());
                failed(worker, &format!("process {} {exit}", child.id()))
            };
            let files = match child.request() {
                Ok(mut request) => {
                    initializer.add_to(&mut request, worker)?;
                    request.into_files()
                }
                Err(reason) => return Err(lost(&mut child, reason)),
            };
            child.send(&files);
            match child.await_reply().and_then(|reply| Parts::of(reply).ok_or(Lost::Misbehaved)) {
                Ok(mut parts) => {
                    let outcome = parts.next().map(|part| read_outcome("initializer", part.content));
                    outcome.transpose().map_err(|error| failed(worker, &error))?;
                }
                Err(reason) => return Err(lost(&mut child, reason)),
            }
            ready_ns = clock::monotonic_ns();
        }
        Ok((child, ready_ns))
    }

    /// Receives what the worker replies until it is gone, or told to go.
    fn watch(&self, channel: &Channel) {
        while channel.wait() == Ring::Rung {
            self.link.receive(Receiver::Lane).see_to_it();
        }
        // It may have replied before its end.
        self.link.receive(Receiver::Lane).see_to_it();
    }

    /// Reaps a worker that is gone, and settles what it had.
    fn bury(&self, mut station: Station) -> Result<(), Halt> {
        if station.standing == Standing::Leaving {
            station.child.dismiss();
            self.write_down(&station);
            station.wake();
            return Ok(());
        }
        let stopped = self.closed();
        let exit = station.child.bury(station.loss(), stopped);
        let pid = self.write_down(&station);
        let remains = station.remains();
        let signalled = self.pool.signalled().is_some();
        let worker = self.worker;
        let mut broken = None;
        let halt;
        let error = if self.pool.crew.on_crash == OnCrash::FailTaskAndReplace && !stopped {
            halt = if signalled { Err(Halt::Ended) } else { Ok(()) };
            self.pool.death(worker, pid, exit)
        } else if signalled && remains.lost.is_none() {
            // One that the user has ended while it was idle took no task with it.
            halt = Err(Halt::Ended);
            self.pool.death(worker, pid, exit)
        } else {
            // The pool is broken before its work fails, so that all of it fails with the same reason.
            halt = Err(Halt::Broken);
            broken.insert(self.pool.break_with(Error::BrokenPool { worker, pid, exit })).reason()
        };
        let mut afterwards = self.pool.give_back(remains.returned, || error.clone());
        afterwards.settled.extend(remains.settled);
        afterwards.settled.extend(remains.lost.map(|mut work| {
            work.fail_quietly(&error);
            work
        }));
        station.wake();
        // All that the worker had is settled before anyone is told: who is told of one may wait for another.
        broken.map(Broken::fail_queued);
        afterwards.see_to_it();
        halt
    }

    /// Writes down the life of a worker that has ended, and gives its process id.
    fn write_down(&self, station: &Station) -> u32 {
        let &Station { spawned_ns, ready_ns, .. } = station;
        let ended_ns = clock::monotonic_ns();
        self.pool.lives.add(WorkerLife { worker: self.worker, spawned_ns, ready_ns, ended_ns });
        station.child.id()
    }

    /// Whether the channels have been ended since the pool broke.
    fn closed(&self) -> bool {
        self.pool.roster.stopped() == Some(Stop::Closed)
    }
}
