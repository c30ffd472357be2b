//! Memory of a pool for long bytes on their way to its workers.
//!
//! Bytes that are long are no part of a message. The thread that encodes them copies them into an *extent* of a file
//! in memory that the pool has and its workers map; the message says where; and the worker copies them out once, to
//! where its task wants them. So a long argument is copied twice, by two threads that need not wait for each other.
//!
//! Work that comes from another program brings its long bytes into extents that were made for them before, and work that
//! goes to another waits in such until it is sent; see [`remote`](crate::remote).
//!
//! Extents have sizes by powers of two. One that is given back is the next to be used, since its memory is warm, and
//! mapped on both sides: to touch new memory costs more than to copy. Only the parent gives extents out and takes
//! them back, when the task is settled or the worker's process has ended: a worker that dies leaves nothing to be
//! cleared up. What is more than was used of late is given back to the system by a thread that comes for an extent. The
//! thread that brings the last one of all gives back what is more than an idle pool may keep. Neither is behind a gate.
//!
//! Where there can be no such memory, as with a small `ulimit -f`, the bytes go within the message. It is reserved before
//! it is written to: that there is none is an error then, and not a signal.
//!
//! * this file: the parent's side; `extents`: those in use; `views`: a worker's side

mod extents;
#[cfg(test)]
mod tests;
mod views;

use std::sync::{Arc, PoisonError};

pub(crate) use self::extents::Extents;
pub(crate) use self::views::Views;
use super::buffer::KEPT;
pub(crate) use super::memory::CACHED;
use super::memory::{Ground, Mapping, Piece, longest_file, reserve};
use crate::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use crate::sync::{Mutex, MutexGuard};

/// The smallest extent: what is shorter is copied within the message sooner than an extent is found.
pub(crate) const SMALLEST: usize = 4 << 10;

/// The largest one.
const LARGEST: usize = 1 << 30;

/// How many sizes of extents there are.
const SIZES: usize = (LARGEST.ilog2() - SMALLEST.ilog2()) as usize + 1;

/// What is mapped at a time, at multiples of it: one large extent, or several small ones.
const SLAB: u64 = 1 << 20;

/// The most slabs: the system allows a process 65,530 mappings.
const SLABS: usize = 16 << 10;

/// How long the file may get.
const LONGEST: u64 = 1 << 40;

/// The most that they may keep together while none is in use, in bytes. A pool may be idle for long, but to give
/// memory back and to touch it anew takes several times as long as to copy: with less, a pool that is idle between two
/// bursts of tasks would pay for that each time.
const IDLE: usize = 256 << 20;

/// After how many slabs given out, or parts of one, it is looked at how many extents have been in use together.
/// Memory for a burst of tasks is kept for the next one, if there are not too many other tasks before that.
const TURN: usize = 1 << 10;

/// The parent's side. The file is made when it is first needed.
#[derive(Debug, Default)]
pub(crate) struct Arena {
    state: Mutex<State>,
    /// Bytes of the extents in use, for those who look without the lock.
    used: AtomicUsize,
}

#[derive(Debug, Default)]
struct State {
    /// The file in which they stand, once one was needed and the system gave it.
    file: Option<Ground>,
    /// Bytes of it, and in how many slabs they are mapped.
    length: u64,
    slabs: usize,
    /// Slabs, or parts of one, that were given out in this turn.
    given: usize,
    /// Extents in use.
    used: usize,
    /// Bytes of memory that those have which are not in use.
    warm: usize,
    sizes: [Size; SIZES],
}

/// Extents of one size.
#[derive(Debug, Default)]
struct Size {
    /// Those that have memory, the warmest last.
    warm: Vec<Extent>,
    /// Those of which it was given back.
    bare: Vec<Extent>,
    used: usize,
    /// The most that were in use at a time, in this turn and in those before.
    peak: usize,
    of_late: usize,
}

/// An extent, which several of one task or piece of work are a chain of.
#[derive(Debug)]
struct Block {
    piece: Piece,
    /// Where it begins in the file.
    offset: u64,
    size: usize,
    /// How many of its bytes have memory, by whole pages.
    touched: usize,
    /// How many bytes stand there, and at which byte of the message their place.
    length: usize,
    at: usize,
    /// While it is in use.
    arena: Option<Arc<Arena>>,
    next: Option<Extent>,
}

impl Block {
    /// How many bytes it has room for.
    fn room(&self) -> usize {
        SMALLEST << self.size
    }

    /// Where its bytes stand.
    fn place(&self) -> Place {
        Place { offset: self.offset, length: self.length as u64 }
    }
}

/// It goes from hand to hand.
type Extent = Box<Block>;

/// Where long bytes stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Place {
    offset: u64,
    length: u64,
}

impl Place {
    /// Bytes of its encoded form.
    pub(crate) const ENCODED: usize = 16;

    /// That of bytes which are found by their turn, as they stand in the order in which they are read.
    pub(crate) fn in_turn(length: usize) -> Self {
        Self { offset: 0, length: length as u64 }
    }

    /// That of bytes which have none yet: it is beyond all files.
    pub(crate) fn nowhere(length: usize) -> Self {
        Self { offset: u64::MAX, length: length as u64 }
    }

    /// How many bytes stand there.
    pub(crate) fn length(self) -> usize {
        self.length as usize
    }

    /// As it is written into a message.
    pub(crate) fn to_bytes(self) -> [u8; Self::ENCODED] {
        (u128::from(self.length) << 64 | u128::from(self.offset)).to_le_bytes()
    }

