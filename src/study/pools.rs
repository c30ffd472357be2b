//! Starts pools for a workload, with what their workers have to do before their first job.

use std::sync::Arc;

use super::execute::Start;
use super::hosts::{OverHosts, StartOver};
use super::pinning;
use super::setting::Setting;
use super::task::{WorkerSetUp, set_up_worker};
use crate::workload::Workload;
use speedup_executor::{Error, ExecutorKind};
use speedup_report::record::{BASELINE, Pinned};

/// How a pool is started for a workload: its workers stay on their CPUs, where there are such, and set the workload
/// up, where there is something to set up.
pub(super) fn start<W: Workload>(
    (setting, workload): (&Arc<Setting>, &Arc<W>),
    kind: &'static dyn ExecutorKind,
    workers: usize,
    pin: Option<Pinned>,
) -> Start {
    if workload.set_up().is_none() && workload.set_up_worker().is_none() {
        return Box::new(move || pinning::start(kind, workers, pin.as_ref()));
    }
    let (setting, workload) = (Arc::clone(setting), Arc::clone(workload));
    if kind.name() == BASELINE {
        // It runs its tasks in the thread that submits them.
        return Box::new(move || {
            let set_up = set_up_worker(&*workload);
            set_up.map_err(|fault| Error::Initializer { worker: 0, reason: fault.to_string() })?;
            kind.start(workers)
        });
    }
    let cpus = pin.map_or(Vec::new(), |pin| pin.cpus);
    Box::new(move || {
        let first = WorkerSetUp {
            setting: Arc::clone(&setting),
            cpus: cpus.clone(),
            here: Some(Arc::clone(&workload)),
        };
        pinning::start_with(kind, workers, first)
    })
}

/// The same on other hosts, whose workers go where the schedulers there put them.
pub(super) fn start_over<W: Workload>(
    (setting, workload): (&Arc<Setting>, &Arc<W>),
    over: &OverHosts,
    workers: usize,
) -> StartOver {
    let over = over.clone();
    if workload.set_up().is_none() && workload.set_up_worker().is_none() {
        return Box::new(move || over.pool(workers).build());
    }
    let setting = Arc::clone(setting);
    Box::new(move || {
        let first = WorkerSetUp::<W> { setting: Arc::clone(&setting), cpus: Vec::new(), here: None };
        over.pool(workers).initializer(first).build()
    })
}
