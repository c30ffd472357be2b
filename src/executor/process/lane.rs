//! A lane of the process pool: starts a worker process, hands it tasks, sees it to its end, and puts
//! another in its place where that is wanted.

use std::sync::Arc;

use super::child::{Child, Lost};
use super::roster::{Roster, Stop};
use crate::executor::error::Error;
use crate::executor::pool::initializer::{Initializer, failed};
use crate::executor::pool::lanes::Lane;
use crate::executor::pool::life::WorkerLife;
use crate::executor::pool::policy::OnCrash;
use crate::executor::wire::{Request, read_outcome};
use crate::executor::work::Work;
use crate::sys::clock;

/// What all lanes of a pool share.
pub(super) struct Crew {
    pub(super) prefix: String,
    pub(super) initializer: Option<Initializer>,
    /// Pieces of work after which a worker is replaced.
    pub(super) task_limit: usize,
    pub(super) on_crash: OnCrash,
    pub(super) roster: Arc<Roster>,
}

/// A lane at work.
struct Driver<'a> {
    lane: &'a Lane,
    crew: &'a Crew,
    /// None before the first worker and between two.
    staff: Option<Worker>,
    /// Used again for every piece of work.
    request: Request,
}

/// A worker that has been started and initialised.
struct Worker {
    child: Child,
    spawned_ns: u64,
    ready_ns: u64,
    /// Pieces of work it has done.
    done: usize,
}

/// Why a lane comes to its end before the queue does.
enum Halt {
    /// The pool is broken, for this reason.
    Broken(Error),
    /// The user has ended the workers.
    Ended,
}

/// A lane from its start to its end.
pub(super) fn drive(lane: &Lane, crew: &Crew) {
    let mut driver = Driver { lane, crew, staff: None, request: Request::default() };
    // The first worker is started before there is work in hand: if it is slow to come, another may
    // do the work.
    if driver.start(lane.spawned_ns).is_err() {
        return;
    }
    while let Some(work) = lane.queue.pop() {
        match driver.serve(work) {
            Ok(()) => {}
            Err((work, Halt::Broken(reason))) => {
                work.fail(&reason);
                break;
            }
            // It had not begun.
            Err((work, Halt::Ended)) => {
                work.cancel();
                break;
            }
        }
    }
    driver.dismiss();
}

impl Driver<'_> {
    /// Gives a piece of work to the worker, or to a new one if there is none. If the lane is to halt,
    /// the work comes back with the reason.
    fn serve(&mut self, mut work: Work) -> Result<(), (Work, Halt)> {
        if let Err(halt) = self.ready() {
            return Err((work, halt));
        }
        self.request.clear();
        work.send(&mut self.request);
        let Some(worker) = &mut self.staff else { return Ok(()) };
        // Nothing is left where every task was cancelled or could not be encoded.
        if self.request.tasks() == 0 {
            return Ok(());
        }
        match worker.child.exchange(&self.request) {
            Ok(reply) => {
                work.receive(reply);
                worker.done += 1;
                if worker.done >= self.crew.task_limit {
                    self.dismiss();
                }
                Ok(())
            }
            Err(lost) => match self.lose(&lost) {
                Ok(died) => {
                    work.fail(&died);
                    Ok(())
                }
                Err(reason) => Err((work, Halt::Broken(reason))),
            },
        }
    }

    /// Sees to it that there is a worker.
    fn ready(&mut self) -> Result<(), Halt> {
        if self.signalled() {
            return Err(Halt::Ended);
        }
        // One that died while it was idle took no task with it.
        if self.staff.as_ref().is_some_and(|worker| worker.child.has_died()) {
            self.lose(&Lost::Gone).map_err(Halt::Broken)?;
        }
        if self.staff.is_none() {
            self.start(clock::monotonic_ns())?;
        }
        Ok(())
    }

    /// Starts a worker. That this fails breaks the pool whatever the policy: to go on trying would be
    /// to go on failing.
    fn start(&mut self, spawned_ns: u64) -> Result<(), Halt> {
        match self.try_start(spawned_ns) {
            Ok(worker) => {
                self.staff = Some(worker);
                Ok(())
            }
            // It was ended on its way, and that is no failure to start.
            Err(_) if self.signalled() => Err(Halt::Ended),
            Err(error) => Err(Halt::Broken(self.break_pool(error))),
        }
    }

    fn signalled(&self) -> bool {
        matches!(self.crew.roster.stopped(), Some(Stop::Signalled(_)))
    }

    /// Whether the channels have been ended since the pool broke.
    fn closed(&self) -> bool {
        self.crew.roster.stopped() == Some(Stop::Closed)
    }

    fn try_start(&self, spawned_ns: u64) -> Result<Worker, Error> {
        let number = self.lane.worker;
        let name = format!("{}_{number}", self.crew.prefix);
        let mut child = Child::start(number, &name, &self.crew.roster)?;
        let mut ready_ns = child.greet()?;
        if let Some(initializer) = &self.crew.initializer {
            let request = initializer.request(number)?;
            match child.exchange(&request) {
                Ok(mut reply) => {
                    let outcome = reply.next().map(|part| read_outcome("initializer", part));
                    outcome.transpose().map_err(|error| failed(number, &error))?;
                }
                Err(lost) => {
                    let exit = child.bury(&lost, self.closed());
                    return Err(failed(number, &format!("process {} {exit}", child.id())));
                }
            }
            ready_ns = clock::monotonic_ns();
        }
        Ok(Worker { child, spawned_ns, ready_ns, done: 0 })
    }

    /// The worker is lost. Gives the error of the task that it had, or the reason why the pool is
    /// broken.
    fn lose(&mut self, lost: &Lost) -> Result<Error, Error> {
        let stopped = self.closed();
        let Some(mut worker) = self.staff.take() else { return Ok(Error::Dropped) };
        let exit = worker.child.bury(lost, stopped);
        let (worker, pid) = (self.lane.worker, self.ended(worker));
        match self.crew.on_crash {
            OnCrash::FailTaskAndReplace if !stopped => Ok(Error::WorkerDied { worker, pid, exit }),
            _ => Err(self.break_pool(Error::BrokenPool { worker, pid, exit })),
        }
    }

    /// Lets the worker go.
    fn dismiss(&mut self) {
        if let Some(mut worker) = self.staff.take() {
            worker.child.dismiss();
            self.ended(worker);
        }
    }

    /// Writes down the life of a worker that has ended, and gives its process id.
    fn ended(&self, worker: Worker) -> u32 {
        let Worker { child, spawned_ns, ready_ns, .. } = worker;
        let ended_ns = clock::monotonic_ns();
        self.lane.lives.add(WorkerLife { worker: self.lane.worker, spawned_ns, ready_ns, ended_ns });
        child.id()
    }

    /// Breaks the pool and gives the reason: this one, or the one that came first. The other workers
    /// are stopped before the futures in the queue are settled: a callback of theirs may wait for a
    /// task that is running.
    fn break_pool(&self, error: Error) -> Error {
        let broken = self.lane.queue.break_with(error);
        self.crew.roster.close_all();
        broken.fail_queued()
    }
}
