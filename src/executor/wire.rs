//! How tasks and their outcomes are written as bytes for another process.
//!
//! A request is a byte that says how it may be answered, and one part for each task, its name and its
//! argument; a reply is one part for each outcome, in the order of the tasks. A part is a length of four bytes, little-endian, and that many bytes: the content, then for each
//! file that goes along its name and length, eight bytes each, and their number in two bytes. Values
//! are in postcard's encoding, which does not describe itself: the build id in a worker's greeting
//! makes sure that both sides mean the same types.

use std::io;
use std::os::fd::OwnedFd;
use std::sync::Arc;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::attachments::{self, Attachment};
use super::error::Error;
use crate::sys::buffer::Buffer;

/// The most that the tasks or the outputs of a message may take together. One that is longer is its
/// task's error.
const MAX_CONTENT: usize = 1 << 30;

/// The most that a panic's or an error's text may take in a reply.
const MAX_TEXT: usize = 4 << 10;

/// Bytes of a length.
const LENGTH: usize = 4;

/// Bytes of a file's name and length.
const FILE: usize = 16;

/// Bytes of the number of files.
const COUNT: usize = 2;

/// Tasks, encoded.
pub(super) struct Request<'a> {
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
    pub(super) fn new(buffer: &'a mut Buffer) -> io::Result<Self> {
        buffer.clear();
        buffer.push(Answer::InFull as u8)?;
        Ok(Self { piece: buffer.len(), buffer, tasks: 0, files: Vec::new() })
    }

    /// Says how it may be answered.
    pub(super) fn answer(&mut self, answer: Answer) {
        self.buffer.overwrite(0, &[answer as u8]);
    }

    /// Says that the tasks that come now are another piece of work, which may be as long as one may be.
    pub(super) fn next_piece(&mut self) {
        self.piece = self.buffer.len();
    }

    /// How long it is by now.
    pub(super) fn len(&self) -> usize {
        self.buffer.len()
    }

    /// Adds a task that the closure encodes. With an error nothing is added.
    pub(super) fn add(
        &mut self,
        name: &str,
        encode: impl FnOnce(&mut Buffer) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let start = self.buffer.len();
        let too_long = |reason| Error::Transfer { task: name.to_string(), reason };
        let encoded = put_part(self.buffer, |buffer| {
            self::encode(&name, buffer).map_err(|error| too_long(error.to_string()))?;
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
    pub(super) fn add_again(&mut self, piece: &Encoded) -> bool {
        if self.buffer.extend(&piece.bytes).is_err() {
            return false;
        }
        self.tasks += piece.tasks;
        self.files.extend(piece.files.iter().cloned());
        true
    }

    /// How many tasks it holds.
    pub(super) fn tasks(&self) -> usize {
        self.tasks
    }

    /// The files that go along, in the order in which the tasks mention them.
    pub(super) fn files(&self) -> &[Attachment] {
        &self.files
    }

    /// The same, when it is done.
    pub(super) fn into_files(self) -> Vec<Attachment> {
        self.files
    }
}

/// How a request may be answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Answer {
    /// With the outcomes of all its tasks.
    InFull = 0,
    /// With those of its first tasks, if they take long.
    InPart = 1,
}

/// Splits a request into how it may be answered and its tasks; `None` if it is no request.
pub(super) fn read_request(message: &[u8]) -> Option<(Answer, Parts<'_>)> {
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
pub(super) struct Encoded {
    pub(super) bytes: Box<[u8]>,
    pub(super) tasks: usize,
    pub(super) files: Vec<Attachment>,
}

/// Splits a task's content into its name and its argument; `None` if it is none.
pub(super) fn read_task(content: &[u8]) -> Option<(&str, &[u8])> {
    postcard::take_from_bytes(content).ok()
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

/// Adds an outcome to a reply: the output that the closure encodes, or what it says instead. Gives the
/// files that go along.
///
/// # Errors
///
/// Where there is no room even for an error.
pub(super) fn add_outcome(
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

/// One task or outcome in a message.
#[derive(Debug, Clone, Copy)]
pub(super) struct Part<'a> {
    /// What was written.
    pub(super) content: &'a [u8],
    /// The names and lengths of the files that go along.
    files: &'a [u8],
}

impl<'a> Part<'a> {
    fn of(whole: &'a [u8]) -> Option<Self> {
        let (rest, count) = whole.split_last_chunk::<COUNT>()?;
        let files = usize::from(u16::from_le_bytes(*count)) * FILE;
        let (content, files) = rest.split_at_checked(rest.len().checked_sub(files)?)?;
        Some(Self { content, files })
    }

    /// How many files go along.
    pub(super) fn files(&self) -> usize {
        self.files.len() / FILE
    }

    /// The files that go along, taken from those that came; `None` if too few came.
    pub(super) fn attached(&self, mut came: impl FnMut() -> Option<OwnedFd>) -> Option<Vec<Attachment>> {
        let (files, _) = self.files.as_chunks::<FILE>();
        let number = |bytes: &[u8]| bytes.iter().rev().fold(0, |number, &byte| number << 8 | u64::from(byte));
        (files.iter())
            .map(|file| {
                let (id, len) = file.split_at(FILE / 2);
                Some(Attachment { id: number(id), file: Arc::new(came()?), len: number(len) })
            })
            .collect()
    }
}

/// The parts of a message, one after the other.
#[derive(Debug, Clone, Default)]
pub(super) struct Parts<'a>(&'a [u8]);

impl<'a> Parts<'a> {
    /// The parts of a message; `None` if it is none.
    pub(super) fn of(message: &'a [u8]) -> Option<Self> {
        let mut rest = Self(message);
        rest.by_ref().for_each(drop);
        rest.0.is_empty().then_some(Self(message))
    }
}

impl<'a> Iterator for Parts<'a> {
    type Item = Part<'a>;

    fn next(&mut self) -> Option<Part<'a>> {
        let (length, rest) = self.0.split_first_chunk::<LENGTH>()?;
        let (part, rest) = rest.split_at_checked(u32::from_le_bytes(*length) as usize)?;
        let part = Part::of(part)?;
        self.0 = rest;
        Some(part)
    }
}

/// The encoded output in a part of a reply, or the error that it tells.
pub(super) fn read_outcome<'a>(task: &str, content: &'a [u8]) -> Result<&'a [u8], Error> {
    let transfer = |reason| Error::Transfer { task: task.to_string(), reason };
    match postcard::take_from_bytes(content) {
        Ok((Outcome::Output, output)) => Ok(output),
        Ok((Outcome::Panicked(message, location), _)) => Err(Error::Panicked { message, location }),
        Ok((Outcome::Transfer(reason), _)) => Err(transfer(reason)),
        Err(error) => Err(transfer(format!("the reply cannot be decoded: {error}"))),
    }
}

