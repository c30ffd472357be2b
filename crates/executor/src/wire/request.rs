//! Tasks on their way to a worker process: encoded when they are submitted, sent together.

use std::io;
use std::sync::Arc;

use super::bytes::Bytes;
use super::part::{MAX_CONTENT, Parts, check_length, no_room, put_part};
use super::sink::Sink;
use crate::attachments::Attachment;
use crate::error::Error;
use crate::ipc::arena::{Arena, Extents, Place};
use crate::ipc::buffer::Buffer;
use crate::table::Registered;

/// A piece of work as it stands in a request: a part for each task.
#[derive(Debug, Default)]
pub(crate) struct Encoded {
    bytes: Bytes,
    /// The files that go along, in the order in which the tasks mention them. Few tasks have any.
    files: Option<Box<Files>>,
    /// Where its long bytes stand.
    extents: Extents,
}

impl Encoded {
    /// A piece as it stands in a request, with its files.
    pub(crate) fn again(bytes: Vec<u8>, files: &[Attachment], extents: Extents) -> Self {
        Self { bytes: Bytes::Apart(bytes), files: Files::boxed(files.to_vec()), extents }
    }

    /// Whether it holds no task.
    pub(crate) fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// The tasks as they stand in a request.
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Takes its long bytes out of it, each with the byte at which it is mentioned, in that order. They are mentioned by
    /// a place where nothing can be, until they are given another.
    pub(crate) fn take_long(&mut self) -> Vec<(usize, Extents)> {
        let mut long: Vec<_> = std::mem::take(&mut self.extents).into_each().collect();
        long.sort_unstable_by_key(|(at, _)| *at);
        for (at, extents) in &long {
            self.bytes.overwrite(*at, &Place::nowhere(extents.bytes().len()).to_bytes());
        }
        long
    }

    /// Where its long bytes stand, which no one else may use until its tasks are settled.
    pub(crate) fn into_extents(self) -> Extents {
        self.extents
    }

    /// The same with those of its tasks that are to be kept, of a piece without extents.
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
        Self::again(bytes, &kept, Extents::default())
    }

    /// The files that go along, in the order in which the tasks mention them.
    pub(crate) fn files(&self) -> &[Attachment] {
        self.files.as_deref().map(|files| &*files.0).unwrap_or_default()
    }
}

/// Boxed, they are half as long as a boxed slice.
#[derive(Debug)]
struct Files(Vec<Attachment>);

impl Files {
    fn boxed(files: Vec<Attachment>) -> Option<Box<Self>> {
        (!files.is_empty()).then(|| Box::new(Self(files)))
    }
}

/// Encodes a piece of work.
#[derive(Debug)]
pub(crate) struct Encoder<'a> {
    tasks: Tasks<'a>,
    files: Vec<Attachment>,
}

/// Where the tasks of a piece are written to.
#[derive(Debug, Default)]
pub(crate) struct Tasks<'a> {
    bytes: Bytes,
    extents: Extents,
    /// Where long bytes may stand; else they stand among the others.
    arena: Option<&'a Arc<Arena>>,
    /// Long bytes in extents, and the most that there may be. Beyond it no message can be sent: what comes then stands
    /// among the others, where there is a bound to what goes on for ever.
    apart: usize,
    most_apart: usize,
    /// How many they must be at least.
    least_apart: usize,
}

impl Sink for Tasks<'_> {
    fn len(&self) -> usize {
        self.bytes.len()
    }

    #[inline]
    fn put(&mut self, more: &[u8]) -> io::Result<()> {
        self.bytes.put(more)
    }

    #[inline]
    fn overwrite(&mut self, at: usize, with: &[u8]) {
        self.bytes.overwrite(at, with);
    }

    fn truncate(&mut self, to: usize) {
        self.bytes.truncate(to);
    }

    fn put_apart(&mut self, bytes: &[u8]) -> Option<Place> {
        let apart = self.apart.checked_add(bytes.len()).filter(|apart| *apart <= self.most_apart)?;
        if bytes.len() < self.least_apart {
            return None;
        }
        let place = self.extents.add(self.arena?, bytes)?;
        // It follows the tag that says so.
        self.extents.note(self.bytes.len() + 1);
        self.apart = apart;
        Some(place)
    }
}

