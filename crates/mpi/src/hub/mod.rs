//! Rank 0's end: the thread that makes all calls of the transport, for all pools of this program.
//!
//! * this file: what others hand to the thread; `host`: what is known of a host; `driver`: what the thread does;
//!   `comparison`: how clocks are compared

mod comparison;
mod driver;
mod host;

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::mpsc::Sender;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

pub(crate) use self::driver::drive;
pub use self::host::HostInfo;
use crate::message::{PoolId, WorkId};
use crate::pool::Pool;
use crate::times::HostClock;
use crate::waiting::Mailbox;

/// What the thread is to do.
pub(crate) enum Command {
    Open(Arc<Pool>),
    /// The pool may have something to send.
    Feed(PoolId),
    /// Fetch work back from that host, if no worker has it.
    Recall(PoolId, usize, Vec<WorkId>),
    /// Tell the pool's hosts to end: at once, or when their work is done.
    Close(PoolId, bool),
    /// Compare the clocks of the hosts with this one's. Hosts that are lost are left out.
    Clocks(Sender<Vec<HostClock>>),
    /// The job ends.
    Stop,
}

/// What the thread and the rest of the program share.
#[derive(Default)]
pub(crate) struct Hub {
    pub(crate) commands: Mailbox<Command>,
    hosts: Mutex<Hosts>,
    changed: Condvar,
    pools: AtomicU64,
}

#[derive(Default)]
struct Hosts {
    greeted: Vec<Option<HostInfo>>,
    /// Why there are none, or no more.
    fault: Option<String>,
    is_ready: bool,
}

impl Hub {
    /// A number for a pool.
    pub(crate) fn next_pool(&self) -> PoolId {
        self.pools.fetch_add(1, Relaxed)
    }

    /// The hosts, once all have greeted, in the order of their ranks.
    ///
    /// # Errors
    ///
    /// Why there are none: one of them is of another build, or has not come in that time.
    pub(crate) fn hosts(&self, timeout: Duration) -> Result<Vec<HostInfo>, String> {
        let end = Instant::now() + timeout;
        let mut hosts = self.lock();
        loop {
            if let Some(fault) = &hosts.fault {
                return Err(fault.clone());
            }
            if hosts.is_ready {
                return Ok(hosts.greeted.iter().flatten().cloned().collect());
            }
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                let missing = hosts.greeted.iter().filter(|greeted| greeted.is_none()).count();
                return Err(format!("{missing} of the ranks have not been heard of within {timeout:?}"));
            }
            hosts = self.changed.wait_timeout(hosts, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    fn lock(&self) -> MutexGuard<'_, Hosts> {
        self.hosts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
