//! RC4 over a dozen arrays of different sizes, as in the book's `arcfour_futures.py`.
//!
//! RC4 is broken as a cipher and serves here as a computation only.

use xxhash_rust::xxh3::xxh3_64;

use super::{Digest, Fault, Kernel, Scale};

/// The stream cipher: 256 bytes of state and two indices.
///
/// ```
/// use speedup::workload::rc4::Rc4;
///
/// let mut text = *b"Plaintext";
/// Rc4::new(b"Key")?.apply_keystream(&mut text);
/// assert_eq!(text, [0xBB, 0xF3, 0x16, 0xE8, 0xD9, 0x40, 0xAF, 0x0A, 0xD3]);
/// # Ok::<(), speedup::workload::rc4::KeyLength>(())
/// ```
#[derive(Clone)]
pub struct Rc4 {
    state: [u8; 256],
    i: u8,
    j: u8,
}

/// A key that is empty or longer than 256 bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an RC4 key has 1 to 256 bytes, this one has {0}")]
pub struct KeyLength(pub usize);

impl Rc4 {
    /// Sets up the state from a key of 1 to 256 bytes.
    ///
    /// # Errors
    ///
    /// [`KeyLength`] for any other length.
    pub fn new(key: &[u8]) -> Result<Self, KeyLength> {
        Self::with_repetitions(key, 1)
    }

    /// Mixes the key in that many times over, as `CipherSaber-2` does.
    ///
    /// # Errors
    ///
    /// [`KeyLength`] as for [`Rc4::new`].
    pub fn with_repetitions(key: &[u8], repetitions: u32) -> Result<Self, KeyLength> {
        if key.is_empty() || key.len() > 256 {
            return Err(KeyLength(key.len()));
        }
        let mut state: [u8; 256] = std::array::from_fn(|i| i as u8);
        let mut j = 0_u8;
        for _ in 0..repetitions {
            for (i, &byte) in (0..256).zip(key.iter().cycle()) {
                j = j.wrapping_add(state[i]).wrapping_add(byte);
                state.swap(i, usize::from(j));
            }
        }
        Ok(Self { state, i: 0, j: 0 })
    }

    /// Encrypts or decrypts in place. Calls continue one another: how the data is split among
    /// them makes no difference.
    pub fn apply_keystream(&mut self, data: &mut [u8]) {
        // Local copies stay in registers; through `self` each step would store them.
        let Self { state, i, j } = self;
        let (mut a, mut b) = (*i, *j);
        for byte in data {
            a = a.wrapping_add(1);
            let x = state[usize::from(a)];
            b = b.wrapping_add(x);
            let y = state[usize::from(b)];
            state[usize::from(a)] = y;
            state[usize::from(b)] = x;
            *byte ^= state[usize::from(x.wrapping_add(y))];
        }
        (*i, *j) = (a, b);
    }
}

impl std::fmt::Debug for Rc4 {
    /// The state is as good as the key, so that it is not shown.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Rc4").finish_non_exhaustive()
    }
}

/// The batch of the book: encrypt and decrypt twelve arrays of 149 to 384 KiB, largest first.
#[derive(Debug)]
pub struct Workload;

const KEY: &[u8] = b"speedup: the batch's RC4 key";

/// The book's cipher mixes its key twenty times.
const REPETITIONS: u32 = 20;

