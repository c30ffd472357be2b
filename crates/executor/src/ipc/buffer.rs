//! A growing buffer of bytes in memory that two processes can share.

use std::io;
use std::ops::Range;

use super::memory::{Ground, Mapping, reserve};

/// What a buffer maps at first; it takes memory only as it is written to.
const FIRST: usize = 64 << 10;

/// What it has memory reserved for at a time while it is short.
const PAGE: usize = 4 << 10;

/// What a buffer may keep of its memory without being asked, in bytes.
pub(super) const KEPT: usize = 1 << 20;

/// Bytes that one process writes, one after the other, at a fixed place of a [`Ground`]. Another sees
/// them through a [`View`] of the same place, at times on which the two must agree.
#[derive(Debug)]
pub(crate) struct Buffer {
    ground: Ground,
    offset: u64,
    capacity: usize,
    mapping: Mapping,
    length: usize,
    /// How many bytes from its beginning have memory. To write to others could be a signal, where there is none left.
    reserved: usize,
}

impl Buffer {
    /// An empty buffer at that place, which can grow to that capacity.
    ///
    /// # Errors
    ///
    /// What the system says.
    pub(super) fn new(ground: &Ground, offset: u64, capacity: usize) -> io::Result<Self> {
        let mapping = Mapping::new(ground, offset, FIRST.min(capacity))?;
        Ok(Self { ground: ground.clone(), offset, capacity, mapping, length: 0, reserved: 0 })
    }

    /// A buffer that is not shared.
    ///
    /// # Errors
    ///
    /// What the system says.
    pub(crate) fn private(capacity: usize) -> io::Result<Self> {
        Self::new(&Ground::new(capacity as u64)?, 0, capacity)
    }

    /// The bytes that it holds.
    #[must_use]
    pub(crate) fn len(&self) -> usize {
        self.length
    }

    /// Whether it holds none.
    #[cfg(test)]
    pub(crate) fn is_empty(&self) -> bool {
        self.length == 0
    }

    /// A copy of a part of what it holds: the other process may write to it, whatever the rules say.
    ///
    /// # Errors
    ///
    /// `OutOfMemory` where there is no memory for it.
    ///
    /// # Panics
    ///
    /// If it holds less.
    pub(crate) fn copy(&self, part: Range<usize>) -> io::Result<Vec<u8>> {
        assert!(part.end <= self.length, "beyond the end of the buffer");
        let mut copy = Vec::new();
        self.mapping.read(part, &mut copy)?;
        Ok(copy)
    }

    /// A copy of all that it holds.
    #[cfg(test)]
    pub(crate) fn to_vec(&self) -> io::Result<Vec<u8>> {
        self.copy(0..self.length)
    }

    /// Empties it for the next use. If it has become much larger than what it last held, the memory is
    /// given back: one large message is not paid for by all that follow.
    pub(crate) fn clear(&mut self) {
        if self.reserved > KEPT && self.length < self.reserved / 4 {
            self.ground.forget(self.offset + KEPT as u64, (self.reserved - KEPT) as u64);
            self.reserved = KEPT;
        }
        self.length = 0;
    }

    /// Forgets what comes after the first bytes.
    pub(crate) fn truncate(&mut self, length: usize) {
        self.length = self.length.min(length);
    }

    /// Appends bytes.
    ///
    /// # Errors
    ///
    /// `StorageFull` beyond the capacity or where there is no memory, else what the system says. Nothing is appended
    /// then.
    #[inline]
    pub(crate) fn extend(&mut self, bytes: &[u8]) -> io::Result<()> {
        if bytes.len() > self.reserved - self.length {
            self.reserve(bytes.len())?;
        }
        self.mapping.write(self.length, bytes);
        self.length += bytes.len();
        Ok(())
    }

    /// Appends a byte.
    ///
    /// # Errors
    ///
    /// As [`extend`](Self::extend).
    pub(crate) fn push(&mut self, byte: u8) -> io::Result<()> {
        self.extend(&[byte])
    }

    /// Writes over bytes that it holds.
    ///
    /// # Panics
    ///
    /// If it holds fewer.
    pub(crate) fn overwrite(&mut self, at: usize, bytes: &[u8]) {
        assert!(at + bytes.len() <= self.length, "beyond the end of the buffer");
        self.mapping.write(at, bytes);
    }

