//! The executor as its users see it.

use std::sync::Arc;
use std::time::Duration;

use speedup_executor::implement::{Work, WorkerLife};
use speedup_executor::{CancelFutures, Error, Executor, OnCrash, Spin, Task, Wait, remote};

use crate::hub::{HostInfo, Hub};
use crate::message::{Part, Workers};
use crate::pool::{Pool, Seat};
use crate::times::{HostTimes, WorkTrip};

/// How long a host may be silent before it counts as lost, where nothing else is set: longer than a network takes
/// to find another way.
pub const HOST_TIMEOUT: Duration = Duration::from_secs(30);

/// How long the ranks may take to greet each other.
pub(crate) const GREETING: Duration = Duration::from_secs(60);

/// A pool of worker processes on several hosts: every rank but 0 is one, and starts workers there.
///
/// The contract is that of [`ProcessPoolExecutor`](speedup_executor::ProcessPoolExecutor), for the same tasks. Tasks
/// lie at a host ahead of need, at least two for each of its workers. One that lies there is pending and can
/// be cancelled, which then takes the way there and back; it goes to another host when that has nothing to do.
///
/// A host that is lost, or not heard of for [`host_timeout`](Builder::host_timeout), costs the tasks that its workers
/// had: they have [`Error::HostLost`]. What lay there goes to other hosts. A task that had begun in the last
/// millisecond, or since the host was cut off, may run twice so; a host that hears nothing of rank 0 for
/// half that time begins no further task.
pub struct MpiPoolExecutor {
    pool: Arc<Pool>,
    hosts: Vec<HostInfo>,
}

/// How a number of workers is laid out over hosts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Placement {
    /// One host is filled before the next.
    #[default]
    Compact,
    /// As evenly as can be.
    Scatter,
}

impl Placement {
    /// How many of so many workers each host has, of which each has room for some. Where that is too little, each takes
    /// more of them in turn.
    #[must_use]
    pub fn lay_out(self, workers: usize, rooms: &[usize]) -> Vec<usize> {
        let mut laid = vec![0; rooms.len()];
        for _ in 0..workers {
            let has_room = |host: &usize| laid[*host] < rooms[*host];
            let host = match self {
                Self::Compact => (0..rooms.len()).find(has_room),
                Self::Scatter => (0..rooms.len()).filter(has_room).min_by_key(|host| laid[*host]),
            };
            // Where there is no room left, each takes more of them in turn.
            let host = host.or_else(|| (0..rooms.len()).min_by_key(|host| laid[*host]));
            if let Some(host) = host {
                laid[host] += 1;
            }
        }
        laid
    }
}

/// Settings of a pool. What is not set has its default.
#[must_use = "a pool starts with build()"]
pub struct Builder {
    hub: Result<Arc<Hub>, Error>,
    hosts: Option<usize>,
    only: Option<usize>,
    keeps_trips: bool,
    workers_per_host: Option<usize>,
    max_workers: Option<usize>,
    placement: Placement,
    threads: Workers,
    prefix: String,
    on_crash: OnCrash,
    max_tasks_per_child: Option<usize>,
    spin: Spin,
    host_timeout: Duration,
    initializer: Option<Result<Vec<u8>, Error>>,
}

impl MpiPoolExecutor {
    /// A pool of that many workers, one host filled before the next.
    ///
    /// # Errors
    ///
    /// As [`build`](Builder::build).
    pub fn new(max_workers: usize) -> Result<Self, Error> {
        Self::builder().max_workers(max_workers).build()
    }

    /// The settings of a pool. The default is all hosts, and on each as many workers as CPUs that its agent may use.
    pub fn builder() -> Builder {
        Builder::on(crate::launch::hub())
    }

    /// Waits until every host of the pool can take tasks, or is lost: for ever, or for that long. False if the time is
    /// over before.
    ///
    /// # Errors
    ///
    /// What has broken the pool.
    pub fn bootup(&self, timeout: impl Into<Option<Duration>>) -> Result<bool, Error> {
        self.pool.bootup(timeout.into())
    }

    /// Workers of the hosts that serve now.
    #[must_use]
    pub fn num_workers(&self) -> usize {
        self.pool.num_workers()
    }