impl super::Workload for Workload {
    fn name(&self) -> &'static str {
        "rc4"
    }

    fn label(&self) -> &'static str {
        "RC4"
    }

    fn summary(&self) -> &'static str {
        "encrypt and decrypt 12 arrays of 149 to 384 KiB with RC4"
    }

    fn sizes(&self, scale: Scale) -> Vec<usize> {
        let middle = 1_i64 << 18;
        let size = |i: i64| (middle + middle * (i - 6) / 12) as usize;
        (1..=12).rev().map(|i| scale.apply(size(i))).collect()
    }

    fn default_passes(&self) -> u32 {
        80
    }

    fn kernels(&self) -> &'static [Kernel] {
        &[Kernel { name: "textbook", summary: "a byte at a time, as RC4 is written down" }]
    }

    /// Each pass encrypts and decrypts the array. The digest is that of the first ciphertext.
    fn compute(&self, _: &Kernel, array: &mut [u8], passes: u32) -> Result<Digest, Fault> {
        let cipher = Rc4::with_repetitions(KEY, REPETITIONS).map_err(|e| Fault(e.to_string()))?;
        let original = array.to_vec();
        let mut digest = String::new();
        for pass in 0..passes {
            cipher.clone().apply_keystream(array);
            if pass == 0 {
                digest = format!("{:016x}", xxh3_64(array));
            }
            cipher.clone().apply_keystream(array);
        }
        if array == original { Ok(digest) } else { Err(Fault("decrypting did not restore the array".into())) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workload::Workload as _;
    use crate::workload::bytes::hex;
    use proptest::prelude::*;

    /// Keys, offsets and keystream of RFC 6229, from an independent implementation.
    const VECTORS: &str = include_str!("rc4-keystreams.json");

    fn keystream(key: &[u8], length: usize) -> Vec<u8> {
        let mut zeros = vec![0; length];
        Rc4::new(key).unwrap().apply_keystream(&mut zeros);
        zeros
    }

    fn unhex(text: &str) -> Vec<u8> {
        text.as_bytes()
            .chunks(2)
            .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap())
            .collect()
    }

    #[test]
    fn keystreams_are_those_of_rfc_6229() {
        let file: serde_json::Value = serde_json::from_str(VECTORS).unwrap();
        let vectors = file["vectors"].as_array().unwrap();
        assert_eq!(vectors.len(), 14);
        for vector in vectors {
            let stream = keystream(&unhex(vector["key"].as_str().unwrap()), 4112);
            for (offset, expected) in vector["keystream"].as_object().unwrap() {
                let offset: usize = offset.parse().unwrap();
                assert_eq!(hex(&stream[offset..offset + 16]), expected.as_str().unwrap());
            }
        }
    }

    #[test]
    fn short_published_vectors() {
        for (key, plain, cipher) in [
            ("Key", "Plaintext", "bbf316e8d940af0ad3"),
            ("Wiki", "pedia", "1021bf0420"),
            ("Secret", "Attack at dawn", "45a01f645fc35b383552544b9bf5"),
        ] {
            let mut text = plain.as_bytes().to_vec();
            Rc4::new(key.as_bytes()).unwrap().apply_keystream(&mut text);
            assert_eq!(hex(&text), cipher);
        }
    }

    #[test]
    fn keys_have_1_to_256_bytes() {
        assert_eq!(Rc4::new(&[]).unwrap_err(), KeyLength(0));
        assert_eq!(Rc4::new(&[0; 257]).unwrap_err(), KeyLength(257));
        assert!(Rc4::new(&[0; 256]).is_ok() && Rc4::new(&[0]).is_ok());
    }

    #[test]
    fn the_batch_is_the_books() {
        let sizes = Workload.sizes(Scale::Book);
        assert_eq!(
            sizes,
            [
                393_216, 371_370, 349_525, 327_680, 305_834, 283_989, 262_144, 240_299, 218_454, 196_608,
                174_763, 152_918
            ]
        );
        assert_eq!(sizes.iter().sum::<usize>(), 3_276_800);
    }

    proptest! {
        #[test]
        fn the_split_makes_no_difference(
            key in prop::collection::vec(any::<u8>(), 1..=256),
            data in prop::collection::vec(any::<u8>(), 0..600),
            cuts in prop::collection::vec(0..600_usize, 0..6),
            repetitions in 1..30_u32,
        ) {
            let cipher = Rc4::with_repetitions(&key, repetitions).unwrap();
            let mut whole = data.clone();
            cipher.clone().apply_keystream(&mut whole);

            let mut split = data.clone();
            let mut pieces = cipher.clone();
            let mut cuts: Vec<_> = cuts.into_iter().map(|cut| cut.min(data.len())).chain([0, data.len()]).collect();
            cuts.sort_unstable();
            for pair in cuts.windows(2) {
                pieces.apply_keystream(&mut split[pair[0]..pair[1]]);
            }
            prop_assert_eq!(&split, &whole);

            cipher.clone().apply_keystream(&mut whole);
            prop_assert_eq!(whole, data);
        }
    }
}
