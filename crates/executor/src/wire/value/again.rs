//! What was read, written again, against what came.
//!
//! A value that has become another is mostly written otherwise: with another tag, another name, or
//! without what was lost. The order of items may differ, as it does with every copy of a `HashMap`.

use std::any::TypeId;
use std::cell::RefCell;
use std::io;

use serde::Serialize;
use xxhash_rust::xxh3::xxh3_64;

use super::super::sink::Sink;
use super::reader::{Reader, unknown};
use super::writer::{Output, Writer};
use super::{Apart, CodecError, LONG, tag};
use crate::attachments;
use crate::ipc::arena::Place;

/// Samples of a type in a thread, in a build without debug assertions. With them there is no limit.
const SAMPLES: u8 = 16;

/// The longest sample, in bytes. What is deeply nested takes stack to be written, and is longer.
const LONGEST: usize = 1 << 10;

thread_local! {
    /// The types that this thread has read, each with the number of its samples.
    static SAMPLED: RefCell<Vec<(TypeId, u8)>> = const { RefCell::new(Vec::new()) };
}

/// Whether this value is to be checked, though its type has told serde all along what it needs. It is
/// still a value of two implementations, which may not be made for each other.
pub(super) fn is_sample<T: 'static>(bytes: &[u8]) -> bool {
    if bytes.len() > LONGEST {
        return false;
    }
    if cfg!(debug_assertions) {
        return true;
    }
    let this = TypeId::of::<T>();
    // A value may be decoded by what is dropped with the thread, when this is gone.
    let sampled = SAMPLED.try_with(|sampled| {
        let mut sampled = sampled.borrow_mut();
        if let Some((_, seen)) = sampled.iter_mut().find(|(of, _)| *of == this) {
            *seen = seen.saturating_add(1);
            *seen <= SAMPLES
        } else {
            sampled.push((this, 1));
            true
        }
    });
    sampled.unwrap_or(false)
}

/// Checks that a value is written as the bytes from which it was read. One that can be written on the
/// other side alone passes: there is nothing to compare.
pub(super) fn check<T: Serialize>(value: &T, bytes: &[u8]) -> Result<(), CodecError> {
    let Some(again) = write(value).filter(|again| again != bytes) else { return Ok(()) };
    let [came, again] = [bytes, &again].map(|bytes| fingerprint(&mut Reader::new(bytes, Apart::Nowhere)));
    if came? == again? {
        return Ok(());
    }
    Err(CodecError::new(
        "it does not come back as it went: written again it differs, by what serde takes for another \
         variant, type or field",
    ))
}

/// What is written of it; `None` where that fails.
fn write<T: Serialize>(value: &T) -> Option<Vec<u8>> {
    let mut again = Again(Vec::new());
    // Files that it mentions go nowhere.
    let (written, _) = attachments::collect(|| value.serialize(Writer(&mut Output::new(&mut again))));
    written.ok().map(|()| again.0)
}

/// What is written again: of long bytes the length alone, as no more of them is compared.
struct Again(Vec<u8>);

impl Sink for Again {
    fn len(&self) -> usize {
        self.0.len()
    }

    fn put(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.0.put(bytes)
    }

    fn overwrite(&mut self, at: usize, bytes: &[u8]) {
        self.0.overwrite(at, bytes);
    }

    fn truncate(&mut self, length: usize) {
        self.0.truncate(length);
    }

    fn put_apart(&mut self, bytes: &[u8]) -> Option<Place> {
        Some(Place::in_turn(bytes.len()))
    }
}

/// A hash of the next value that does not depend on the order of items.
fn fingerprint(reader: &mut Reader<'_>) -> Result<u64, CodecError> {
    let tag = reader.byte()?;
    let content = match tag {
        tag::UNIT | tag::FALSE | tag::TRUE | tag::NONE => 0,
        tag::SOME => fingerprint(reader)?,
        tag::U8 | tag::I8 => xxh3_64(reader.take(1)?),
        tag::U16 | tag::I16 => xxh3_64(reader.take(2)?),
        tag::U32 | tag::I32 | tag::F32 | tag::CHAR => xxh3_64(reader.take(4)?),
        tag::U64 | tag::I64 | tag::F64 => xxh3_64(reader.take(8)?),
        tag::U128 | tag::I128 => xxh3_64(reader.take(16)?),
        tag::STR | tag::BYTES => of_bytes(reader.sized()?),
        tag::STR_APART => return Ok(mix(u64::from(tag::STR), of_long(reader.place()?.length()))),
        tag::BYTES_APART => return Ok(mix(u64::from(tag::BYTES), of_long(reader.place()?.length()))),
        tag::NAME => return Ok(of_text(reader.new_name()?)),
        tag::NAME_AGAIN => return Ok(of_text(reader.kept_name()?)),
        tag::UNIT_VARIANT => of_text(reader.name()?),
        tag::SEQ => {
            let count = reader.count()?;
            sum(count, || fingerprint(reader))?
        }
        tag::MAP => {
            let count = reader.count()?;
            sum(count, || Ok(mix(fingerprint(reader)?, fingerprint(reader)?)))?
        }
        tag::VARIANT => mix(of_text(reader.name()?), fingerprint(reader)?),
        other => return Err(unknown(other)),
    };
    Ok(mix(u64::from(tag), content))
}

/// That of a text, which a name is too.
fn of_text(text: &str) -> u64 {
    mix(u64::from(tag::STR), of_bytes(text.as_bytes()))
}

fn of_bytes(bytes: &[u8]) -> u64 {
    if bytes.len() < LONG { xxh3_64(bytes) } else { of_long(bytes.len()) }
}

/// Long bytes may stand apart in the one, and not in the other. No part of them is another type or field.
fn of_long(length: usize) -> u64 {
    xxh3_64(&length.to_le_bytes())
}

fn sum(count: usize, mut next: impl FnMut() -> Result<u64, CodecError>) -> Result<u64, CodecError> {
    (0..count).try_fold(count as u64, |sum, _| Ok(sum.wrapping_add(next()?)))
}

/// A hash of two.
fn mix(first: u64, second: u64) -> u64 {
    xxh3_64(&(u128::from(first) << 64 | u128::from(second)).to_le_bytes())
}

#[cfg(test)]
mod tests {
    use serde_bytes::ByteBuf;

    use super::*;

    #[test]
    fn long_bytes_are_not_copied_to_be_compared() {
        let value = (ByteBuf::from(vec![1; 1 << 20]), "x".repeat(LONG), ByteBuf::from(vec![1; LONG - 1]));
        assert!((LONG..LONG + 100).contains(&write(&value).unwrap().len()));
    }
}
