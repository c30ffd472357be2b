//! From bytes to a value. What has several parts is given out by `parts`.

use serde::de::value::BorrowedStrDeserializer;
use serde::de::{self, Visitor};

use super::parts::{Items, Variant};
use super::{Apart, CodecError, NAMES, tag};
use crate::ipc::arena::Place;

/// What is left to be read.
pub(super) struct Reader<'de> {
    rest: &'de [u8],
    /// Whether a type has asked what there is.
    guessed: bool,
    /// The names that have been kept, at their places.
    names: [&'de str; NAMES],
    /// The latest field.
    field: &'de str,
    /// Where long bytes are that are not here.
    apart: Apart<'de>,
}

impl<'de> Reader<'de> {
    pub(super) fn new(bytes: &'de [u8], apart: Apart<'de>) -> Self {
        Self { rest: bytes, guessed: false, names: [""; NAMES], field: "", apart }
    }

    /// Whether a type has asked what there is, in place of what it needs.
    pub(super) fn guessed(&self) -> bool {
        self.guessed
    }

    /// Checks that everything has been read.
    pub(super) fn finish(&self) -> Result<(), CodecError> {
        if self.rest.is_empty() {
            return Ok(());
        }
        Err(CodecError::new(format!("{} bytes are left over", self.rest.len())))
    }

    #[inline]
    pub(super) fn take(&mut self, length: usize) -> Result<&'de [u8], CodecError> {
        let (bytes, rest) = self.rest.split_at_checked(length).ok_or_else(too_short)?;
        self.rest = rest;
        Ok(bytes)
    }

    #[inline]
    fn array<const N: usize>(&mut self) -> Result<[u8; N], CodecError> {
        let (bytes, rest) = self.rest.split_first_chunk().ok_or_else(too_short)?;
        self.rest = rest;
        Ok(*bytes)
    }

    pub(super) fn byte(&mut self) -> Result<u8, CodecError> {
        Ok(u8::from_le_bytes(self.array()?))
    }

    /// Goes past that tag, if it is the next.
    #[inline]
    fn passes(&mut self, tag: u8) -> bool {
        match self.rest.split_first() {
            Some((&next, rest)) if next == tag => {
                self.rest = rest;
                true
            }
            _ => false,
        }
    }

    /// Bytes with their length before them.
    #[inline]
    pub(super) fn sized(&mut self) -> Result<&'de [u8], CodecError> {
        if let Some((&length @ 0..0x80, rest)) = self.rest.split_first() {
            self.rest = rest;
            return self.take(usize::from(length));
        }
        let mut length = 0;
        for shift in (0..usize::BITS).step_by(7) {
            let byte = self.byte()?;
            length |= usize::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return self.take(length);
            }
        }
        Err(too_short())
    }

    /// The place of bytes that stand elsewhere.
    pub(super) fn place(&mut self) -> Result<Place, CodecError> {
        Ok(Place::of(self.array()?))
    }

    /// Bytes that stand elsewhere.
    fn apart(&mut self) -> Result<Vec<u8>, CodecError> {
        let place = self.place()?;
        self.apart.read(place)
    }

    #[inline]
    fn text(&mut self) -> Result<&'de str, CodecError> {
        std::str::from_utf8(self.sized()?).map_err(|_| not_utf8())
    }

    /// A name that comes for the first time, after its tag.
    pub(super) fn new_name(&mut self) -> Result<&'de str, CodecError> {
        let place = usize::from(self.byte()?) % NAMES;
        self.names[place] = self.text()?;
        Ok(self.names[place])
    }

    /// One that has been kept, after its tag.
    #[inline]
    pub(super) fn kept_name(&mut self) -> Result<&'de str, CodecError> {
        Ok(self.names[usize::from(self.byte()?) % NAMES])
    }

    /// A name, with its tag.
    pub(super) fn name(&mut self) -> Result<&'de str, CodecError> {
        match self.byte()? {
            tag::NAME_AGAIN => self.kept_name(),
            tag::NAME => self.new_name(),
            tag::STR => self.text(),
            other => Err(unknown(other)),
        }
    }

    /// How many items come. Each is a byte at least.
    pub(super) fn count(&mut self) -> Result<usize, CodecError> {
        let count = u32::from_le_bytes(self.array()?) as usize;
        if count <= self.rest.len() { Ok(count) } else { Err(too_short()) }
    }

    fn sequence<V: Visitor<'de>>(&mut self, visitor: V) -> Result<V::Value, CodecError> {
        let mut items = Items::new(self.count()?, self);
        let value = visitor.visit_seq(&mut items)?;
        items.finish(value)
    }

    fn map<V: Visitor<'de>>(&mut self, visitor: V) -> Result<V::Value, CodecError> {
        let mut items = Items::new(self.count()?, self);
        let value = visitor.visit_map(&mut items)?;
        items.finish(value)
    }

    /// Whatever comes.
    pub(super) fn value<V: Visitor<'de>>(&mut self, visitor: V) -> Result<V::Value, CodecError> {
        match self.byte()? {
            tag::UNIT => visitor.visit_unit(),
            tag::FALSE => visitor.visit_bool(false),
            tag::TRUE => visitor.visit_bool(true),
            tag::NONE => visitor.visit_none(),
            tag::SOME => visitor.visit_some(self),
            tag::U8 => visitor.visit_u8(u8::from_le_bytes(self.array()?)),
            tag::U16 => visitor.visit_u16(u16::from_le_bytes(self.array()?)),
            tag::U32 => visitor.visit_u32(u32::from_le_bytes(self.array()?)),
            tag::U64 => visitor.visit_u64(u64::from_le_bytes(self.array()?)),
            tag::U128 => visitor.visit_u128(u128::from_le_bytes(self.array()?)),
            tag::I8 => visitor.visit_i8(i8::from_le_bytes(self.array()?)),
            tag::I16 => visitor.visit_i16(i16::from_le_bytes(self.array()?)),
            tag::I32 => visitor.visit_i32(i32::from_le_bytes(self.array()?)),
            tag::I64 => visitor.visit_i64(i64::from_le_bytes(self.array()?)),
            tag::I128 => visitor.visit_i128(i128::from_le_bytes(self.array()?)),
            tag::F32 => visitor.visit_f32(f32::from_le_bytes(self.array()?)),
            tag::F64 => visitor.visit_f64(f64::from_le_bytes(self.array()?)),
            tag::CHAR => {
                let char = char::from_u32(u32::from_le_bytes(self.array()?));
                visitor.visit_char(char.ok_or_else(|| CodecError::new("a char is none"))?)
            }
            tag::STR => visitor.visit_borrowed_str(self.text()?),
            tag::NAME => visitor.visit_borrowed_str(self.new_name()?),
            tag::NAME_AGAIN => visitor.visit_borrowed_str(self.kept_name()?),
            tag::UNIT_VARIANT => visitor.visit_borrowed_str(self.name()?),
            tag::BYTES => visitor.visit_borrowed_bytes(self.sized()?),
            tag::STR_APART => visitor.visit_string(String::from_utf8(self.apart()?).map_err(|_| not_utf8())?),
            tag::BYTES_APART => visitor.visit_byte_buf(self.apart()?),
            tag::SEQ => self.sequence(visitor),
            tag::MAP => self.map(visitor),
            tag::VARIANT => {
                let mut variant = Variant::new(self.name()?, self);
                let value = visitor.visit_map(&mut variant)?;
                variant.finish(value)
            }
            other => Err(unknown(other)),
        }
    }
}

