//! What parent and worker say to each other.
//!
//! The worker greets once with a [`Hello`]. Then the parent sends requests, each the task's name
//! and its encoded form, and the worker answers each with a reply: how it went, then the encoded
//! output. Postcard's encoding is not self-describing; the build id in the greeting is what makes
//! sure that both sides mean the same types.

use serde::{Deserialize, Serialize};

use crate::executor::Error;
use crate::executor::task::encode;

/// The worker's first message.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Hello {
    /// Must be the parent's own build id.
    pub(super) build: u64,
    /// When the worker could take its first task.
    pub(super) ready_ns: u64,
}

impl Hello {
    pub(super) fn encode(&self) -> Vec<u8> {
        let mut buffer = Vec::new();
        put(self, &mut buffer);
        buffer
    }

    pub(super) fn decode(message: &[u8]) -> Option<Self> {
        postcard::from_bytes(message).ok()
    }
}

/// How a task went, in the head of a reply.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Outcome {
    /// The output follows.
    Output,
    /// The task panicked with this message.
    Panicked(String),
    /// The task could not be decoded, found or its output encoded, for this reason.
    Transfer(String),
}

/// Begins a request for a task of that name; the encoded task comes after.
pub(super) fn begin_request(task: &str, buffer: &mut Vec<u8>) {
    put(&task, buffer);
}

/// Splits a request into the task's name and its encoded form.
pub(super) fn decode_request(message: &[u8]) -> Option<(&str, &[u8])> {
    postcard::take_from_bytes(message).ok()
}

/// Begins a reply; after [`Outcome::Output`] the encoded output comes after.
pub(super) fn begin_reply(outcome: &Outcome, buffer: &mut Vec<u8>) {
    put(outcome, buffer);
}

/// The outcome in a reply; `None` if it is none.
pub(super) fn decode_reply<'a>(task: &str, message: &'a [u8]) -> Option<Result<&'a [u8], Error>> {
    let (outcome, output) = postcard::take_from_bytes(message).ok()?;
    Some(match outcome {
        Outcome::Output => Ok(output),
        Outcome::Panicked(message) => Err(Error::Panicked { message }),
        Outcome::Transfer(reason) => Err(Error::Transfer { task: task.to_string(), reason }),
    })
}

fn put<T: Serialize>(value: &T, buffer: &mut Vec<u8>) {
    encode(value, buffer).expect("strings and integers always have an encoding");
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn requests_and_replies_come_back_as_they_went() {
        let mut buffer = Vec::new();
        begin_request("square", &mut buffer);
        buffer.extend([1, 2, 3]);
        assert_eq!(decode_request(&buffer), Some(("square", &[1, 2, 3][..])));

        buffer.clear();
        begin_reply(&Outcome::Output, &mut buffer);
        buffer.push(9);
        assert_eq!(decode_reply("square", &buffer), Some(Ok(&[9][..])));

        let hello = Hello { build: u64::MAX, ready_ns: 5 };
        assert_eq!(Hello::decode(&hello.encode()), Some(hello));
    }

    proptest! {
        #[test]
        fn no_bytes_make_a_decoder_panic(bytes in prop::collection::vec(any::<u8>(), 0..100)) {
            let _ = decode_request(&bytes);
            let _ = decode_reply("task", &bytes);
            let _ = Hello::decode(&bytes);
        }
    }
}
