//! Values as bytes that describe themselves.
//!
//! Serde's attributes let a type leave out a field, rename one, or look at what has come before it decides
//! what it is. An encoding by place alone, such as postcard's or bincode's, then gives another value without
//! an error. So each value stands here with a tag that says what it is, fields and variants with their
//! names, and nothing that is written goes unread:
//!
//! | serde's | bytes after the tag |
//! |---|---|
//! | number, `char` | as many as it has in memory, little-endian |
//! | `bool`, `()`, `None` | none |
//! | `Some` | the value within |
//! | text, bytes | a length of 7 bits a byte, then themselves |
//! | the same, where they are long and stand apart | their place, if they need one, and their length, 8 bytes each |
//! | sequence, tuple | their number in 4 bytes, then the items |
//! | map, struct | their number in 4 bytes, then key and value of each |
//! | variant without content | its name |
//! | variant | its name, then its content: a value, a sequence or a map |
//! | name of a field or variant | the number of a place to keep it, then as a text |
//! | a name that is kept | the number of its place |
//!
//! A newtype is what it holds. Neither side is human-readable.
//!
//! Long bytes of an argument stand in [memory of the pool](crate::ipc::arena), from where they are copied when they are
//! read; those of a result behind its reply, from where they have been copied when it was received. They are not
//! copied again, but moved to where they belong, if that is a `Vec<u8>` whose type asks for bytes, as those of
//! `serde_bytes` do.
//!
//! Where serde asks what there is in place of what it needs, for `untagged`, `flatten` and `tag`, it guesses
//! the type from the value. What was read so is written again, and is an error if that is not what came: so
//! is a `Big(u64)` that has become a `Small(u8)`. What a type itself does not write, as with `skip`, does not
//! travel in any encoding, nor does the difference between two `untagged` variants that are written alike.
//!
//! Nothing is allocated for a length that the message does not have.
//!
//! What it costs, in instructions to encode and to decode, against postcard, which writes by place:
//!
//! | value | postcard | here |
//! |---|---|---|
//! | one `u64` | 104 + 74 | 50 + 174 |
//! | a struct of five fields | 369 + 531 | 1171 + 1859 |
//! | 16 KiB by `serialize_bytes`, within the message | 16.5k + 16.8k | 16.5k + 16.9k |
//! | 4096 bytes one by one | 86k + 66k | 119k + 148k |
//! | 1000 `f64` | 23k + 21k | 28k + 27k |
//! | 1000 structs of two `f64` | 59k + 28k | 254k + 280k |
//! | a map of 20 maps of 20 lists | 159k + 536k | 137k + 579k |
//!
//! So a task pays for its fields' names, under a microsecond, and for long lists of structs, about as with
//! `rmp-serde`, which describes values too but takes a `Some(None)` for a `None`, as CBOR and JSON do.
//!
//! * this file: tags and errors; `writer`, `reader` and `parts`: both directions
//! * `again`: what was read against what was written

mod again;
#[cfg(test)]
mod apart;
mod parts;
mod reader;
#[cfg(test)]
mod refused;
mod writer;
#[cfg(test)]
mod zoo;

use std::cell::RefCell;
use std::fmt;
use std::io;

use serde::de::DeserializeOwned;
use serde::{Serialize, de, ser};

use self::reader::Reader;
use self::writer::{Output, Writer};
use super::sink::Sink;
use crate::ipc::arena::{self, Place, Views};

/// What a value is.
mod tag {
    pub(super) const UNIT: u8 = 0;
    pub(super) const FALSE: u8 = 1;
    pub(super) const TRUE: u8 = 2;
    pub(super) const NONE: u8 = 3;
    pub(super) const SOME: u8 = 4;
    pub(super) const U8: u8 = 5;
    pub(super) const U16: u8 = 6;
    pub(super) const U32: u8 = 7;
    pub(super) const U64: u8 = 8;
    pub(super) const U128: u8 = 9;
    pub(super) const I8: u8 = 10;
    pub(super) const I16: u8 = 11;
    pub(super) const I32: u8 = 12;
    pub(super) const I64: u8 = 13;
    pub(super) const I128: u8 = 14;
    pub(super) const F32: u8 = 15;
    pub(super) const F64: u8 = 16;
    pub(super) const CHAR: u8 = 17;
    pub(super) const STR: u8 = 18;
    pub(super) const BYTES: u8 = 19;
    pub(super) const SEQ: u8 = 20;
    pub(super) const MAP: u8 = 21;
    pub(super) const UNIT_VARIANT: u8 = 22;
    pub(super) const VARIANT: u8 = 23;
    pub(super) const NAME: u8 = 24;
    pub(super) const NAME_AGAIN: u8 = 25;
    pub(super) const STR_APART: u8 = 26;
    pub(super) const BYTES_APART: u8 = 27;
}

