//! Work that has arrived from another program.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::landing::Landing;
use super::{Blob, descriptors};
use crate::attachments;
use crate::error::Error;
use crate::future::phase::Poller;
use crate::future::state::Begun;
use crate::ipc::arena::Extents;
use crate::ipc::buffer::Buffer;
use crate::table::{self, Registered};
use crate::wire::{
    Apart, Encoded, Encoder, Message, Outcome, Outputs, Parts, add_outcome, put_back, put_places, read_task,
};
use crate::work::{Deferred, Grouping, Replies, Unit, Work};

/// Carries back what becomes of work. Each is called by a thread of the pool that has the work, and returns soon.
pub trait Outlet: Send + Sync {
    /// Whether a worker may begin with it now. Where not, that is the end of it here.
    fn may_begin(&self) -> bool;

    /// The worker has not begun with it after all; another will.
    fn not_begun(&self);

    /// What became of it, once.
    fn done(&self, reply: Reply);
}

/// What became of work.
#[derive(Debug)]
pub enum Reply {
    /// Each task has an outcome in these bytes, which [`Outgoing::settle`](super::Outgoing::settle) takes, with
    /// the shared bytes that the outputs mention.
    Outcomes(Vec<u8>, Vec<Blob>),
    /// None has one, for that reason.
    Failed(Error),
}

/// Work from another program, for a pool of this one.
pub struct Arrived {
    outlet: Box<dyn Outlet>,
    registered: Registered,
    tasks: usize,
    state: Mutex<State>,
}

struct State {
    /// Taken when it is encoded for a worker, or run.
    encoded: Option<Encoded>,
    phase: Phase,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    Waits,
    Runs,
    Settled,
}

/// Work of those bytes, which are a [`Piece`](super::Piece) of the same build, with the long bytes that came by
/// themselves and the shared bytes that go along. `None` where they are none: the outlet is told.
///
/// For a pool of processes what landed in a room stays there, for workers to read. All that such a pool is given is to
/// have landed in the same room.
#[must_use]
pub fn arrived(
    bytes: Vec<u8>,
    long: Vec<(usize, Landing)>,
    blobs: &[Blob],
    (runs_in, outlet): (RunsIn, Box<dyn Outlet>),
) -> Option<Work> {
    let whole = with_long(bytes, long, runs_in);
    let whole = whole.and_then(|(bytes, extents)| Ok((registered(&bytes)?, bytes, extents)));
    match whole {
        Ok(((registered, tasks), bytes, extents)) => {
            let files: Vec<_> = blobs.iter().map(|blob| blob.0.clone()).collect();
            let encoded = Some(Encoded::again(bytes, &files, extents));
            let state = Mutex::new(State { encoded, phase: Phase::Waits });
            Some(Work::new(Arc::new(Arrived { outlet, registered, tasks, state })))
        }
        Err(reason) => {
            outlet.done(Reply::Failed(Error::Transfer { task: String::new(), reason: reason.to_string() }));
            None
        }
    }
}

/// What runs the tasks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RunsIn {
    /// Worker processes.
    Processes,
    /// Threads of this process.
    Threads,
}

/// The piece with its long bytes: where workers find them, or in it.
fn with_long(
    mut bytes: Vec<u8>,
    long: Vec<(usize, Landing)>,
    runs_in: RunsIn,
) -> Result<(Vec<u8>, Extents), &'static str> {
    let (mut extents, mut places, mut elsewhere) = (Extents::default(), Vec::new(), Vec::new());
    for (at, landing) in long {
        match runs_in {
            RunsIn::Threads => elsewhere.push((at, landing)),
            RunsIn::Processes => match landing.in_room() {
                Ok(own) => {
                    places.extend(own.place().map(|place| (at, place)));
                    extents.append(own);
                }
                Err(landing) => elsewhere.push((at, landing)),
            },
        }
    }
    let others = "its long bytes did not come with it";
    put_places(&mut bytes, places.into_iter()).ok_or(others)?;
    if !elsewhere.is_empty() {
        bytes = put_back(&bytes, &elsewhere).ok_or(others)?;
    }
    Ok((bytes, extents))
}

/// The type of the tasks, and their number.
fn registered(bytes: &[u8]) -> Result<(Registered, usize), &'static str> {
    let parts = Parts::of(bytes).ok_or("the message cannot be decoded")?;
    let first = parts.clone().next().ok_or("the message has no task")?;
    let number = read_task(first.content).map_or(u32::MAX, |(number, _)| number);
    let entry = table::entries().get(number as usize).ok_or("it is not registered on this host")?;
    Ok((Registered { number, name: entry.name }, parts.count()))
}

