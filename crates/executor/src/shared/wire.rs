//! A handle on its way to another process: the id and the length travel in the message, the file
//! goes along.

use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de, ser};

use super::{SharedBytes, table};
use crate::attachments::{self, Attachment};

/// What stands in the message. Without bytes both are 0, and no file goes along.
#[derive(Serialize, Deserialize)]
struct Handle {
    id: u64,
    len: u64,
}

impl Serialize for SharedBytes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Some(mapped) = &self.mapped else { return Handle { id: 0, len: 0 }.serialize(serializer) };
        table::note(mapped);
        let (id, len) = (mapped.id, mapped.bytes.len() as u64);
        let file = Arc::clone(mapped.bytes.file());
        if !attachments::attach(Attachment { id, file, len }) {
            return Err(ser::Error::custom("SharedBytes travel with a task or its output only"));
        }
        Handle { id, len }.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for SharedBytes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Handle { id, len } = Handle::deserialize(deserializer)?;
        if (id, len) == (0, 0) {
            return Ok(Self { mapped: None });
        }
        // An id says nothing without its file, though bytes of that id were mapped here.
        let attachment = attachments::arrived(id).filter(|attachment| attachment.len == len);
        let attachment =
            attachment.ok_or_else(|| de::Error::custom("shared bytes came without their file"))?;
        let mapped = table::mapped(&attachment)
            .map_err(|error| de::Error::custom(format!("cannot map {len} shared bytes: {error}")))?;
        Ok(Self { mapped: Some(mapped) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ipc::buffer::Buffer;
    use crate::wire::{CodecError, decode, encode};

    fn sent(value: &impl Serialize) -> (Vec<u8>, Vec<Attachment>) {
        let mut buffer = Buffer::private(1 << 16).unwrap();
        let (encoded, attachments) = attachments::collect(|| encode(value, &mut buffer));
        encoded.unwrap();
        (buffer.to_vec().unwrap(), attachments)
    }

    /// What a message says that came with these files.
    fn received<T: Serialize + de::DeserializeOwned + 'static>(
        message: &[u8],
        arrived: Vec<Attachment>,
    ) -> Result<T, CodecError> {
        attachments::deliver(arrived, || decode(message))
    }

    /// The same file by a descriptor as another process would get it.
    fn passed_on(attachment: &Attachment) -> Attachment {
        let file = Arc::new(attachment.file.try_clone().unwrap());
        Attachment { file, ..attachment.clone() }
    }

    #[test]
    fn the_process_that_has_them_finds_its_own() {
        let bytes = SharedBytes::copy_of(b"abc").unwrap();
        let (message, attachments) = sent(&(&bytes, &bytes));
        assert_eq!(attachments.len(), 1);
        let (one, other): (SharedBytes, SharedBytes) =
            received(&message, vec![passed_on(&attachments[0])]).unwrap();
        assert_eq!((one.as_ptr(), other.as_ptr()), (bytes.as_ptr(), bytes.as_ptr()));
    }

    #[test]
    fn one_that_does_not_have_them_maps_them_once() {
        let bytes = SharedBytes::copy_of(b"abc").unwrap();
        let (message, attachments) = sent(&bytes);
        let arrived = [(); 2].map(|()| passed_on(&attachments[0]));
        drop((bytes, attachments));
        let [one, other] = arrived.map(|arrived| received::<SharedBytes>(&message, vec![arrived]).unwrap());
        assert_eq!((&*one, one.as_ptr()), (&b"abc"[..], other.as_ptr()));
    }

    #[test]
    fn an_id_is_not_believed_without_its_own_file() {
        let [bytes, others] = [b"abc", b"xyz"].map(|bytes| SharedBytes::copy_of(bytes).unwrap());
        let (message, attachments) = sent(&bytes);
        received::<SharedBytes>(&message, Vec::new()).unwrap_err();
        // The id of bytes that are mapped here, with the file of others.
        let (_, foreign) = sent(&others);
        let arrived = Attachment { id: attachments[0].id, ..passed_on(&foreign[0]) };
        assert_eq!(&*received::<SharedBytes>(&message, vec![arrived]).unwrap(), b"xyz");
        // A length that is not the file's.
        let arrived = Attachment { len: 4, ..passed_on(&attachments[0]) };
        received::<SharedBytes>(&message, vec![arrived]).unwrap_err();
    }

    #[test]
    fn outside_a_message_there_is_nowhere_to_go() {
        let bytes = SharedBytes::copy_of(b"abc").unwrap();
        let error = serde_json::to_string(&bytes).unwrap_err().to_string();
        assert_eq!(error, "SharedBytes travel with a task or its output only");
        let (message, attachments) = sent(&SharedBytes::copy_of(b"").unwrap());
        assert!(attachments.is_empty());
        assert!(received::<SharedBytes>(&message, attachments).unwrap().is_empty());
    }
}
