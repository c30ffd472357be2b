//! Where long bytes of tasks land that come from another program.

use std::sync::Arc;

use crate::ipc::arena::{Arena, Extents};

/// Memory for long bytes of tasks: where they wait to be sent, or land to be read there by worker processes.
#[derive(Debug, Clone, Default)]
pub struct Room(pub(super) Arc<Arena>);

/// Long bytes that have landed, or are about to.
#[derive(Debug)]
pub struct Landing(Memory);

#[derive(Debug)]
enum Memory {
    InRoom(Extents),
    Own(Vec<u8>),
}

impl Landing {
    /// One for so many bytes, zeros or what was there before: in that room, or in memory of this process alone where
    /// the room has none, or none is given.
    #[must_use]
    pub fn new(room: Option<&Room>, length: usize) -> Self {
        let vacant = room.and_then(|room| Extents::vacant(&room.0, length));
        Self(vacant.map_or_else(|| Memory::Own(vec![0; length]), Memory::InRoom))
    }

    /// Where the bytes begin, for who writes them while no reference to them is made.
    pub fn start(&mut self) -> *mut u8 {
        match &mut self.0 {
            Memory::InRoom(extents) => extents.start().unwrap_or(std::ptr::null_mut()),
            Memory::Own(bytes) => bytes.as_mut_ptr(),
        }
    }

    /// The bytes, to be written.
    pub fn bytes_mut(&mut self) -> &mut [u8] {
        match &mut self.0 {
            Memory::InRoom(extents) => extents.bytes_mut(),
            Memory::Own(bytes) => bytes,
        }
    }

    /// The bytes as this process's own.
    #[must_use]
    pub fn into_bytes(self) -> Vec<u8> {
        match self.0 {
            Memory::InRoom(extents) => extents.bytes().to_vec(),
            Memory::Own(bytes) => bytes,
        }
    }

    /// Where workers find them; or they as they came, where they are in no room.
    pub(super) fn in_room(self) -> Result<Extents, Self> {
        match self.0 {
            Memory::InRoom(extents) => Ok(extents),
            Memory::Own(_) => Err(self),
        }
    }
}

impl AsRef<[u8]> for Landing {
    fn as_ref(&self) -> &[u8] {
        match &self.0 {
            Memory::InRoom(extents) => extents.bytes(),
            Memory::Own(bytes) => bytes,
        }
    }
}

impl From<Vec<u8>> for Landing {
    fn from(bytes: Vec<u8>) -> Self {
        Self(Memory::Own(bytes))
    }
}