impl Arrived {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether a worker is to have it now.
    fn claim(&self) -> bool {
        let mut state = self.lock();
        match state.phase {
            Phase::Runs => true,
            Phase::Settled => false,
            Phase::Waits => {
                let begins = self.outlet.may_begin();
                state.phase = if begins { Phase::Runs } else { Phase::Settled };
                begins
            }
        }
    }

    fn settle(&self, reply: Reply) {
        let mut state = self.lock();
        let before = std::mem::replace(&mut state.phase, Phase::Settled);
        drop(state);
        if before != Phase::Settled {
            self.outlet.done(reply);
        }
    }
}

/// Runs the tasks in this thread.
fn run_here(encoded: &Encoded) -> std::io::Result<Reply> {
    let message = Message::of(encoded.bytes().to_vec()).unwrap_or_default();
    let mut buffer = Buffer::private(LARGEST)?;
    let mut reply = Outputs::new(&mut buffer, None);
    let files: Vec<_> = encoded.files().iter().cloned().map(Blob).collect();
    let (mut came, mut back) = (descriptors(&files), Vec::new());
    for part in message.parts_from(0) {
        let attached = part.attached(&mut came).unwrap_or_default();
        back.extend(add_outcome(&mut reply, |reply| {
            let not_found = || Outcome::Transfer("it is not registered on this host".to_string());
            let (number, argument) = read_task(part.content).ok_or_else(not_found)?;
            let entry = table::entries().get(number as usize).ok_or_else(not_found)?;
            attachments::deliver(attached, || (entry.run)(argument, Apart::Nowhere, reply))
        })?);
    }
    let bytes = buffer.copy(0..buffer.len())?;
    Ok(Reply::Outcomes(bytes, back.into_iter().map(Blob).collect()))
}

/// The most that the outcomes of one piece of work may take where a thread runs it, in bytes.
const LARGEST: usize = 1 << 32;

impl Unit for Arrived {
    fn registered(&self) -> Result<Registered, Error> {
        Ok(self.registered)
    }

    fn name(&self) -> &'static str {
        self.registered.name
    }

    fn grouping(&self) -> Grouping {
        if self.tasks == 1 { Grouping::Single } else { Grouping::Chunk }
    }

    fn is_awaited(&self) -> bool {
        true
    }

    fn run(self: Arc<Self>) {
        if !self.claim() {
            return;
        }
        let encoded = self.lock().encoded.take().unwrap_or_default();
        let failed = |error: std::io::Error| Error::Transfer {
            task: self.registered.name.to_string(),
            reason: format!("there is no room for its result: {error}"),
        };
        self.settle(run_here(&encoded).map_err(failed).unwrap_or_else(Reply::Failed));
    }

    fn encode(&self, _: Registered, encoder: &mut Encoder<'_>) {
        let piece = self.lock().encoded.take();
        if let Some(Err(error)) = piece.map(|piece| encoder.add_encoded(piece)) {
            let task = self.registered.name.to_string();
            self.settle(Reply::Failed(Error::Transfer { task, reason: error.to_string() }));
        }
    }

    fn begin(&self, _: &Arc<dyn Poller>, each: &mut dyn FnMut(Begun)) {
        let begun = if self.claim() { Begun::Runs } else { Begun::Cancelled };
        (0..self.tasks).for_each(|_| each(begun));
    }

    fn take_back(&self) {
        let mut state = self.lock();
        if state.phase == Phase::Runs {
            state.phase = Phase::Waits;
            self.outlet.not_begun();
        }
    }

    fn unsend(&self) {
        self.take_back();
    }

    fn receive_quietly(&self, reply: &mut Replies<'_>) {
        if self.lock().phase != Phase::Runs {
            return;
        }
        let (mut bytes, mut blobs) = (Vec::new(), Vec::new());
        for _ in 0..self.tasks {
            let Some((whole, files)) = reply.next_whole() else { break };
            bytes.extend_from_slice(whole);
            let Some(files) = files else {
                let reason =
                    "this host has no file descriptor left for its result (see ulimit -n)".to_string();
                let task = self.registered.name.to_string();
                return self.settle(Reply::Failed(Error::Transfer { task, reason }));
            };
            blobs.extend(files.into_iter().map(Blob));
        }
        self.settle(Reply::Outcomes(bytes, blobs));
    }

    fn cancel_quietly(&self) {
        if self.lock().phase == Phase::Waits {
            self.settle(Reply::Failed(Error::Cancelled));
        }
    }

    fn fail_quietly(&self, error: &Error) {
        self.settle(Reply::Failed(error.clone()));
    }

    fn release(self: Arc<Self>, _: &mut Deferred) {
        self.settle(Reply::Failed(Error::Dropped));
    }

    fn let_go(self: Arc<Self>) {
        self.settle(Reply::Failed(Error::Dropped));
    }
}
