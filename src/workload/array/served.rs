//! Arrays that come from a server, for whose answer their jobs wait.
//!
//! Such a batch needs a server next to it, which starts before the first job and stays. See
//! [`waiting`](crate::workload::waiting) for what else is different about jobs that wait.

use std::any::Any;
use std::net::SocketAddr;
use std::pin::Pin;

use serde::{Deserialize, Serialize};

use super::{Fault, Job, Scale};

/// What is known of a workload whose arrays come from a server.
///
/// Its [`generate`](super::ArrayWorkload::generate) is the part that waits.
pub trait Served: Sync {
    /// What its jobs are, in the plural, such as "flags".
    fn jobs(&self) -> &'static str;

    /// What its jobs wait for, in a few words.
    fn waits_for(&self, scale: Scale) -> String;

    /// Numbers of workers where the user does not say, ascending.
    fn default_workers(&self) -> &'static [usize];

    /// Starts what its jobs need besides them: before the first of them, and outside all timing. It must not
    /// run in this process, where it would share what is measured.
    ///
    /// # Errors
    ///
    /// Why it does not start.
    fn serve(&self, scale: Scale) -> Result<Server, Fault>;

    /// Lets go of what the jobs of an execution have left in this process, such as open connections. Called
    /// after each, outside its timing.
    fn rest(&self, site: Site);

    /// One of the places of a thread that has many jobs under way at the same time: it runs one job after the
    /// other, as a worker of a pool does.
    fn place(&self, site: Site) -> Box<dyn Place>;
}

/// What the jobs of a workload need besides them. It ends when this is dropped.
pub struct Server {
    /// Where it listens.
    pub addr: SocketAddr,
    /// What keeps it running.
    pub keep: Box<dyn Any + Send>,
}

/// Where the jobs of one execution find their server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Site {
    /// Where the server listens.
    pub addr: SocketAddr,
    /// Number of the execution. Nothing that one has opened is used by the next, so that every sample begins
    /// alike.
    pub execution: u32,
}

/// Runs the jobs of a workload one after the other, without keeping its thread while they wait.
pub trait Place: Send {
    /// As [`ArrayWorkload::generate`](super::ArrayWorkload::generate), for a runtime of tokio's.
    fn generate(&mut self, job: Job) -> Generated<'_>;
}

/// An array on its way.
pub type Generated<'a> = Pin<Box<dyn Future<Output = Result<Vec<u8>, Fault>> + Send + 'a>>;
