//! For executors whose workers are in programs on other machines: work that leaves this program, and arrives there.
//!
//! Both programs are the same build, started with the same [`worker::init`](crate::worker::init): a task travels as
//! the number of its type, and [`build_digest`] tells whether they are. The sender [encodes](Outgoing::encode) work
//! where it is submitted, says where it [lies](Outgoing::begin), and [settles](Outgoing::settle) it with the reply.
//! The receiver makes [work](arrived) of the bytes again, for a pool of its own, with an [`Outlet`] that carries the
//! outcome back.
//!
//! This is for the crates of this workspace, and changes with them.
//!
//! * `outgoing`: the sender's end; `incoming`: the receiver's; `landing`: where long bytes come to be

mod incoming;
mod landing;
mod outgoing;

use std::io::{self, Read};
use std::os::fd::OwnedFd;
use std::sync::Arc;

pub use self::incoming::{Arrived, Outlet, Reply, RunsIn, arrived};
pub use self::landing::{Landing, Room};
pub use self::outgoing::{Holder, LONG, LongBytes, Outgoing, Piece, cancel_all, fail_all};
use crate::attachments::Attachment;
use crate::blocking;
use crate::error::Error;
use crate::ipc::arena::Extents;
use crate::pool::builder::Builder;
use crate::pool::initializer::Initializer;
use crate::process::ProcessPoolExecutor;
use crate::shared::SharedBytes;
use crate::table;
use crate::task::Task;
use crate::wire::Encoded;

/// Shared bytes that go along with tasks or their results.
#[derive(Debug, Clone)]
pub struct Blob(Attachment);

impl Blob {
    /// Bytes that have arrived under that id.
    ///
    /// # Errors
    ///
    /// Where they are none: those travel without a file.
    pub fn arrived(id: u64, bytes: &SharedBytes) -> io::Result<Self> {
        let file = bytes.file().ok_or(io::ErrorKind::InvalidInput)?;
        Ok(Self(Attachment { id, file, len: bytes.len() as u64 }))
    }

    /// The id under which the task's bytes mention it.
    #[must_use]
    pub fn id(&self) -> u64 {
        self.0.id
    }

    /// The bytes.
    ///
    /// # Errors
    ///
    /// Where they cannot be mapped.
    pub fn bytes(&self) -> io::Result<SharedBytes> {
        SharedBytes::of(&self.0)
    }

    /// How many handles this program has on the bytes, for tasks, for values, and such as this.
    #[must_use]
    pub fn handles(&self) -> usize {
        Arc::strong_count(&self.0.file)
    }

    /// Whether they are the same bytes in the same file.
    #[must_use]
    pub fn is_same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0.file, &other.0.file)
    }

    fn descriptor(&self) -> Option<OwnedFd> {
        self.0.file.try_clone().ok()
    }
}

/// Files as messages of pools of processes carry them.
fn descriptors(blobs: &[Blob]) -> impl FnMut() -> Option<OwnedFd> {
    let mut descriptors: Vec<_> = blobs.iter().map(Blob::descriptor).collect();
    descriptors.reverse();
    move || descriptors.pop().flatten()
}

/// Runs user code: results are decoded, futures call back. If it comes to wait for a future, the stand-in is called
/// before, which starts a thread that goes on with what this one had to do; it says whether it could. Gives
/// whether that is so, and this thread has nothing left to do.
pub fn run_user_code(stand_in: impl FnOnce() -> bool + 'static, user_code: impl FnOnce()) -> bool {
    blocking::run(stand_in, user_code)
}

/// A number that tells programs apart which would not understand each other's tasks: of the program's file, byte by
/// byte, and of the names of its tasks. The same file has the same number on every machine.
///
/// # Errors
///
/// What the system says where the file cannot be read.
pub fn build_digest() -> io::Result<u64> {
    let mut file = std::fs::File::open(crate::ipc::process::this_program()?)?;
    let mut hasher = xxhash_rust::xxh3::Xxh3::new();
    let mut part = vec![0; 1 << 18];
    loop {
        match file.read(&mut part) {
            Ok(0) => break,
            Ok(read) => hasher.update(&part[..read]),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    for task in table::entries() {
        hasher.update(task.name.as_bytes());
        hasher.update(b" ");
    }
    Ok(hasher.digest())
}

/// That the program may have pools of processes at all, as its agents must.
///
/// # Errors
///
/// [`Error::NotInitialised`].
pub fn check_initialised() -> Result<(), Error> {
    crate::process::check_start()
}

/// An initializer as workers elsewhere get it.
///
/// # Errors
///
/// [`Error::Initializer`] where its type is not registered, or it cannot be encoded.
pub fn encode_initializer<T>(initializer: T) -> Result<Vec<u8>, Error>
where
    T: Task<Output = ()> + Clone + Sync,
{
    Initializer::new(initializer).encode().map(|encoded| encoded.bytes().to_vec())
}

/// A pool whose workers are part of a larger one: their numbers begin with that one, and each first runs what
/// another program has encoded.
pub fn part_of_larger(
    mut builder: Builder<ProcessPoolExecutor>,
    first_worker: usize,
    initializer: Option<Vec<u8>>,
) -> Builder<ProcessPoolExecutor> {
    builder.first_worker = first_worker;
    builder.passes_on = true;
    builder.encoded_initializer = initializer.map(|bytes| Encoded::again(bytes, &[], Extents::default()));
    builder
}
