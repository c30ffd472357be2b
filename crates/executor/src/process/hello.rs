//! A worker's greeting: its first message.

use serde::{Deserialize, Serialize};

use crate::ipc::buffer::Buffer;
use crate::wire::{CodecError, decode, encode};

/// What a worker says of itself once it is ready.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Hello {
    /// Must be the parent's own build id.
    pub(super) build: u64,
    /// When the worker could take its first task.
    pub(super) ready_ns: u64,
}

impl Hello {
    /// Writes it as a reply.
    pub(super) fn write(&self, reply: &mut Buffer) -> Result<(), CodecError> {
        encode(self, reply)
    }

    pub(super) fn decode(message: &[u8]) -> Option<Self> {
        decode(message).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_comes_back_as_it_went() {
        let hello = Hello { build: u64::MAX, ready_ns: 5 };
        let mut message = Buffer::private(1 << 16).unwrap();
        hello.write(&mut message).unwrap();
        assert_eq!(Hello::decode(&message.to_vec().unwrap()), Some(hello));
        assert_eq!(Hello::decode(&message.to_vec().unwrap()[..3]), None);
    }
}
