//! A host's part in a pool: what it has, and how much it is to have.
//!
//! Each worker has at least [`AHEAD`] tasks lying ahead of need, so that it need not wait for the way there and back.
//! Short tasks need more of them: as long as what was sent came back sooner than [`TARGET`], the host gets twice as
//! much; where it takes longer than twice that, half.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use speedup_executor::remote::Outgoing;

use super::Seat;
use super::flight::Flight;
use crate::message::{Done, Part, WorkId};
use crate::times::HostTimes;
use std::sync::Arc;

/// Tasks that lie ahead of need for each worker, at least.
const AHEAD: usize = 2;

/// The most pieces of work for each worker.
const MOST: usize = 4096;

/// How long what a host has should last it.
const TARGET: Duration = Duration::from_millis(2);

/// The most bytes that a host is sent ahead of need.
const MOST_BYTES: usize = 64 << 20;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    Opens,
    Serves,
    Closed,
    Lost,
}

impl Standing {
    pub(super) fn is_over(self) -> bool {
        matches!(self, Self::Closed | Self::Lost)
    }
}

/// Work that a host has.
pub(super) struct Held {
    pub(super) outgoing: Outgoing,
    pub(super) flight: Arc<Flight>,
    pub(super) sent: Instant,
    pub(super) sent_ns: u64,
    pub(super) bytes: usize,
}

pub(super) struct Member {
    seat: Seat,
    pub(super) standing: Standing,
    pub(super) held: HashMap<WorkId, Held>,
    pub(super) told_to_close: bool,
    begun: usize,
    bytes: usize,
    window: usize,
    /// When the window was last changed: what was sent before says nothing about it.
    resized: Instant,
    /// Recalls that have not been answered.
    recalled: usize,
    /// When the host was told to open, and to close, in nanoseconds.
    pub(super) opens_ns: u64,
    pub(super) closes_ns: u64,
    pub(super) times: HostTimes,
}

impl Member {
    pub(super) fn new(seat: Seat) -> Self {
        let window = seat.part.workers * (1 + AHEAD);
        let (rank, first_worker, workers) = (seat.rank, seat.part.first_worker, seat.part.workers);
        let (opening, closing, lives) = Default::default();
        Self {
            seat,
            opens_ns: 0,
            closes_ns: 0,
            times: HostTimes { rank, first_worker, workers, opening, closing, lives },
            standing: Standing::Opens,
            held: HashMap::new(),
            told_to_close: false,
            begun: 0,
            bytes: 0,
            window,
            resized: Instant::now(),
            recalled: 0,
        }
    }

    pub(super) fn rank(&self) -> usize {
        self.seat.rank
    }

    pub(super) fn name(&self) -> &str {
        &self.seat.name
    }

    pub(super) fn part(&self) -> &Part {
        &self.seat.part
    }

    /// What it has for each worker.
    pub(super) fn load(&self) -> f64 {
        self.held.len() as f64 / self.part().workers as f64
    }

    /// Whether it may have one more, of that many bytes: for a worker that has nothing, or ahead of need.
    pub(super) fn may_have(&self, bytes: usize, ahead: bool) -> bool {
        let goes_ahead = || ahead && self.held.len() < self.window && self.bytes + bytes <= MOST_BYTES;
        self.standing == Standing::Serves && (self.held.len() < self.part().workers || goes_ahead())
    }

    pub(super) fn hold(&mut self, id: WorkId, held: Held) {
        self.bytes += held.bytes;
        self.held.insert(id, held);
    }

    pub(super) fn begun(&mut self, id: WorkId) {
        if let Some(held) = self.held.get(&id)
            && held.flight.lies()
        {
            held.flight.set_begun();
            self.begun += 1;
        }
    }

    /// It was recalled in vain.
    pub(super) fn keeps(&mut self, id: WorkId) {
        self.begun(id);
        self.recalled = self.recalled.saturating_sub(1);
    }

    /// What it has no more. The caller says where that is now.
    pub(super) fn release(&mut self, id: WorkId) -> Option<Held> {
        let held = self.held.remove(&id)?;
        self.bytes -= held.bytes;
        self.begun -= usize::from(!held.flight.lies());
        self.recalled = self.recalled.saturating_sub(1);
        Some(held)
    }

    pub(super) fn release_all(&mut self) -> Vec<Held> {
        (self.begun, self.bytes, self.recalled) = (0, 0, 0);
        self.held.drain().map(|(_, held)| held).collect()
    }

    /// Changes the window after how long the work took that is done.
    pub(super) fn note_pace(&mut self, done: &[Done], now: Instant, round_trip: Duration) {
        let sent = |done: &Done| Some(self.held.get(&done.id)?.sent).filter(|sent| *sent >= self.resized);
        let Some(latest) = done.iter().filter_map(sent).max() else { return };
        let (took, target) = (now.saturating_duration_since(latest), TARGET.max(4 * round_trip));
        let (least, most) = (self.part().workers * (1 + AHEAD), self.part().workers * MOST);
        let full = self.held.len() >= self.window / 2;
        let window = match took {
            short if short < target && full => 2 * self.window,
            long if long > 2 * target => self.window / 2,
            _ => return,
        };
        self.window = window.clamp(least, most);
        self.resized = now;
    }

    /// Workers that have nothing to do.
    pub(super) fn idle(&self) -> usize {
        match self.standing {
            Standing::Serves => self.part().workers.saturating_sub(self.held.len()),
            _ => 0,
        }
    }

    /// Work that no worker has.
    pub(super) fn lying(&self) -> usize {
        self.held.len() - self.begun
    }

    /// What is to be recalled for so many idle workers elsewhere: what came last, and no more than half, where it
    /// has lain for so long.
    pub(super) fn recall(&mut self, idle: usize, now: Instant, slow: Duration) -> Vec<WorkId> {
        if self.recalled > 0 {
            return Vec::new();
        }
        let is_late = |held: &Held| held.flight.lies() && now.saturating_duration_since(held.sent) > slow;
        let mut late: Vec<WorkId> =
            self.held.values().filter(|held| is_late(held)).map(|held| held.flight.id).collect();
        late.sort_unstable_by(|one, other| other.cmp(one));
        late.truncate(idle.min(self.lying().div_ceil(2)));
        self.recalled = late.len();
        late
    }
}
