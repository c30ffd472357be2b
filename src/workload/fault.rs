//! What a workload says that cannot do a job, and what its outputs come down to in records.

use std::fmt::{self, Display};
use std::io::{self, Write};

use serde::Serialize;
use xxhash_rust::xxh3::Xxh3;

use super::Digest;

/// A job that cannot be done, or found itself to be wrong. Every error becomes one by `?`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault(pub String);

impl Fault {
    /// A fault that says this.
    pub fn new(what: impl Display) -> Self {
        Self(what.to_string())
    }
}

impl Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

// It is no `std::error::Error` itself, or this would not be allowed.
impl<E: std::error::Error> From<E> for Fault {
    fn from(error: E) -> Self {
        Self::new(error)
    }
}

/// A hash of a value as JSON; nothing where it cannot be written so.
pub(super) fn digest(value: &impl Serialize) -> Option<Digest> {
    struct Hash(Xxh3);

    impl Write for Hash {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.update(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    let mut hash = Hash(Xxh3::new());
    serde_json::to_writer(&mut hash, value).ok()?;
    Some(format!("{:016x}", hash.0.digest()))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn any_error_becomes_a_fault() {
        let parse = |text: &str| -> Result<u8, Fault> { Ok(text.parse::<u8>()?) };
        assert_eq!(parse("x"), Err(Fault("invalid digit found in string".to_string())));
    }

    #[test]
    fn a_digest_tells_values_apart_and_is_absent_where_there_is_none() {
        assert_eq!(digest(&[1, 2]), digest(&vec![1, 2]));
        assert_ne!(digest(&[1, 2]), digest(&[2, 1]));
        assert_eq!(digest(&BTreeMap::from([((1, 2), 3)])), None, "JSON has no such keys");
    }
}
