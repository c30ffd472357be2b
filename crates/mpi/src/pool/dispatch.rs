//! Which work goes to which host, and what comes back: called by the driver.

use std::sync::Arc;
use std::sync::atomic::Ordering::SeqCst;
use std::time::{Duration, Instant};

use speedup_executor::remote::Outgoing;
use speedup_executor::{Error, OnCrash};
use speedup_machine::clock;

use super::flight::Flight;
use super::member::{Held, Member, Standing};
use super::settler::Job;
use super::{Pool, ToSend};
use crate::message::{Done, Update, WorkId};
use crate::times::{Stay, WorkTrip};

/// The most pieces of work, and about the most bytes, of a message.
const MOST: (usize, usize) = (512, 1 << 20);

/// How long work lies at a host at least before that is slow.
const SLOW: Duration = Duration::from_millis(1);

impl Pool {
    /// The next work for a host, the one that has the least of what it could have.
    pub(crate) fn next_to_send(self: &Arc<Self>) -> Option<ToSend> {
        let mut guard = self.lock();
        let state = &mut *guard;
        let (now, sent_ns) = (Instant::now(), clock::monotonic_ns());
        let mut gone = Vec::new();
        let mut to_send: Option<ToSend> = None;
        let mut bytes = 0;
        let fair = state.queue.len() / (4 * state.members.len());
        // A host that is about to serve is to have the next tasks, not what has been sent ahead of need elsewhere.
        let ahead = state.members.iter().all(|member| member.standing != Standing::Opens);
        let fills_idle = state.members.iter().any(|member| member.idle() > 0);
        while let Some(length) = state.queue.front().map(|(_, outgoing)| outgoing.piece().length()) {
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
            member.hold(id, Held { outgoing, flight, sent: now, sent_ns, bytes: length });
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
        drop(guard);
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
        let Update { begun, back, kept, done, told_ns } = update;
        for id in begun {
            member.begun(id);
        }
        for id in &kept {
            member.keeps(*id);
        }
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
        let (now, back_ns) = (Instant::now(), clock::monotonic_ns());
        member.note_pace(&done, now, round_trip);
        for Done { id, came_ns, outcome } in done {
            let Some(held) = member.release(id) else { continue };
            if let Some(trips) = &mut state.trips {
                let trip = Stay { came_ns, told_ns }.within(held.sent_ns, back_ns);
                trips.push(WorkTrip { number: id, rank, trip });
            }
            held.flight.set_done();
            match outcome {
                Ok(outcomes) => jobs.push(Job::Settle(held.outgoing, outcomes)),
                Err(failure) => {
                    let error = Error::from(failure);
                    if breaks(&error, self.on_crash) && state.closing != Some(true) {
                        fatal.get_or_insert(error.clone());
                    }
                    jobs.push(Job::Fail(vec![held.outgoing], error));
                }
            }
        }
        jobs.extend(state.take_back(returned_work));
        let recalled = !back.is_empty() || !kept.is_empty() || !jobs.is_empty();
        if let Some(error) = fatal {
            // What is left fails with the reason of the first.
            self.break_with_others(guard, error, jobs);
        } else {
            drop(guard);
            self.settler.push(jobs);
        }
        if recalled {
            self.changed.notify_all();
        }
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
        let ids = member.recall(idle, now, slow);
        if ids.is_empty() { Vec::new() } else { vec![(member.rank(), ids)] }
    }
}

/// Whether a task's error is that its host's pool is broken.
fn breaks(error: &Error, on_crash: OnCrash) -> bool {
    match error {
        Error::BrokenPool { .. } => on_crash == OnCrash::BreakPool,
        Error::Spawn { .. } | Error::Initializer { .. } | Error::NotInitialised { .. } => true,
        _ => false,
    }
}
