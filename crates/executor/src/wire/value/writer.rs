//! From a value to bytes.

use serde::ser::{self, Serialize};

use super::super::sink::Sink;
use super::{CodecError, LONG, NAMES, no_room, tag};

/// What has been written of a message.
pub(super) struct Output<'a, W> {
    to: &'a mut W,
    /// Address and length of the names that the reader keeps.
    names: [(usize, usize); NAMES],
}

impl<'a, W: Sink> Output<'a, W> {
    pub(super) fn new(to: &'a mut W) -> Self {
        Self { to, names: [(0, 0); NAMES] }
    }

    #[inline]
    fn put(&mut self, bytes: &[u8]) -> Result<(), CodecError> {
        self.to.put(bytes).map_err(|error| no_room(&error))
    }

    /// Writes a name, or where it is kept. It is known by its address: the same name elsewhere is another.
    #[inline]
    fn name(&mut self, name: &'static str) -> Result<(), CodecError> {
        let (address, length) = (name.as_ptr().addr(), name.len());
        // Programs are loaded at whole pages: these bits are the same in every process.
        let place = (address ^ address >> 4 ^ length) % NAMES;
        if self.names[place] == (address, length) {
            return self.put(&[tag::NAME_AGAIN, place as u8]);
        }
        self.names[place] = (address, length);
        self.put(&[tag::NAME, place as u8])?;
        self.sized(name.as_bytes())
    }

    /// A tag and bytes of any length, or where they stand and the tag that says so.
    #[inline]
    fn bytes(&mut self, here: u8, apart: u8, bytes: &[u8]) -> Result<(), CodecError> {
        if bytes.len() >= LONG
            && let Some(place) = self.to.put_apart(bytes)
        {
            self.put(&[apart])?;
            return self.put(&place.to_bytes());
        }
        self.put(&[here])?;
        self.sized(bytes)
    }

    /// A length, and that many bytes.
    #[inline]
    fn sized(&mut self, bytes: &[u8]) -> Result<(), CodecError> {
        let (head, used) = length(bytes.len());
        self.put(&head[..used])?;
        self.put(bytes)
    }
}

/// A length of 7 bits a byte, and how many of these it takes.
#[inline]
pub(super) fn length(mut left: usize) -> ([u8; 10], usize) {
    let (mut head, mut last) = ([0; 10], 0);
    while left > 0x7f {
        head[last] = left as u8 | 0x80;
        (last, left) = (last + 1, left >> 7);
    }
    head[last] = left as u8;
    (head, last + 1)
}

/// Writes one value.
pub(super) struct Writer<'o, 'a, W>(pub(super) &'o mut Output<'a, W>);

impl<'o, 'a, W: Sink> Writer<'o, 'a, W> {
    /// A tag and the number of the items, which is written when they are there: what a type announces
    /// need not be what comes.
    fn items(self, tag: u8) -> Result<Items<'o, 'a, W>, CodecError> {
        let at = self.0.to.len() + 1;
        self.0.put(&[tag, 0, 0, 0, 0])?;
        Ok(Items { to: self.0, at, count: 0 })
    }
}

/// Methods that write a number as it is in memory.
macro_rules! numbers {
    ($($method:ident($number:ty) = $tag:expr;)*) => {$(
        #[inline]
        fn $method(self, number: $number) -> Result<(), CodecError> {
            let mut bytes = [$tag; 1 + size_of::<$number>()];
            bytes[1..].copy_from_slice(&number.to_le_bytes());
            self.0.put(&bytes)
        }
    )*};
}

impl<'o, 'a, W: Sink> ser::Serializer for Writer<'o, 'a, W> {
    type Ok = ();
    type Error = CodecError;
    type SerializeSeq = Items<'o, 'a, W>;
    type SerializeTuple = Items<'o, 'a, W>;
    type SerializeTupleStruct = Items<'o, 'a, W>;
    type SerializeTupleVariant = Items<'o, 'a, W>;
    type SerializeMap = Items<'o, 'a, W>;
    type SerializeStruct = Items<'o, 'a, W>;
    type SerializeStructVariant = Items<'o, 'a, W>;

    numbers! {
        serialize_u8(u8) = tag::U8;
        serialize_u16(u16) = tag::U16;
        serialize_u32(u32) = tag::U32;
        serialize_u64(u64) = tag::U64;
        serialize_u128(u128) = tag::U128;
        serialize_i8(i8) = tag::I8;
        serialize_i16(i16) = tag::I16;
        serialize_i32(i32) = tag::I32;
        serialize_i64(i64) = tag::I64;
        serialize_i128(i128) = tag::I128;
        serialize_f32(f32) = tag::F32;
        serialize_f64(f64) = tag::F64;
    }

    fn serialize_bool(self, value: bool) -> Result<(), CodecError> {
        self.0.put(&[if value { tag::TRUE } else { tag::FALSE }])
    }