    /// The hosts of the pool.
    #[must_use]
    pub fn hosts(&self) -> &[HostInfo] {
        &self.hosts
    }

    /// What is known of the pool's part on each host: for those who measure.
    #[must_use]
    pub fn host_times(&self) -> Vec<HostTimes> {
        self.pool.host_times()
    }

    /// When each piece of work that is done went and came, since the last call; nothing without
    /// [`keep_trips`](Builder::keep_trips). What was recalled has its last way.
    #[must_use]
    pub fn take_trips(&self) -> Vec<WorkTrip> {
        self.pool.take_trips()
    }

    /// Shuts the pool down, cancels what is queued, and kills the workers in the midst of their tasks. Does not wait.
    pub fn kill_workers(&self) {
        self.pool.kill();
    }
}

impl Builder {
    pub(crate) fn on(hub: Result<Arc<Hub>, Error>) -> Self {
        Self {
            hub,
            hosts: None,
            only: None,
            keeps_trips: false,
            workers_per_host: None,
            max_workers: None,
            placement: Placement::default(),
            threads: Workers::default(),
            prefix: "speedup-worker".to_string(),
            on_crash: OnCrash::default(),
            max_tasks_per_child: None,
            spin: Spin::default(),
            host_timeout: HOST_TIMEOUT,
            initializer: None,
        }
    }

    /// How many hosts it is to use, the first by rank.
    pub fn hosts(mut self, hosts: usize) -> Self {
        self.hosts = Some(hosts);
        self
    }

    /// That the pool is to be on the host of that rank alone.
    pub fn only(mut self, rank: usize) -> Self {
        self.only = Some(rank);
        self
    }

    /// Keeps when each piece of work went and came, until [`take_trips`](MpiPoolExecutor::take_trips).
    pub fn keep_trips(mut self) -> Self {
        self.keeps_trips = true;
        self
    }

    /// Workers on each host; with [`max_workers`](Self::max_workers), the most that one has before all are full.
    pub fn workers_per_host(mut self, workers: usize) -> Self {
        self.workers_per_host = Some(workers);
        self
    }

    /// The greatest number of workers in all, placed over the hosts as [`placement`](Self::placement) says. Where
    /// they are more than the hosts have room for, each has its share of the rest.
    pub fn max_workers(mut self, workers: usize) -> Self {
        self.max_workers = Some(workers);
        self
    }

    /// How [`max_workers`](Self::max_workers) are laid out.
    pub fn placement(mut self, placement: Placement) -> Self {
        self.placement = placement;
        self
    }

    /// Has the tasks run by threads of the agents in place of worker processes.
    pub fn threads(mut self) -> Self {
        self.threads = Workers::Threads;
        self
    }

    /// How the workers' names begin; an underscore and the worker's number follow.
    pub fn worker_name_prefix(mut self, prefix: impl Into<String>) -> Self {
        self.prefix = prefix.into();
        self
    }

    /// A task that every worker process runs once, before any other.
    pub fn initializer<T>(mut self, initializer: T) -> Self
    where
        T: Task<Output = ()> + Clone + Sync,
    {
        self.initializer = Some(remote::encode_initializer(initializer));
        self
    }

    /// After how many pieces of work a worker is replaced by a new one. By default never.
    pub fn max_tasks_per_child(mut self, tasks: usize) -> Self {
        self.max_tasks_per_child = Some(tasks);
        self
    }

    /// What becomes of the pool when a worker process dies.
    pub fn on_crash(mut self, on_crash: OnCrash) -> Self {
        self.on_crash = on_crash;
        self
    }

    /// Whether workers may spin for a moment before they sleep.
    pub fn spin(mut self, spin: Spin) -> Self {
        self.spin = spin;
        self
    }

    /// How long a host may be silent before it counts as lost. A host that is slow answers all the same: its agent
    /// runs no tasks.
    pub fn host_timeout(mut self, timeout: Duration) -> Self {
        self.host_timeout = timeout;
        self
    }

