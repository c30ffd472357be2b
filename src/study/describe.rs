//! The head of a record: everything of it but what is measured.

use std::time::SystemTime;

use super::config::WorkloadChoice;
use super::{Study, environment};
use crate::workload::Digest;
use speedup_report::record::{
    Around, Design, PlanRecord, RunRecord, SCHEMA_VERSION, Status, Tool, Waits, WorkloadRecord,
};

/// The time as records have it: to the second, in UTC.
#[must_use]
pub fn now() -> String {
    let now = jiff::Timestamp::try_from(SystemTime::now()).unwrap_or_default();
    now.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// The program as it was built.
#[must_use]
pub fn tool() -> Tool {
    let revision = env!("SPEEDUP_GIT_REVISION");
    Tool {
        name: "speedup".to_string(),
        version: env!("CARGO_PKG_VERSION").to_string(),
        git_revision: (!revision.is_empty()).then(|| revision.to_string()),
        peer: None,
    }
}

impl Study {
    /// A record of this study with no samples yet. It begins now.
    #[must_use]
    pub fn new_record(&self) -> RunRecord {
        let rounds = self.design() == Design::InterleavedRounds;
        let rule = self.config().stop;
        let mut record = RunRecord {
            schema_version: SCHEMA_VERSION,
            tool: tool(),
            name: self.config().name.clone(),
            created: now(),
            design: self.design(),
            status: Status::Running,
            environment: environment::gather(),
            conditions: Around { before: speedup_machine::environment::conditions(), after: None },
            plan: PlanRecord {
                seed: self.config().seed,
                rounds: rule.rounds,
                precision: rounds.then_some(rule.precision),
                max_time_s: rule.max_time.filter(|_| rounds).map(|time| time.as_secs_f64()),
                pool: self.config().pool,
                turns: None,
                warmup_rounds: 0,
                scale: self.config().scale.name().to_string(),
                workloads: Vec::new(),
                cases: self.plan().cases.clone(),
                order: Vec::new(),
            },
            samples: Vec::new(),
            failures: Vec::new(),
            stop: None,
            ceilings: Vec::new(),
            published: Vec::new(),
        };
        self.describe_workloads(&mut record);
        record
    }

    /// Brings the record's workloads up to date: digests become known as the study goes on.
    pub fn describe_workloads(&self, record: &mut RunRecord) {
        let describe = |(choice, digests): (&WorkloadChoice, &Option<Vec<Digest>>)| WorkloadRecord {
            name: choice.name(),
            label: choice.label(),
            workload: choice.workload.name().to_string(),
            kernel: choice.kernel.name.to_string(),
            backend: choice.workload.backend(choice.kernel).map(ToString::to_string),
            waits: choice.workload.waiting().map(|waiting| Waits {
                jobs: waiting.jobs().to_string(),
                on: waiting.waits_for(self.config().scale),
            }),
            data: choice.data,
            passes: choice.passes,
            sizes: choice.workload.sizes(self.config().scale),
            digests: digests.clone().unwrap_or_default(),
        };
        let workloads = self.config().workloads.iter().zip(&self.references);
        record.plan.workloads = workloads.map(describe).collect();
    }
}