    #[cold]
    fn reserve(&mut self, more: usize) -> io::Result<()> {
        let needed = self.length.saturating_add(more);
        if needed > self.mapping.length() {
            let length = room_for(needed, self.mapping.length(), self.capacity)?;
            self.mapping = Mapping::new(&self.ground, self.offset, length)?;
        }
        let step = if needed < FIRST { PAGE } else { FIRST };
        let end = needed.next_multiple_of(step).min(self.capacity);
        reserve(&self.ground, self.offset + self.reserved as u64, (end - self.reserved) as u64)?;
        self.reserved = end;
        Ok(())
    }
}

/// What a [`Buffer`] at the same place holds, as the other process sees it.
#[derive(Debug)]
pub(crate) struct View {
    ground: Ground,
    offset: u64,
    capacity: usize,
    mapping: Mapping,
}

impl View {
    /// A view of the buffer at that place.
    ///
    /// # Errors
    ///
    /// What the system says.
    pub(super) fn new(ground: &Ground, offset: u64, capacity: usize) -> io::Result<Self> {
        let mapping = Mapping::new(ground, offset, FIRST.min(capacity))?;
        Ok(Self { ground: ground.clone(), offset, capacity, mapping })
    }

    /// Appends a copy of the first bytes of the buffer.
    ///
    /// # Errors
    ///
    /// `StorageFull` beyond its capacity, else what the system says.
    pub(super) fn copy(&mut self, length: usize, into: &mut Vec<u8>) -> io::Result<()> {
        self.copy_part(0..length, into)
    }

    /// Appends a copy of a part of the buffer.
    ///
    /// # Errors
    ///
    /// As [`copy`](Self::copy).
    pub(super) fn copy_part(&mut self, part: Range<usize>, into: &mut Vec<u8>) -> io::Result<()> {
        if part.end > self.mapping.length() {
            let length = room_for(part.end, self.mapping.length(), self.capacity)?;
            self.mapping = Mapping::new(&self.ground, self.offset, length)?;
        }
        self.mapping.read(part, into)
    }
}

/// How much to map for that need: at least twice as much as now, so that growing costs little.
fn room_for(needed: usize, now: usize, capacity: usize) -> io::Result<usize> {
    if needed > capacity {
        return Err(io::ErrorKind::StorageFull.into());
    }
    Ok(needed.max(now.saturating_mul(2)).next_multiple_of(FIRST).min(capacity))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_holds_what_was_written_and_refuses_what_is_too_much() {
        let mut buffer = Buffer::private(1 << 20).unwrap();
        assert!(buffer.is_empty());
        buffer.extend(&vec![7; 100_000]).unwrap();
        buffer.push(8).unwrap();
        buffer.overwrite(0, &[1, 2]);
        assert_eq!(buffer.len(), 100_001);
        assert_eq!((&*buffer.copy(0..3).unwrap(), buffer.to_vec().unwrap()[100_000]), (&[1, 2, 7][..], 8));
        let full = buffer.extend(&vec![0; 1 << 20]).unwrap_err();
        assert_eq!((full.kind(), buffer.len()), (io::ErrorKind::StorageFull, 100_001));
        buffer.truncate(2);
        assert_eq!(buffer.to_vec().unwrap(), [1, 2]);
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn where_there_is_no_memory_there_is_an_error_and_no_signal() {
        let mut buffer = Buffer::private(1 << 20).unwrap();
        buffer.extend(&[1; 5000]).unwrap();
        let ground = std::mem::replace(&mut buffer.ground, Ground::new(0).unwrap().read_only());
        for more in [5000, 200_000] {
            assert!(buffer.extend(&vec![2; more]).is_err());
            assert_eq!(buffer.to_vec().unwrap(), [1; 5000]);
        }
        // What is reserved can be written to, and again.
        buffer.extend(&[2; 3192]).unwrap();
        buffer.clear();
        buffer.extend(&[3; 8192]).unwrap();
        assert!(buffer.push(3).is_err());
        buffer.ground = ground;
        buffer.extend(&vec![4; 100_000]).unwrap();
        assert_eq!(buffer.len(), 108_192);
    }

    #[test]
    fn one_large_message_is_not_paid_for_by_all_that_follow() {
        let mut buffer = Buffer::private(1 << 30).unwrap();
        let taken =
            |buffer: &Buffer| rustix::fs::fstat(&buffer.ground).unwrap().st_blocks.unsigned_abs() * 512;
        buffer.extend(&vec![1; 16 << 20]).unwrap();
        assert!(taken(&buffer) >= 16 << 20);
        buffer.clear();
        buffer.extend(&[2; 100]).unwrap();
        buffer.clear();
        if cfg!(target_os = "linux") {
            assert!(taken(&buffer) <= KEPT as u64);
        }
        buffer.extend(&[3; 100]).unwrap();
        assert_eq!(buffer.to_vec().unwrap(), [3; 100]);
    }
}
