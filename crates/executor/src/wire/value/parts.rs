//! Items and variants as serde asks for them: one after the other, and to the last.

use serde::de::value::BorrowedStrDeserializer;
use serde::de::{self, DeserializeSeed, Error as _, Visitor};

use super::CodecError;
use super::reader::Reader;

/// Items of a sequence or a map.
pub(super) struct Items<'a, 'de> {
    reader: &'a mut Reader<'de>,
    left: usize,
}

impl<'a, 'de> Items<'a, 'de> {
    pub(super) fn new(left: usize, reader: &'a mut Reader<'de>) -> Self {
        Self { reader, left }
    }

    /// The value that was made of them, if that took all.
    pub(super) fn finish<T>(&self, value: T) -> Result<T, CodecError> {
        match self.left {
            0 => Ok(value),
            left => Err(CodecError::new(format!("{left} items are written and not read"))),
        }
    }

    #[inline]
    fn next<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, CodecError> {
        if self.left == 0 {
            return Ok(None);
        }
        self.left -= 1;
        seed.deserialize(&mut *self.reader).map(Some)
    }
}

impl<'de> de::SeqAccess<'de> for Items<'_, 'de> {
    type Error = CodecError;

    #[inline]
    fn next_element_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, CodecError> {
        self.next(seed)
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.left)
    }
}

impl<'de> de::MapAccess<'de> for Items<'_, 'de> {
    type Error = CodecError;

    fn next_key_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, CodecError> {
        self.next(seed)
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, CodecError> {
        seed.deserialize(&mut *self.reader)
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.left)
    }
}

/// A variant with content: as such, or as a map with its name for the key.
pub(super) struct Variant<'a, 'de> {
    reader: &'a mut Reader<'de>,
    /// Taken when it is read.
    name: Option<&'de str>,
}

impl<'a, 'de> Variant<'a, 'de> {
    pub(super) fn new(name: &'de str, reader: &'a mut Reader<'de>) -> Self {
        Self { reader, name: Some(name) }
    }

    /// The value that was made of it.
    pub(super) fn finish<T>(&self, value: T) -> Result<T, CodecError> {
        match self.name {
            None => Ok(value),
            Some(name) => Err(CodecError::new(format!("the variant \"{name}\" is written and not read"))),
        }
    }

    fn name<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, CodecError> {
        self.name.take().map(|name| seed.deserialize(BorrowedStrDeserializer::new(name))).transpose()
    }
}

impl<'de> de::MapAccess<'de> for Variant<'_, 'de> {
    type Error = CodecError;

    fn next_key_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, CodecError> {
        self.name(seed)
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, CodecError> {
        seed.deserialize(&mut *self.reader)
    }
}

impl<'de> de::EnumAccess<'de> for &mut Variant<'_, 'de> {
    type Error = CodecError;
    type Variant = Self;

    fn variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<(S::Value, Self), CodecError> {
        let name = self.name(seed)?.ok_or_else(|| CodecError::missing_field("variant"))?;
        Ok((name, self))
    }
}

impl<'de> de::VariantAccess<'de> for &mut Variant<'_, 'de> {
    type Error = CodecError;

    fn unit_variant(self) -> Result<(), CodecError> {
        Err(CodecError::new("the content of a variant is written and not read"))
    }

    fn newtype_variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<S::Value, CodecError> {
        seed.deserialize(&mut *self.reader)
    }

    fn tuple_variant<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, CodecError> {
        self.reader.value(visitor)
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, CodecError> {
        self.reader.value(visitor)
    }
}
