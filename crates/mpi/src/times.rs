//! When messages went and came, and how far the clocks of hosts are apart: for those who measure.

use std::sync::Arc;
use std::sync::mpsc::channel;

use serde::{Deserialize, Serialize};
use speedup_executor::Error;
use speedup_executor::implement::WorkerLife;

use crate::executor::{Builder, GREETING};
use crate::hub::{Command, HostInfo, Hub};

/// When a message and its answer went and came, in nanoseconds of monotonic clocks: two of this program's, two of the
/// host's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Trip {
    /// When the message was handed to the transport here.
    pub sent_ns: u64,
    /// When the host had it, by the host's clock.
    pub came_ns: u64,
    /// When the host handed the answer to the transport, by the host's clock.
    pub told_ns: u64,
    /// When the answer was here.
    pub back_ns: u64,
}

/// How long a message and its answer were at a host, by its clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(crate) struct Stay {
    pub(crate) came_ns: u64,
    pub(crate) told_ns: u64,
}

impl Stay {
    /// As part of a round trip.
    pub(crate) fn within(self, sent_ns: u64, back_ns: u64) -> Trip {
        Trip { sent_ns, came_ns: self.came_ns, told_ns: self.told_ns, back_ns }
    }
}

/// A host's monotonic clock against this program's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HostClock {
    /// The host's rank.
    pub rank: usize,
    /// By how many nanoseconds it is ahead, as the middle of the shortest round trip tells.
    pub ahead_ns: i64,
    /// By how much that may be off at most: half of that round trip.
    pub error_ns: u64,
}

/// The way of one piece of work to a host and back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WorkTrip {
    /// Its number among all that the pool was given, from 0.
    pub number: u64,
    /// The host's rank.
    pub rank: usize,
    /// When it went and came.
    pub trip: Trip,
}

/// What a pool knows of its part on a host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostTimes {
    /// The host's rank.
    pub rank: usize,
    /// Number of its first worker.
    pub first_worker: usize,
    /// How many workers it has.
    pub workers: usize,
    /// How the host was told to start workers, and that it does; absent until then.
    pub opening: Option<Trip>,
    /// How it was told to end them, and that they have ended; absent until then.
    pub closing: Option<Trip>,
    /// When each worker started, was ready and ended, by the host's clock; known once they have ended.
    pub lives: Vec<WorkerLife>,
}

/// The hosts of a job: who they are, how their clocks go, and pools on them.
#[derive(Clone)]
pub struct Hosts {
    hub: Arc<Hub>,
    list: Vec<HostInfo>,
}

impl Hosts {
    /// Those that an MPI launcher has started this program on, besides rank 0.
    ///
    /// # Errors
    ///
    /// [`Error::NotInitialised`] where no launcher has started it, there is no rank but 0, or ranks are of other builds.
    pub fn of_this_job() -> Result<Self, Error> {
        Self::on(crate::launch::hub()?)
    }

    pub(crate) fn on(hub: Arc<Hub>) -> Result<Self, Error> {
        let refused = |reason| Error::NotInitialised { reason };
        let list = hub.hosts(GREETING).map_err(refused)?;
        if list.is_empty() {
            return Err(refused(
                "rank 0 is the only rank: start one more for each host that is to have workers, as by mpirun -n 2"
                    .to_string(),
            ));
        }
        Ok(Self { hub, list })
    }

    /// The hosts, in the order of their ranks.
    #[must_use]
    pub fn list(&self) -> &[HostInfo] {
        &self.list
    }

    /// Compares the clocks of the hosts with this program's, by some round trips to each.
    ///
    /// # Errors
    ///
    /// [`Error::HostLost`] where one does not answer.
    pub fn clocks(&self) -> Result<Vec<HostClock>, Error> {
        let (tell, told) = channel();
        self.hub.commands.push(Command::Clocks(tell));
        let clocks = told.recv().unwrap_or_default();
        match self.list.iter().find(|host| !clocks.iter().any(|clock| clock.rank == host.rank)) {
            Some(host) => {
                Err(Error::HostLost { host: host.name.clone(), reason: "nothing is heard of it".to_string() })
            }
            None => Ok(clocks),
        }
    }

    /// The settings of a pool on them.
    pub fn pool(&self) -> Builder {
        Builder::on(Ok(Arc::clone(&self.hub)))
    }
}
