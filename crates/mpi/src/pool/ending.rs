//! How a pool's hosts come and go, and how it ends: called by the driver.

use std::sync::{Arc, MutexGuard};

use speedup_executor::Error;
use speedup_executor::implement::WorkerLife;
use speedup_executor::remote::Outgoing;

use super::member::{Held, Standing};
use super::settler::Job;
use super::{Pool, State};
use crate::hub::Command;
use crate::times::Stay;
use speedup_machine::clock;

impl Pool {
    /// A host is told to open, at that time.
    pub(crate) fn opens(&self, rank: usize, now_ns: u64) {
        if let Some(member) = self.lock().member(rank) {
            member.opens_ns = now_ns;
        }
    }

    pub(crate) fn opened(self: &Arc<Self>, rank: usize, stay: Stay, error: Option<Error>) {
        let mut state = self.lock();
        if let Some(member) = state.member(rank)
            && member.standing == Standing::Opens
        {
            member.standing = Standing::Serves;
            member.times.opening = Some(stay.within(member.opens_ns, clock::monotonic_ns()));
        }
        if let Some(error) = error {
            self.break_with(state, error);
        }
        self.changed.notify_all();
    }

    /// Breaks the pool: what is queued here fails, and the hosts end at once; what they have fails with that.
    pub(super) fn break_with(self: &Arc<Self>, state: MutexGuard<'_, State>, error: Error) {
        self.break_with_others(state, error, Vec::new());
    }

    pub(super) fn break_with_others(
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

    /// The hosts that are to be told to end at that time, each once.
    pub(crate) fn to_close(&self, now_ns: u64) -> Vec<usize> {
        let mut state = self.lock();
        let mut ranks = Vec::new();
        for member in &mut state.members {
            if !member.standing.is_over() && !member.told_to_close {
                member.told_to_close = true;
                member.closes_ns = now_ns;
                ranks.push(member.rank());
            }
        }
        drop(state);
        self.end_if_over();
        ranks
    }

    /// A host's workers have ended: their lives by its clock and by this one's. True if it was the last of the pool's.
    pub(crate) fn closed(
        self: &Arc<Self>,
        rank: usize,
        stay: Stay,
        (theirs, lives): (Vec<WorkerLife>, Vec<WorkerLife>),
    ) -> bool {
        let mut state = self.lock();
        state.lives.extend(lives);
        let mut left = Vec::new();
        if let Some(member) = state.member(rank) {
            member.standing = Standing::Closed;
            member.times.closing = Some(stay.within(member.closes_ns, clock::monotonic_ns()));
            member.times.lives = theirs;
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
        for held in &held {
            held.flight.set_done();
        }
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
