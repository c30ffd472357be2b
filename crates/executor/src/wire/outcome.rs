//! Outcomes of tasks on their way back.

use std::io;

use super::part::{MAX_CONTENT, check_length, no_room, put_part};
use super::sink::Sink;
use super::{decode, encode};
use crate::attachments::Attachment;
use crate::error::Error;
use crate::ipc::arena::Place;
use crate::ipc::buffer::Buffer;

/// The most that a panic's or an error's text may take in a reply.
const MAX_TEXT: usize = 4 << 10;

/// First bytes of a part.
const OUTPUT: u8 = 0;
const PANICKED: u8 = 1;
const TRANSFER: u8 = 2;

/// How a task went that has no output to send. A reply's part begins with a byte that says which of these it
/// is, or that the output follows.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
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

    fn write(&self, reply: &mut Outputs<'_>) {
        // What has no room for that is seen when the part is closed.
        let _ = match self {
            Self::Panicked(message, location) => {
                reply.buffer.push(PANICKED).is_ok() && encode(&(message, location), reply.buffer).is_ok()
            }
            Self::Transfer(reason) => {
                reply.buffer.push(TRANSFER).is_ok() && encode(reason, reply.buffer).is_ok()
            }
        };
    }
}

/// Where outputs are written to.
pub(crate) struct Outputs<'a> {
    buffer: &'a mut Buffer,
    /// Where long bytes may stand; else they stand among the others.
    annex: Option<&'a mut Buffer>,
    /// The lengths of those of the latest output, their sum, and the most that it may be.
    apart: Vec<u64>,
    length_apart: usize,
    most_apart: usize,
}

impl<'a> Outputs<'a> {
    pub(crate) fn new(buffer: &'a mut Buffer, annex: Option<&'a mut Buffer>) -> Self {
        Self::within(buffer, annex, MAX_CONTENT)
    }

    /// With at most so many bytes of an output in the annex.
    pub(super) fn within(buffer: &'a mut Buffer, annex: Option<&'a mut Buffer>, most_apart: usize) -> Self {
        Self { buffer, annex, apart: Vec::new(), length_apart: 0, most_apart }
    }

    /// Long bytes of the latest output.
    #[cfg(test)]
    pub(super) fn length_apart(&self) -> usize {
        self.length_apart
    }

    /// Forgets the long bytes of the latest output.
    fn forget_apart(&mut self) {
        if let Some(annex) = &mut self.annex {
            annex.truncate(annex.len() - self.length_apart);
        }
        self.take_apart();
    }
}

impl Sink for Outputs<'_> {
    fn len(&self) -> usize {
        self.buffer.len()
    }

    #[inline]
    fn put(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.buffer.extend(bytes)
    }

    fn overwrite(&mut self, at: usize, bytes: &[u8]) {
        self.buffer.overwrite(at, bytes);
    }

    fn truncate(&mut self, length: usize) {
        self.buffer.truncate(length);
    }

    fn put_apart(&mut self, bytes: &[u8]) -> Option<Place> {
        let length =
            self.length_apart.checked_add(bytes.len()).filter(|length| *length <= self.most_apart)?;
        self.annex.as_mut()?.extend(bytes).ok()?;
        self.apart.push(bytes.len() as u64);
        self.length_apart = length;
        Some(Place::in_turn(bytes.len()))
    }

    fn take_apart(&mut self) -> Vec<u64> {
        self.length_apart = 0;
        std::mem::take(&mut self.apart)
    }
}

/// Adds an outcome to a reply: the output that the closure encodes, or what it says instead. Gives the
/// files that go along.
///
/// # Errors
///
/// Where there is no room even for an error.
pub(crate) fn add_outcome<'a>(
    reply: &mut Outputs<'a>,
    run: impl FnOnce(&mut Outputs<'a>) -> Result<(), Outcome>,
) -> io::Result<Vec<Attachment>> {
    let ((), files) = put_part(reply, |reply| {
        let start = reply.len();
        let outcome = (reply.put(&[OUTPUT]).map_err(|error| Outcome::Transfer(no_room(&error))))
            .and_then(|()| run(reply))
            .and_then(|()| check_length(reply.len() + reply.length_apart).map_err(Outcome::Transfer));
        if let Err(outcome) = outcome {
            reply.truncate(start);
            reply.forget_apart();
            outcome.shortened().write(reply);
        }
    })?;
    Ok(files)
}

/// The encoded output in a part of a reply, or the error that it tells.
pub(crate) fn read_outcome<'a>(task: &str, content: &'a [u8]) -> Result<&'a [u8], Error> {
    let transfer = |reason| Error::Transfer { task: task.to_string(), reason };
    let other = match content.split_first() {
        Some((&OUTPUT, output)) => return Ok(output),
        Some((&PANICKED, told)) => {
            decode(told).map(|(message, location)| Error::Panicked { message, location })
        }
        Some((&TRANSFER, told)) => decode(told).map(transfer),
        _ => return Err(transfer("the reply cannot be decoded".to_string())),
    };
    Err(other.unwrap_or_else(|error| transfer(format!("the reply cannot be decoded: {error}"))))
}
