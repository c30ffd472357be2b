//! SHA-256 of a dozen arrays of 1 MiB, as in the book's `sha_futures.py`.
//!
//! There is one kernel: that of the `sha2` crate, which takes the processor's instructions for SHA-256
//! where there are any. Crates that hash several messages in SIMD lanes at once take whole messages,
//! while a job here is one array and each pass ends with the digest of the one before; and the only
//! one that is about this alone is in its first year and needs a later compiler than this crate.

use sha2::{Digest as _, Sha256};

use super::array::bytes::hex;
use super::{Access, Digest, Fault, Kernel, Scale};

/// The batch of the book: the SHA-256 hash of twelve arrays of 1 MiB.
#[derive(Debug)]
pub struct Workload;

impl super::ArrayWorkload for Workload {
    fn name(&self) -> &'static str {
        "sha256"
    }

    fn label(&self) -> &'static str {
        "SHA"
    }

    fn summary(&self) -> &'static str {
        "hash 12 arrays of 1 MiB with SHA-256"
    }

    fn sizes(&self, scale: Scale) -> Vec<usize> {
        vec![scale.apply(1 << 20); 12]
    }

    fn may_end_process(&self) -> bool {
        false
    }

    fn default_passes(&self) -> u32 {
        16
    }

    fn kernels(&self) -> &'static [Kernel] {
        &[SHA2]
    }

    fn backend(&self, _: &Kernel) -> Option<&'static str> {
        Some(backend())
    }

    fn access(&self) -> Access {
        Access::Reads
    }

    fn compute(&self, kernel: &Kernel, array: &mut [u8], passes: u32) -> Result<Digest, Fault> {
        self.read(kernel, array, passes)
    }

    /// The first pass hashes the array; each further one the array and the digest before it, so
    /// that no pass can be left out.
    fn read(&self, _: &Kernel, array: &[u8], passes: u32) -> Result<Digest, Fault> {
        let mut digest = Sha256::digest(array);
        for _ in 1..passes {
            digest = Sha256::new().chain_update(array).chain_update(digest).finalize();
        }
        Ok(hex(&digest))
    }
}

const SHA2: Kernel =
    Kernel { name: "sha2", summary: "the sha2 crate, with the processor's instructions for it" };

/// What the crate dispatches to, by its own rules: those that its configuration flags force, else
/// the processor's instructions where it has them, found at run time.
fn backend() -> &'static str {
    if cfg!(any(sha2_backend = "soft", sha2_256_backend = "soft")) {
        return "soft";
    }
    #[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
    if std::arch::is_x86_feature_detected!("sha") && std::arch::is_x86_feature_detected!("sse4.1") {
        return "SHA-NI";
    }
    #[cfg(target_arch = "aarch64")]
    if std::arch::is_aarch64_feature_detected!("sha2") {
        return "ARMv8 SHA-2";
    }
    "soft"
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workload::ArrayWorkload as _;

    #[test]
    fn one_pass_is_sha_256_of_the_array() {
        // The examples of FIPS 180-4, as published by NIST.
        let long = b"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq".to_vec();
        for (mut array, expected) in [
            (b"abc".to_vec(), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
            (Vec::new(), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
            (long, "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"),
            (vec![b'a'; 1_000_000], "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"),
        ] {
            assert_eq!(Workload.compute(&SHA2, &mut array, 1).unwrap(), expected);
        }
    }

    #[test]
    fn every_pass_counts() {
        let digests: Vec<_> =
            (1..4).map(|passes| Workload.compute(&SHA2, &mut [7; 100], passes).unwrap()).collect();
        assert!(digests[0] != digests[1] && digests[1] != digests[2] && digests[0] != digests[2]);
    }
}
