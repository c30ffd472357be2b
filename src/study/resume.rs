//! Taking up a run that was stopped, or was killed.
//!
//! The settings come from the record. What has to be the same for the samples to belong together is
//! checked: the program, the machine, and the batch. A new warm-up round comes first; rounds that
//! were cut short keep their samples and are not completed.

use std::path::Path;

use super::describe::tool;
use super::stopping::StopRule;
use super::{ConfigError, Run, RunRequest, Study, Subject, environment, measure};
use crate::workload::Workload;
use speedup_report::record::{
    BASELINE, Design, Environment, ReadError, RunFolder, RunRecord, Status, Stop, StoreError, Tool,
    WorkloadRecord,
};

/// Why a run cannot be taken up again.
#[derive(Debug, thiserror::Error)]
pub enum ResumeError {
    /// Its record cannot be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// Its folder cannot be written, or another process is writing it.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A setting that was to replace one of the record cannot be used.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// Its samples and new ones would not belong together.
    #[error("{0}")]
    Other(String),
}

/// Opens the run in a folder. Where `request` sets rounds, precision or time, that replaces the
/// record's, and the limit that ended the run is lifted; all else in it is ignored. Time counts from
/// the run's first beginning.
///
/// # Errors
///
/// [`ResumeError`] for the first thing that stands in the way.
pub fn open(
    path: &Path,
    request: &RunRequest,
    workloads: &'static [&'static dyn Workload],
    cpus: usize,
) -> Result<Run, ResumeError> {
    let (folder, record) = opened(path)?;
    let other = |reason: String| ResumeError::Other(format!("{}: {reason}", folder.path().display()));
    if record.plan.workloads.iter().any(|workload| workload.command.is_some()) {
        return Err(other("is a run of a command; 'speedup command' or 'speedup batch' goes on with it".to_string()));
    }
    let mut config = request_of(&record, request).resolve(workloads, cpus)?;
    // Those that wait have other numbers of workers than those that compute.
    for choice in &mut config.workloads {
        choice.workers = workers_of(&record, &choice.name());
    }
    let mut study = Study::new(config, record.design);
    study.adopt(&record).map_err(other)?;
    let rule = study.config().stop;
    go_on(Box::new(study), record, folder, rule)
}

/// The folder of a run that this program on this machine may go on with, and its record.
pub(super) fn opened(path: &Path) -> Result<(RunFolder, RunRecord), ResumeError> {
    // The file itself is as good a name for the run.
    let path = if path.ends_with("run.json") { path.parent().unwrap_or(path) } else { path };
    let path = if path.as_os_str().is_empty() { Path::new(".") } else { path };
    let other = |reason: String| ResumeError::Other(format!("{}: {reason}", path.display()));
    if !path.join("run.json").is_file() {
        return Err(other("holds no run".to_string()));
    }
    let folder = RunFolder::open(path)?;
    let record = RunRecord::read(path)?;
    if record.design != Design::InterleavedRounds {
        return Err(other("only a run that was measured in rounds can be taken up again".to_string()));
    }
    same_program(&record.tool).and_then(|()| same_machine(&record.environment)).map_err(other)?;
    Ok((folder, record))
}

/// The run, ready to go on by a rule.
pub(super) fn go_on(
    study: Box<dyn Subject>,
    mut record: RunRecord,
    folder: RunFolder,
    rule: StopRule,
) -> Result<Run, ResumeError> {
    if study.plan().cases != record.plan.cases {
        let reason = "has cases that this speedup would not lay out so; start a new run";
        return Err(ResumeError::Other(format!("{}: {reason}", folder.path().display())));
    }
    record.status = Status::Running;
    record.stop = None;
    record.plan.rounds = rule.rounds;
    record.plan.precision = Some(rule.precision);
    record.plan.max_time_s = rule.max_time.map(|time| time.as_secs_f64());
    // Whether it can be written is better known now than after a round.
    folder.save(&record)?;
    Ok(Run { study, record, folder, warnings: Vec::new() })
}

/// How long a run has gone on for.
pub(super) fn elapsed_ns(record: &RunRecord) -> u64 {
    let ends = record.samples.iter().map(|sample| sample.start_ns.saturating_add(sample.wall_ns));
    ends.max().unwrap_or(0)
}

/// The limits of a run that is taken up again, as settings.
pub(super) struct Limits;

