//! A pool on rank 0: its queue, and what lies at which host.
//!
//! Work is `queued` here, or `lies` at a host ahead of need, or has `begun` there. What lies at a host can be recalled;
//! only the host knows whether a worker has it, and answers.
//!
//! * this file: the pool as its users see it; `dispatch`, `ending`: as the driver does; `member`: a host's part; `flight`: where one piece of work is;
//!   `settler`: the thread that decodes results and calls back

mod dispatch;
mod ending;
mod flight;
mod member;
mod settler;

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use speedup_executor::implement::{Work, WorkerLife};
use speedup_executor::remote::{Outgoing, Piece, Room};
use speedup_executor::{CancelFutures, Error, OnCrash, Wait};

use self::flight::Flight;
use self::member::{Member, Standing};
use self::settler::{Job, Settler};
use crate::hub::{Command, Hub};
use crate::message::{Part, PoolId, WorkId, returned};
use crate::times::{HostTimes, WorkTrip};

/// Work for a host.
pub(crate) struct ToSend {
    pub(crate) rank: usize,
    pub(crate) work: Vec<(WorkId, Piece)>,
}

/// A host of a pool.
#[derive(Debug, Clone)]
pub(crate) struct Seat {
    pub(crate) rank: usize,
    pub(crate) name: String,
    pub(crate) part: Part,
}

pub(crate) struct Pool {
    pub(crate) id: PoolId,
    hub: Arc<Hub>,
    on_crash: OnCrash,
    host_timeout: Duration,
    max: usize,
    process: u32,
    /// Where long arguments wait to be sent.
    room: Room,
    state: Mutex<State>,
    /// Told when hosts open or close, and when what was recalled is back or is not.
    changed: Condvar,
    /// Whether the driver is to be told of new work.
    hungry: AtomicBool,
    settler: Arc<Settler>,
}

struct State {
    queue: VecDeque<(WorkId, Outgoing)>,
    members: Vec<Member>,
    next: WorkId,
    /// Why no more is taken.
    closed: Option<Error>,
    broken: bool,
    cancelling: bool,
    /// Whether the hosts have been told to end, and how.
    closing: Option<bool>,
    ended: bool,
    lives: Vec<WorkerLife>,
    /// The ways of work since they were last taken, where they are kept.
    trips: Option<Vec<WorkTrip>>,
}