/// Appends the encoded form of a value to a buffer.
pub(super) fn encode<T: Serialize>(value: &T, buffer: &mut Buffer) -> Result<(), postcard::Error> {
    postcard::serialize_with_flavor(value, Append(buffer))
}

/// Reads a value from its encoded form; else says why it cannot.
pub(super) fn decode<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, String> {
    attachments::complaint();
    postcard::from_bytes(bytes).map_err(|error| attachments::complaint().unwrap_or_else(|| error.to_string()))
}

/// Whether a message of that length can be sent; else why not.
fn check_length(length: usize) -> Result<(), String> {
    if length <= MAX_CONTENT {
        return Ok(());
    }
    Err(format!("{length} bytes encoded are more than the {MAX_CONTENT} that a message can have"))
}

/// Appends what the closure writes, with its length before it, and behind it the names of the files
/// that go along. On an error the buffer is as it was.
fn put_part<R>(
    buffer: &mut Buffer,
    write: impl FnOnce(&mut Buffer) -> R,
) -> io::Result<(R, Vec<Attachment>)> {
    let start = buffer.len();
    let close = |buffer: &mut Buffer, files: &[Attachment]| {
        for file in files {
            buffer.extend(&file.id.to_le_bytes())?;
            buffer.extend(&file.len.to_le_bytes())?;
        }
        let count = u16::try_from(files.len()).map_err(|_| io::ErrorKind::ArgumentListTooLong)?;
        buffer.extend(&count.to_le_bytes())?;
        let length = u32::try_from(buffer.len() - start - LENGTH).map_err(|_| io::ErrorKind::FileTooLarge)?;
        buffer.overwrite(start, &length.to_le_bytes());
        io::Result::Ok(())
    };
    let put = buffer.extend(&[0; LENGTH]).and_then(|()| {
        let (written, files) = attachments::collect(|| write(buffer));
        close(buffer, &files).map(|()| (written, files))
    });
    if put.is_err() {
        buffer.truncate(start);
    }
    put
}

