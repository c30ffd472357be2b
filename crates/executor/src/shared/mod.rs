//! Bytes that every worker reads where they are.
//!
//! [`SharedBytes`] are made once, filled, and frozen. From then on a clone is a handle: a task that
//! holds one carries 20 bytes whatever the length, to a thread as an `Arc`, to a process as a file that
//! is mapped there. No one can write them any more, so that reading them as `&[u8]` is sound.
//!
//! ```
//! use serde::{Deserialize, Serialize};
//! use speedup_executor::task::TaskEntry;
//! use speedup_executor::{Executor, ProcessPoolExecutor, SharedBytes, Task, worker};
//!
//! #[derive(Serialize, Deserialize)]
//! struct Count(SharedBytes, u8);
//!
//! impl Task for Count {
//!     const NAME: &'static str = "count";
//!     type Output = usize;
//!
//!     fn run(self) -> usize {
//!         self.0.iter().filter(|&&byte| byte == self.1).count()
//!     }
//! }
//!
//! static TASKS: &[TaskEntry] = &[TaskEntry::of::<Count>()];
//!
//! fn main() -> Result<(), Box<dyn std::error::Error>> {
//!     worker::init(TASKS);
//!     let mut bytes = SharedBytes::create(1 << 20)?;
//!     bytes[..3].copy_from_slice(b"aba");
//!     let bytes = bytes.freeze()?;
//!
//!     let executor = ProcessPoolExecutor::new(2)?;
//!     let counts = executor.map([b'a', b'b'].map(|byte| Count(bytes.clone(), byte)));
//!     assert_eq!(counts.collect::<Result<Vec<_>, _>>()?, [2, 1]);
//!     Ok(())
//! }
//! ```
//!
//! # How long they live
//!
//! The memory is the kernel's to count: it is freed when the last handle, in whichever process, is
//! dropped or its process has ended, in whatever way. A worker process keeps what its last tasks have
//! read for a moment, 100 ms, so that the next task that mentions it finds it mapped; see `table`.
//! Each takes a file descriptor in every process that has it.
//!
//! * this file: the bytes and their handles
//! * `table`: which bytes are mapped in this process
//! * `wire`: a handle on its way to another process

mod table;
mod wire;

use std::fmt;
use std::io;
use std::ops::{Deref, DerefMut};
use std::os::fd::OwnedFd;
use std::sync::Arc;

pub(crate) use self::table::keep_recent;
use crate::attachments::Attachment;
use crate::ipc::sealed::{Draft, Sealed};

/// Bytes that do not change, readable by every thread and worker process that has a handle.
///
/// A clone is a handle to the same bytes. It is serialised as one too, which works within a task or
/// its output, on its way to or from a worker, and nowhere else: the bytes are not in it.
#[derive(Clone)]
pub struct SharedBytes {
    /// None where there are no bytes: a file of length 0 cannot be mapped.
    mapped: Option<Arc<Mapped>>,
}

/// Bytes of a file that is mapped in this process, and its id.
#[derive(Debug)]
struct Mapped {
    /// The same in every process, and never 0.
    id: u64,
    bytes: Sealed,
}

/// Bytes that will be shared, and can be written until then.
#[derive(Debug)]
pub struct SharedBytesMut {
    draft: Option<Draft>,
}

impl SharedBytes {
    /// Room for that many bytes, all of them 0, to be filled and frozen.
    ///
    /// # Errors
    ///
    /// Where there is no memory for them, or no file descriptor, or a limit of this process forbids
    /// them. What was made can be filled: it needs no more memory.
    pub fn create(len: usize) -> io::Result<SharedBytesMut> {
        let failed = |error: io::Error| {
            io::Error::new(error.kind(), format!("cannot make {len} shared bytes: {error}"))
        };
        let draft = (len > 0).then(|| Draft::create(len)).transpose().map_err(failed)?;
        Ok(SharedBytesMut { draft })
    }