/// Why a value cannot be encoded or decoded.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub(crate) struct CodecError(Box<str>);

impl CodecError {
    fn new(reason: impl Into<Box<str>>) -> Self {
        Self(reason.into())
    }
}

impl ser::Error for CodecError {
    fn custom<T: fmt::Display>(reason: T) -> Self {
        Self::new(reason.to_string())
    }
}

impl de::Error for CodecError {
    fn custom<T: fmt::Display>(reason: T) -> Self {
        Self::new(reason.to_string())
    }
}

/// What is written before bytes that stand among the others, in place of the tag of such that stand apart; `None` where
/// it is no such tag.
pub(crate) fn head_of_bytes(apart: u8, length: usize) -> Option<Vec<u8>> {
    let tag = match apart {
        tag::STR_APART => tag::STR,
        tag::BYTES_APART => tag::BYTES,
        _ => return None,
    };
    let (head, used) = writer::length(length);
    Some([&[tag], &head[..used]].concat())
}

/// From this length on text and bytes stand apart where they can.
const LONG: usize = arena::SMALLEST;

/// How many names are kept for when they come again, as they do in a list of structs: a power of two.
const NAMES: usize = 16;

#[cold]
fn no_room(error: &io::Error) -> CodecError {
    CodecError::new(super::part::no_room(error))
}

/// Appends the encoded form of a value to a buffer. What was written before stays if that fails or panics.
pub(crate) fn encode<T: Serialize + ?Sized>(value: &T, buffer: &mut impl Sink) -> Result<(), CodecError> {
    value.serialize(Writer(&mut Output::new(buffer)))
}

/// Reads a value from its encoded form, which must be all of it.
pub(crate) fn decode<T>(bytes: &[u8]) -> Result<T, CodecError>
where
    T: Serialize + DeserializeOwned + 'static,
{
    decode_with(bytes, Apart::Nowhere)
}

/// Where long bytes are that stand apart.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Apart<'a> {
    Nowhere,
    /// In memory of which these are the views.
    InArena(&'a Views),
    /// They came with the message.
    Came(&'a Came),
}

/// Long bytes that came with a message and have not been taken, in the order in which they stand in it.
#[derive(Debug, Default)]
pub(crate) struct Came(RefCell<std::vec::IntoIter<Vec<u8>>>);

impl Came {
    pub(crate) fn new(bytes: impl Iterator<Item = Vec<u8>>) -> Self {
        Self(RefCell::new(bytes.collect::<Vec<_>>().into_iter()))
    }

    /// The next ones: a reader only goes forward.
    fn take(&self, place: Place) -> Option<Vec<u8>> {
        self.0.borrow_mut().next().filter(|bytes| bytes.len() == place.length())
    }

    fn check_empty(&self) -> Result<(), CodecError> {
        if self.0.borrow().as_slice().is_empty() {
            return Ok(());
        }
        Err(CodecError::new("long bytes came with it and are not in it"))
    }
}

impl Apart<'_> {
    fn read(self, place: Place) -> Result<Vec<u8>, CodecError> {
        match self {
            Self::Nowhere => Err(CodecError::new(
                "its long bytes stand in memory that this process does not have (see ulimit -n)",
            )),
            Self::InArena(views) => (views.copy(place))
                .map_err(|error| CodecError::new(format!("its long bytes cannot be read: {error}"))),
            Self::Came(came) => {
                came.take(place).ok_or_else(|| CodecError::new("its long bytes did not come with it"))
            }
        }
    }
}

/// The same of a value of which long bytes stand apart.
pub(crate) fn decode_with<T>(bytes: &[u8], apart: Apart<'_>) -> Result<T, CodecError>
where
    T: Serialize + DeserializeOwned + 'static,
{
    let mut reader = Reader::new(bytes, apart);
    let value = T::deserialize(&mut reader)?;
    reader.finish()?;
    if let Apart::Came(came) = apart {
        came.check_empty()?;
    }
    if reader.guessed() || again::is_sample::<T>(bytes) {
        again::check(&value, bytes)?;
    }
    Ok(value)
}
