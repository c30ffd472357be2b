//! Where encoded bytes go: memory that processes share, or this process's own.

use std::io;

use crate::ipc::arena::Place;
use crate::ipc::buffer::Buffer;

/// Bytes that are written one after the other.
pub(crate) trait Sink {
    /// How many there are.
    fn len(&self) -> usize;

    /// Appends bytes.
    ///
    /// # Errors
    ///
    /// Where there is no room for them.
    fn put(&mut self, bytes: &[u8]) -> io::Result<()>;

    /// Writes over bytes that were put before.
    fn overwrite(&mut self, at: usize, bytes: &[u8]);

    /// Forgets what comes after the first bytes.
    fn truncate(&mut self, length: usize);

    /// Puts bytes elsewhere than among the others, and tells where; `None` where there is no such place.
    fn put_apart(&mut self, _: &[u8]) -> Option<Place> {
        None
    }

    /// The lengths of what was put apart in a part of a message, where they are to stand there.
    fn take_apart(&mut self) -> Vec<u64> {
        Vec::new()
    }
}

impl Sink for Buffer {
    fn len(&self) -> usize {
        self.len()
    }

    #[inline]
    fn put(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.extend(bytes)
    }

    fn overwrite(&mut self, at: usize, bytes: &[u8]) {
        self.overwrite(at, bytes);
    }

    fn truncate(&mut self, length: usize) {
        self.truncate(length);
    }
}

/// A message in the making never grows beyond this, though its sender may go on for ever. What is longer
/// than a message may be and shorter than this has an error that says how long it is.
const LONGEST: usize = 4 << 30;

/// Room behind what is put, so that the few bytes that follow do not move all of it.
const SLACK: usize = 64;

impl Sink for Vec<u8> {
    fn len(&self) -> usize {
        self.len()
    }

    #[inline]
    fn put(&mut self, bytes: &[u8]) -> io::Result<()> {
        if bytes.len() > self.capacity() - self.len() {
            if bytes.len() > LONGEST - self.len().min(LONGEST) {
                return Err(io::ErrorKind::StorageFull.into());
            }
            // A long text is mostly the last, but for what closes the message.
            self.try_reserve(bytes.len() + SLACK).map_err(|_| io::ErrorKind::OutOfMemory)?;
        }
        self.extend_from_slice(bytes);
        Ok(())
    }

    fn overwrite(&mut self, at: usize, bytes: &[u8]) {
        self[at..at + bytes.len()].copy_from_slice(bytes);
    }

    fn truncate(&mut self, length: usize) {
        self.truncate(length);
    }
}