    /// A copy of the bytes, shared.
    ///
    /// # Errors
    ///
    /// As [`create`](Self::create) and [`freeze`](SharedBytesMut::freeze).
    pub fn copy_of(bytes: &[u8]) -> io::Result<Self> {
        let mut copy = Self::create(bytes.len())?;
        copy.copy_from_slice(bytes);
        copy.freeze()
    }
}

impl SharedBytes {
    /// The bytes of a file that has arrived, mapped once however often it does.
    pub(crate) fn of(attachment: &Attachment) -> io::Result<Self> {
        Ok(Self { mapped: Some(table::mapped(attachment)?) })
    }

    /// The file in which they stand; none where there are no bytes.
    pub(crate) fn file(&self) -> Option<Arc<OwnedFd>> {
        self.mapped.as_ref().map(|mapped| Arc::clone(mapped.bytes.file()))
    }
}

impl SharedBytesMut {
    /// Ends the writing. The bytes are mapped anew, for reading.
    ///
    /// # Errors
    ///
    /// Where the system cannot map them again, or where this process was forked since they were
    /// created and the other one, which could write them, is still there.
    pub fn freeze(self) -> io::Result<SharedBytes> {
        let failed =
            |error: io::Error| io::Error::new(error.kind(), format!("cannot freeze shared bytes: {error}"));
        let bytes = self.draft.map(Draft::freeze).transpose().map_err(failed)?;
        let mapped = bytes.map(|bytes| Arc::new(Mapped { id: table::new_id(), bytes }));
        Ok(SharedBytes { mapped })
    }
}

impl Deref for SharedBytes {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        self.mapped.as_ref().map_or(&[], |mapped| &mapped.bytes)
    }
}

impl AsRef<[u8]> for SharedBytes {
    fn as_ref(&self) -> &[u8] {
        self
    }
}

impl Deref for SharedBytesMut {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        self.draft.as_deref().unwrap_or_default()
    }
}

impl DerefMut for SharedBytesMut {
    fn deref_mut(&mut self) -> &mut [u8] {
        self.draft.as_deref_mut().unwrap_or_default()
    }
}

impl PartialEq for SharedBytes {
    /// Whether they are the same bytes, wherever they are.
    fn eq(&self, other: &Self) -> bool {
        let (own, others) = (&self[..], &other[..]);
        std::ptr::eq(own, others) || own == others
    }
}

impl Eq for SharedBytes {}

impl fmt::Debug for SharedBytes {
    /// Their number alone: they may be many.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SharedBytes({})", self.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn they_are_what_was_written_and_a_clone_is_the_same() {
        let mut bytes = SharedBytes::create(3).unwrap();
        assert_eq!(*bytes, [0, 0, 0]);
        bytes.copy_from_slice(b"abc");
        let bytes = bytes.freeze().unwrap();
        let clone = bytes.clone();
        assert_eq!((clone.as_ptr(), clone.as_ref()), (bytes.as_ptr(), &b"abc"[..]));
        drop(bytes);
        assert_eq!((&*clone, format!("{clone:?}").as_str()), (&b"abc"[..], "SharedBytes(3)"));
        assert_eq!(clone, SharedBytes::copy_of(b"abc").unwrap());
        assert_ne!(clone, SharedBytes::copy_of(b"abd").unwrap());
    }

    #[test]
    fn none_are_bytes_too() {
        let none = SharedBytes::create(0).unwrap();
        assert!(none.is_empty());
        assert!(none.freeze().unwrap().is_empty());
    }

    /// Elsewhere nothing tells how many are too many before the disk is full.
    #[cfg(target_os = "linux")]
    #[test]
    fn too_many_are_an_error_that_says_how_many() {
        let error = SharedBytes::create(1 << 46).unwrap_err();
        assert!(error.to_string().starts_with("cannot make 70368744177664 shared bytes: "), "{error}");
    }

    #[test]
    fn threads_read_them_at_once() {
        let bytes = SharedBytes::copy_of(&[7; 10_000]).unwrap();
        std::thread::scope(|scope| {
            for _ in 0..4 {
                let bytes = bytes.clone();
                scope.spawn(move || assert!(bytes.iter().all(|&byte| byte == 7)));
            }
        });
    }
}
