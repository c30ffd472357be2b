//! Tasks on their way to a worker process.

use std::io;

use super::part::{Parts, check_length, no_room, put_part};
use crate::attachments::Attachment;
use crate::error::Error;
use crate::ipc::buffer::Buffer;
use crate::table::Registered;

/// Tasks, encoded.
pub(crate) struct Request<'a> {
    buffer: &'a mut Buffer,
    tasks: usize,
    files: Vec<Attachment>,
    /// Where the piece of work begins whose tasks are being added.
    piece: usize,
}

impl<'a> Request<'a> {
    /// An empty request in that buffer.
    ///
    /// # Errors
    ///
    /// What the system says.
    pub(crate) fn new(buffer: &'a mut Buffer) -> io::Result<Self> {
        buffer.clear();
        buffer.push(Answer::InFull as u8)?;
        Ok(Self { piece: buffer.len(), buffer, tasks: 0, files: Vec::new() })
    }

    /// Says how it may be answered.
    pub(crate) fn answer(&mut self, answer: Answer) {
        self.buffer.overwrite(0, &[answer as u8]);
    }

    /// Says that the tasks that come now are another piece of work, which may be as long as one may be.
    pub(crate) fn next_piece(&mut self) {
        self.piece = self.buffer.len();
    }

    /// How long it is by now.
    pub(crate) fn len(&self) -> usize {
        self.buffer.len()
    }

    /// Adds a task that the closure encodes. With an error nothing is added.
    pub(crate) fn add(
        &mut self,
        task: Registered,
        encode: impl FnOnce(&mut Buffer) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let start = self.buffer.len();
        let too_long = |reason| Error::Transfer { task: task.name.to_string(), reason };
        let encoded = put_part(self.buffer, |buffer| {
            buffer.extend(&task.number.to_le_bytes()).map_err(|error| too_long(no_room(&error)))?;
            encode(buffer)
        });
        let encoded = encoded.map_err(|error| too_long(no_room(&error))).and_then(|(encoded, files)| {
            encoded?;
            check_length(self.buffer.len() - self.piece).map_err(too_long)?;
            Ok(files)
        });
        match encoded {
            Ok(files) => {
                self.tasks += 1;
                self.files.extend(files);
                Ok(())
            }
            Err(error) => {
                self.buffer.truncate(start);
                Err(error)
            }
        }
    }

    /// Adds a piece of work as it stood in another request; false if there is no room for it.
    pub(crate) fn add_again(&mut self, piece: &Encoded) -> bool {
        if self.buffer.extend(&piece.bytes).is_err() {
            return false;
        }
        self.tasks += piece.tasks;
        self.files.extend(piece.files.iter().cloned());
        true
    }

    /// How many tasks it holds.
    pub(crate) fn tasks(&self) -> usize {
        self.tasks
    }

    /// The files that go along, in the order in which the tasks mention them.
    pub(crate) fn files(&self) -> &[Attachment] {
        &self.files
    }

    /// The same, when it is done.
    pub(crate) fn into_files(self) -> Vec<Attachment> {
        self.files
    }
}

/// How a request may be answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Answer {
    /// With the outcomes of all its tasks.
    InFull = 0,
    /// With those of its first tasks, if they take long.
    InPart = 1,
}

/// Splits a request into how it may be answered and its tasks; `None` if it is no request.
pub(crate) fn read_request(message: &[u8]) -> Option<(Answer, Parts<'_>)> {
    let (answer, parts) = message.split_first()?;
    let answer = match answer {
        0 => Answer::InFull,
        1 => Answer::InPart,
        _ => return None,
    };
    Some((answer, Parts::of(parts)?))
}

/// A piece of work as it stands in a request.
#[derive(Debug)]
pub(crate) struct Encoded {
    pub(crate) bytes: Box<[u8]>,
    pub(crate) tasks: usize,
    pub(crate) files: Vec<Attachment>,
}

/// Splits a task's content into its number and its argument; `None` if it is none.
pub(crate) fn read_task(content: &[u8]) -> Option<(u32, &[u8])> {
    let (number, argument) = content.split_first_chunk()?;
    Some((u32::from_le_bytes(*number), argument))
}
