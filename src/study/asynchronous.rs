//! One timed execution of a batch whose jobs wait, by one thread.
//!
//! The thread has as many places as a pool would have workers. Each place runs one job after the other, the
//! next one in line, and leaves the thread to the others while its job waits. So a place is what a worker is
//! elsewhere, and a record says of it what it says of a worker. CPU time is that of the thread while it was at
//! the job, and the time in which a job could have gone on but the thread was at another is waiting.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::runtime::{Builder, Runtime};

use super::array::{Array, Passed};
use super::execute::{Measured, Results, spans};
use super::job::{BatchJob, JobReport};
use crate::workload::waiting::Place;
use crate::workload::{Digest, Fault, Kernel, Site, Waiting, Workload};
use speedup_machine::clock::{monotonic_ns, with_cpu_time};
use speedup_report::record::{PoolMode, WorkerSpan};

/// The batch as the thread runs it.
pub(super) struct Work {
    pub(super) workload: &'static dyn Workload,
    pub(super) kernel: &'static Kernel,
    pub(super) jobs: Vec<BatchJob>,
}

/// Executes the batch once with that many places. What is timed includes the start and the end of the runtime,
/// unless pools are kept warm: then it is there before and after.
pub(super) fn execute(
    work: Work,
    (waiting, site): (&'static dyn Waiting, Site),
    places: usize,
    pool: PoolMode,
) -> Result<(Measured, Results), String> {
    let jobs = work.jobs.len();
    let work = Arc::new(work);
    let run = |runtime: &Runtime| runtime.block_on(all(&work, (waiting, site), places));
    let (start_ns, wall_ns, outcome) = match pool {
        PoolMode::Cold => {
            let start_ns = monotonic_ns();
            let runtime = runtime()?;
            let outcome = run(&runtime);
            drop(runtime);
            (start_ns, monotonic_ns() - start_ns, outcome?)
        }
        PoolMode::Warm => {
            let runtime = runtime()?;
            let start_ns = monotonic_ns();
            let outcome = run(&runtime);
            (start_ns, monotonic_ns() - start_ns, outcome?)
        }
    };
    let Outcome { ready_ns, reports } = outcome;
    let mut in_order: Vec<Option<JobReport>> = (0..jobs).map(|_| None).collect();
    for (job, report) in reports {
        in_order[job] = Some(report);
    }
    let reports = in_order.into_iter().map(|report| report.ok_or_else(|| "a job got lost".to_string()));
    let reports = reports.collect::<Result<Vec<_>, _>>()?;
    let (tasks, results) = spans(reports.into_iter().map(Ok).collect(), &vec![start_ns; jobs], start_ns)?;
    let life = |(worker, ready_ns): (usize, u64)| match pool {
        PoolMode::Cold => WorkerSpan {
            worker,
            spawned_ns: 0,
            ready_ns: ready_ns.saturating_sub(start_ns),
            ended_ns: wall_ns,
        },
        PoolMode::Warm => WorkerSpan { worker, spawned_ns: 0, ready_ns: 0, ended_ns: wall_ns },
    };
    let workers = ready_ns.into_iter().enumerate().map(life).collect();
    Ok((Measured::of_tasks((start_ns, wall_ns), workers, tasks), results))
}

fn runtime() -> Result<Runtime, String> {
    let runtime = Builder::new_current_thread().enable_all().build();
    runtime.map_err(|error| format!("cannot start the asynchronous runtime: {error}"))
}

/// What all places together have done.
struct Outcome {
    /// When each place could take its first job.
    ready_ns: Vec<u64>,
    /// The jobs' reports with their numbers.
    reports: Vec<(usize, JobReport)>,
}

/// Runs all places to their end.
async fn all(
    work: &Arc<Work>,
    (waiting, site): (&'static dyn Waiting, Site),
    places: usize,
) -> Result<Outcome, String> {
    let next = Arc::new(AtomicUsize::new(0));
    let start = |number| {
        let (work, next) = (Arc::clone(work), Arc::clone(&next));
        tokio::spawn(async move {
            let mut place = waiting.place(site);
            let ready_ns = monotonic_ns();
            let mut reports = Vec::new();
            loop {
                let job = next.fetch_add(1, Ordering::Relaxed);
                if job >= work.jobs.len() {
                    return (ready_ns, reports);
                }
                reports.push((job, run(&work, job, &mut *place, number).await));
            }
        })
    };
    let started: Vec<_> = (0..places).map(start).collect();
    let mut outcome = Outcome { ready_ns: Vec::with_capacity(places), reports: Vec::new() };
    for place in started {
        let (ready_ns, reports) = place.await.map_err(|error| format!("a job panicked: {error}"))?;
        outcome.ready_ns.push(ready_ns);
        outcome.reports.extend(reports);
    }
    Ok(outcome)
}

/// Runs one job, and times it.
async fn run(work: &Work, job: usize, place: &mut dyn Place, worker: usize) -> JobReport {
    let begin_ns = monotonic_ns();
    let mut generated_ns = begin_ns;
    let answer = async {
        let array = place.generate(work.jobs[job].job).await;
        generated_ns = monotonic_ns();
        digest(work, job, array)
    };
    let (digest, cpu_ns) = with_cpu_time(answer).await;
    JobReport {
        worker,
        begin_ns,
        generated_ns,
        end_ns: monotonic_ns(),
        cpu_ns,
        // The system counts these for the thread, which is at many jobs in turn.
        queue_ns: None,
        switches: None,
        faults: None,
        counts: None,
        clock_hz: None,
        process: None,
        digest: digest.map_err(|fault| fault.to_string()),
        array: None,
    }
}

fn digest(work: &Work, job: usize, array: Result<Vec<u8>, Fault>) -> Result<Digest, Fault> {
    debug_assert_eq!(work.jobs[job].array, Passed::Generate);
    Array::Own(array?).compute(work.workload, work.kernel, work.jobs[job].passes)
}
