//! RC4 over a dozen arrays of different sizes, as in the book's `arcfour_futures.py`.
//!
//! RC4 is broken as a cipher and serves here as a computation only. Its kernels:
//!
//! * `textbook`: [`Rc4`], a byte at a time, as the cipher is written down. It is the default, because
//!   the batch is about workers over a fixed engine: the book's, and the runs that are kept, are of it.
//! * `tuned`: [`WordRc4`], the same in eight bytes at a time.
//! * `paired`: two passes at a time, in step. Passes are independent of one another, as each begins
//!   with the array as it was made; so the batch, its work and its results are the same.

mod words;

use xxhash_rust::xxh3::xxh3_64;

use super::{Digest, Fault, Kernel, Scale};

pub use words::WordRc4;

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

impl super::ArrayWorkload for Workload {
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

    fn may_end_process(&self) -> bool {
        false
    }

    fn default_passes(&self) -> u32 {
        8
    }

    fn kernels(&self) -> &'static [Kernel] {
        &[TEXTBOOK, TUNED, PAIRED]
    }

    /// Each pass encrypts and decrypts the array. The digest is that of the first ciphertext.
    fn compute(&self, kernel: &Kernel, array: &mut [u8], passes: u32) -> Result<Digest, Fault> {
        let cipher = Rc4::with_repetitions(KEY, REPETITIONS).map_err(|e| Fault(e.to_string()))?;
        let original = array.to_vec();
        let digest = match *kernel {
            TEXTBOOK => Some(one_by_one(array, passes, |data| cipher.clone().apply_keystream(data))),
            TUNED => {
                let cipher = WordRc4::from(cipher);
                Some(one_by_one(array, passes, |data| cipher.clone().apply_keystream(data)))
            }
            PAIRED => two_by_two(&WordRc4::from(cipher), array, &original, passes),
            Kernel { name, .. } => return Err(Fault(format!("RC4 has no kernel {name}"))),
        };
        digest
            .filter(|_| array == original)
            .ok_or_else(|| Fault("decrypting did not restore the array".to_string()))
    }
}

const TEXTBOOK: Kernel = Kernel { name: "textbook", summary: "a byte at a time, as RC4 is written down" };
const TUNED: Kernel = Kernel { name: "tuned", summary: "eight bytes at a time" };
const PAIRED: Kernel = Kernel { name: "paired", summary: "eight bytes at a time, two passes in step" };

/// Passes one after the other; `apply` begins anew each time. Gives the digest of the first ciphertext.
fn one_by_one(array: &mut [u8], passes: u32, mut apply: impl FnMut(&mut [u8])) -> Digest {
    let mut digest = Digest::new();
    for pass in 0..passes {
        apply(array);
        if pass == 0 {
            digest = digest_of(array);
        }
        apply(array);
    }
    digest
}

/// The same with every other pass on a copy of the array, in step with the one before it; a last one
/// without a partner goes alone. None if the copy did not end as it was.
fn two_by_two(cipher: &WordRc4, array: &mut [u8], original: &[u8], passes: u32) -> Option<Digest> {
    if passes < 2 {
        return Some(one_by_one(array, passes, |data| cipher.clone().apply_keystream(data)));
    }
    let mut twin = original.to_vec();
    let mut apply = |array: &mut [u8]| {
        let mut ciphers = [cipher.clone(), cipher.clone()];
        WordRc4::apply_keystreams(ciphers.each_mut(), [array, &mut twin]);
    };
    let digest = one_by_one(array, passes / 2, &mut apply);
    one_by_one(array, passes % 2, |data| cipher.clone().apply_keystream(data));
    (twin == original).then_some(digest)
}

fn digest_of(ciphertext: &[u8]) -> Digest {
    format!("{:016x}", xxh3_64(ciphertext))
}

#[cfg(test)]
mod tests;
