//! What all downloads of a run share within a process: the client with its connections, and where and how.
//!
//! Tasks are small and go to other processes, so that they only carry the number of their run; the session is
//! found by it. The parent makes one for its threads; a worker process makes its own, when it starts.

use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::Error;
use super::base::Base;
use super::blocking::BlockingClient;
use super::save::Folder;
use speedup_executor::Task;
use speedup_machine::signal::Interrupt;

/// How flags are to be downloaded.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Order {
    /// Where from.
    pub base: Base,
    /// The folder in which they are saved.
    #[serde(with = "path_bytes")]
    pub dest: PathBuf,
    /// How long an attempt may take until the last byte is there.
    pub timeout: Duration,
    /// How many more times a flag is asked for that failed.
    pub retries: u32,
}

impl Order {
    /// Makes the folder, if it is not there, and tries whether files can be written to it: better one message
    /// before the first request than one for every flag.
    ///
    /// # Errors
    ///
    /// [`Error::Destination`].
    pub fn prepare(&self) -> Result<(), Error> {
        let failed = |error| Error::Destination { folder: self.dest.display().to_string(), error };
        Folder::new(&self.dest, 0).prepare().map_err(failed)
    }
}

/// A path on its way to another process: its bytes, which need not be text.
mod path_bytes {
    use std::ffi::OsString;
    use std::os::unix::ffi::{OsStrExt, OsStringExt};
    use std::path::{Path, PathBuf};

    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    pub(super) fn serialize<S: Serializer>(path: &Path, serializer: S) -> Result<S::Ok, S::Error> {
        path.as_os_str().as_bytes().serialize(serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<PathBuf, D::Error> {
        Ok(OsString::from_vec(Vec::deserialize(deserializer)?).into())
    }
}

/// An order with the number of its run.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Numbered {
    pub(super) run: u64,
    pub(super) order: Order,
    /// Connections that one process keeps open between downloads.
    pub(super) idle: usize,
}

impl Numbered {
    /// Gives the run a number that no other has, in this process or another.
    pub(super) fn new(order: &Order, idle: usize) -> Self {
        static RUNS: AtomicU32 = AtomicU32::new(0);
        let number = RUNS.fetch_add(1, Ordering::Relaxed);
        Self { run: u64::from(std::process::id()) << 32 | u64::from(number), order: order.clone(), idle }
    }
}

/// One run, in one process.
#[derive(Debug)]
pub(super) struct Session {
    run: u64,
    pub(super) order: Order,
    pub(super) folder: Folder,
    pub(super) client: BlockingClient,
    pub(super) interrupt: Interrupt,
}

static SESSIONS: Mutex<Vec<Arc<Session>>> = Mutex::new(Vec::new());

impl Session {
    pub(super) fn new(numbered: &Numbered, interrupt: Interrupt) -> Arc<Self> {
        let Numbered { run, order, idle } = numbered.clone();
        Arc::new(Self {
            run,
            folder: Folder::new(&order.dest, run),
            client: BlockingClient::new(&order.base, order.timeout, idle),
            order,
            interrupt,
        })
    }

    /// The session of that run in this process, if there is one.
    pub(super) fn of(run: u64) -> Option<Arc<Self>> {
        let sessions = SESSIONS.lock().unwrap_or_else(PoisonError::into_inner);
        sessions.iter().find(|session| session.run == run).cloned()
    }

    /// Lets tasks find the session until what is returned is dropped.
    pub(super) fn open(self: &Arc<Self>) -> Open {
        SESSIONS.lock().unwrap_or_else(PoisonError::into_inner).push(Arc::clone(self));
        Open(self.run)
    }
}

/// Closes a session when dropped.
#[derive(Debug)]
pub(super) struct Open(u64);

impl Drop for Open {
    fn drop(&mut self) {
        SESSIONS.lock().unwrap_or_else(PoisonError::into_inner).retain(|session| session.run != self.0);
    }
}

/// What a worker process does before its first download.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Prepare(pub(super) Numbered);

impl Task for Prepare {
    const NAME: &'static str = "speedup.flags.prepare";
    type Output = ();

    fn run(self) {
        // Ctrl-C is the parent's to notice: it ends its workers. The session lasts as long as the process.
        std::mem::forget(Session::new(&self.0, Interrupt::default()).open());
    }
}
