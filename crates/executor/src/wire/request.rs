//! Tasks on their way to a worker process: encoded when they are submitted, sent together.

use std::cell::Cell;
use std::io;
use std::ops::Deref;

use super::part::{Parts, check_length, no_room, put_part};
use super::sink::Sink;
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
pub(crate) enum Bytes {
    Here { length: u8, bytes: [u8; HERE] },
    Apart(Vec<u8>),
}

/// With it an [`Encoded`] takes 48 bytes.
const HERE: usize = 30;

impl Default for Bytes {
    fn default() -> Self {
        Self::Here { length: 0, bytes: [0; HERE] }
    }
}

impl Sink for Bytes {
    fn len(&self) -> usize {
        self.deref().len()
    }

    #[inline]
    fn put(&mut self, more: &[u8]) -> io::Result<()> {
        if let Self::Here { length, bytes } = self {
            let from = usize::from(*length);
            if let Some(room) = bytes.get_mut(from..from + more.len()) {
                room.copy_from_slice(more);
                *length += more.len() as u8;
                return Ok(());
            }
        }
        self.put_apart(more)
    }

    #[inline]
    fn overwrite(&mut self, at: usize, with: &[u8]) {
        let bytes = match self {
            Self::Here { bytes, .. } => &mut bytes[..],
            Self::Apart(bytes) => &mut bytes[..],
        };
        bytes[at..at + with.len()].copy_from_slice(with);
    }

    fn truncate(&mut self, to: usize) {
        match self {
            Self::Here { length, .. } => *length = (*length).min(to as u8),
            Self::Apart(bytes) => bytes.truncate(to),
        }
    }
}

impl Bytes {
    fn put_apart(&mut self, more: &[u8]) -> io::Result<()> {
        if let Self::Here { length, bytes } = self {
            let mut apart = SCRATCH.try_with(Cell::take).unwrap_or_default();
            apart.put(&bytes[..usize::from(*length)])?;
            *self = Self::Apart(apart);
        }
        let Self::Apart(apart) = self else { return Err(io::ErrorKind::OutOfMemory.into()) };
        apart.put(more)
    }

    /// With no more memory than it needs.
    fn finish(self) -> Self {
        let Self::Apart(mut bytes) = self else { return self };
        if bytes.len() <= SHORT && bytes.capacity() <= SHORT {
            let kept = bytes.as_slice().to_vec();
            bytes.clear();
            let _ = SCRATCH.try_with(|scratch| scratch.set(bytes));
            return Self::Apart(kept);
        }
        if bytes.capacity() / 8 > bytes.len() / 7 {
            bytes.shrink_to_fit();
        }
        Self::Apart(bytes)
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
    pub(crate) fn again(bytes: Vec<u8>, files: &[Attachment]) -> Self {
        Self { bytes: Bytes::Apart(bytes), files: (!files.is_empty()).then(|| files.into()) }
    }

    /// Whether it holds no task.
    pub(crate) fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// The tasks as they stand in a request.
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The same with those of its tasks that are to be kept.
    pub(crate) fn keeping(&self, keep: &[bool]) -> Self {
        let (mut bytes, mut kept) = (Vec::new(), Vec::new());
        let mut files = self.files().iter();
        for (part, keep) in Parts::of(&self.bytes).unwrap_or_default().zip(keep) {
            let own = files.by_ref().take(part.files());
            if *keep {
                kept.extend(own.cloned());
                bytes.extend_from_slice(part.whole());
            } else {
                own.for_each(drop);
            }
        }
        Self::again(bytes, &kept)
    }

    /// The files that go along, in the order in which the tasks mention them.
    pub(crate) fn files(&self) -> &[Attachment] {
        self.files.as_deref().unwrap_or_default()
    }
}

/// Encodes a piece of work.
#[derive(Debug)]
pub(crate) struct Encoder {
    bytes: Bytes,
    files: Vec<Attachment>,
}

/// A piece of at most that many bytes is copied to where it stays, so that the memory in which it was made
/// can be used again by the next one of this thread. A task that submits another while it is encoded finds none.
const SHORT: usize = 4 << 10;

thread_local! {
    static SCRATCH: Cell<Vec<u8>> = const { Cell::new(Vec::new()) };
}

impl Encoder {
    pub(crate) fn new() -> Self {
        Self { bytes: Bytes::default(), files: Vec::new() }
    }

    /// Adds a task that the closure encodes. With an error nothing is added.
    pub(crate) fn add(
        &mut self,
        task: Registered,
        encode: impl FnOnce(&mut Bytes) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let start = self.bytes.len();
        let too_long = |reason| Error::Transfer { task: task.name.to_string(), reason };
        let encoded = put_part(&mut self.bytes, |bytes| {
            let no_room =
                |error: io::Error| Error::Transfer { task: task.name.to_string(), reason: no_room(&error) };
            bytes.put(&task.number.to_le_bytes()).map_err(no_room)?;
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

    /// Adds tasks that were encoded elsewhere.
    ///
    /// # Errors
    ///
    /// Where there is no room for them.
    pub(crate) fn add_encoded(&mut self, piece: Encoded) -> io::Result<()> {
        self.files.extend_from_slice(piece.files());
        if self.bytes.is_empty() {
            self.bytes = piece.bytes;
            return Ok(());
        }
        self.bytes.put(&piece.bytes)
    }

    pub(crate) fn finish(self) -> Encoded {
        let files = (!self.files.is_empty()).then(|| self.files.into());
        Encoded { bytes: self.bytes.finish(), files }
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
        for (length, step) in (0..=all.len()).flat_map(|length| [(length, 1), (length, 7), (length, 100)]) {
            let mut bytes = Bytes::default();
            for piece in all[..length].chunks(step) {
                bytes.put(piece).unwrap();
            }
            let mut bytes = bytes.finish();
            assert_eq!(*bytes, all[..length]);
            assert_eq!(matches!(bytes, Bytes::Here { .. }), length <= HERE);
            if length > 1 {
                bytes.overwrite(length - 1, &[200]);
                assert_eq!(bytes.last(), Some(&200));
                bytes.truncate(1);
                assert_eq!(*bytes, [0]);
            }
        }
        assert!(size_of::<Encoded>() <= 48);
    }
}
