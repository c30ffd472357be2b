//! Whether some bytes are a whole GIF image: the signature, and all blocks up to the trailer.
//!
//! A body that has been cut short can have the length that its header declares, where the header was cut to
//! match. The blocks of a GIF are counted, so that walking along them tells; no pixel is decoded.

/// What is wrong with a body that should have been a GIF image.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotAnImage {
    /// It does not begin as a GIF does.
    #[error("the body is no GIF image")]
    Signature,
    /// It ends before the image does.
    #[error("the image ends in the middle")]
    Truncated,
    /// A block begins with a byte that none begins with.
    #[error("the image has a block of no known kind")]
    Block,
}

/// Walks over the image's blocks. What follows the trailer does not matter.
///
/// # Errors
///
/// [`NotAnImage`], with what is wrong.
pub fn check(bytes: &[u8]) -> Result<(), NotAnImage> {
    if !(bytes.starts_with(b"GIF87a") || bytes.starts_with(b"GIF89a")) {
        return Err(NotAnImage::Signature);
    }
    walk(bytes).ok_or(NotAnImage::Truncated)?
}

/// Nothing where the bytes end too early.
fn walk(bytes: &[u8]) -> Option<Result<(), NotAnImage>> {
    let mut rest = Rest(&bytes[6..]);
    let screen = rest.take(7)?;
    rest.colours(screen[4])?;
    loop {
        match rest.take(1)?[0] {
            // An extension: its kind, then its data.
            0x21 => rest.take(1).map(drop)?,
            // An image: its descriptor, its colours, the size of the first code, then its data.
            0x2c => {
                let descriptor = rest.take(9)?;
                rest.colours(descriptor[8])?;
                rest.take(1)?;
            }
            0x3b => return Some(Ok(())),
            _ => return Some(Err(NotAnImage::Block)),
        }
        rest.sub_blocks()?;
    }
}

/// What is left of the image.
struct Rest<'a>(&'a [u8]);

impl<'a> Rest<'a> {
    fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(taken)
    }

    /// Passes over the table of colours that these flags announce, if they do.
    fn colours(&mut self, flags: u8) -> Option<()> {
        let length = if flags & 0x80 == 0 { 0 } else { 3 << ((flags & 7) + 1) };
        self.take(length).map(drop)
    }

    /// Passes over the pieces of a block's data, each with its length before it; an empty one ends them.
    fn sub_blocks(&mut self) -> Option<()> {
        loop {
            match self.take(1)?[0] {
                0 => return Some(()),
                length => self.take(length.into())?,
            };
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::assets;
    use crate::codes::ALL;

    #[test]
    fn every_flag_is_whole_and_no_beginning_of_one_is() {
        for cc in ALL {
            let image = assets::gif(cc).unwrap().to_vec();
            assert_eq!(check(&image), Ok(()), "{cc}");
            assert!(check(&image[..image.len() - 1]).is_err(), "{cc}");
        }
        let image = assets::gif(ALL[0]).unwrap().to_vec();
        for length in 0..image.len() {
            let expected = if length < 6 { NotAnImage::Signature } else { NotAnImage::Truncated };
            assert_eq!(check(&image[..length]), Err(expected), "{length}");
        }
    }

    #[test]
    fn other_bodies_are_told_apart() {
        assert_eq!(check(b""), Err(NotAnImage::Signature));
        assert_eq!(check(b"<html></html>"), Err(NotAnImage::Signature));
        assert_eq!(check(b"GIF89a\x01\x00\x01\x00\x00\x00\x00\x3b"), Ok(()));
        assert_eq!(check(b"GIF89a\x01\x00\x01\x00\x00\x00\x00\x07"), Err(NotAnImage::Block));
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = check(&[b"GIF89a".as_slice(), &bytes].concat());
        }
    }
}
