//! The whole run: round after round, each sample kept, the record on disk as it grows.
//!
//! A save writes the whole record, so that its cost grows with the run. Saves are therefore spaced
//! such that they take at most a small share of the time: after every round where rounds are long,
//! after several where they are short.

use std::time::Instant;

use super::Study;
use super::progress::{Progress, Verbosity};
use crate::record::{Design, Failure, RunFolder, RunRecord, Status, StoreError};
use crate::sys::signal::Interrupt;

/// Time between two saves, in multiples of what the last one took.
const SPACING: u32 = 50;

/// Runs a study to its end, to its first failure, or to the user's interruption, and says with
/// the record's status which it was. The record is written before the first sample, after the first
/// round, then as the module says, and at the end.
///
/// # Errors
///
/// [`StoreError`] if the record cannot be written; the form written last stays.
pub fn run(
    study: &mut Study,
    verbosity: Verbosity,
    interrupt: &Interrupt,
) -> Result<(RunFolder, RunRecord), StoreError> {
    let mut record = study.new_record(Design::InterleavedRounds);
    let folder = RunFolder::create(&study.config().out, &record)?;
    let samples = study.plan().rounds.iter().map(|round| round.order.len()).sum();
    let progress = Progress::new(samples, verbosity);
    let saved = measure_rounds(study, &mut record, &folder, &progress, interrupt);
    progress.finish();
    saved?;
    study.describe_workloads(&mut record);
    folder.save(&record)?;
    Ok((folder, record))
}

fn measure_rounds(
    study: &mut Study,
    record: &mut RunRecord,
    folder: &RunFolder,
    progress: &Progress,
    interrupt: &Interrupt,
) -> Result<(), StoreError> {
    let mut next_save = Instant::now();
    for round in study.plan().rounds.clone() {
        for case in round.order {
            if interrupt.requested() {
                record.status = Status::Interrupted;
                return Ok(());
            }
            progress.announce(&study.plan().cases[case].to_string());
            match study.measure(case) {
                Ok(measured) => record.samples.push(measured.into_sample(case, round.number, round.warmup)),
                Err(message) => {
                    let (round, warmup) = (round.number, round.warmup);
                    record.failures.push(Failure { case, round, warmup, message });
                    record.status = Status::Failed;
                    return Ok(());
                }
            }
            progress.advance();
        }
        if Instant::now() >= next_save {
            let start = Instant::now();
            study.describe_workloads(record);
            folder.save(record)?;
            next_save = Instant::now() + SPACING * start.elapsed();
        }
    }
    record.status = Status::Complete;
    Ok(())
}
