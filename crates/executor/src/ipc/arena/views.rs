//! What a worker sees of its pool's memory for long bytes.

use std::cell::{Cell, RefCell};
use std::io;
use std::os::fd::OwnedFd;

use super::{LARGEST, Place, SLAB};
use crate::ipc::memory::{Ground, Mapping};

/// The extents of another process. What has been mapped stays mapped.
#[derive(Debug)]
pub(crate) struct Views {
    ground: Ground,
    /// The length of the file, when it was last looked at.
    length: Cell<u64>,
    /// In the order of where they begin, each at a multiple of a slab.
    windows: RefCell<Vec<(u64, Mapping)>>,
}

impl Views {
    /// Those of a file that the parent has made.
    ///
    /// # Errors
    ///
    /// `InvalidInput` for a file that is none, else what the system says.
    pub(crate) fn new(file: OwnedFd) -> io::Result<Self> {
        let ground = Ground::of(file, SLAB)?;
        Ok(Self { length: Cell::new(ground.length()?), ground, windows: RefCell::default() })
    }

    /// A copy of long bytes.
    ///
    /// # Errors
    ///
    /// `InvalidInput` for a place that can have none, `OutOfMemory` where there is no memory for them, else what
    /// the system says.
    pub(crate) fn copy(&self, Place { offset, length }: Place) -> io::Result<Vec<u8>> {
        let possible = (1..=LARGEST as u64).contains(&length);
        let end = offset.checked_add(length).filter(|_| possible).ok_or(io::ErrorKind::InvalidInput)?;
        if end > self.length.get() {
            self.length.set(self.ground.length()?);
            if end > self.length.get() {
                return Err(io::ErrorKind::InvalidInput.into());
            }
        }
        let start = offset / SLAB * SLAB;
        let within = (offset - start) as usize..(end - start) as usize;
        let mut windows = self.windows.borrow_mut();
        let window = || {
            let length = (end - start).next_power_of_two().max(SLAB).min(self.length.get() - start);
            Mapping::new(&self.ground, start, length as usize)
        };
        let at = match windows.binary_search_by_key(&start, |(start, _)| *start) {
            Ok(at) if windows[at].1.length() >= within.end => at,
            Ok(at) => {
                windows[at].1 = window()?;
                at
            }
            Err(at) => {
                windows.insert(at, (start, window()?));
                at
            }
        };
        let mut copy = Vec::new();
        windows[at].1.read(within, &mut copy)?;
        Ok(copy)
    }
}