impl Pool {
    pub(crate) fn new(
        hub: Arc<Hub>,
        seats: Vec<Seat>,
        host_timeout: Duration,
        keeps_trips: bool,
    ) -> Arc<Self> {
        let max = seats.iter().map(|seat| seat.part.workers).sum();
        let on_crash = seats.first().map_or_else(OnCrash::default, |seat| seat.part.on_crash);
        let state = State {
            queue: VecDeque::new(),
            members: seats.into_iter().map(Member::new).collect(),
            next: 0,
            closed: None,
            broken: false,
            cancelling: false,
            closing: None,
            ended: false,
            lives: Vec::new(),
            trips: keeps_trips.then(Vec::new),
        };
        let pool = Arc::new(Self {
            id: hub.next_pool(),
            hub,
            on_crash,
            host_timeout,
            max,
            process: std::process::id(),
            room: Room::default(),
            state: Mutex::new(state),
            changed: Condvar::new(),
            hungry: AtomicBool::new(true),
            settler: Arc::default(),
        });
        pool.hub.commands.push(Command::Open(Arc::clone(&pool)));
        pool
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wait<'a>(&self, state: MutexGuard<'a, State>) -> MutexGuard<'a, State> {
        self.changed.wait(state).unwrap_or_else(PoisonError::into_inner)
    }

    /// That this process is the pool's own and no copy that a fork has made.
    fn check(&self) -> Result<(), Error> {
        if std::process::id() == self.process { Ok(()) } else { Err(Error::Forked { pid: self.process }) }
    }

    // What users do.

    pub(crate) fn execute(&self, work: Work) -> Result<(), Error> {
        self.check()?;
        if let Some(reason) = &self.lock().closed {
            return Err(reason.clone());
        }
        let Some(outgoing) = Outgoing::encode(work, &self.room)? else { return Ok(()) };
        let mut state = self.lock();
        if let Some(reason) = state.closed.clone() {
            drop(state);
            drop(outgoing);
            return Err(reason);
        }
        let id = state.next;
        state.next += 1;
        state.queue.push_back((id, outgoing));
        drop(state);
        if self.hungry.swap(false, SeqCst) {
            self.hub.commands.push(Command::Feed(self.id));
        }
        Ok(())
    }

    pub(crate) fn max_workers(&self) -> usize {
        self.max
    }

    /// Workers of the hosts that are not lost.
    pub(crate) fn num_workers(&self) -> usize {
        let state = self.lock();
        state
            .members
            .iter()
            .filter(|member| member.standing == Standing::Serves)
            .map(|member| member.part().workers)
            .sum()
    }

    /// Waits until every host serves, or is lost, or that time is over; false then.
    pub(crate) fn bootup(&self, timeout: Option<Duration>) -> Result<bool, Error> {
        self.check()?;
        let start = Instant::now();
        let mut state = self.lock();
        loop {
            if state.broken {
                return state.closed.clone().map_or(Ok(true), Err);
            }
            if state.members.iter().all(|member| member.standing != Standing::Opens) {
                return Ok(true);
            }
            let left = timeout.map(|timeout| timeout.saturating_sub(start.elapsed()));
            if left == Some(Duration::ZERO) {
                return Ok(false);
            }
            let left = left.unwrap_or(Duration::from_secs(3600));
            state = self.changed.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    pub(crate) fn shutdown(self: &Arc<Self>, wait: Wait, queued: CancelFutures) {
        if self.check().is_err() {
            return;
        }
        let mut state = self.lock();
        state.closed.get_or_insert(Error::Shutdown);
        if queued == CancelFutures::Yes {
            state.cancelling = true;
            self.cancel_all(state);
        } else {
            drop(state);
        }
        self.hub.commands.push(Command::Feed(self.id));
        if wait == Wait::No || self.settler.is_this_thread() {
            return;
        }
        let mut state = self.lock();
        while !state.ended {
            state = self.wait(state);
        }
        drop(state);
        self.settler.join();
    }

    /// Cancels what no worker has, here or at a host.
    fn cancel_all(&self, mut state: MutexGuard<'_, State>) {
        let cancelled: Vec<Outgoing> = state.queue.drain(..).map(|(_, outgoing)| outgoing).collect();
        let mut waited: Vec<Arc<Flight>> = Vec::new();
        for member in &state.members {
            let lying = member.held.values().map(|held| &held.flight).filter(|flight| flight.lies());
            let before = waited.len();
            waited.extend(lying.cloned());
            let ids: Vec<WorkId> = waited[before..].iter().map(|flight| flight.id).collect();
            if !ids.is_empty() {
                self.hub.commands.push(Command::Recall(self.id, member.rank(), ids));
            }
        }
        while !state.ended && waited.iter().any(|flight| flight.lies()) {
            state = self.wait(state);
        }
        drop(state);
        speedup_executor::remote::cancel_all(cancelled);
    }

    /// Ends the workers in the midst of what they do.
    pub(crate) fn kill(&self) {
        if self.check().is_err() {
            return;
        }
        let mut state = self.lock();
        state.closed.get_or_insert(Error::Shutdown);
        state.cancelling = true;
        state.closing = Some(true);
        let cancelled: Vec<Outgoing> = state.queue.drain(..).map(|(_, outgoing)| outgoing).collect();
        drop(state);
        speedup_executor::remote::cancel_all(cancelled);
        self.hub.commands.push(Command::Close(self.id, true));
    }

    pub(crate) fn lives(&self) -> Vec<WorkerLife> {
        if self.check().is_err() {
            return Vec::new();
        }
        let mut lives = self.lock().lives.clone();
        lives.sort_by_key(|life| (life.worker, life.spawned_ns));
        lives
    }

    /// What is known of the pool's part on each host.
    pub(crate) fn host_times(&self) -> Vec<HostTimes> {
        self.lock().members.iter().map(|member| member.times.clone()).collect()
    }

    /// The ways of the work that is done, since the last call.
    pub(crate) fn take_trips(&self) -> Vec<WorkTrip> {
        self.lock().trips.as_mut().map(std::mem::take).unwrap_or_default()
    }

    /// Fetches a piece of work back from where it lies. True if it came.
    fn fetch(&self, flight: &Flight) -> bool {
        let mut state = self.lock();
        if flight.lies() {
            self.hub.commands.push(Command::Recall(self.id, flight.rank, vec![flight.id]));
        }
        while flight.lies() && !state.ended {
            state = self.wait(state);
        }
        flight.came_back()
    }

    // What the driver does.

    pub(crate) fn host_timeout(&self) -> Duration {
        self.host_timeout
    }

    pub(crate) fn parts(&self) -> Vec<(usize, Part)> {
        self.lock().members.iter().map(|member| (member.rank(), member.part().clone())).collect()
    }

    /// The hosts that have not ended.
    pub(crate) fn ranks(&self) -> Vec<usize> {
        let state = self.lock();
        state.members.iter().filter(|member| !member.standing.is_over()).map(Member::rank).collect()
    }
}

impl State {
    fn member(&mut self, rank: usize) -> Option<&mut Member> {
        self.members.iter_mut().find(|member| member.rank() == rank)
    }

    /// Puts work to the head of the queue that no worker has had; where the pool cancels, gives what is left to do.
    fn take_back(&mut self, mut work: Vec<(WorkId, Outgoing)>) -> Option<Job> {
        if self.cancelling {
            return Some(Job::Cancel(work.into_iter().map(|(_, outgoing)| outgoing).collect()));
        }
        work.sort_by_key(|(id, _)| *id);
        for work in work.into_iter().rev() {
            self.queue.push_front(work);
        }
        None
    }
}

impl Job {
    fn run(self) {
        match self {
            Self::Settle(outgoing, outcomes) => {
                let went: Vec<_> = outgoing.piece().blobs().collect();
                let blobs = returned(outcomes.blobs, &went);
                outgoing.settle(outcomes.bytes.into_bytes(), &blobs);
            }
            Self::Fail(work, error) => speedup_executor::remote::fail_all(work, &error),
            Self::Cancel(work) => speedup_executor::remote::cancel_all(work),
        }
    }
}
