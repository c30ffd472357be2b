//! The batches of the self-test: jobs of RC4, some milliseconds each.

use super::fault::FaultyJob;
use super::{Fault, TASK_SLEEP};
use crate::study::execute::Batch;
use crate::workload::Job;

/// Bytes of a job of the usual size, and its passes: about five milliseconds.
const SIZE: usize = 128 << 10;
const PASSES: u32 = 10;
/// Jobs of a batch: what two workers share evenly.
const JOBS: usize = 12;

/// The sizes of the jobs for an execution without or with the fault.
pub(super) fn jobs(fault: Fault, faulty: bool) -> Vec<usize> {
    match (fault, faulty) {
        // Twice all else together, so that the other worker is idle for half of the time.
        (Fault::GiantJob, true) => std::iter::once(2 * (JOBS - 1) * SIZE).chain([SIZE; JOBS - 1]).collect(),
        // First it pays off to begin with the large job, which is as long as all others together.
        (Fault::AscendingOrder, false) => {
            std::iter::once((JOBS - 2) * SIZE).chain([SIZE; JOBS - 2]).collect()
        }
        (Fault::AscendingOrder, true) => {
            let mut sizes = jobs(fault, false);
            sizes.reverse();
            sizes
        }
        // At every hand-over the worker has to get its CPU back from the hog, which is part of
        // handing over: few large jobs have few.
        (Fault::Hog, _) => vec![JOBS / 2 * SIZE; 2],
        _ => vec![SIZE; JOBS],
    }
}

/// A batch of these sizes, and with the fault where it lies in the tasks.
pub(super) fn batch(sizes: &[usize], fault: Option<Fault>) -> Batch<FaultyJob> {
    let sleep_ns = |of: Fault| if fault == Some(of) { TASK_SLEEP.as_nanos() as u64 } else { 0 };
    let passes = if fault == Some(Fault::DoubledWork) { 2 * PASSES } else { PASSES };
    Batch::of(sizes.iter().enumerate().map(|(index, &size)| FaultyJob {
        job: Job { seed: 0, index, size, site: None },
        passes,
        delay_ns: sleep_ns(Fault::SlowHandOver),
        block_ns: sleep_ns(Fault::BlockingTask),
    }))
}
