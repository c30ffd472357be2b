//! A run of a command taken up again.

use std::path::Path;

use super::request::CommandConfig;
use crate::study::resume::{ResumeError, elapsed_ns, go_on, limits_of, opened};
use crate::study::stopping::StopRule;
use crate::study::{Limits, Run, Subject};
use speedup_report::record::{BASELINE, CommandRecord, RunFolder, RunRecord};

/// A run of a command that is to go on.
pub struct Again {
    /// What it measures.
    pub config: CommandConfig,
    /// Its record so far.
    pub record: RunRecord,
    /// Where it is kept.
    pub folder: RunFolder,
}

impl Again {
    /// Opens the run in a folder. Where `limits` sets rounds, precision or time, that replaces the
    /// record's, and the limit that ended the run is lifted.
    ///
    /// # Errors
    ///
    /// [`ResumeError`] for the first thing that stands in the way.
    pub fn open(path: &Path, limits: &Limits) -> Result<Self, ResumeError> {
        let (folder, record) = opened(path)?;
        let [workload] = &record.plan.workloads[..] else {
            return Err(ResumeError::Other(format!("{}: holds several workloads", path.display())));
        };
        let Some(command) = &workload.command else {
            let problem =
                format!("{}: is no run of a command; 'speedup run' goes on with it", path.display());
            return Err(ResumeError::Other(problem));
        };
        let command: CommandRecord = (**command).clone();
        let cases = record.plan.cases.iter().filter(|case| case.executor != BASELINE);
        let mut workers: Vec<usize> = cases.map(|case| case.workers).chain([1]).collect();
        workers.sort_unstable();
        workers.dedup();
        let config = CommandConfig {
            label: workload.label.clone(),
            record: command,
            pin: record.plan.pin.clone(),
            // What it has taken off so far stands in the record.
            subtract_shell: false,
            both_arms: true,
            workers,
            stop: StopRule::of(&limits_of(&record, limits)),
            seed: record.plan.seed,
            out: path.to_path_buf(),
            name: record.name.clone(),
        };
        Ok(Self { config, record, folder })
    }

    /// How long the run has gone on for.
    #[must_use]
    pub fn before_ns(&self) -> u64 {
        elapsed_ns(&self.record)
    }

    /// The run, with what it measures.
    ///
    /// # Errors
    ///
    /// [`ResumeError`] if its cases are others, or the record cannot be written.
    pub fn with(self, subject: Box<dyn Subject>) -> Result<Run, ResumeError> {
        go_on(subject, self.record, self.folder, self.config.stop)
    }
}
