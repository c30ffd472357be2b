//! Parts of a message.
//!
//! A part is a length of four bytes, little-endian, and that many bytes: the content, then for each file
//! that goes along its name and length, eight bytes each, and their number in two bytes. Before that number, if its
//! highest bit says so, stand the lengths of long bytes in the annex of a reply, eight bytes each, and how many these
//! are in four bytes.

use std::io;
use std::ops::Range;
use std::os::fd::OwnedFd;
use std::sync::Arc;

use super::sink::Sink;
use crate::attachments::{self, Attachment};

/// The most that the tasks or the outputs of a message may take together. One that is longer is its
/// task's error.
pub(super) const MAX_CONTENT: usize = 1 << 30;

/// Bytes of a length.
pub(super) const LENGTH: usize = 4;

/// Bytes of a file's name and length.
const FILE: usize = 16;

/// Bytes of the number of files.
const COUNT: usize = 2;

/// In that number: there are long bytes in the annex.
const HAS_APART: u16 = 1 << 15;

/// Bytes of the length of long bytes.
const APART: usize = 8;

/// One task or outcome in a message.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Part<'a> {
    /// What was written.
    pub(crate) content: &'a [u8],
    /// The part as it stands in the message.
    whole: &'a [u8],
    /// The names and lengths of the files that go along.
    files: &'a [u8],
    /// The lengths of its long bytes in the annex.
    apart: &'a [u8],
}

impl<'a> Part<'a> {
    /// The part that those bytes are, its length included.
    fn of(whole: &'a [u8]) -> Option<Self> {
        let (rest, count) = whole.get(LENGTH..)?.split_last_chunk::<COUNT>()?;
        let count = u16::from_le_bytes(*count);
        let (mut rest, mut apart) = (rest, &[][..]);
        if count & HAS_APART != 0 {
            let (before, number) = rest.split_last_chunk()?;
            let length = (u32::from_le_bytes(*number) as usize).checked_mul(APART)?;
            (rest, apart) = before.split_at_checked(before.len().checked_sub(length)?)?;
        }
        let files = usize::from(count & !HAS_APART) * FILE;
        let (content, files) = rest.split_at_checked(rest.len().checked_sub(files)?)?;
        Some(Self { content, whole, files, apart })
    }

    /// The part as it stands in the message.
    pub(crate) fn whole(&self) -> &'a [u8] {
        self.whole
    }

    /// How many files go along.
    pub(crate) fn files(&self) -> usize {
        self.files.len() / FILE
    }

    /// The lengths of its long bytes in the annex.
    pub(crate) fn apart(&self) -> impl ExactSizeIterator<Item = u64> + use<'a> {
        self.apart.as_chunks().0.iter().map(|length| u64::from_le_bytes(*length))
    }

    /// The files that go along, taken from those that came; `None` if too few came.
    pub(crate) fn attached(&self, mut came: impl FnMut() -> Option<OwnedFd>) -> Option<Vec<Attachment>> {
        if self.files.is_empty() {
            return Some(Vec::new());
        }
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

/// A message that has been looked through.
#[derive(Debug, Default)]
pub(crate) struct Message {
    bytes: Vec<u8>,
    parts: usize,
    files: usize,
    /// How many long bytes of it stand in the annex.
    apart: usize,
}

impl Message {
    /// That of those bytes; `None` if they are none.
    pub(crate) fn of(bytes: Vec<u8>) -> Option<Self> {
        let mut rest = Parts(&bytes);
        let (mut parts, mut files, mut apart) = (0, 0, 0);
        for part in rest.by_ref() {
            (parts, files, apart) = (parts + 1, files + part.files(), apart + part.apart().len());
        }
        rest.0.is_empty().then_some(Self { bytes, parts, files, apart })
    }

    /// Its parts from that one on.
    pub(crate) fn parts_from(&self, first: usize) -> Parts<'_> {
        let mut parts = Parts(&self.bytes);
        if first > 0 {
            parts.nth(first - 1);
        }
        parts
    }

    /// How many parts it has.
    pub(crate) fn len(&self) -> usize {
        self.parts
    }

    /// How many files go along with those parts.
    pub(crate) fn files(&self, parts: Range<usize>) -> usize {
        if self.files == 0 {
            return 0;
        }
        self.parts_from(parts.start).take(parts.len()).map(|part| part.files()).sum()
    }

    /// Where in the annex the long bytes of those parts begin, and their lengths.
    pub(crate) fn apart(&self, parts: Range<usize>) -> (u64, Vec<u64>) {
        if self.apart == 0 {
            return (0, Vec::new());
        }
        let before = self.parts_from(0).take(parts.start).flat_map(|part| part.apart());
        let start = before.fold(0, u64::saturating_add);
        let these = self.parts_from(parts.start).take(parts.len());
        (start, these.flat_map(|part| part.apart()).collect())
    }
}

