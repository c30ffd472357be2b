//! OpenSSL's kernels on speedup's batch.
//!
//! The arrays, their order and the passes are the same. Two things cannot be: OpenSSL mixes an RC4 key
//! once, where the batch does twenty times, so that its ciphertexts are others; and it mixes it anew
//! for every pass, where speedup copies the state. Both take some microseconds of the milliseconds of
//! an array.

use std::sync::OnceLock;

use openssl::cipher::Cipher;
use openssl::cipher_ctx::CipherCtx;
use openssl::error::ErrorStack;
use openssl::lib_ctx::LibCtx;
use openssl::provider::Provider;
use openssl::sha::Sha256;
use speedup::workload::{ArrayWorkload, Digest, Fault, Kernel, Scale, rc4, sha256};
use xxhash_rust::xxh3::xxh3_64;

const KEY: &[u8] = b"speedup: the batch's RC4 key";

/// Both workloads by OpenSSL.
pub static WORKLOADS: &[&dyn ArrayWorkload] = &[&Rc4, &Sha];

/// RC4 as OpenSSL 3 has it, in its provider of ciphers that should no longer be used.
pub struct Stream {
    cipher: Cipher,
    _legacy: Provider,
    _context: LibCtx,
}

impl Stream {
    /// Loads the provider, into its own context.
    pub fn load() -> Result<Self, ErrorStack> {
        let context = LibCtx::new()?;
        let legacy = Provider::load(Some(&context), "legacy")?;
        let cipher = Cipher::fetch(Some(&context), "RC4", None)?;
        Ok(Self { cipher, _legacy: legacy, _context: context })
    }

    /// A cipher with its key mixed in.
    pub fn keyed(&self, key: &[u8]) -> Result<CipherCtx, ErrorStack> {
        let mut stream = CipherCtx::new()?;
        stream.encrypt_init(Some(&self.cipher), None, None)?;
        stream.set_key_length(key.len())?;
        stream.encrypt_init(None, Some(key), None)?;
        Ok(stream)
    }

    /// The provider of this process.
    fn of_process() -> Result<&'static Self, Fault> {
        static LOADED: OnceLock<Result<Stream, String>> = OnceLock::new();
        let loaded = LOADED.get_or_init(|| Self::load().map_err(|error| error.to_string()));
        loaded.as_ref().map_err(|error| Fault(format!("OpenSSL's legacy provider: {error}")))
    }
}

/// The version of the library that is linked.
#[must_use]
pub fn version() -> String {
    openssl::version::version().split_whitespace().take(2).collect::<Vec<_>>().join(" ")
}

fn backend() -> &'static str {
    static VERSION: OnceLock<String> = OnceLock::new();
    VERSION.get_or_init(version)
}

const KERNELS: &[Kernel] = &[Kernel { name: "openssl", summary: "OpenSSL, through its EVP interface" }];

struct Rc4;

impl ArrayWorkload for Rc4 {
    fn name(&self) -> &'static str {
        "rc4"
    }

    fn label(&self) -> &'static str {
        "RC4"
    }

    fn summary(&self) -> &'static str {
        rc4::Workload.summary()
    }

    fn sizes(&self, scale: Scale) -> Vec<usize> {
        rc4::Workload.sizes(scale)
    }

    fn default_passes(&self) -> u32 {
        rc4::Workload.default_passes()
    }

    fn kernels(&self) -> &'static [Kernel] {
        KERNELS
    }

    fn backend(&self, _: &Kernel) -> Option<&'static str> {
        Some(backend())
    }

    fn compute(&self, _: &Kernel, array: &mut [u8], passes: u32) -> Result<Digest, Fault> {
        let fault = |error: ErrorStack| Fault(error.to_string());
        let mut stream = Stream::of_process()?.keyed(KEY).map_err(fault)?;
        let original = array.to_vec();
        let mut digest = String::new();
        for pass in 0..passes {
            for encrypted in [false, true] {
                stream.encrypt_init(None, Some(KEY), None).map_err(fault)?;
                let bytes = array.len();
                stream.cipher_update_inplace(array, bytes).map_err(fault)?;
                if pass == 0 && !encrypted {
                    digest = format!("{:016x}", xxh3_64(array));
                }
            }
        }
        if array == original { Ok(digest) } else { Err(Fault("decrypting did not restore the array".into())) }
    }
}

struct Sha;

impl ArrayWorkload for Sha {
    fn name(&self) -> &'static str {
        "sha256"
    }

    fn label(&self) -> &'static str {
        "SHA"
    }

    fn summary(&self) -> &'static str {
        sha256::Workload.summary()
    }

    fn sizes(&self, scale: Scale) -> Vec<usize> {
        sha256::Workload.sizes(scale)
    }

    fn default_passes(&self) -> u32 {
        sha256::Workload.default_passes()
    }

    fn kernels(&self) -> &'static [Kernel] {
        KERNELS
    }

    fn backend(&self, _: &Kernel) -> Option<&'static str> {
        Some(backend())
    }

    fn compute(&self, _: &Kernel, array: &mut [u8], passes: u32) -> Result<Digest, Fault> {
        let mut digest = openssl::sha::sha256(array);
        for _ in 1..passes {
            let mut whole = Sha256::new();
            whole.update(array);
            whole.update(&digest);
            digest = whole.finish();
        }
        Ok(digest.iter().map(|byte| format!("{byte:02x}")).collect())
    }
}
