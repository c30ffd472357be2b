//! The bytes of a piece of work: few are kept in place, more on the heap.

use std::cell::Cell;
use std::io;
use std::ops::Deref;

use super::sink::Sink;

/// The bytes of a piece. It is made by one thread and let go by another, and the allocator's locks would cost
/// more than all else of a short task; so those of most have their place here.
#[derive(Debug)]
pub(super) enum Bytes {
    Here { length: u8, bytes: [u8; HERE] },
    Apart(Vec<u8>),
}

/// With it an [`Encoded`](super::Encoded) takes 48 bytes. A task with long bytes that stand elsewhere has about as many here.
const HERE: usize = 30;

impl Default for Bytes {
    fn default() -> Self {
        Self::Here { length: 0, bytes: [0; HERE] }
    }
}

impl Sink for Bytes {
    fn len(&self) -> usize {
        self.deref().len()
    }

    #[inline]
    fn put(&mut self, more: &[u8]) -> io::Result<()> {
        if let Self::Here { length, bytes } = self {
            let from = usize::from(*length);
            if let Some(room) = bytes.get_mut(from..from + more.len()) {
                room.copy_from_slice(more);
                *length += more.len() as u8;
                return Ok(());
            }
        }
        self.put_apart(more)
    }

    #[inline]
    fn overwrite(&mut self, at: usize, with: &[u8]) {
        let bytes = match self {
            Self::Here { bytes, .. } => &mut bytes[..],
            Self::Apart(bytes) => &mut bytes[..],
        };
        bytes[at..at + with.len()].copy_from_slice(with);
    }

    fn truncate(&mut self, to: usize) {
        match self {
            Self::Here { length, .. } => *length = (*length).min(to as u8),
            Self::Apart(bytes) => bytes.truncate(to),
        }
    }
}

impl Bytes {
    fn put_apart(&mut self, more: &[u8]) -> io::Result<()> {
        if let Self::Here { length, bytes } = self {
            let mut apart = SCRATCH.try_with(Cell::take).unwrap_or_default();
            apart.put(&bytes[..usize::from(*length)])?;
            *self = Self::Apart(apart);
        }
        let Self::Apart(apart) = self else { return Err(io::ErrorKind::OutOfMemory.into()) };
        apart.put(more)
    }

    /// With no more memory than it needs.
    pub(super) fn finish(self) -> Self {
        let Self::Apart(mut bytes) = self else { return self };
        if bytes.len() <= SHORT && bytes.capacity() <= SHORT {
            let kept = bytes.as_slice().to_vec();
            bytes.clear();
            let _ = SCRATCH.try_with(|scratch| scratch.set(bytes));
            return Self::Apart(kept);
        }
        if bytes.capacity() / 8 > bytes.len() / 7 {
            bytes.shrink_to_fit();
        }
        Self::Apart(bytes)
    }
}

impl Deref for Bytes {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match self {
            Self::Here { length, bytes } => &bytes[..usize::from(*length)],
            Self::Apart(bytes) => bytes,
        }
    }
}

/// A piece of at most that many bytes is copied to where it stays, so that the memory in which it was made
/// can be used again by the next one of this thread. A task that submits another while it is encoded finds none.
const SHORT: usize = 4 << 10;

thread_local! {
    static SCRATCH: Cell<Vec<u8>> = const { Cell::new(Vec::new()) };
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::Encoded;

    #[test]
    fn pieces_of_every_length_are_kept_whole() {
        let all: Vec<u8> = (0..=2 * HERE as u8).collect();
        for (length, step) in (0..=all.len()).flat_map(|length| [(length, 1), (length, 7), (length, 100)]) {
            let mut bytes = Bytes::default();
            for piece in all[..length].chunks(step) {
                bytes.put(piece).unwrap();
            }
            let mut bytes = bytes.finish();
            assert_eq!(*bytes, all[..length]);
            assert_eq!(matches!(bytes, Bytes::Here { .. }), length <= HERE);
            if length > 1 {
                bytes.overwrite(length - 1, &[200]);
                assert_eq!(bytes.last(), Some(&200));
                bytes.truncate(1);
                assert_eq!(*bytes, [0]);
            }
        }
        assert!(size_of::<Encoded>() <= 48);
    }
}
