//! Arrays from a seeded generator, and bytes as digits.
//!
//! Xoshiro256++ gives several bytes per nanosecond, so that making an array costs little next to
//! computing on it, and the same bytes on every machine, so that digests can be compared.

use rand_xoshiro::Xoshiro256PlusPlus;
use rand_xoshiro::rand_core::{Rng, SeedableRng};

use super::Job;

/// Odd and without pattern, so that neighbouring jobs and neighbouring seeds share no stream.
const SPREAD: u64 = 0x9E37_79B9_7F4A_7C15;

/// The array of a job: a function of seed, index and size.
pub(crate) fn generate(job: Job) -> Vec<u8> {
    let stream = (job.index as u64 + 1).wrapping_mul(SPREAD);
    let mut array = vec![0; job.size];
    Xoshiro256PlusPlus::seed_from_u64(job.seed ^ stream).fill_bytes(&mut array);
    array
}

/// Bytes as hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    let digit = |nibble: u8| char::from(b"0123456789abcdef"[usize::from(nibble)]);
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arrays_depend_on_seed_and_index_alone() {
        let job = Job { seed: 17, index: 3, size: 64, site: None };
        assert_eq!(generate(job), generate(job));
        assert_ne!(generate(job), generate(Job { seed: 18, ..job }));
        assert_ne!(generate(job), generate(Job { index: 4, ..job }));
        assert_eq!(generate(Job { size: 16, ..job }), generate(job)[..16]);
    }
}