    fn serialize_char(self, value: char) -> Result<(), CodecError> {
        let [a, b, c, d] = u32::from(value).to_le_bytes();
        self.0.put(&[tag::CHAR, a, b, c, d])
    }

    #[inline]
    fn serialize_str(self, value: &str) -> Result<(), CodecError> {
        self.0.bytes(tag::STR, tag::STR_APART, value.as_bytes())
    }

    fn serialize_bytes(self, value: &[u8]) -> Result<(), CodecError> {
        self.0.bytes(tag::BYTES, tag::BYTES_APART, value)
    }

    fn serialize_none(self) -> Result<(), CodecError> {
        self.0.put(&[tag::NONE])
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), CodecError> {
        self.0.put(&[tag::SOME])?;
        value.serialize(self)
    }

    fn serialize_unit(self) -> Result<(), CodecError> {
        self.0.put(&[tag::UNIT])
    }

    fn serialize_unit_struct(self, _: &'static str) -> Result<(), CodecError> {
        self.serialize_unit()
    }

    fn serialize_unit_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
    ) -> Result<(), CodecError> {
        self.0.put(&[tag::UNIT_VARIANT])?;
        self.0.name(variant)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        value: &T,
    ) -> Result<(), CodecError> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<(), CodecError> {
        self.0.put(&[tag::VARIANT])?;
        self.0.name(variant)?;
        value.serialize(self)
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<Items<'o, 'a, W>, CodecError> {
        self.items(tag::SEQ)
    }

    fn serialize_tuple(self, _: usize) -> Result<Items<'o, 'a, W>, CodecError> {
        self.items(tag::SEQ)
    }

    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<Items<'o, 'a, W>, CodecError> {
        self.items(tag::SEQ)
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Items<'o, 'a, W>, CodecError> {
        self.0.put(&[tag::VARIANT])?;
        self.0.name(variant)?;
        self.items(tag::SEQ)
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Items<'o, 'a, W>, CodecError> {
        self.items(tag::MAP)
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Items<'o, 'a, W>, CodecError> {
        self.items(tag::MAP)
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Items<'o, 'a, W>, CodecError> {
        self.0.put(&[tag::VARIANT])?;
        self.0.name(variant)?;
        self.items(tag::MAP)
    }

    fn is_human_readable(&self) -> bool {
        false
    }
}

/// Items of a sequence or a map, one after the other.
pub(super) struct Items<'o, 'a, W> {
    to: &'o mut Output<'a, W>,
    /// Where their number stands.
    at: usize,
    count: u32,
}

impl<W: Sink> Items<'_, '_, W> {
    #[inline]
    fn item<T: Serialize + ?Sized>(&mut self, item: &T) -> Result<(), CodecError> {
        // An item is a byte at least, and a message has fewer than this can count.
        self.count += 1;
        item.serialize(Writer(&mut *self.to))
    }

    #[inline]
    fn field<T: Serialize + ?Sized>(&mut self, name: &'static str, value: &T) -> Result<(), CodecError> {
        self.count += 1;
        self.to.name(name)?;
        value.serialize(Writer(&mut *self.to))
    }

    fn close(self) {
        self.to.to.overwrite(self.at, &self.count.to_le_bytes());
    }
}

/// The traits of sequences, which differ in their names alone.
macro_rules! sequences {
    ($($interface:ident :: $method:ident;)*) => {$(
        impl<W: Sink> ser::$interface for Items<'_, '_, W> {
            type Ok = ();
            type Error = CodecError;

            #[inline]
            fn $method<T: Serialize + ?Sized>(&mut self, item: &T) -> Result<(), CodecError> {
                self.item(item)
            }

            fn end(self) -> Result<(), CodecError> {
                self.close();
                Ok(())
            }
        }
    )*};
}

sequences! {
    SerializeSeq::serialize_element;
    SerializeTuple::serialize_element;
    SerializeTupleStruct::serialize_field;
    SerializeTupleVariant::serialize_field;
}

/// Those of structs, likewise.
macro_rules! structs {
    ($($interface:ident;)*) => {$(
        impl<W: Sink> ser::$interface for Items<'_, '_, W> {
            type Ok = ();
            type Error = CodecError;

            fn serialize_field<T: Serialize + ?Sized>(
                &mut self,
                name: &'static str,
                value: &T,
            ) -> Result<(), CodecError> {
                self.field(name, value)
            }

            fn end(self) -> Result<(), CodecError> {
                self.close();
                Ok(())
            }
        }
    )*};
}

structs! {
    SerializeStruct;
    SerializeStructVariant;
}

impl<W: Sink> ser::SerializeMap for Items<'_, '_, W> {
    type Ok = ();
    type Error = CodecError;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), CodecError> {
        self.item(key)
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), CodecError> {
        value.serialize(Writer(&mut *self.to))
    }

    fn end(self) -> Result<(), CodecError> {
        self.close();
        Ok(())
    }
}
