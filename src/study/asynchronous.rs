//! One timed execution of a batch whose jobs wait, by one thread.
//!
//! The thread has as many places as a pool would have workers. Each place runs one job after the other, the
//! next one in line, and leaves the thread to the others while its job waits. So a place is what a worker is
//! elsewhere, and a record says of it what it says of a worker. CPU time is that of the thread while it was at
//! the job, and the time in which a job could have gone on but the thread was at another is waiting.

use std::sync::{Arc, Mutex, PoisonError};

use tokio::runtime::{Builder, Runtime};

use super::execute::{Measured, spans};
use super::job::JobReport;
use super::task::set_up_worker;
use crate::workload::waiting::Place;
use crate::workload::{Waiting, Workload};
use speedup_machine::clock::{monotonic_ns, with_cpu_time};
use speedup_report::record::{PoolMode, WorkerSpan};

/// The batch as the thread runs it.
pub(super) struct Work<W: Workload> {
    pub(super) workload: Arc<W>,
    pub(super) waiting: Waiting<W>,
    pub(super) jobs: Vec<W::Job>,
}

/// Executes the batch once with that many places. What is timed includes the start and the end of the runtime,
/// unless pools are kept warm: then it is there before and after.
pub(super) fn execute<W: Workload>(
    work: Work<W>,
    places: usize,
    pool: PoolMode,
) -> Result<(Measured, Vec<W::Output>), String> {
    let Work { workload, waiting, jobs } = work;
    let count = jobs.len();
    let set_up = || set_up_worker(&*workload).map_err(|fault| fault.to_string());
    let run = |runtime: &Runtime, jobs| runtime.block_on(all((&workload, &waiting), jobs, places));
    let (start_ns, wall_ns, outcome) = match pool {
        PoolMode::Cold => {
            let start_ns = monotonic_ns();
            let runtime = runtime()?;
            set_up()?;
            let outcome = run(&runtime, jobs);
            drop(runtime);
            (start_ns, monotonic_ns() - start_ns, outcome?)
        }
        PoolMode::Warm => {
            let runtime = runtime()?;
            let start_ns = monotonic_ns();
            let outcome = run(&runtime, jobs);
            (start_ns, monotonic_ns() - start_ns, outcome?)
        }
    };
    let Outcome { ready_ns, reports } = outcome;
    let mut in_order: Vec<Option<JobReport<_>>> = (0..count).map(|_| None).collect();
    for (job, report) in reports {
        in_order[job] = Some(report);
    }
    let reports = in_order.into_iter().map(|report| report.ok_or_else(|| "a job got lost".to_string()));
    let reports = reports.collect::<Result<Vec<_>, _>>()?;
    let (tasks, results) = spans(reports.into_iter().map(Ok).collect(), &vec![start_ns; count], start_ns)?;
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
struct Outcome<T> {
    /// When each place could take its first job.
    ready_ns: Vec<u64>,
    /// The jobs' reports with their numbers.
    reports: Vec<(usize, JobReport<T>)>,
}

/// Runs all places to their end.
async fn all<W: Workload>(
    (workload, waiting): (&Arc<W>, &Waiting<W>),
    jobs: Vec<W::Job>,
    places: usize,
) -> Result<Outcome<W::Output>, String> {
    let next = Arc::new(Mutex::new(jobs.into_iter().enumerate()));
    let start = |number| {
        let (mut place, next) = (waiting.place(workload), Arc::clone(&next));
        tokio::spawn(async move {
            let ready_ns = monotonic_ns();
            let mut reports = Vec::new();
            loop {
                let job = next.lock().unwrap_or_else(PoisonError::into_inner).next();
                let Some((index, job)) = job else { return (ready_ns, reports) };
                reports.push((index, run(job, &mut *place, number).await));
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
async fn run<W: Workload>(job: W::Job, place: &mut dyn Place<W>, worker: usize) -> JobReport<W::Output> {
    let begin_ns = monotonic_ns();
    let mut generated_ns = begin_ns;
    let mut ready = || generated_ns = monotonic_ns();
    let (output, cpu_ns) = with_cpu_time(place.run(job, &mut ready)).await;
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
        cpus: None,
        process: None,
        result: output.map_err(|fault| fault.to_string()),
    }
}