impl<'a> Encoder<'a> {
    /// One that writes long bytes to extents of that arena, or among the others.
    pub(crate) fn new(arena: Option<&'a Arc<Arena>>) -> Self {
        Self::within(arena, MAX_CONTENT)
    }

    /// One that writes to extents of that arena what is so many bytes at least.
    pub(crate) fn of_long(arena: &'a Arc<Arena>, least_apart: usize) -> Self {
        let mut encoder = Self::new(Some(arena));
        encoder.tasks.least_apart = least_apart;
        encoder
    }

    /// One that writes at most so many bytes to extents.
    pub(super) fn within(arena: Option<&'a Arc<Arena>>, most_apart: usize) -> Self {
        Self { tasks: Tasks { arena, most_apart, ..Tasks::default() }, files: Vec::new() }
    }

    /// Adds a task that the closure encodes. With an error nothing is added.
    pub(crate) fn add(
        &mut self,
        task: Registered,
        encode: impl FnOnce(&mut Tasks<'a>) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let tasks = &mut self.tasks;
        let (start, apart, before) = (tasks.len(), tasks.apart, std::mem::take(&mut tasks.extents));
        let too_long = |reason| Error::Transfer { task: task.name.to_string(), reason };
        let encoded = put_part(tasks, |tasks| {
            let no_room =
                |error: io::Error| Error::Transfer { task: task.name.to_string(), reason: no_room(&error) };
            tasks.put(&task.number.to_le_bytes()).map_err(no_room)?;
            encode(tasks)
        });
        let encoded = encoded.map_err(|error| too_long(no_room(&error))).and_then(|(encoded, files)| {
            encoded?;
            check_length(tasks.len() + tasks.apart).map_err(too_long)?;
            Ok(files)
        });
        match encoded {
            Ok(files) => {
                self.files.extend(files);
                tasks.extents.append(before);
                Ok(())
            }
            Err(error) => {
                tasks.truncate(start);
                (tasks.apart, tasks.extents) = (apart, before);
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
        let Encoded { bytes, files, extents } = piece;
        self.files.extend(files.into_iter().flat_map(|files| files.0));
        self.tasks.extents.append(extents);
        if self.tasks.bytes.is_empty() {
            self.tasks.bytes = bytes;
            return Ok(());
        }
        self.tasks.put(&bytes)
    }

    pub(crate) fn finish(self) -> Encoded {
        let Tasks { bytes, extents, .. } = self.tasks;
        Encoded { bytes: bytes.finish(), files: Files::boxed(self.files), extents }
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

    /// Says how it may be answered, and whether the file comes along in which its long bytes stand.
    pub(crate) fn begins_with(&mut self, answer: Answer, brings: bool) {
        self.buffer.overwrite(0, &[answer as u8 | if brings { BRINGS } else { 0 }]);
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

/// In a request's first byte: the file comes along in which long bytes stand.
const BRINGS: u8 = 2;

/// A request that has been looked through.
#[derive(Debug)]
pub(crate) struct Requested<'a> {
    pub(crate) answer: Answer,
    /// Whether the file comes along, before all others, in which long bytes stand.
    pub(crate) brings: bool,
    pub(crate) tasks: Parts<'a>,
}

/// Splits a request; `None` if it is none.
pub(crate) fn read_request(message: &[u8]) -> Option<Requested<'_>> {
    let (first, tasks) = message.split_first()?;
    let answer = match first & !BRINGS {
        0 => Answer::InFull,
        1 => Answer::InPart,
        _ => return None,
    };
    Some(Requested { answer, brings: first & BRINGS != 0, tasks: Parts::of(tasks)? })
}

/// Splits a task's content into its number and its argument; `None` if it is none.
pub(crate) fn read_task(content: &[u8]) -> Option<(u32, &[u8])> {
    let (number, argument) = content.split_first_chunk()?;
    Some((u32::from_le_bytes(*number), argument))
}
