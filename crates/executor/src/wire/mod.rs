//! How tasks and their outcomes are written as bytes for another process.
//!
//! A request is a byte that says how it may be answered, and one part for each task, its name and its
//! argument; a reply is one part for each outcome, in the order of the tasks. Values are in postcard's
//! encoding, which does not describe itself: the build id in a worker's greeting makes sure that both
//! sides mean the same types.
//!
//! * `request`: tasks; `outcome`: what became of them; `part`: what both consist of
//! * this file: values

mod outcome;
mod part;
mod request;
#[cfg(test)]
mod tests;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::attachments;
use crate::ipc::buffer::Buffer;

pub(crate) use self::outcome::{Outcome, add_outcome, read_outcome};
pub(crate) use self::part::Parts;
pub(crate) use self::request::{Answer, Encoded, Request, read_request, read_task};

/// Appends the encoded form of a value to a buffer.
pub(super) fn encode<T: Serialize>(value: &T, buffer: &mut Buffer) -> Result<(), postcard::Error> {
    postcard::serialize_with_flavor(value, Append(buffer))
}

/// Reads a value from its encoded form; else says why it cannot.
pub(super) fn decode<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, String> {
    attachments::complaint();
    postcard::from_bytes(bytes).map_err(|error| attachments::complaint().unwrap_or_else(|| error.to_string()))
}

/// Writes to a buffer that stays the caller's: a value that panics while it is encoded does not take
/// along what was written before.
struct Append<'a>(&'a mut Buffer);

impl postcard::ser_flavors::Flavor for Append<'_> {
    type Output = ();

    fn try_push(&mut self, byte: u8) -> postcard::Result<()> {
        self.0.push(byte).map_err(|_| postcard::Error::SerializeBufferFull)
    }

    fn try_extend(&mut self, bytes: &[u8]) -> postcard::Result<()> {
        self.0.extend(bytes).map_err(|_| postcard::Error::SerializeBufferFull)
    }

    fn finalize(self) -> postcard::Result<()> {
        Ok(())
    }
}
