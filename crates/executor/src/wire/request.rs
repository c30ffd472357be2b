//! Tasks on their way to a worker process: encoded when they are submitted, sent together.

use std::cell::Cell;
use std::io;
use std::ops::Deref;

use super::part::{Parts, check_length, no_room, put_part};
use crate::attachments::Attachment;
use crate::error::Error;
use crate::ipc::buffer::Buffer;
use crate::table::Registered;

/// A piece of work as it stands in a request: a part for each task.
#[derive(Debug, Default)]
pub(crate) struct Encoded {
    bytes: Bytes,
    /// The files that go along, in the order in which the tasks mention them. Few tasks have any.
    files: Option<Box<[Attachment]>>,
}

/// The bytes of a piece. It is made by one thread and let go by another, and the allocator's locks would cost
/// more than all else of a short task; so those of most have their place here.
#[derive(Debug)]
enum Bytes {
    Here { length: u8, bytes: [u8; HERE] },
    Apart(Box<[u8]>),
}

/// With it an [`Encoded`] takes 48 bytes.
const HERE: usize = 30;

impl Default for Bytes {
    fn default() -> Self {
        Self::Here { length: 0, bytes: [0; HERE] }
    }
}

impl From<&[u8]> for Bytes {
    fn from(from: &[u8]) -> Self {
        let mut bytes = [0; HERE];
        let Some(here) = bytes.get_mut(..from.len()) else { return Self::Apart(from.into()) };
        here.copy_from_slice(from);
        Self::Here { length: from.len() as u8, bytes }
    }
}

impl Deref for Bytes {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match self {
            Self::Here { length, bytes } => &bytes[..usize::from(*length)],
            Self::Apart(bytes) => bytes,
        }
    }
}

impl Encoded {
    /// A piece as it stands in a request, with its files.
    pub(crate) fn again(bytes: &[u8], files: &[Attachment]) -> Self {
        Self { bytes: bytes.into(), files: (!files.is_empty()).then(|| files.into()) }
    }

    /// Whether it holds no task.
    pub(crate) fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    fn files(&self) -> &[Attachment] {
        self.files.as_deref().unwrap_or_default()
    }
}

/// Encodes a piece of work.
#[derive(Debug)]
pub(crate) struct Encoder {
    bytes: Vec<u8>,
    files: Vec<Attachment>,
}

/// A piece of at most that many bytes is copied to where it stays, so that the memory in which it was made
/// can be used again by the next one of this thread.
const SHORT: usize = 4 << 10;

thread_local! {
    static SCRATCH: Cell<Vec<u8>> = const { Cell::new(Vec::new()) };
}

impl Encoder {
    pub(crate) fn new() -> Self {
        // A task that submits another while it is encoded finds none.
        Self { bytes: SCRATCH.try_with(Cell::take).unwrap_or_default(), files: Vec::new() }
    }

    /// Adds a task that the closure encodes. With an error nothing is added.
    pub(crate) fn add(
        &mut self,
        task: Registered,
        encode: impl FnOnce(&mut Vec<u8>) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let start = self.bytes.len();
        let too_long = |reason| Error::Transfer { task: task.name.to_string(), reason };
        let encoded = put_part(&mut self.bytes, |bytes| {
            bytes.extend_from_slice(&task.number.to_le_bytes());
            encode(bytes)
        });
        let encoded = encoded.map_err(|error| too_long(no_room(&error))).and_then(|(encoded, files)| {
            encoded?;
            check_length(self.bytes.len()).map_err(too_long)?;
            Ok(files)
        });
        match encoded {
            Ok(files) => {
                self.files.extend(files);
                Ok(())
            }
            Err(error) => {
                self.bytes.truncate(start);
                Err(error)
            }
        }
    }

    pub(crate) fn finish(self) -> Encoded {
        let mut bytes = self.bytes;
        let kept = if bytes.len() <= SHORT && bytes.capacity() <= SHORT {
            let kept = Bytes::from(&*bytes);
            bytes.clear();
            let _ = SCRATCH.try_with(|scratch| scratch.set(bytes));
            kept
        } else {
            Bytes::Apart(bytes.into_boxed_slice())
        };
        Encoded { bytes: kept, files: (!self.files.is_empty()).then(|| self.files.into()) }
    }
}

/// Pieces of work that are sent together.
pub(crate) struct Request<'a> {
    buffer: &'a mut Buffer,
    tasks: usize,
    files: Vec<Attachment>,
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
        Ok(Self { buffer, tasks: 0, files: Vec::new() })
    }

    /// Says how it may be answered.
    pub(crate) fn answer(&mut self, answer: Answer) {
        self.buffer.overwrite(0, &[answer as u8]);
    }

    /// How long it is by now.
    pub(crate) fn len(&self) -> usize {
        self.buffer.len()
    }

    /// Whether it holds no task.
    pub(crate) fn is_empty(&self) -> bool {
        self.tasks == 0
    }

    /// Adds a piece of work, of which the tasks are sent that are to be kept.
    ///
    /// # Errors
    ///
    /// Where there is no room for it. Nothing is added then.
    pub(crate) fn add(&mut self, piece: &Encoded, keep: &[bool]) -> io::Result<()> {
        if keep.iter().all(|keep| *keep) {
            self.buffer.extend(&piece.bytes)?;
            self.files.extend_from_slice(piece.files());
        } else {
            let (start, before) = (self.buffer.len(), self.files.len());
            let mut files = piece.files().iter();
            let parts = Parts::of(&piece.bytes).unwrap_or_default();
            for (part, keep) in parts.zip(keep) {
                let own = files.by_ref().take(part.files());
                if !keep {
                    own.for_each(drop);
                    continue;
                }
                self.files.extend(own.cloned());
                if let Err(error) = self.buffer.extend(part.whole()) {
                    self.buffer.truncate(start);
                    self.files.truncate(before);
                    return Err(error);
                }
            }
        }
        self.tasks += keep.iter().filter(|keep| **keep).count();
        Ok(())
    }

    /// How many files go along.
    pub(crate) fn files(&self) -> usize {
        self.files.len()
    }

    /// Those of them that came last, from that one on.
    pub(crate) fn files_from(&self, first: usize) -> Vec<Attachment> {
        self.files[first..].to_vec()
    }

    /// The files that go along, in the order in which the tasks mention them.
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

/// Splits a task's content into its number and its argument; `None` if it is none.
pub(crate) fn read_task(content: &[u8]) -> Option<(u32, &[u8])> {
    let (number, argument) = content.split_first_chunk()?;
    Some((u32::from_le_bytes(*number), argument))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_of_every_length_are_kept_whole() {
        let all: Vec<u8> = (0..=2 * HERE as u8).collect();
        for length in 0..=all.len() {
            let bytes = Bytes::from(&all[..length]);
            assert_eq!(*bytes, all[..length]);
            assert_eq!(matches!(bytes, Bytes::Here { .. }), length <= HERE);
        }
        assert!(size_of::<Encoded>() <= 48);
    }
}
