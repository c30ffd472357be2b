//! Starts pools for the batch of a workload, with what their workers have to do before their first job, and the one
//! process in which a batch is tried first.

use std::sync::Arc;

use super::prepared::Batched;
use super::task::{WorkerSetUp, set_up_worker};
use crate::workload::{Execution, Workload};
use speedup_executor::{
    Error, Executor, ExecutorKind, ProcessPoolExecutor, RayonExecutor, ThreadPoolExecutor,
};
use speedup_report::record::BASELINE;

/// Starts a pool.
pub type Start = Box<dyn Fn() -> Result<Box<dyn Executor>, Error>>;

/// How a pool is started for a batch. Where nothing has to be set up, it starts as it would for anything else.
pub(super) fn start<W: Workload>(
    batch: &Arc<Batched<W>>,
    kind: &'static dyn ExecutorKind,
    workers: usize,
) -> Start {
    let workload = &batch.workload;
    if workload.set_up().is_none() && workload.set_up_worker().is_none() {
        return Box::new(move || kind.start(workers));
    }
    let batch = Arc::clone(batch);
    let set_up =
        move || WorkerSetUp { setting: Arc::clone(&batch.setting), here: Some(Arc::clone(&batch.workload)) };
    match kind.name() {
        "threads" => Box::new(move || {
            let pool = ThreadPoolExecutor::builder().max_workers(workers).initializer(set_up());
            Ok(Box::new(pool.build()?))
        }),
        "processes" => Box::new(move || {
            let pool = ProcessPoolExecutor::builder().max_workers(workers).initializer(set_up());
            Ok(Box::new(pool.build()?))
        }),
        "rayon" => Box::new(move || {
            let pool = RayonExecutor::builder().max_workers(workers).initializer(set_up());
            Ok(Box::new(pool.build()?))
        }),
        // What runs its tasks in the thread that submits them.
        BASELINE => Box::new(move || {
            let set_up = set_up();
            let workload = set_up.here.as_deref().map_or(Ok(()), set_up_worker);
            workload.map_err(|fault| Error::Initializer { worker: 0, reason: fault.to_string() })?;
            kind.start(workers)
        }),
        other => {
            let reason = format!("workers of {other} cannot be set up before their first job");
            Box::new(move || Err(Error::Initializer { worker: 0, reason: reason.clone() }))
        }
    }
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
    let Some(pool) = processes.and_then(|kind| start(batch, kind, 1)().ok()) else { return Ok(()) };
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
