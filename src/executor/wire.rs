//! How tasks and their outcomes are written as bytes for another process.
//!
//! A request is a task's name and one part for each task; a reply is one part for each outcome. A
//! part is a length of four bytes, little-endian, and that many bytes. Values are in postcard's
//! encoding, which does not describe itself: the build id in a worker's greeting makes sure that both
//! sides mean the same types.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::error::Error;

/// The most that the tasks or the outputs of a message may take together. One that is longer is its
/// task's error.
const MAX_CONTENT: usize = 1 << 30;

/// The most that a panic's or an error's text may take in a reply.
const MAX_TEXT: usize = 4 << 10;

/// The longest message: contents, and the errors of those that had no room. A longer one is damaged.
pub(super) const MAX_MESSAGE: usize = 2 << 30;

/// Bytes of a length.
pub(super) const LENGTH: usize = 4;

/// Tasks of one type, encoded.
#[derive(Debug, Default)]
pub(super) struct Request {
    bytes: Vec<u8>,
    tasks: usize,
}

impl Request {
    /// Empties it for the next use.
    pub(super) fn clear(&mut self) {
        empty(&mut self.bytes);
        self.tasks = 0;
    }

    /// Adds a task that the closure encodes. With an error nothing is added.
    pub(super) fn add(
        &mut self,
        name: &str,
        encode: impl FnOnce(&mut Vec<u8>) -> Result<(), Error>,
    ) -> Result<(), Error> {
        if self.tasks == 0 {
            put(&name, &mut self.bytes);
        }
        let start = self.bytes.len();
        let encoded = put_part(&mut self.bytes, encode).and_then(|()| {
            let too_long = |reason| Error::Transfer { task: name.to_string(), reason };
            check_length(self.bytes.len()).map_err(too_long)
        });
        match encoded {
            Ok(()) => self.tasks += 1,
            Err(_) if self.tasks == 0 => self.bytes.clear(),
            Err(_) => self.bytes.truncate(start),
        }
        encoded
    }

    /// How many tasks it holds.
    pub(super) fn tasks(&self) -> usize {
        self.tasks
    }

    /// The message.
    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes
    }
}

/// Splits a request into the task's name and the parts; `None` if it is no request.
pub(super) fn read_request(message: &[u8]) -> Option<(&str, Parts<'_>)> {
    let (name, rest) = postcard::take_from_bytes(message).ok()?;
    Some((name, Parts(rest)))
}

/// How a task went. In a reply's part it comes before the encoded output.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Outcome {
    /// The output follows.
    Output,
    /// The task panicked: message and place.
    Panicked(String, Option<String>),
    /// The task could not be decoded or found, or its output not encoded, for this reason.
    Transfer(String),
}

impl Outcome {
    /// With texts of a length that is good to read, and that no reply grows too long with.
    fn shortened(mut self) -> Self {
        if let Self::Panicked(text, _) | Self::Transfer(text) = &mut self
            && text.len() > MAX_TEXT
        {
            let boundary = (0..=MAX_TEXT).rfind(|&at| text.is_char_boundary(at)).unwrap_or(0);
            text.truncate(boundary);
            text.push('…');
        }
        self
    }
}

/// Adds an outcome to a reply: the output that the closure encodes, or what it says instead.
pub(super) fn add_outcome(reply: &mut Vec<u8>, run: impl FnOnce(&mut Vec<u8>) -> Result<(), Outcome>) {
    put_part(reply, |reply| {
        let start = reply.len();
        put(&Outcome::Output, reply);
        let outcome = run(reply).and_then(|()| check_length(reply.len()).map_err(Outcome::Transfer));
        if let Err(outcome) = outcome {
            reply.truncate(start);
            put(&outcome.shortened(), reply);
        }
    });
}

/// The parts of a message, one after the other.
#[derive(Debug, Clone)]
pub(super) struct Parts<'a>(&'a [u8]);

impl<'a> Parts<'a> {
    /// The parts of a reply to that many tasks; `None` if it is no such reply.
    pub(super) fn of_reply(message: &'a [u8], tasks: usize) -> Option<Self> {
        let mut rest = Self(message);
        let found = rest.by_ref().count();
        (rest.0.is_empty() && found == tasks).then_some(Self(message))
    }
}

impl<'a> Iterator for Parts<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        let (length, rest) = self.0.split_first_chunk::<LENGTH>()?;
        let (part, rest) = rest.split_at_checked(u32::from_le_bytes(*length) as usize)?;
        self.0 = rest;
        Some(part)
    }
}

/// The encoded output in a part of a reply, or the error that it tells.
pub(super) fn read_outcome<'a>(task: &str, part: &'a [u8]) -> Result<&'a [u8], Error> {
    let transfer = |reason| Error::Transfer { task: task.to_string(), reason };
    match postcard::take_from_bytes(part) {
        Ok((Outcome::Output, output)) => Ok(output),
        Ok((Outcome::Panicked(message, location), _)) => Err(Error::Panicked { message, location }),
        Ok((Outcome::Transfer(reason), _)) => Err(transfer(reason)),
        Err(error) => Err(transfer(format!("the reply cannot be decoded: {error}"))),
    }
}

