//! What runs a batch: a pool, or one thread that has many jobs under way.
//!
//! A job that computes keeps its thread, so that only pools can run several at the same time. A job that waits
//! need not: then one thread does for all, with as many places as a pool has workers.

use super::registry::AnyWorkload;
use speedup_executor::{EXECUTORS, ExecutorKind};
use speedup_report::record::{BASELINE, HOSTS};

/// Something that runs batches and can be chosen by name.
#[derive(Clone, Copy)]
pub enum Runner {
    /// A pool of workers.
    Pool(&'static dyn ExecutorKind),
    /// One thread with an asynchronous runtime.
    Async,
    /// A pool of workers on the hosts of an MPI job.
    Hosts,
}

/// The most workers for jobs that wait.
pub const MOST_WAITING: usize = 1000;
/// The same of processes, of which more would cost memory and nothing else.
const MOST_PROCESSES: usize = 64;

impl Runner {
    /// Every runner but the serial baseline; that over hosts where the program is built with MPI.
    pub fn all() -> impl Iterator<Item = Self> {
        let pools = EXECUTORS.iter().copied().filter(|kind| kind.name() != BASELINE);
        let over = cfg!(feature = "mpi").then_some(Self::Hosts);
        pools.map(Self::Pool).chain(over).chain([Self::Async])
    }

    /// Name on the command line and in records.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Pool(kind) => kind.name(),
            Self::Async => "async",
            Self::Hosts => HOSTS,
        }
    }

    /// What it is, in a few words.
    #[must_use]
    pub fn summary(self) -> &'static str {
        match self {
            Self::Pool(kind) => kind.summary(),
            Self::Hosts => "worker processes on the hosts of an MPI job; see docs/mpi.md",
            Self::Async => "one thread with N jobs under way; only for workloads that wait",
        }
    }

    /// The runner of that name.
    #[must_use]
    pub fn find(name: &str) -> Option<Self> {
        Self::all().find(|runner| runner.name() == name)
    }

    /// Those of a run whose user names none: asynchronous work only where every workload waits.
    pub(super) fn by_default(workloads: &[&'static dyn AnyWorkload]) -> Vec<Self> {
        let wait = workloads.iter().all(|workload| workload.waiting().is_some());
        let names: &[&str] =
            if wait { &["threads", "processes", "async"] } else { &["threads", "processes"] };
        names.iter().filter_map(|name| Self::find(name)).collect()
    }

    /// Whether it can run a workload with that many workers.
    pub(super) fn takes(self, workload: &dyn AnyWorkload, workers: usize) -> bool {
        let most = match self {
            Self::Pool(kind) if kind.name() == "processes" => MOST_PROCESSES,
            Self::Hosts => 0,
            Self::Pool(_) | Self::Async => MOST_WAITING,
        };
        workload.waiting().is_none() || workers <= most
    }
}