/// The parts of a message, one after the other.
#[derive(Debug, Clone, Default)]
pub(crate) struct Parts<'a>(&'a [u8]);

impl<'a> Parts<'a> {
    /// The parts of a message; `None` if it is none.
    pub(crate) fn of(message: &'a [u8]) -> Option<Self> {
        let mut rest = Self(message);
        rest.by_ref().for_each(drop);
        rest.0.is_empty().then_some(Self(message))
    }
}

impl<'a> Iterator for Parts<'a> {
    type Item = Part<'a>;

    #[inline]
    fn next(&mut self) -> Option<Part<'a>> {
        let length = u32::from_le_bytes(*self.0.first_chunk::<LENGTH>()?) as usize;
        let (part, rest) = self.0.split_at_checked(LENGTH.checked_add(length)?)?;
        let part = Part::of(part)?;
        self.0 = rest;
        Some(part)
    }
}

/// Whether a message of that length can be sent; else why not.
pub(super) fn check_length(length: usize) -> Result<(), String> {
    if length <= MAX_CONTENT {
        return Ok(());
    }
    Err(format!("{length} bytes encoded are more than the {MAX_CONTENT} that a message can have"))
}

/// Appends what the closure writes, with its length before it, and behind it the names of the files
/// that go along. On an error the buffer is as it was.
pub(super) fn put_part<S: Sink, R>(
    buffer: &mut S,
    write: impl FnOnce(&mut S) -> R,
) -> io::Result<(R, Vec<Attachment>)> {
    let start = buffer.len();
    let close = |buffer: &mut S, files: &[Attachment]| {
        let apart = buffer.take_apart();
        for file in files {
            buffer.put(&file.id.to_le_bytes())?;
            buffer.put(&file.len.to_le_bytes())?;
        }
        let mut count = u16::try_from(files.len()).map_err(|_| io::ErrorKind::ArgumentListTooLong)?;
        if count & HAS_APART != 0 {
            return Err(io::ErrorKind::ArgumentListTooLong.into());
        }
        if !apart.is_empty() {
            count |= HAS_APART;
            for length in &apart {
                buffer.put(&length.to_le_bytes())?;
            }
            // Each is a kilobyte at least, and a message has not so many.
            buffer.put(&(apart.len() as u32).to_le_bytes())?;
        }
        buffer.put(&count.to_le_bytes())?;
        let length = u32::try_from(buffer.len() - start - LENGTH).map_err(|_| io::ErrorKind::FileTooLarge)?;
        buffer.overwrite(start, &length.to_le_bytes());
        io::Result::Ok(())
    };
    let put = buffer.put(&[0; LENGTH]).and_then(|()| {
        let (written, files) = attachments::collect(|| write(buffer));
        close(buffer, &files).map(|()| (written, files))
    });
    if put.is_err() {
        buffer.truncate(start);
    }
    put
}

/// That a buffer could not take what was to be written.
pub(super) fn no_room(error: &io::Error) -> String {
    format!("there is no room for it in a message: {error}")
}
