//! What a run measures: batches of workloads on executors, or a command.
//!
//! A run goes through rounds, stops by a rule and keeps its record; all that it asks of its subject stands
//! here.

use std::path::Path;

use super::stopping::StopRule;
use super::{Measured, Plan, Study};
use speedup_report::record::{CeilingSample, Design, RunRecord};

/// Something whose cases can be executed one by one.
pub trait Subject {
    /// The cases and their order.
    fn plan(&self) -> &Plan;

    /// When to stop.
    fn stop(&self) -> StopRule;

    /// The folder that holds the folders of runs.
    fn out(&self) -> &Path;

    /// Nanoseconds that the run has gone on for, without those between a stop and a resumption.
    fn elapsed_ns(&self) -> u64;

    /// A record with no samples yet. It begins now.
    fn new_record(&self) -> RunRecord;

    /// Brings the record's workloads up to date with what has become known.
    fn describe(&self, record: &mut RunRecord);

    /// Rounds that warm up before those that count.
    fn warmups(&self) -> u32 {
        1
    }

    /// What has to be done before the first execution of this part of the run.
    ///
    /// # Errors
    ///
    /// One line on what went wrong.
    fn set_up(&mut self) -> Result<(), String> {
        Ok(())
    }

    /// What has to be done after the last, whether or not all went well.
    ///
    /// # Errors
    ///
    /// One line on what went wrong.
    fn clean_up(&mut self) -> Result<(), String> {
        Ok(())
    }

    /// Executes a case once.
    ///
    /// # Errors
    ///
    /// One line on what went wrong.
    fn measure(&mut self, case: usize) -> Result<Measured, String>;

    /// What the hardware does where nothing is handed out, for one round and as far as that can be told.
    ///
    /// # Errors
    ///
    /// Why no further ones are to be measured.
    fn ceilings(
        &mut self,
        round: (u32, bool),
        go_on: &dyn Fn() -> bool,
        keep: &mut dyn FnMut(CeilingSample),
    ) -> Result<(), String> {
        let _ = (round, go_on, keep);
        Ok(())
    }
}

impl Subject for Study {
    fn plan(&self) -> &Plan {
        Self::plan(self)
    }

    fn stop(&self) -> StopRule {
        debug_assert_eq!(self.design(), Design::InterleavedRounds);
        self.config().stop
    }

    fn out(&self) -> &Path {
        &self.config().out
    }

    fn elapsed_ns(&self) -> u64 {
        Self::elapsed_ns(self)
    }

    fn new_record(&self) -> RunRecord {
        Self::new_record(self)
    }

    fn describe(&self, record: &mut RunRecord) {
        self.describe_workloads(record);
    }

    fn measure(&mut self, case: usize) -> Result<Measured, String> {
        Self::measure(self, case)
    }

    fn ceilings(
        &mut self,
        round: (u32, bool),
        go_on: &dyn Fn() -> bool,
        keep: &mut dyn FnMut(CeilingSample),
    ) -> Result<(), String> {
        Self::ceilings(self, round, go_on, keep)?;
        self.ceilings_over_hosts(round, go_on, keep)
    }
}
