//! How the channel is cut into messages: a length of four bytes, little-endian, then the bytes.

use std::io::{self, Read, Write};

use crate::executor::wire::{LENGTH, MAX_MESSAGE, empty};

/// Writes one message, whose length must have been checked.
///
/// # Errors
///
/// What the channel says.
pub(super) fn write_frame(channel: &mut impl Write, message: &[u8]) -> io::Result<()> {
    let length = u32::try_from(message.len()).map_err(|_| io::ErrorKind::InvalidInput)?;
    // Both parts in one call: a second one would wake the reader twice.
    let head = length.to_le_bytes();
    let parts = [io::IoSlice::new(&head), io::IoSlice::new(message)];
    write_all_vectored(channel, parts)
}

fn write_all_vectored(channel: &mut impl Write, mut parts: [io::IoSlice<'_>; 2]) -> io::Result<()> {
    let mut rest = &mut parts[..];
    while !rest.is_empty() {
        match channel.write_vectored(rest) {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(written) => io::IoSlice::advance_slices(&mut rest, written),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// Reads one message into `message`; `false` if the channel ended before it began.
///
/// # Errors
///
/// `InvalidData` for a length above [`MAX_MESSAGE`], `UnexpectedEof` for a message cut short, else
/// what the channel says.
pub(super) fn read_frame(channel: &mut impl Read, message: &mut Vec<u8>) -> io::Result<bool> {
    empty(message);
    let mut head = [0; LENGTH];
    match read_up_to(channel, &mut head)? {
        LENGTH => {}
        0 => return Ok(false),
        _ => return Err(io::ErrorKind::UnexpectedEof.into()),
    }
    let length = u32::from_le_bytes(head) as usize;
    if length > MAX_MESSAGE {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "frame too long"));
    }
    // `take` grows the buffer with what arrives, not with what was announced.
    if channel.by_ref().take(length as u64).read_to_end(message)? < length {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    Ok(true)
}

/// Fills the buffer as far as the channel goes.
fn read_up_to(channel: &mut impl Read, buffer: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    while filled < buffer.len() {
        match channel.read(&mut buffer[filled..]) {
            Ok(0) => break,
            Ok(read) => filled += read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_is_written_is_read(messages in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..300), 0..5)) {
            let mut wire = Vec::new();
            for message in &messages {
                write_frame(&mut wire, message).unwrap();
            }
            let (mut channel, mut read) = (wire.as_slice(), Vec::new());
            for message in &messages {
                prop_assert!(read_frame(&mut channel, &mut read).unwrap());
                prop_assert_eq!(&read, message);
            }
            prop_assert!(!read_frame(&mut channel, &mut read).unwrap());
        }

        #[test]
        fn no_bytes_make_it_panic_or_take_memory(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let (mut channel, mut message) = (bytes.as_slice(), Vec::new());
            while let Ok(true) = read_frame(&mut channel, &mut message) {}
            prop_assert!(message.capacity() <= 4096);
        }
    }

    #[test]
    fn a_message_cut_short_and_an_announced_gigabyte_are_errors() {
        let mut message = Vec::new();
        let kind =
            |bytes: &[u8], message: &mut Vec<u8>| read_frame(&mut &bytes[..], message).unwrap_err().kind();
        assert_eq!(kind(&[5, 0, 0, 0, 1, 2], &mut message), io::ErrorKind::UnexpectedEof);
        assert_eq!(kind(&[5, 0], &mut message), io::ErrorKind::UnexpectedEof);
        assert_eq!(kind(&[255, 255, 255, 255, 1], &mut message), io::ErrorKind::InvalidData);
    }
}
