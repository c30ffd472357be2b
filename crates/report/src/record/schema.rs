//! The run record: its shape and its version.

use std::collections::BTreeMap;
use std::num::NonZeroU32;

use serde::{Deserialize, Serialize};

use super::{
    Around, CeilingPlan, CeilingSample, CommandRecord, Environment, Failure, HostsRecord, Pinned, Sample,
    layout,
};

/// Version of the record's shape. It grows when an older tool could misread a newer file.
pub const SCHEMA_VERSION: u32 = 4;

/// The oldest version that is read as well: it lacks commands and is in all else the same.
pub const OLDEST_SCHEMA: u32 = 3;

/// Name of the executor that every speedup is measured against: a plain loop, no pool.
pub const BASELINE: &str = "serial";

/// Name of the executor of a command, which has its own workers.
pub const COMMAND: &str = "command";

/// Name of the executor whose workers are on other hosts.
pub const HOSTS: &str = "mpi";

/// Everything known about one run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct RunRecord {
    /// Always [`SCHEMA_VERSION`] in a file this version writes; [`OLDEST_SCHEMA`] is read too.
    #[cfg_attr(test, schemars(extend("enum" = [OLDEST_SCHEMA, SCHEMA_VERSION])))]
    pub schema_version: u32,
    /// The program that wrote the file.
    pub tool: Tool,
    /// Name of the run. Its folder's name holds it, with a number behind it if it was taken.
    pub name: String,
    /// Start of the run, RFC 3339, UTC.
    pub created: String,
    /// How the samples were ordered in time.
    pub design: Design,
    /// Whether the run came to its end.
    pub status: Status,
    /// The machine and the build.
    pub environment: Environment,
    /// How busy others kept the machine.
    #[serde(default)]
    pub conditions: Around,
    /// The hosts that had workers, where those were on others than this machine.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hosts: Option<Box<HostsRecord>>,
    /// What was to be measured.
    pub plan: PlanRecord,
    /// Every sample taken, warm-up included, in the order of time.
    pub samples: Vec<Sample>,
    /// Cases that failed.
    pub failures: Vec<Failure>,
    /// Why the run ended where it did, once it is complete.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stop: Option<Stop>,
    /// What the machine can do without a queue, by workload, way and number of workers.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ceilings: Vec<CeilingSample>,
    /// Means taken over from a publication that gives no raw samples.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub published: Vec<PublishedCase>,
}

/// The tool whose form a record has, and the program that measured.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Tool {
    /// Always `speedup`: the owner of the form.
    #[cfg_attr(test, schemars(extend("const" = "speedup")))]
    pub name: String,
    /// Version of the crate.
    pub version: String,
    /// Source revision it was built from, `-dirty` if files had changed; absent outside a repository.
    pub git_revision: Option<String>,
    /// The program that this crate is a part of, with its version, where that is not `speedup` itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub program: Option<String>,
    /// The program that measured, with its version, where that was another: a peer, whose records are
    /// overlaid on ours.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub peer: Option<String>,
}

impl Tool {
    /// The program that measured.
    #[must_use]
    pub fn program(&self) -> String {
        self.peer.clone().unwrap_or_else(|| format!("{} {}", self.name, self.version))
    }
}

/// How the samples of a run follow each other in time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Design {
    /// Every round passes once over all cases, in a seeded random order.
    InterleavedRounds,
    /// All samples of one case, then all of the next, as criterion does.
    CaseByCase,
    /// Taken over from a publication.
    Published,
}

/// How far a run got.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Status {
    /// Under way, or ended without a chance to say so.
    Running,
    /// Everything that was asked for was measured; criterion may have been asked for less than the
    /// plan.
    Complete,
    /// Stopped by the user.
    Interrupted,
    /// Stopped by a failure.
    Failed,
}

/// Why a run that came to its end did not go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Stop {
    /// The interval of every speedup was as narrow as asked for.
    Precision,
    /// As many rounds were run as asked for.
    Rounds,
    /// The time was up.
    Time,
}

/// Whether starting and ending a pool is part of a sample.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum PoolMode {
    /// Each sample starts its pool and ends it, within the timing: the book's definition.
    #[default]
    Cold,
    /// The pool of a case is started once, outside all timing, and used in every round.
    Warm,
}

impl PoolMode {
    /// Name on the command line and in records.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Cold => "cold",
            Self::Warm => "warm",
        }
    }
}

/// How a job's array reaches the worker that computes on it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Data {
    /// The worker makes it, as in the book.
    #[default]
    Generate,
    /// It travels with the task.
    Copy,
    /// It stands in memory that all share, and the task says where.
    Shared,
}

impl Data {
    /// Every way, the default first.
    pub const ALL: [Self; 3] = [Self::Generate, Self::Copy, Self::Shared];

    /// Name on the command line and in records.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Generate => "generate",
            Self::Copy => "copy",
            Self::Shared => "shared",
        }
    }
}

