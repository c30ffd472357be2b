//! The head of a record: everything of it but what is measured.

use std::time::{Duration, SystemTime};

use super::choice::WorkloadChoice;
use super::prepared::Studied;
use super::stopping::StopRule;
use super::{Plan, Study, environment};
use crate::program;
use speedup_machine::environment::conditions_before;
use speedup_report::record::{
    Around, Design, Pinned, PlanRecord, PoolMode, RunRecord, SCHEMA_VERSION, Status, Tool, WorkloadRecord,
};

/// The time as records have it: to the second, in UTC.
#[must_use]
pub fn now() -> String {
    written(SystemTime::now())
}

fn written(time: SystemTime) -> String {
    // A clock that is set far off is a fact too: past the last time that has this form, the last.
    let past = if time > SystemTime::UNIX_EPOCH { jiff::Timestamp::MAX } else { jiff::Timestamp::MIN };
    let time = jiff::Timestamp::try_from(time).unwrap_or(past);
    time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// The program as it was built.
#[must_use]
pub fn tool() -> Tool {
    let revision = env!("SPEEDUP_GIT_REVISION");
    Tool {
        name: "speedup".to_string(),
        version: env!("CARGO_PKG_VERSION").to_string(),
        git_revision: (!revision.is_empty()).then(|| revision.to_string()),
        program: program::own(),
        peer: None,
    }
}

/// How long other programs are watched before a run.
const WATCHING: Duration = Duration::from_millis(100);

/// The scale of a batch that is no arrays.
pub(super) const NO_ARRAYS: &str = "given";

/// What the head of a record says of a run.
pub(super) struct Head<'a> {
    pub(super) name: &'a str,
    pub(super) design: Design,
    pub(super) stop: StopRule,
    pub(super) pool: PoolMode,
    pub(super) pin: Option<&'a Pinned>,
    pub(super) seed: u64,
    /// Sizes of the arrays; nothing of a command.
    pub(super) scale: &'a str,
    pub(super) plan: &'a Plan,
}

/// A record with no workloads and no samples yet. It begins now.
pub(super) fn new_record(head: &Head<'_>) -> RunRecord {
    let rounds = head.design == Design::InterleavedRounds;
    RunRecord {
        schema_version: SCHEMA_VERSION,
        tool: tool(),
        name: head.name.to_string(),
        created: now(),
        design: head.design,
        status: Status::Running,
        environment: environment::gather(),
        conditions: Around { before: conditions_before(WATCHING), after: None },
        hosts: None,
        plan: PlanRecord {
            seed: head.seed,
            rounds: head.stop.rounds,
            precision: rounds.then_some(head.stop.precision),
            max_time_s: head.stop.max_time.filter(|_| rounds).map(|time| time.as_secs_f64()),
            pool: head.pool,
            pin: head.pin.cloned(),
            ceilings: Vec::new(),
            turns: None,
            invocation_rounds: None,
            warmup_rounds: 0,
            scale: head.scale.to_string(),
            workloads: Vec::new(),
            cases: head.plan.cases.clone(),
            order: Vec::new(),
        },
        samples: Vec::new(),
        failures: Vec::new(),
        stop: None,
        ceilings: Vec::new(),
        published: Vec::new(),
    }
}

impl Study {
    /// A record of this study with no samples yet. It begins now.
    #[must_use]
    pub fn new_record(&self) -> RunRecord {
        let config = self.config();
        let mut record = new_record(&Head {
            name: &config.name,
            design: self.design(),
            stop: config.stop,
            pool: config.pool,
            pin: config.pin.as_ref(),
            seed: config.seed,
            scale: self.scale(),
            plan: self.plan(),
        });
        record.hosts = config.hosts.as_ref().map(|over| Box::new(over.record().clone()));
        record.plan.ceilings.clone_from(&config.ceilings);
        self.describe_workloads(&mut record);
        record
    }

    /// Sizes of the arrays, where there are any.
    fn scale(&self) -> &'static str {
        let arrays = self.config().workloads.iter().any(|choice| choice.workload.array().is_some());
        if arrays { self.config().scale.name() } else { NO_ARRAYS }
    }

    /// Brings the record's workloads up to date: digests become known as the study goes on.
    pub fn describe_workloads(&self, record: &mut RunRecord) {
        let describe = |(choice, batch): (&WorkloadChoice, &dyn Studied)| WorkloadRecord {
            name: choice.name(),
            label: choice.label(),
            workload: choice.workload.name().to_string(),
            kernel: choice.kernel.name.to_string(),
            backend: choice.workload.array().and_then(|array| array.backend(choice.kernel)).map(String::from),
            waits: choice.prepared.waits(),
            command: None,
            parameters: choice.prepared.parameters().iter().cloned().collect(),
            data: choice.data,
            passes: choice.passes,
            sizes: choice.prepared.weights(),
            digests: batch.digests().to_vec(),
        };
        let workloads = self.config().workloads.iter().zip(self.batches.iter().map(|batch| &**batch));
        record.plan.workloads = workloads.map(describe).collect();
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_clock_that_is_set_far_off_is_not_recorded_as_1970() {
        let at = |seconds| written(SystemTime::UNIX_EPOCH + Duration::from_secs(seconds));
        assert_eq!(at(1_790_000_000), "2026-09-21T14:13:20Z");
        // The last day of 9999, and the year 12000.
        assert!(at(253_402_300_799).starts_with("9999-12-"), "{}", at(253_402_300_799));
        assert!(at(316_516_000_000).starts_with("9999-12-"));
    }
}