    /// Makes the pool.
    ///
    /// # Errors
    ///
    /// [`Error::NotInitialised`] where the program was not started by an MPI launcher, [`init`](crate::init) was not
    /// called, a rank is of another build, or more hosts are wanted than there are; [`Error::InvalidSetting`] for a
    /// number that is 0; [`Error::Initializer`] if the initializer cannot be encoded, or is one for threads.
    pub fn build(self) -> Result<MpiPoolExecutor, Error> {
        let invalid = |setting| Err(Error::InvalidSetting { setting });
        for (setting, value) in [
            ("hosts", self.hosts),
            ("workers_per_host", self.workers_per_host),
            ("max_workers", self.max_workers),
            ("max_tasks_per_child", self.max_tasks_per_child),
        ] {
            if value == Some(0) {
                return invalid(setting);
            }
        }
        if self.host_timeout.is_zero() {
            return invalid("host_timeout");
        }
        if self.threads == Workers::Threads && self.initializer.is_some() {
            return Err(Error::Initializer {
                worker: 0,
                reason: "it is for worker processes, and these are threads".to_string(),
            });
        }
        let hub = self.hub?;
        remote::check_initialised()?;
        let initializer = self.initializer.transpose()?;
        let refused = |reason: String| Error::NotInitialised { reason };
        let mut hosts = hub.hosts(GREETING).map_err(refused)?;
        let (wanted, there) = (self.hosts.unwrap_or(hosts.len().max(1)), hosts.len());
        if wanted > there {
            return Err(refused(format!(
                "it is to have {wanted} hosts, and ranks besides rank 0 are {there}: start one rank more than hosts, \
                 as by mpirun -n {}",
                wanted + 1
            )));
        }
        hosts.truncate(wanted);
        if let Some(rank) = self.only {
            hosts.retain(|host| host.rank == rank);
            if hosts.is_empty() {
                return Err(refused(format!("there is no host of rank {rank}")));
            }
        }
        let room = |host: &HostInfo| self.workers_per_host.unwrap_or(host.cpus);
        let rooms: Vec<usize> = hosts.iter().map(room).collect();
        let workers = match self.max_workers {
            Some(workers) => self.placement.lay_out(workers, &rooms),
            None => rooms,
        };
        let mut first_worker = 0;
        let mut seats = Vec::new();
        for (host, workers) in hosts.iter().zip(workers).filter(|(_, workers)| *workers > 0) {
            let part = Part {
                first_worker,
                workers,
                kind: self.threads,
                on_crash: self.on_crash,
                max_tasks_per_child: self.max_tasks_per_child,
                spin: self.spin,
                prefix: self.prefix.clone(),
                initializer: initializer.clone(),
                begins_for_ns: (self.host_timeout / 2).as_nanos() as u64,
            };
            first_worker += workers;
            seats.push(Seat { rank: host.rank, name: host.name.clone(), part });
        }
        hosts.retain(|host| seats.iter().any(|seat| seat.rank == host.rank));
        Ok(MpiPoolExecutor { pool: Pool::new(hub, seats, self.host_timeout, self.keeps_trips), hosts })
    }
}

impl Executor for MpiPoolExecutor {
    fn execute(&self, work: Work) -> Result<(), Error> {
        self.pool.execute(work)
    }

    fn max_workers(&self) -> usize {
        self.pool.max_workers()
    }

    fn shutdown(&self, wait: Wait, queued: CancelFutures) {
        self.pool.shutdown(wait, queued);
    }

    fn worker_lives(&self) -> Vec<WorkerLife> {
        self.pool.lives()
    }
}

impl Drop for MpiPoolExecutor {
    fn drop(&mut self) {
        self.pool.shutdown(Wait::Yes, CancelFutures::No);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn workers_are_laid_out_host_by_host_or_evenly() {
        assert_eq!(Placement::Compact.lay_out(5, &[4, 4, 4]), [4, 1, 0]);
        assert_eq!(Placement::Scatter.lay_out(5, &[4, 4, 4]), [2, 2, 1]);
        assert_eq!(Placement::Scatter.lay_out(5, &[1, 4, 4]), [1, 2, 2]);
        assert_eq!(Placement::Compact.lay_out(5, &[1, 2]), [3, 2]);
    }
}
