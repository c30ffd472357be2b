//! Extents in use, as they go from hand to hand.

use std::sync::Arc;

use super::{Arena, Block, Extent, Place};
use crate::ipc::memory::Ground;

/// The extents of a task, or of several. Dropped, they are for others to use.
#[derive(Debug, Default)]
pub(crate) struct Extents(pub(super) Option<Extent>);

impl Extents {
    /// Copies bytes into a further one and tells where they stand; `None` where there can be none.
    pub(crate) fn add(&mut self, arena: &Arc<Arena>, bytes: &[u8]) -> Option<Place> {
        let mut block = arena.take(bytes.len())?;
        block.piece.write(bytes, arena.used());
        let place = block.place();
        block.next = self.0.take();
        self.0 = Some(block);
        Some(place)
    }

    /// One for so many bytes that are still to be written; `None` where there can be none.
    pub(crate) fn vacant(arena: &Arc<Arena>, length: usize) -> Option<Self> {
        arena.take(length).map(|block| Self(Some(block)))
    }

    /// Where those stand that were added last.
    pub(crate) fn place(&self) -> Option<Place> {
        self.0.as_deref().map(Block::place)
    }

    /// Notes at which byte of its message the place of those stands that were added last.
    pub(crate) fn note(&mut self, at: usize) {
        if let Some(block) = &mut self.0 {
            block.at = at;
        }
    }

    /// Each by itself, with the byte of the message at which its place stands.
    pub(crate) fn into_each(mut self) -> impl Iterator<Item = (usize, Self)> {
        std::iter::from_fn(move || {
            let mut first = self.0.take()?;
            self.0 = first.next.take();
            Some((first.at, Self(Some(first))))
        })
    }

    /// The bytes that were added last.
    pub(crate) fn bytes(&self) -> &[u8] {
        self.0.as_ref().map_or(&[], |block| block.piece.read(block.length))
    }

    /// Where those that were added last begin in memory.
    pub(crate) fn start(&mut self) -> Option<*mut u8> {
        self.0.as_mut().map(|block| block.piece.start())
    }

    /// Those that were added last, to be written before anyone is told of their place.
    pub(crate) fn bytes_mut(&mut self) -> &mut [u8] {
        self.0.as_mut().map_or(&mut [], |block| block.piece.first(block.length))
    }

    /// Whether there are none.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_none()
    }

    /// Adds those of others, which are of the same arena.
    pub(crate) fn append(&mut self, mut others: Self) {
        // No further than to the end of the shorter chain.
        let (mut these, mut further) = (&self.0, &others.0);
        while let (Some(this), Some(that)) = (these, further) {
            (these, further) = (&this.next, &that.next);
        }
        if these.is_some() {
            std::mem::swap(self, &mut others);
        }
        let mut end = &mut self.0;
        while let Some(block) = end {
            end = &mut block.next;
        }
        *end = others.0.take();
    }

    /// The file in which they stand.
    pub(crate) fn ground(&self) -> Option<Ground> {
        self.0.as_ref()?.arena.as_ref()?.lock().file.clone()
    }
}

impl Drop for Extents {
    fn drop(&mut self) {
        if let Some(mut first) = self.0.take()
            && let Some(arena) = first.arena.take()
        {
            arena.give_back(first);
        }
    }
}
