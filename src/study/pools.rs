//! Starts pools for the batch of a workload, with what their workers have to do before their first job, and the one
//! process in which a batch is tried first.

use std::sync::Arc;

use super::pinning;
use super::prepared::Batched;
use super::task::{WorkerSetUp, set_up_worker};
use crate::workload::{Execution, Workload};
use speedup_executor::{Error, Executor, ExecutorKind};
use speedup_report::record::{BASELINE, Pinned};

/// Starts a pool.
pub type Start = Box<dyn Fn() -> Result<Box<dyn Executor>, Error>>;

/// How a pool is started for a batch: its workers stay on their CPUs, where there are such, and set the workload
/// up, where there is something to set up.
pub(super) fn start<W: Workload>(
    batch: &Arc<Batched<W>>,
    kind: &'static dyn ExecutorKind,
    workers: usize,
    pin: Option<Pinned>,
) -> Start {
    let workload = &batch.workload;
    if workload.set_up().is_none() && workload.set_up_worker().is_none() {
        return Box::new(move || pinning::start(kind, workers, pin.as_ref()));
    }
    let batch = Arc::clone(batch);
    if kind.name() == BASELINE {
        // It runs its tasks in the thread that submits them.
        return Box::new(move || {
            let set_up = set_up_worker(&*batch.workload);
            set_up.map_err(|fault| Error::Initializer { worker: 0, reason: fault.to_string() })?;
            kind.start(workers)
        });
    }
    let cpus = pin.map_or(Vec::new(), |pin| pin.cpus);
    Box::new(move || {
        let first = WorkerSetUp {
            setting: Arc::clone(&batch.setting),
            cpus: cpus.clone(),
            here: Some(Arc::clone(&batch.workload)),
        };
        pinning::start_with(kind, workers, first)
    })
}

/// Runs the batch job by job in a process of its own, unless no job could end it. What else can go wrong is for the
/// serial baseline to find.
///
/// # Errors
///
/// One line on the job that has ended the process, and how.
pub(super) fn probe<W: Workload>(batch: &Arc<Batched<W>>) -> Result<(), String> {
    if !batch.workload.may_end_process() {
        return Ok(());
    }
    let processes = speedup_executor::registry::find("processes");
    let Some(pool) = processes.and_then(|kind| start(batch, kind, 1, None)().ok()) else { return Ok(()) };
    let execution = Execution { number: 0, baseline: false };
    let Ok(jobs) = batch.workload.execution(&execution, &batch.jobs) else { return Ok(()) };
    for (index, job) in jobs.into_iter().enumerate() {
        let result = pool.submit(batch.task(job)).and_then(|future| future.take(None));
        let exit = match result {
            Ok(_) => continue,
            Err(Error::BrokenPool { exit, .. }) => exit,
            Err(_) => break,
        };
        let name = batch.name(index);
        return Err(format!(
            "{name} ended its process, which {exit}; a job must return or panic to be measured: run it by itself to \
             see why it does not"
        ));
    }
    batch.workload.executed();
    Ok(())
}
