//! Items and variants as serde asks for them: one after the other, and to the last.

use serde::de::value::BorrowedStrDeserializer;
use serde::de::{self, DeserializeSeed, Deserializer, Error as _, Visitor};

use super::CodecError;

/// Items of a sequence or a map.
pub(super) struct Items<'a, R> {
    reader: &'a mut R,
    left: usize,
}

impl<'a, R> Items<'a, R> {
    pub(super) fn new(left: usize, reader: &'a mut R) -> Self {
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
    fn next<'de, S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, CodecError>
    where
        for<'r> &'r mut R: Deserializer<'de, Error = CodecError>,
    {
        if self.left == 0 {
            return Ok(None);
        }
        self.left -= 1;
        seed.deserialize(&mut *self.reader).map(Some)
    }
}

impl<'de, R> de::SeqAccess<'de> for Items<'_, R>
where
    for<'r> &'r mut R: Deserializer<'de, Error = CodecError>,
{
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

impl<'de, R> de::MapAccess<'de> for Items<'_, R>
where
    for<'r> &'r mut R: Deserializer<'de, Error = CodecError>,
{
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
pub(super) struct Variant<'a, 'de, R> {
    reader: &'a mut R,
    /// Taken when it is read.
    name: Option<&'de str>,
}

impl<'a, 'de, R> Variant<'a, 'de, R> {
    pub(super) fn new(name: &'de str, reader: &'a mut R) -> Self {
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

impl<'de, R> de::MapAccess<'de> for Variant<'_, 'de, R>
where
    for<'r> &'r mut R: Deserializer<'de, Error = CodecError>,
{
    type Error = CodecError;

    fn next_key_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, CodecError> {
        self.name(seed)
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, CodecError> {
        seed.deserialize(&mut *self.reader)
    }
}

impl<'de, R> de::EnumAccess<'de> for &mut Variant<'_, 'de, R>
where
    for<'r> &'r mut R: Deserializer<'de, Error = CodecError>,
{
    type Error = CodecError;
    type Variant = Self;

    fn variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<(S::Value, Self), CodecError> {
        let name = self.name(seed)?.ok_or_else(|| CodecError::missing_field("variant"))?;
        Ok((name, self))
    }
}

impl<'de, R> de::VariantAccess<'de> for &mut Variant<'_, 'de, R>
where
    for<'r> &'r mut R: Deserializer<'de, Error = CodecError>,
{
    type Error = CodecError;

    fn unit_variant(self) -> Result<(), CodecError> {
        Err(CodecError::new("the content of a variant is written and not read"))
    }

    fn newtype_variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<S::Value, CodecError> {
        seed.deserialize(&mut *self.reader)
    }

    fn tuple_variant<V: Visitor<'de>>(self, length: usize, visitor: V) -> Result<V::Value, CodecError> {
        self.reader.deserialize_tuple(length, visitor)
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, CodecError> {
        self.reader.deserialize_struct("", fields, visitor)
    }
}