#[cold]
fn too_short() -> CodecError {
    CodecError::new("the message ends within a value")
}

#[cold]
fn not_utf8() -> CodecError {
    CodecError::new("a text is not UTF-8")
}

pub(super) fn unknown(tag: u8) -> CodecError {
    CodecError::new(format!("{tag} is no value's tag"))
}

/// Methods for numbers, which are mostly what is asked for.
macro_rules! numbers {
    ($($method:ident($number:ty) = $tag:expr, $visit:ident;)*) => {$(
        #[inline]
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, CodecError> {
            if self.passes($tag) {
                return visitor.$visit(<$number>::from_le_bytes(self.array()?));
            }
            self.value(visitor)
        }
    )*};
}

/// Methods for what says what it is by its tag.
macro_rules! as_it_comes {
    ($($method:ident($($argument:ty),*);)*) => {$(
        fn $method<V: Visitor<'de>>(self, $(_: $argument,)* visitor: V) -> Result<V::Value, CodecError> {
            self.value(visitor)
        }
    )*};
}

impl<'de> de::Deserializer<'de> for &mut Reader<'de> {
    type Error = CodecError;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, CodecError> {
        self.guessed = true;
        self.value(visitor)
    }

    numbers! {
        deserialize_u8(u8) = tag::U8, visit_u8;
        deserialize_u16(u16) = tag::U16, visit_u16;
        deserialize_u32(u32) = tag::U32, visit_u32;
        deserialize_u64(u64) = tag::U64, visit_u64;
        deserialize_u128(u128) = tag::U128, visit_u128;
        deserialize_i8(i8) = tag::I8, visit_i8;
        deserialize_i16(i16) = tag::I16, visit_i16;
        deserialize_i32(i32) = tag::I32, visit_i32;
        deserialize_i64(i64) = tag::I64, visit_i64;
        deserialize_i128(i128) = tag::I128, visit_i128;
        deserialize_f32(f32) = tag::F32, visit_f32;
        deserialize_f64(f64) = tag::F64, visit_f64;
    }

    as_it_comes! {
        deserialize_bool();
        deserialize_char();
        deserialize_str();
        deserialize_string();
        deserialize_bytes();
        deserialize_byte_buf();
        deserialize_unit();
        deserialize_unit_struct(&'static str);
        deserialize_seq();
        deserialize_tuple(usize);
        deserialize_tuple_struct(&'static str, usize);
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, CodecError> {
        if self.passes(tag::MAP) { self.map(visitor) } else { self.value(visitor) }
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, CodecError> {
        self.deserialize_map(visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, CodecError> {
        if self.passes(tag::NONE) {
            return visitor.visit_none();
        }
        // One that was written as what it holds is read so too.
        self.passes(tag::SOME);
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, CodecError> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, CodecError> {
        match self.byte()? {
            tag::UNIT_VARIANT => visitor.visit_enum(BorrowedStrDeserializer::<CodecError>::new(self.name()?)),
            tag::STR => visitor.visit_enum(BorrowedStrDeserializer::<CodecError>::new(self.text()?)),
            tag::VARIANT => {
                let mut variant = Variant::new(self.name()?, self);
                visitor.visit_enum(&mut variant)
            }
            _ => Err(CodecError::new("a value is not the variant of an enum that is expected")),
        }
    }

    fn deserialize_identifier<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, CodecError> {
        if matches!(self.rest.first(), Some(&(tag::NAME_AGAIN | tag::NAME | tag::STR))) {
            self.field = self.name()?;
            return visitor.visit_borrowed_str(self.field);
        }
        self.value(visitor)
    }

    /// What was written by a type, and is not read by the same, is missing in its value.
    fn deserialize_ignored_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, CodecError> {
        let field = self.field;
        Err(CodecError::new(format!(
            "\"{field}\" is written by the type's Serialize and not read by its Deserialize"
        )))
    }

    fn is_human_readable(&self) -> bool {
        false
    }
}
