//! A pool on rank 0: its queue, and what lies at which host.
//!
//! Work is `queued` here, or `lies` at a host ahead of need, or has `begun` there. What lies at a host can be recalled;
//! only the host knows whether a worker has it, and answers.
//!
//! * this file: the pool as its threads see it; `member`: a host's part; `flight`: where one piece of work is;
//!   `settler`: the thread that decodes results and calls back

mod flight;
mod member;
mod settler;

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use speedup_executor::implement::{Work, WorkerLife};
use speedup_executor::remote::{Outgoing, Piece};
use speedup_executor::{CancelFutures, Error, OnCrash, Wait};

use self::flight::Flight;
use self::member::{Held, Member, Standing};
use self::settler::{Job, Settler};
use crate::hub::{Command, Hub};
use crate::message::{Done, Part, PoolId, Update, WorkId, returned};

/// Work for a host.
pub(crate) struct ToSend {
    pub(crate) rank: usize,
    pub(crate) work: Vec<(WorkId, Piece)>,
}

/// The most pieces of work, and about the most bytes, of a message.
const MOST: (usize, usize) = (512, 1 << 20);

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
}

impl Pool {
    pub(crate) fn new(hub: Arc<Hub>, seats: Vec<Seat>, host_timeout: Duration) -> Arc<Self> {
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
        };
        let pool = Arc::new(Self {
            id: hub.next_pool(),
            hub,
            on_crash,
            host_timeout,
            max,
            process: std::process::id(),
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
        let Some(outgoing) = Outgoing::encode(work)? else { return Ok(()) };
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

    pub(crate) fn opened(self: &Arc<Self>, rank: usize, error: Option<Error>) {
        let mut state = self.lock();
        if let Some(member) = state.member(rank)
            && member.standing == Standing::Opens
        {
            member.standing = Standing::Serves;
        }
        if let Some(error) = error {
            self.break_with(state, error);
        }
        self.changed.notify_all();
    }

    /// The next work for a host, the one that has the least of what it could have.
    pub(crate) fn next_to_send(self: &Arc<Self>) -> Option<ToSend> {
        let mut state = self.lock();
        let state = &mut *state;
        let now = Instant::now();
        let mut gone = Vec::new();
        let mut to_send: Option<ToSend> = None;
        let mut bytes = 0;
        let fair = state.queue.len() / (4 * state.members.len());
        // A host that is about to serve is to have the next tasks, not what has been sent ahead of need elsewhere.
        let ahead = state.members.iter().all(|member| member.standing != Standing::Opens);
        let fills_idle = state.members.iter().any(|member| member.idle() > 0);
        while let Some(length) = state.queue.front().map(|(_, outgoing)| outgoing.piece().as_ref().len()) {
            let member = match &to_send {
                // A message is for one host; it has what it is to have beside the others.
                Some(to_send) => state.members.iter_mut().find(|member| member.rank() == to_send.rank),
                None => state
                    .members
                    .iter_mut()
                    .filter(|member| member.may_have(length, ahead))
                    .min_by(|one, other| one.load().total_cmp(&other.load())),
            };
            let Some(member) = member.filter(|member| member.may_have(length, ahead)) else { break };
            if to_send.as_ref().is_some_and(|to_send| to_send.work.len() >= MOST.0 || bytes + length > MOST.1)
            {
                break;
            }
            let Some((id, mut outgoing)) = state.queue.pop_front() else { break };
            let flight = Flight::new(self, id, member.rank());
            let holder: Arc<Flight> = Arc::clone(&flight);
            if !outgoing.begin(holder) {
                gone.push(outgoing);
                continue;
            }
            bytes += length;
            let piece = outgoing.piece().clone();
            let rank = member.rank();
            to_send.get_or_insert_with(|| ToSend { rank, work: Vec::new() }).work.push((id, piece));
            member.hold(id, Held { outgoing, flight, sent: now, bytes: length });
            let sent = to_send.as_ref().map_or(0, |to_send| to_send.work.len());
            // The idle workers of all hosts come first, in the order of the tasks; then each host gets some at a time.
            let member_goes_on = member.idle() > 0 || sent < fair && !fills_idle;
            if state.members.len() > 1 && !member_goes_on {
                break;
            }
        }
        // Where no host may have more, what comes back makes room, and the driver looks again.
        if to_send.is_none() {
            self.hungry.store(state.queue.is_empty(), SeqCst);
        }
        if !gone.is_empty() {
            self.settler.push(vec![Job::Cancel(gone)]);
        }
        to_send
    }

    /// Notes what has happened at a host.
    pub(crate) fn update(self: &Arc<Self>, rank: usize, update: Update, round_trip: Duration) {
        let mut guard = self.lock();
        let state = &mut *guard;
        let Some(member) = state.members.iter_mut().find(|member| member.rank() == rank) else { return };
        let Update { begun, back, kept, done } = update;
        begun.iter().for_each(|id| member.begun(*id));
        kept.iter().for_each(|id| member.keeps(*id));
        let mut returned_work: Vec<(WorkId, Outgoing)> = Vec::new();
        for id in &back {
            if let Some(held) = member.release(*id) {
                held.outgoing.take_back();
                if state.cancelling {
                    // Those who are called back are told by another thread.
                    held.outgoing.cancel_quietly();
                }
                returned_work.push((*id, held.outgoing));
                // Only then may who waits for it cancel it.
                held.flight.set_back();
            }
        }
        let mut jobs = Vec::new();
        let mut fatal = None;
        let now = Instant::now();
        member.note_pace(&done, now, round_trip);
        for Done { id, outcome } in done {
            let Some(held) = member.release(id) else { continue };
            held.flight.set_done();
            match outcome {
                Ok(outcomes) => jobs.push(Job::Settle(held.outgoing, outcomes)),
                Err(error) => {
                    if breaks(&error, self.on_crash) && state.closing != Some(true) {
                        fatal.get_or_insert(error.clone());
                    }
                    jobs.push(Job::Fail(vec![held.outgoing], error));
                }
            }
        }
        jobs.extend(state.take_back(returned_work));
        let recalled = !back.is_empty() || !kept.is_empty() || !jobs.is_empty();
        match fatal {
            // Those of its tasks that are left fail with the reason of the first.
            Some(error) => self.break_with_others(guard, error, jobs),
            None => {
                drop(guard);
                self.settler.push(jobs);
            }
        }
        if recalled {
            self.changed.notify_all();
        }
    }

    /// Breaks the pool: what is queued here fails, and the hosts end at once; what they have fails with that.
    fn break_with(self: &Arc<Self>, state: MutexGuard<'_, State>, error: Error) {
        self.break_with_others(state, error, Vec::new());
    }

    fn break_with_others(
        self: &Arc<Self>,
        mut state: MutexGuard<'_, State>,
        error: Error,
        mut jobs: Vec<Job>,
    ) {
        if std::mem::replace(&mut state.broken, true) {
            drop(state);
            return self.settler.push(jobs);
        }
        state.closed = Some(error.clone());
        state.closing = Some(true);
        let mut failed: Vec<Outgoing> = state.queue.drain(..).map(|(_, outgoing)| outgoing).collect();
        for member in &mut state.members {
            for held in member.release_all() {
                held.flight.set_done();
                failed.push(held.outgoing);
            }
        }
        jobs.push(Job::Fail(failed, error));
        drop(state);
        self.settler.push(jobs);
        self.hub.commands.push(Command::Close(self.id, true));
        self.changed.notify_all();
    }

    /// Work that is to be recalled from a host that has it ahead of need, for another that has none.
    pub(crate) fn balance(
        &self,
        now: Instant,
        round_trip: impl Fn(usize) -> Duration,
    ) -> Vec<(usize, Vec<WorkId>)> {
        let mut state = self.lock();
        if !state.queue.is_empty() || state.members.len() < 2 {
            return Vec::new();
        }
        let idle: usize = state.members.iter().map(Member::idle).sum();
        if idle == 0 {
            return Vec::new();
        }
        let most = state.members.iter_mut().max_by_key(|member| member.lying());
        let Some(member) = most else { return Vec::new() };
        let slow = SLOW.max(2 * round_trip(member.rank()));
        let ids = member.to_recall(idle, now, slow);
        if ids.is_empty() { Vec::new() } else { vec![(member.rank(), ids)] }
    }

    /// Whether the hosts are to be told to end now, and whether at once.
    pub(crate) fn wants_close(&self) -> Option<bool> {
        let mut state = self.lock();
        if state.closed.is_none() || state.closing.is_some() {
            return None;
        }
        let idle = state.queue.is_empty() && state.members.iter().all(|member| member.held.is_empty());
        if idle {
            state.closing = Some(false);
        }
        idle.then_some(false)
    }

    /// The hosts that are to be told to end, each once.
    pub(crate) fn to_close(&self) -> Vec<usize> {
        let mut state = self.lock();
        let mut ranks = Vec::new();
        for member in &mut state.members {
            if !member.standing.is_over() && !member.told_to_close {
                member.told_to_close = true;
                ranks.push(member.rank());
            }
        }
        drop(state);
        self.end_if_over();
        ranks
    }

    /// A host's workers have ended. True if it was the last of the pool's.
    pub(crate) fn closed(self: &Arc<Self>, rank: usize, lives: Vec<WorkerLife>) -> bool {
        let mut state = self.lock();
        state.lives.extend(lives);
        let mut left = Vec::new();
        if let Some(member) = state.member(rank) {
            member.standing = Standing::Closed;
            left = member.release_all();
        }
        let reason = state.closed.clone().unwrap_or(Error::Shutdown);
        drop(state);
        self.fail(left, &reason);
        self.end_if_over()
    }

    /// A host is lost. What has begun there has that error, the rest goes elsewhere. True if it was the last of the
    /// pool's.
    pub(crate) fn lost(self: &Arc<Self>, rank: usize, reason: &str) -> bool {
        let mut guard = self.lock();
        let state = &mut *guard;
        let Some(member) = state.members.iter_mut().find(|member| member.rank() == rank) else {
            return false;
        };
        if member.standing.is_over() {
            return false;
        }
        member.standing = Standing::Lost;
        let error = Error::HostLost { host: member.name().to_string(), reason: reason.to_string() };
        let (mut failed, mut back) = (Vec::new(), Vec::new());
        for held in member.release_all() {
            if held.flight.lies() {
                held.outgoing.take_back();
                if state.cancelling {
                    held.outgoing.cancel_quietly();
                }
                back.push((held.flight.id, held.outgoing));
                held.flight.set_back();
            } else {
                held.flight.set_done();
                failed.push(held.outgoing);
            }
        }
        let mut jobs = vec![Job::Fail(failed, error.clone())];
        jobs.extend(state.take_back(back));
        let none_left = state.members.iter().all(|member| member.standing.is_over());
        if none_left {
            self.break_with_others(guard, error, jobs);
        } else {
            drop(guard);
            self.settler.push(jobs);
        }
        self.changed.notify_all();
        self.end_if_over()
    }

    fn fail(self: &Arc<Self>, held: Vec<Held>, error: &Error) {
        if held.is_empty() {
            return;
        }
        held.iter().for_each(|held| held.flight.set_done());
        let failed = held.into_iter().map(|held| held.outgoing).collect();
        self.settler.push(vec![Job::Fail(failed, error.clone())]);
        self.changed.notify_all();
    }

    fn end_if_over(&self) -> bool {
        let mut state = self.lock();
        let over = state.closing.is_some() && state.members.iter().all(|member| member.standing.is_over());
        if over && !state.ended {
            state.ended = true;
            drop(state);
            self.settler.leave();
            self.changed.notify_all();
        }
        over
    }

    pub(crate) fn has_ended(&self) -> bool {
        self.lock().ended
    }

    /// The program ends with the pool as it is: no one waits for ever.
    pub(crate) fn abandon(self: &Arc<Self>) {
        let state = self.lock();
        self.break_with(state, Error::Shutdown);
        let mut state = self.lock();
        state.members.iter_mut().for_each(|member| member.standing = Standing::Closed);
        drop(state);
        self.end_if_over();
    }
}

/// How long work lies at a host at least before that is slow.
const SLOW: Duration = Duration::from_millis(1);

/// Whether a task's error is that its host's pool is broken.
fn breaks(error: &Error, on_crash: OnCrash) -> bool {
    match error {
        Error::BrokenPool { .. } => on_crash == OnCrash::BreakPool,
        Error::Spawn { .. } | Error::Initializer { .. } | Error::NotInitialised { .. } => true,
        _ => false,
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
                outgoing.settle(outcomes.bytes, &blobs);
            }
            Self::Fail(work, error) => speedup_executor::remote::fail_all(work, &error),
            Self::Cancel(work) => speedup_executor::remote::cancel_all(work),
        }
    }
}
