//! Outcomes of tasks on their way back.

use std::io;

use serde::{Deserialize, Serialize};

use super::encode;
use super::part::{check_length, put_part};
use crate::attachments::Attachment;
use crate::error::Error;
use crate::ipc::buffer::Buffer;

/// The most that a panic's or an error's text may take in a reply.
const MAX_TEXT: usize = 4 << 10;

/// How a task went. In a reply's part it comes before the encoded output.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Outcome {
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

/// Adds an outcome to a reply: the output that the closure encodes, or what it says instead. Gives the
/// files that go along.
///
/// # Errors
///
/// Where there is no room even for an error.
pub(crate) fn add_outcome(
    reply: &mut Buffer,
    run: impl FnOnce(&mut Buffer) -> Result<(), Outcome>,
) -> io::Result<Vec<Attachment>> {
    let ((), files) = put_part(reply, |reply| {
        let start = reply.len();
        let outcome = encode(&Outcome::Output, reply)
            .map_err(|error| Outcome::Transfer(error.to_string()))
            .and_then(|()| run(reply))
            .and_then(|()| check_length(reply.len()).map_err(Outcome::Transfer));
        if let Err(outcome) = outcome {
            reply.truncate(start);
            // What has no room for that either is seen when the part is closed.
            let _ = encode(&outcome.shortened(), reply);
        }
    })?;
    Ok(files)
}

/// The encoded output in a part of a reply, or the error that it tells.
pub(crate) fn read_outcome<'a>(task: &str, content: &'a [u8]) -> Result<&'a [u8], Error> {
    let transfer = |reason| Error::Transfer { task: task.to_string(), reason };
    match postcard::take_from_bytes(content) {
        Ok((Outcome::Output, output)) => Ok(output),
        Ok((Outcome::Panicked(message, location), _)) => Err(Error::Panicked { message, location }),
        Ok((Outcome::Transfer(reason), _)) => Err(transfer(reason)),
        Err(error) => Err(transfer(format!("the reply cannot be decoded: {error}"))),
    }
}
