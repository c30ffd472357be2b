//! From which size of job on processes cost little more than threads.
//!
//! On N workers a batch of n jobs of s serial seconds takes about n·s/N. Processes add what they
//! take longer to start and end, `start`, and for each job `task` worker-seconds more of hand-over:
//! together start + n·task/N. That is less than a share p of the whole from
//!
//! ```text
//! s = (start·N/n + task) / p
//! ```

use super::model::{Account, Analysis, Crossover, Loss};

/// The share of the time that processes may cost more.
const SHARE: f64 = 0.05;

/// For each workload that threads and processes both ran, the crossover at the most workers that
/// the CPUs allow.
pub(super) fn crossovers(analysis: &Analysis) -> Vec<Crossover> {
    let find = |name: &str| analysis.executors.iter().find(|table| table.executor == name);
    let (Some(threads), Some(processes)) = (find("threads"), find("processes")) else { return Vec::new() };
    let of_workload = |column: usize| {
        let workload = &analysis.workloads[column];
        let both = threads.candidates(|row| !row.oversubscribed).into_iter().rev().find_map(|row| {
            let other = processes.rows.iter().find(|other| other.workers == row.workers)?;
            let account = |cell: &super::Cell| cell.estimate()?.account.clone();
            Some((account(&row.cells[column])?, account(&other.cells[column])?))
        });
        both.map(|(threads, processes)| crossover(&workload.name, workload.jobs, &threads, &processes))
    };
    (0..analysis.workloads.len()).filter_map(of_workload).collect()
}

fn crossover(workload: &str, batch: usize, threads: &Account, processes: &Account) -> Crossover {
    let more = |losses: &[Loss]| {
        let lost = |account: &Account| -> f64 {
            let rows = account.rows.iter().filter(|row| losses.contains(&row.loss));
            rows.map(|row| row.worker_seconds).sum()
        };
        lost(processes) - lost(threads)
    };
    let (workers, jobs) = (processes.workers as f64, batch.max(1) as f64);
    let start = more(&[Loss::Spawn, Loss::Teardown]) / workers;
    let hand_over = more(&[Loss::Dispatch]) / jobs;
    Crossover {
        workload: workload.to_string(),
        workers: processes.workers,
        tasks: batch,
        start_s: start,
        task_s: hand_over,
        job_s: ((start * workers / jobs + hand_over) / SHARE).max(0.0),
        share: SHARE,
    }
}
