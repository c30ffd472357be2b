//! One arm of a live comparison: what it runs, and the run that comes of it.

use std::fs;
use std::path::Path;

use crate::study::stopping::StopRule;
use speedup_report::record::{Conditions, Failure, RunFolder, RunRecord, Status, Stop, StoreError};

/// What the three arms run: the old side, the new one, and the old one again.
pub struct Arms(pub(super) [Box<dyn Program>; 3]);

/// Where an execution stands.
#[derive(Debug, Clone, Copy)]
pub(super) struct At<'a> {
    /// The round within its kind.
    pub(super) round: u32,
    /// Whether it warms up.
    pub(super) warmup: bool,
    /// Nanoseconds of the comparison so far.
    pub(super) elapsed_ns: u64,
    /// A folder that is not there, for what is not kept.
    pub(super) scratch: &'a Path,
}

/// What an arm runs.
pub(super) trait Program {
    /// Rounds that warm up, as far as it does not do that by itself.
    fn warms_up(&self) -> bool;

    /// What it does in a round, in any order: a name for each.
    fn parts(&self) -> Vec<String>;

    /// What has to be done before the first execution, and the record so far.
    ///
    /// # Errors
    ///
    /// One line on what went wrong.
    fn begin(&mut self, first: bool) -> Result<Option<RunRecord>, String>;

    /// Does one part of a round, and adds what was measured to the record.
    ///
    /// # Errors
    ///
    /// One line on what went wrong.
    fn measure(&mut self, part: usize, at: At<'_>, record: &mut Option<RunRecord>) -> Result<(), String>;

    /// Notes a whole round, whose samples begin at `from`.
    fn end_round(&self, record: &mut RunRecord, from: usize, warmup: bool) {
        let _ = (record, from, warmup);
    }

    /// Brings the record up to date with what has become known.
    fn describe(&self, record: &mut RunRecord) {
        let _ = record;
    }

    /// What has to be done after the last execution.
    ///
    /// # Errors
    ///
    /// One line on what went wrong.
    fn end(&mut self) -> Result<(), String> {
        Ok(())
    }
}

/// An arm.
pub(super) struct Arm {
    pub(super) name: &'static str,
    turns: String,
    pub(super) program: Box<dyn Program>,
    /// What it has measured; absent before that where the program writes it.
    pub(super) record: Option<RunRecord>,
    folder: Option<RunFolder>,
    /// What the record held when the round began; absent where there was none.
    mark: Option<Mark>,
}

/// The lengths of a record's lists.
#[derive(Debug, Clone, Copy)]
struct Mark {
    samples: usize,
    ceilings: usize,
    order: usize,
    warmups: u32,
}

impl Arm {
    pub(super) fn new(name: &'static str, turns: &str, program: Box<dyn Program>) -> Self {
        Self { name, turns: turns.to_string(), program, record: None, folder: None, mark: None }
    }

    /// What a message calls it.
    pub(super) fn label(&self) -> String {
        self.name.replace('-', " ")
    }

    pub(super) fn begin(&mut self, first: bool) -> Result<(), String> {
        self.record = self.program.begin(first)?;
        Ok(())
    }

    pub(super) fn begin_round(&mut self) {
        self.mark = self.record.as_ref().map(|record| Mark {
            samples: record.samples.len(),
            ceilings: record.ceilings.len(),
            order: record.plan.order.len(),
            warmups: record.plan.warmup_rounds,
        });
    }

    pub(super) fn end_round(&mut self, warmup: bool) {
        if let Some(record) = &mut self.record {
            self.program.end_round(record, self.mark.map_or(0, |mark| mark.samples), warmup);
        }
    }

    /// Takes back what the round has measured so far: with half a round, an arm would have been in more of the machine's
    /// moods than the others.
    pub(super) fn give_up(&mut self) {
        match (self.mark, &mut self.record) {
            (Some(mark), Some(record)) => {
                record.samples.truncate(mark.samples);
                record.ceilings.truncate(mark.ceilings);
                record.plan.order.truncate(mark.order);
                record.plan.warmup_rounds = mark.warmups;
            }
            (None, record) => *record = None,
            (Some(_), None) => {}
        }
    }

    /// Notes that a part of a round gave nothing.
    pub(super) fn failed(&mut self, part: usize, at: At<'_>, message: &str) {
        if let Some(record) = &mut self.record {
            let (round, warmup, message) = (at.round, at.warmup, message.to_string());
            record.failures.push(Failure { case: part, round, warmup, message });
        }
    }

    /// Writes the record, into a folder that the first one claims.
    pub(super) fn save(&mut self, within: &Path, rule: &StopRule) -> Result<(), StoreError> {
        let Some(record) = &mut self.record else { return Ok(()) };
        self.program.describe(record);
        record.name = self.name.to_string();
        let plan = &mut record.plan;
        plan.turns = Some(self.turns.clone());
        plan.rounds = rule.rounds * plan.invocation_rounds.map_or(1, std::num::NonZeroU32::get);
        plan.precision = Some(rule.precision);
        plan.max_time_s = rule.max_time.map(|time| time.as_secs_f64());
        if let Some(folder) = &self.folder {
            return folder.save(record);
        }
        self.folder = Some(RunFolder::exact(&within.join(self.name), None, record)?);
        Ok(())
    }

    /// Says in the record how it ended.
    pub(super) fn conclude(&mut self, status: Status, stop: Option<Stop>, after: &Conditions) {
        if let Some(record) = &mut self.record {
            (record.status, record.stop) = (status, stop);
            record.conditions.after = Some(after.clone());
        }
    }

    /// Removes what was kept.
    pub(super) fn discard(self) {
        if let Some(folder) = self.folder {
            folder.discard();
        }
    }
}

/// Removes what may be left of something that is not kept.
pub(super) fn clear(path: &Path) -> Result<(), String> {
    match fs::remove_dir_all(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(format!("{}: cannot remove it: {error}", path.display()))
        }
        _ => Ok(()),
    }
}
