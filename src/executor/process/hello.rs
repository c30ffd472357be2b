//! A worker's greeting: its first message.

use serde::{Deserialize, Serialize};

use crate::executor::wire::{decode, encode};

/// What a worker says of itself once it is ready.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Hello {
    /// Must be the parent's own build id.
    pub(super) build: u64,
    /// When the worker could take its first task.
    pub(super) ready_ns: u64,
}

impl Hello {
    pub(super) fn encode(&self) -> Vec<u8> {
        let mut message = Vec::new();
        encode(self, &mut message).expect("integers always have an encoding");
        message
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
        let message = hello.encode();
        assert_eq!(Hello::decode(&message), Some(hello));
        assert_eq!(Hello::decode(&message[..3]), None);
    }
}