    /// From what stands in a message.
    pub(crate) fn of(bytes: [u8; Self::ENCODED]) -> Self {
        let both = u128::from_le_bytes(bytes);
        Self { offset: both as u64, length: (both >> 64) as u64 }
    }
}

impl Arena {
    /// A panic cannot leave the state half-changed, so that a poisoned lock is as good as any.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Bytes of the extents in use.
    pub(crate) fn used(&self) -> usize {
        self.used.load(Relaxed)
    }

    /// An extent for so many bytes, with memory for them; `None` where there can be none.
    fn take(self: &Arc<Self>, length: usize) -> Option<Extent> {
        let size = size_of_extent(length)?;
        let mut state = self.lock();
        let surplus = state.turn();
        let block = state.take(size);
        let ground = state.file.clone();
        self.forget(surplus, state);
        let (mut block, ground) = (block?, ground?);
        self.used.fetch_add(block.room(), Relaxed);
        (block.length, block.arena) = (length, Some(Arc::clone(self)));
        if let Some(more) = length.checked_sub(block.touched).filter(|more| *more > 0) {
            if reserve(ground, block.offset + block.touched as u64, more as u64).is_err() {
                self.give_back(block);
                return None;
            }
            block.touched = length.next_multiple_of(SMALLEST);
        }
        Some(block)
    }

    /// Takes back a chain of extents.
    fn give_back(&self, first: Extent) {
        let mut state = self.lock();
        let mut next = Some(first);
        while let Some(mut block) = next {
            (next, block.arena) = (block.next.take(), None);
            self.used.fetch_sub(block.room(), Relaxed);
            state.give_back(block);
        }
        let surplus = if state.used == 0 { state.surplus_of_idle() } else { Vec::new() };
        self.forget(surplus, state);
    }

    /// Gives back the memory of extents that no one has, without the lock: that takes a while.
    fn forget(&self, surplus: Vec<Extent>, state: MutexGuard<'_, State>) {
        let Some(ground) = state.file.clone().filter(|_| !surplus.is_empty()) else { return };
        drop(state);
        for block in &surplus {
            ground.forget(block.offset, block.room() as u64);
        }
        let mut state = self.lock();
        for mut block in surplus {
            block.touched = 0;
            state.sizes[block.size].bare.push(block);
        }
    }
}

impl State {
    fn take(&mut self, size: usize) -> Option<Extent> {
        if self.sizes[size].warm.is_empty() && self.sizes[size].bare.is_empty() {
            self.map_slab(size)?;
        }
        let of = &mut self.sizes[size];
        let block = of.warm.pop().or_else(|| of.bare.pop())?;
        of.used += 1;
        of.peak = of.peak.max(of.used);
        self.used += 1;
        self.warm -= block.touched;
        self.given += (SMALLEST << size).div_ceil(SLAB as usize);
        Some(block)
    }

    fn give_back(&mut self, block: Extent) {
        let of = &mut self.sizes[block.size];
        of.used -= 1;
        self.used -= 1;
        self.warm += block.touched;
        if block.touched > 0 { &mut of.warm } else { &mut of.bare }.push(block);
    }

    /// Begins a new turn if it is time, and gives the extents that have more memory than was of use of late: they
    /// have been used least recently.
    fn turn(&mut self) -> Vec<Extent> {
        let mut surplus = Vec::new();
        if self.given < TURN {
            return surplus;
        }
        self.given = 0;
        for (index, size) in self.sizes.iter_mut().enumerate() {
            size.of_late = size.peak.max(size.of_late / 2);
            size.peak = size.used;
            let kept = size.of_late.max(KEPT / (SMALLEST << index));
            let more = (size.used + size.warm.len()).saturating_sub(kept).min(size.warm.len());
            surplus.extend(size.warm.drain(..more));
        }
        self.warm -= surplus.iter().map(|block| block.touched).sum::<usize>();
        surplus
    }

    /// The extents that have more memory than all may keep while none is in use: large ones first, as those take the
    /// fewest calls.
    fn surplus_of_idle(&mut self) -> Vec<Extent> {
        let mut surplus = Vec::new();
        for size in self.sizes.iter_mut().rev() {
            let mut more = 0;
            while self.warm > IDLE && more < size.warm.len() {
                self.warm -= size.warm[more].touched;
                more += 1;
            }
            surplus.extend(size.warm.drain(..more));
        }
        surplus
    }

    /// Maps new extents of a size; `None` where there is no room for them.
    fn map_slab(&mut self, size: usize) -> Option<()> {
        if self.file.is_none() {
            // One that the system does not give now, as there are too many open files, it may give later.
            self.file = Ground::new(0).ok();
        }
        let ground = self.file.as_ref()?;
        let length = SMALLEST << size;
        let slab = SLAB.max(length as u64);
        let (start, end) = (self.length, self.length + slab);
        if self.slabs == SLABS || end > longest_file().min(LONGEST) {
            return None;
        }
        ground.grow(end).ok()?;
        let mapping = Mapping::new(ground, start, slab as usize).ok()?;
        (self.length, self.slabs) = (end, self.slabs + 1);
        // The first one goes first.
        self.sizes[size].bare.extend(mapping.cut(length).rev().map(|piece| {
            let offset = start + piece.at() as u64;
            Box::new(Block { piece, offset, size, touched: 0, length: 0, at: 0, arena: None, next: None })
        }));
        Some(())
    }
}

/// The smallest size of an extent that holds so many bytes, by its power of two.
fn size_of_extent(length: usize) -> Option<usize> {
    let length = length.max(SMALLEST);
    (length <= LARGEST).then(|| (length.next_power_of_two() / SMALLEST).ilog2() as usize)
}