/// Appends the encoded form of a value to a buffer.
pub(super) fn encode<T: Serialize>(value: &T, buffer: &mut Vec<u8>) -> Result<(), postcard::Error> {
    postcard::serialize_with_flavor(value, Append(buffer))
}

/// Reads a value from its encoded form.
pub(super) fn decode<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, postcard::Error> {
    postcard::from_bytes(bytes)
}

/// Whether a message of that length can be sent; else why not.
fn check_length(length: usize) -> Result<(), String> {
    if length <= MAX_CONTENT {
        return Ok(());
    }
    Err(format!("{length} bytes encoded are more than the {MAX_CONTENT} that a message can have"))
}

/// Empties a buffer for its next use. If it has become much larger than what it last held, the memory
/// is given back: one large message is not paid for by all that follow.
pub(super) fn empty(buffer: &mut Vec<u8>) {
    if buffer.capacity() > KEPT && buffer.len() < buffer.capacity() / 4 {
        buffer.clear();
        buffer.shrink_to(KEPT);
    }
    buffer.clear();
}

/// What a buffer may keep without being asked, in bytes.
const KEPT: usize = 1 << 20;

fn put<T: Serialize>(value: &T, buffer: &mut Vec<u8>) {
    encode(value, buffer).expect("strings and integers always have an encoding");
}

/// Appends what the closure writes, with its length before it.
fn put_part<R>(buffer: &mut Vec<u8>, write: impl FnOnce(&mut Vec<u8>) -> R) -> R {
    let start = buffer.len();
    buffer.extend([0; LENGTH]);
    let written = write(buffer);
    // Too long for four bytes is too long for a message, which the callers check.
    let length = (buffer.len() - start - LENGTH) as u32;
    buffer[start..start + LENGTH].copy_from_slice(&length.to_le_bytes());
    written
}

/// Writes to a buffer that stays the caller's: a value that panics while it is encoded does not take
/// along what was written before.
struct Append<'a>(&'a mut Vec<u8>);

impl postcard::ser_flavors::Flavor for Append<'_> {
    type Output = ();

    fn try_push(&mut self, byte: u8) -> postcard::Result<()> {
        self.0.push(byte);
        Ok(())
    }

    fn try_extend(&mut self, bytes: &[u8]) -> postcard::Result<()> {
        self.0.extend_from_slice(bytes);
        Ok(())
    }

    fn finalize(self) -> postcard::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn put_bytes<E>(bytes: &[u8]) -> impl FnOnce(&mut Vec<u8>) -> Result<(), E> {
        move |buffer| {
            buffer.extend(bytes);
            Ok(())
        }
    }

    fn request(parts: &[Vec<u8>]) -> Request {
        let mut request = Request::default();
        for part in parts {
            request.add("task", put_bytes(part)).unwrap();
        }
        request
    }

    proptest! {
        #[test]
        fn requests_come_back_as_they_went(
            parts in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..40), 1..5),
        ) {
            let request = request(&parts);
            let (name, read) = read_request(request.bytes()).unwrap();
            prop_assert_eq!((name, request.tasks()), ("task", parts.len()));
            prop_assert_eq!(read.map(<[u8]>::to_vec).collect::<Vec<_>>(), parts);
        }

        #[test]
        fn no_bytes_make_a_reader_panic(bytes in prop::collection::vec(any::<u8>(), 0..100)) {
            if let Some((_, parts)) = read_request(&bytes) {
                prop_assert!(parts.map(<[u8]>::len).sum::<usize>() <= bytes.len());
            }
            for part in Parts::of_reply(&bytes, 1).into_iter().flatten() {
                let _ = read_outcome("task", part);
            }
            let _ = read_outcome("task", &bytes);
        }
    }

    #[test]
    fn replies_tell_outputs_and_errors() {
        let mut reply = Vec::new();
        add_outcome(&mut reply, put_bytes(&[9]));
        add_outcome(&mut reply, |reply| {
            reply.extend([1, 2, 3]);
            Err(Outcome::Panicked("boom".to_string(), None))
        });
        assert!(Parts::of_reply(&reply, 1).is_none() && Parts::of_reply(&reply[1..], 2).is_none());
        let outcomes: Vec<_> =
            Parts::of_reply(&reply, 2).unwrap().map(|part| read_outcome("task", part)).collect();
        let panicked = Error::Panicked { message: "boom".to_string(), location: None };
        assert_eq!(outcomes, [Ok(&[9][..]), Err(panicked)]);
    }

    #[test]
    fn a_task_that_cannot_be_encoded_leaves_the_others_alone() {
        let mut request = request(&[vec![1], vec![2]]);
        request
            .add("task", |buffer| {
                buffer.push(3);
                Err(Error::Dropped)
            })
            .unwrap_err();
        request.add("task", put_bytes(&[4])).unwrap();
        let parts: Vec<_> = read_request(request.bytes()).unwrap().1.collect();
        assert_eq!(parts, [[1], [2], [4]]);
    }
}