/// What a run set out to measure.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct PlanRecord {
    /// Seed of the arrays and of the order of cases.
    pub seed: u64,
    /// The most rounds to count; where cases ran one after the other, the most samples of a case.
    pub rounds: u32,
    /// Half-width of the interval of a speedup, relative to it, at which a run may end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub precision: Option<f64>,
    /// Seconds of measuring after which no further round begins.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_time_s: Option<f64>,
    /// Whether starting a pool is part of its samples.
    #[serde(default)]
    pub pool: PoolMode,
    /// The CPUs to which workers were kept; absent where the scheduler chose.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pin: Option<Pinned>,
    /// In which ways the ceiling of the machine was measured; the first is the one that cases are compared with. Empty
    /// in records of older versions, where it was measured in one way.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ceilings: Vec<CeilingPlan>,
    /// Name that this run shares with those whose rounds took turns with its own, program by program.
    /// Round r of one belongs with round r of another then, as the cases of a round do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub turns: Option<String>,
    /// Counted rounds of each process, where a fresh one took over after every so many: what the rounds of one have in
    /// common, such as its layout in memory, is one draw and not as many. Absent where one process measured all rounds,
    /// and where each execution is a process.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub invocation_rounds: Option<NonZeroU32>,
    /// Rounds that are not counted: one before the counted ones, and one more after each resumption.
    pub warmup_rounds: u32,
    /// Array sizes: `book` or `tiny`.
    pub scale: String,
    /// The workloads, in the order of their columns.
    pub workloads: Vec<WorkloadRecord>,
    /// The cases; samples and failures refer to them by index.
    pub cases: Vec<Case>,
    /// For each round so far, in the order of time, the case indices in the order they were to run.
    /// Empty where something else decided the order.
    pub order: Vec<Vec<usize>>,
}

/// One cell of the sweep.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Case {
    /// Name of the workload in the plan, which tells the ways of passing data apart.
    pub workload: String,
    /// Name of the executor.
    pub executor: String,
    /// Number of workers; 1 for the serial baseline.
    pub workers: usize,
    /// Whether it is the second arm of the serial baseline, which differs in nothing: what
    /// intervals tell the two arms apart by is the noise of the machine.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub again: bool,
}

impl std::fmt::Display for Case {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.executor == BASELINE {
            write!(f, "{} {BASELINE}{}", self.workload, if self.again { " again" } else { "" })
        } else {
            write!(f, "{} {}/{}", self.workload, self.executor, self.workers)
        }
    }
}

/// A workload as it was run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct WorkloadRecord {
    /// What the cases refer to it by: its own name and, where arrays are not generated, how they
    /// travel, as in `rc4 shared`.
    pub name: String,
    /// Head of its columns.
    pub label: String,
    /// Name on the command line.
    pub workload: String,
    /// Name of the kernel that computed.
    pub kernel: String,
    /// What the kernel came down to on this machine, where it left that to the processor.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub backend: Option<String>,
    /// That its jobs wait, where they do that rather than compute.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waits: Option<Waits>,
    /// The command, where the batch is one or many executions of a program.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub command: Option<Box<CommandRecord>>,
    /// Its parameters with the values that they had, by name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub parameters: BTreeMap<String, String>,
    /// How the arrays reached the workers.
    pub data: Data,
    /// Times that each job computes over its array.
    pub passes: u32,
    /// Bytes of each job's array, in the order of the batch; of jobs that are no arrays the weights that the
    /// workload gives them.
    pub sizes: Vec<usize>,
    /// Digest of each job's result, from the serial baseline; every sample was compared with it. Empty where
    /// serial executions gave results that are as good as each other without being the same.
    pub digests: Vec<String>,
}

/// What jobs wait for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Waits {
    /// What they are, in the plural: flags.
    pub jobs: String,
    /// What they wait for, in a few words.
    #[serde(rename = "for")]
    pub on: String,
}

/// One row of a published table.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct PublishedCase {
    /// Index into the plan's cases.
    pub case: usize,
    /// Number of runs behind the mean.
    pub runs: u32,
    /// Mean, least, greatest and standard deviation, in seconds.
    pub mean_s: f64,
    /// Least time in seconds.
    pub min_s: f64,
    /// Greatest time in seconds.
    pub max_s: f64,
    /// Standard deviation in seconds.
    pub sd_s: f64,
}

impl RunRecord {
    /// The record as JSON: readable down to its lists, then one sample or case a line.
    ///
    /// # Panics
    ///
    /// Never: every part of a record has a JSON form.
    #[must_use]
    pub fn to_json(&self) -> Vec<u8> {
        layout::to_json(self).expect("a record has only JSON types")
    }

    /// The failure that ended the run, in one line; `None` if it did not end so. Failures before a
    /// resumption are history.
    #[must_use]
    pub fn fatal_failure(&self) -> Option<String> {
        let failure = self.failures.last().filter(|_| self.status == Status::Failed)?;
        Some(format!("{}: {}", self.plan.cases[failure.case], failure.message))
    }

    /// CPUs that the workers of an executor may use: of this machine, or of all hosts.
    #[must_use]
    pub fn cpus_of(&self, executor: &str) -> Option<usize> {
        match &self.hosts {
            Some(hosts) if executor == HOSTS => {
                Some(hosts.hosts.iter().fold(0, |sum, host| sum.saturating_add(host.cpus)))
            }
            _ => self.environment.cpus_available.value().copied(),
        }
    }

    /// The workload of that name as it was run.
    #[must_use]
    pub fn workload(&self, name: &str) -> Option<&WorkloadRecord> {
        self.plan.workloads.iter().find(|workload| workload.name == name)
    }
}
