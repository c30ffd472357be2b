//! Work that waits for a worker, in the order in which it came.
//!
//! Single tasks stand in blocks, and go to a worker by whole blocks: the queue's lock, which those who submit
//! want too, is not held while a thousand of them are moved.

use std::collections::VecDeque;

use super::item::Item;
use crate::work::Grouping;

/// How many single tasks stand together.
const BLOCK: usize = 64;

/// Work in order.
#[derive(Default)]
pub(super) struct Backlog {
    blocks: VecDeque<Block>,
    /// Pieces of work in all of them.
    len: usize,
}

/// Single tasks, or one chunk; never none.
struct Block {
    grouping: Grouping,
    items: VecDeque<Item>,
}

/// Work that was taken from a backlog, in its order.
#[derive(Default)]
pub(super) struct Taken {
    /// Where it is alone it needs no block.
    first: Option<Item>,
    blocks: VecDeque<VecDeque<Item>>,
    len: usize,
}

impl Backlog {
    /// How many pieces of work there are.
    pub(super) fn len(&self) -> usize {
        self.len
    }

    pub(super) fn push_back(&mut self, item: Item) {
        self.len += 1;
        let grouping = item.work.grouping();
        match self.blocks.back_mut() {
            Some(last)
                if grouping == Grouping::Single && last.grouping == grouping && last.items.len() < BLOCK =>
            {
                last.items.push_back(item);
            }
            _ => {
                let room = if grouping == Grouping::Single { BLOCK } else { 1 };
                let mut items = VecDeque::with_capacity(room);
                items.push_back(item);
                self.blocks.push_back(Block { grouping, items });
            }
        }
    }

    pub(super) fn push_front(&mut self, item: Item) {
        self.len += 1;
        let grouping = item.work.grouping();
        match self.blocks.front_mut() {
            Some(first)
                if grouping == Grouping::Single
                    && first.grouping == grouping
                    && first.items.len() < BLOCK =>
            {
                first.items.push_front(item);
            }
            _ => self.blocks.push_front(Block { grouping, items: VecDeque::from([item]) }),
        }
    }

    pub(super) fn pop_front(&mut self) -> Option<Item> {
        let first = self.blocks.front_mut()?;
        let item = first.items.pop_front();
        if first.items.is_empty() {
            self.blocks.pop_front();
        }
        self.len -= usize::from(item.is_some());
        item
    }

    /// All of it, in order.
    pub(super) fn into_items(self) -> impl Iterator<Item = Item> {
        self.blocks.into_iter().flat_map(|block| block.items)
    }

    /// Takes the first pieces: one chunk, or so many single tasks at most, as far as no chunk stands between
    /// them. They follow what was taken before, of which a chunk stays alone.
    pub(super) fn take(&mut self, most: usize, taken: &mut Taken) {
        if most == 1 && taken.is_empty() {
            *taken = self.pop_front().map(Taken::from).unwrap_or_default();
            return;
        }
        while taken.len < most {
            let Some(first) = self.blocks.front_mut() else { return };
            let is_chunk = first.grouping == Grouping::Chunk;
            if is_chunk && taken.len > 0 {
                return;
            }
            let left = most - taken.len;
            let items = if first.items.len() <= left {
                self.blocks.pop_front().map(|block| block.items).unwrap_or_default()
            } else {
                first.items.drain(..left).collect()
            };
            self.len -= items.len();
            taken.len += items.len();
            taken.blocks.push_back(items);
            if is_chunk {
                return;
            }
        }
    }
}

impl Extend<Item> for Backlog {
    fn extend<I: IntoIterator<Item = Item>>(&mut self, items: I) {
        items.into_iter().for_each(|item| self.push_back(item));
    }
}

impl Taken {
    pub(super) fn len(&self) -> usize {
        self.len
    }

    pub(super) fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Whether it is a chunk, which goes alone.
    pub(super) fn is_chunk(&self) -> bool {
        let first = self.first.as_ref().or_else(|| self.blocks.front()?.front());
        first.is_some_and(|item| item.work.grouping() == Grouping::Chunk)
    }
}

impl From<Item> for Taken {
    fn from(item: Item) -> Self {
        Self { first: Some(item), blocks: VecDeque::new(), len: 1 }
    }
}

impl IntoIterator for Taken {
    type Item = Item;
    type IntoIter = std::iter::Chain<
        std::option::IntoIter<Item>,
        std::iter::Flatten<std::collections::vec_deque::IntoIter<VecDeque<Item>>>,
    >;

    fn into_iter(self) -> Self::IntoIter {
        self.first.into_iter().chain(self.blocks.into_iter().flatten())
    }
}