impl Limits {
    /// Those of the record, or of `request` where it has any. A limit that has ended the run would end it
    /// again at once, so another one takes its place.
    pub(super) fn of(record: &RunRecord, request: &RunRequest) -> RunRequest {
        let plan = &record.plan;
        let given = request.rounds.is_some() || request.precision.is_some() || request.max_time.is_some();
        let keep = |own: &Option<String>, recorded: Option<String>, stop: Stop| {
            own.clone().or(recorded.filter(|_| !(given && record.stop == Some(stop))))
        };
        RunRequest {
            rounds: keep(&request.rounds, Some(plan.rounds.to_string()), Stop::Rounds),
            precision: request.precision.clone().or(plan.precision.map(|precision| precision.to_string())),
            max_time: keep(&request.max_time, plan.max_time_s.map(|seconds| seconds.to_string()), Stop::Time),
            ..RunRequest::default()
        }
    }
}

/// The settings that gave the record, with the limits of `request` where it has any.
fn request_of(record: &RunRecord, request: &RunRequest) -> RunRequest {
    let plan = &record.plan;
    let mut executors: Vec<&str> = Vec::new();
    for case in plan.cases.iter().filter(|case| case.executor != BASELINE) {
        if !executors.contains(&case.executor.as_str()) {
            executors.push(&case.executor);
        }
    }
    let workers = plan.cases.iter().map(|case| case.workers.to_string());
    // One of each workload, as all that they differ in is how data is passed.
    let mut workloads: Vec<&WorkloadRecord> = Vec::new();
    let mut data: Vec<String> = Vec::new();
    for workload in &plan.workloads {
        if !workloads.iter().any(|other| other.workload == workload.workload) {
            workloads.push(workload);
        }
        if !data.iter().any(|name| name == workload.data.name()) {
            data.push(workload.data.name().to_string());
        }
    }
    let of_each = |text: &dyn Fn(&WorkloadRecord) -> String| {
        Some(workloads.iter().map(|workload| text(workload)).collect::<Vec<_>>().join(","))
    };
    let join = |texts: Vec<String>| Some(texts.join(","));
    RunRequest {
        workload: of_each(&|workload| workload.workload.clone()),
        kernel: of_each(&|workload| format!("{}={}", workload.workload, workload.kernel)),
        data: join(data),
        executor: Some(executors.join(",")),
        workers: join(workers.collect()),
        passes: of_each(&|workload| format!("{}={}", workload.workload, workload.passes)),
        seed: Some(plan.seed.to_string()),
        scale: Some(plan.scale.clone()),
        pool: Some(plan.pool.name().to_string()),
        name: Some(record.name.clone()),
        ..Limits::of(record, request)
    }
}

/// The numbers of workers of a workload, ascending.
fn workers_of(record: &RunRecord, workload: &str) -> Vec<usize> {
    let cases = record.plan.cases.iter().filter(|case| case.workload == workload);
    let mut workers: Vec<usize> = cases.map(|case| case.workers).collect();
    workers.sort_unstable();
    workers.dedup();
    workers
}

fn same_program(recorded: &Tool) -> Result<(), String> {
    let own = tool();
    if let Some(peer) = &recorded.peer {
        return Err(format!("was measured by {peer}, which alone could go on with it; start a new run"));
    }
    let name =
        |tool: &Tool| format!("{} {}", tool.version, tool.git_revision.as_deref().unwrap_or("(no revision)"));
    if *recorded == own {
        return Ok(());
    }
    Err(format!("was measured by speedup {}, this is {}; start a new run", name(recorded), name(&own)))
}

fn same_machine(recorded: &Environment) -> Result<(), String> {
    let own = environment::gather();
    let figures = |environment: &Environment| {
        [
            ("processor", format!("{:?}", environment.cpu_model)),
            ("number of CPUs to use", format!("{:?}", environment.cpus_available)),
            ("kernel", format!("{:?}", environment.kernel)),
            ("affinity", format!("{:?}", environment.affinity)),
            ("CPU quota", format!("{:?}", environment.cgroup_quota)),
            ("governor", format!("{:?}", environment.governor)),
            ("boost setting", format!("{:?}", environment.boost)),
            ("host", format!("{:?}", environment.host)),
            ("compiler", format!("{:?}", environment.rustc)),
        ]
    };
    for ((what, then), (_, now)) in figures(recorded).into_iter().zip(figures(&own)) {
        if then != now {
            return Err(format!("was measured with another {what}; start a new run"));
        }
    }
    Ok(())
}

impl Study {
    /// Takes over what a record of the same settings says of the past.
    fn adopt(&mut self, record: &RunRecord) -> Result<(), String> {
        self.resume_at(elapsed_ns(record));
        measure::adopt_digests(self, &record.plan.workloads)
    }
}
