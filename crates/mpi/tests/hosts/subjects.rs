//! The one executor under test: a pool over hosts, which are threads of this program, or ranks.

use std::sync::{Mutex, MutexGuard, PoisonError};

use speedup_executor::{Error, Executor, ExecutorKind};
use speedup_machine::machine::cpus_available;
use speedup_mpi::testing::Cluster;
use speedup_mpi::{Builder, MpiPoolExecutor, Placement};

use crate::settings::{Settings, apply};

/// Hosts where they are threads.
const HOSTS: usize = 2;

static CLUSTER: Mutex<Option<Cluster>> = Mutex::new(None);

fn cluster() -> MutexGuard<'static, Option<Cluster>> {
    let mut cluster = CLUSTER.lock().unwrap_or_else(PoisonError::into_inner);
    cluster.get_or_insert_with(|| Cluster::new(HOSTS));
    cluster
}

/// Ends the threads that are hosts.
pub(crate) fn end() {
    drop(CLUSTER.lock().unwrap_or_else(PoisonError::into_inner).take());
}

fn builder() -> Builder {
    if speedup_mpi::is_launched() {
        return MpiPoolExecutor::builder();
    }
    cluster().as_ref().unwrap().pool()
}

struct Kind;

impl ExecutorKind for Kind {
    fn name(&self) -> &'static str {
        "mpi"
    }

    fn summary(&self) -> &'static str {
        "worker processes on several hosts"
    }

    fn start(&self, workers: usize) -> Result<Box<dyn Executor>, Error> {
        Ok(Box::new(builder().max_workers(workers).placement(Placement::Scatter).build()?))
    }
}

pub(crate) fn all() -> &'static [&'static dyn ExecutorKind] {
    &[&Kind]
}

pub(crate) fn find(_: &str) -> &'static dyn ExecutorKind {
    &Kind
}

pub(crate) fn prefix(_: &str) -> &'static str {
    "speedup-worker"
}

pub(crate) fn default_workers(_: &str) -> usize {
    HOSTS * cpus_available()
}

impl Settings {
    pub(crate) fn build(self, _: &str) -> Result<Box<dyn Executor>, Error> {
        Ok(Box::new(apply!(self, builder().placement(Placement::Scatter)).build()?))
    }
}