/// That a buffer could not take what was to be written.
fn no_room(error: &io::Error) -> String {
    format!("there is no room for it in a message: {error}")
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

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn put_bytes<E>(bytes: &[u8]) -> impl FnOnce(&mut Buffer) -> Result<(), E> {
        move |buffer| {
            buffer.extend(bytes).expect("there is room");
            Ok(())
        }
    }

    fn buffer() -> Buffer {
        Buffer::private(1 << 20).unwrap()
    }

    fn contents(message: &[u8]) -> Vec<Vec<u8>> {
        let (_, parts) = read_request(message).unwrap();
        parts.map(|part| read_task(part.content).unwrap().1.to_vec()).collect()
    }

    proptest! {
        #[test]
        fn requests_come_back_as_they_went(
            parts in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..40), 1..5),
        ) {
            let mut buffer = buffer();
            let mut request = Request::new(&mut buffer).unwrap();
            for part in &parts {
                request.add("task", put_bytes(part)).unwrap();
            }
            prop_assert_eq!(request.tasks(), parts.len());
            prop_assert_eq!(contents(buffer.as_slice()), parts);
        }

        #[test]
        fn no_bytes_make_a_reader_panic(bytes in prop::collection::vec(any::<u8>(), 0..100)) {
            for part in Parts::of(&bytes).into_iter().flatten() {
                prop_assert!(part.content.len() <= bytes.len());
                let _ = part.attached(|| None);
                let _ = read_task(part.content);
                let _ = read_outcome("task", part.content);
            }
        }
    }

    #[test]
    fn replies_tell_outputs_and_errors() {
        let mut reply = buffer();
        add_outcome(&mut reply, put_bytes(&[9])).unwrap();
        let panicked = |reply: &mut Buffer| {
            reply.extend(&[1, 2, 3]).unwrap();
            Err(Outcome::Panicked("boom".to_string(), None))
        };
        add_outcome(&mut reply, panicked).unwrap();
        assert!(Parts::of(&reply.as_slice()[1..]).is_none());
        let parts = Parts::of(reply.as_slice()).unwrap();
        let outcomes: Vec<_> = parts.map(|part| read_outcome("task", part.content)).collect();
        let panicked = Error::Panicked { message: "boom".to_string(), location: None };
        assert_eq!(outcomes, [Ok(&[9][..]), Err(panicked)]);
    }

    #[test]
    fn a_task_that_cannot_be_encoded_leaves_the_others_alone() {
        let mut buffer = buffer();
        let mut request = Request::new(&mut buffer).unwrap();
        request.add("task", put_bytes(&[1])).unwrap();
        let failing = |buffer: &mut Buffer| {
            buffer.push(3).unwrap();
            Err(Error::Dropped)
        };
        request.add("task", failing).unwrap_err();
        request.add("task", put_bytes(&[4])).unwrap();
        assert_eq!((request.tasks(), contents(buffer.as_slice())), (2, vec![vec![1], vec![4]]));
    }

    #[test]
    fn what_has_no_room_is_an_error_and_leaves_no_trace() {
        let mut small = Buffer::private(64 << 10).unwrap();
        let mut request = Request::new(&mut small).unwrap();
        let error = request.add("task", |buffer| {
            encode(&vec![0_u8; 100_000], buffer)
                .map_err(|error| Error::Transfer { task: "task".into(), reason: error.to_string() })
        });
        assert!(error.is_err());
        request.add("task", put_bytes(&[4])).unwrap();
        assert_eq!(contents(small.as_slice()), [[4]]);

        let mut small = Buffer::private(64 << 10).unwrap();
        let text = |e: postcard::Error| Outcome::Transfer(e.to_string());
        add_outcome(&mut small, |reply| encode(&vec![0_u8; 100_000], reply).map_err(text)).unwrap();
        let part = Parts::of(small.as_slice()).unwrap().next().unwrap();
        assert!(matches!(read_outcome("task", part.content), Err(Error::Transfer { .. })));
    }

    #[test]
    fn files_go_with_the_task_that_mentions_them() {
        let mut buffer = buffer();
        let mut request = Request::new(&mut buffer).unwrap();
        let file = |id| {
            let file = std::fs::File::open("/dev/null").unwrap();
            Attachment { id, file: Arc::new(file.into()), len: 7 }
        };
        let with = |id| {
            move |buffer: &mut Buffer| {
                assert!(attachments::attach(file(id)));
                put_bytes(&[1])(buffer)
            }
        };
        request.add("task", put_bytes(&[0])).unwrap();
        request.add("task", with(300)).unwrap();
        request.add("task", |buffer| with(301)(buffer).and(Err(Error::Dropped))).unwrap_err();
        request.add("task", with(u64::MAX)).unwrap();
        assert_eq!(request.files().iter().map(|file| file.id).collect::<Vec<_>>(), [300, u64::MAX]);
        let came = || Some(std::fs::File::open("/dev/null").unwrap().into());
        let parts: Vec<_> = read_request(buffer.as_slice()).unwrap().1.collect();
        assert_eq!(parts.iter().map(Part::files).collect::<Vec<_>>(), [0, 1, 1]);
        let attached = parts[2].attached(came).unwrap();
        assert_eq!((attached[0].id, attached[0].len, attached.len()), (u64::MAX, 7, 1));
        assert!(parts[2].attached(|| None).is_none());
        assert_eq!(contents(buffer.as_slice()), [[0], [1], [1]]);
    }
}
