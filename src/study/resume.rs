//! Taking up a run that was stopped, or was killed.
//!
//! The settings come from the record. What has to be the same for the samples to belong together is
//! checked: the program, the machine, and the batch. A new warm-up round comes first; rounds that
//! were cut short keep their samples and are not completed.

use std::path::{Path, PathBuf};
use std::time::Duration;

use super::choice::{self, Wanted};
use super::config::RunConfig;
use super::describe::{NO_ARRAYS, tool};
use super::hosts::OverHosts;
use super::stopping::StopRule;
use super::{Limits, Run, Runner, Study, Subject, Workloads, environment, measure};
use crate::settings::values::{Precision, RoundLimit};
use crate::workload::Scale;
use speedup_report::record::store::is_stillborn;
use speedup_report::record::{
    BASELINE, Design, Environment, HostsRecord, ReadError, RunFolder, RunRecord, Status, Stop, StoreError,
    Tool, WorkloadRecord,
};
use speedup_values::choose;

/// Why a run cannot be taken up again.
#[derive(Debug, thiserror::Error)]
pub enum ResumeError {
    /// Its record cannot be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// Its folder cannot be written, or another process is writing it.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Its samples and new ones would not belong together.
    #[error("{0}")]
    Other(String),
}

/// Opens the run in a folder. Where `limits` sets rounds, precision or time, that replaces the
/// record's, and the limit that ended the run is lifted. Time counts from the run's first beginning.
///
/// # Errors
///
/// [`ResumeError`] for the first thing that stands in the way.
pub fn open(path: &Path, limits: &Limits, workloads: Workloads) -> Result<Run, ResumeError> {
    let (folder, record) = opened(path)?;
    let other = |reason: String| ResumeError::Other(format!("{}: {reason}", folder.path().display()));
    if record.plan.workloads.iter().any(|workload| workload.command.is_some()) {
        return Err(other(
            "is a run of a command; 'speedup command' or 'speedup batch' goes on with it".to_string(),
        ));
    }
    let stop = StopRule::of(&limits_of(&record, limits));
    let config = config_of(&record, stop, workloads).map_err(other)?;
    let mut study = Study::new(config, record.design);
    study.adopt(&record).map_err(other)?;
    go_on(Box::new(study), record, folder, stop)
}

/// The folder of a run that this program on this machine may go on with, and its record.
pub(super) fn opened(path: &Path) -> Result<(RunFolder, RunRecord), ResumeError> {
    // The file itself is as good a name for the run.
    let path = if path.ends_with("run.json") { path.parent().unwrap_or(path) } else { path };
    let path = if path.as_os_str().is_empty() { Path::new(".") } else { path };
    let other = |reason: String| ResumeError::Other(format!("{}: {reason}", path.display()));
    if !path.join("run.json").is_file() {
        if !is_stillborn(path) {
            return Err(other("holds no run".to_string()));
        }
        // Its lock says that no process is about to write the record.
        RunFolder::open(path)?.discard();
        let reason = "the run ended before its first record was written, and nothing was measured; its folder \
                      has been removed; start a new run";
        return Err(other(reason.to_string()));
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

/// The given limits, and for those that are not given the record's. A limit that has ended the run
/// would end it again at once, so that another one takes its place.
pub(super) fn limits_of(record: &RunRecord, given: &Limits) -> Limits {
    let kept = |stop| given.is_empty() || record.stop != Some(stop);
    let plan = &record.plan;
    let rounds = kept(Stop::Rounds).then_some(RoundLimit(plan.rounds));
    let time = plan.max_time_s.filter(|_| kept(Stop::Time));
    Limits {
        rounds: given.rounds.or(rounds),
        precision: given.precision.or(plan.precision.map(Precision)),
        max_time: given.max_time.or(time.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok())),
    }
}

/// The configuration that gave the record, with another rule to stop.
fn config_of(record: &RunRecord, stop: StopRule, workloads: Workloads) -> Result<RunConfig, String> {
    let scale = match record.plan.scale.as_str() {
        NO_ARRAYS => Scale::default(),
        scale => choose("scale", scale, [Scale::Book, Scale::Tiny], |scale| scale.name())?,
    };
    let choice = |recorded: &WorkloadRecord| {
        let known = workloads.iter().copied();
        let workload = choose("workload", &recorded.workload, known, |workload| workload.name())?;
        let wanted = Wanted {
            kernel: choice::kernel(workload, &recorded.kernel)?,
            data: recorded.data,
            passes: recorded.passes,
            scale,
            seed: record.plan.seed,
            parameters: recorded.parameters.clone().into_iter().collect(),
            workers: workers_of(record, &recorded.name),
        };
        wanted.prepare(workload).map_err(|problem| format!("{} {problem}", recorded.name))
    };
    let plan = &record.plan;
    Ok(RunConfig {
        workloads: plan.workloads.iter().map(choice).collect::<Result<_, String>>()?,
        executors: executors_of(record)?,
        stop,
        pool: plan.pool,
        pin: plan.pin.clone(),
        hosts: record.hosts.as_deref().map(same_hosts).transpose()?,
        ceilings: plan.ceilings.clone(),
        seed: plan.seed,
        scale,
        // The run has its folder.
        out: PathBuf::new(),
        name: record.name.clone(),
    })
}

/// The executors in the order of their first cases.
fn executors_of(record: &RunRecord) -> Result<Vec<Runner>, String> {
    let mut names: Vec<&str> = Vec::new();
    for case in record.plan.cases.iter().filter(|case| case.executor != BASELINE) {
        if !names.contains(&case.executor.as_str()) {
            names.push(&case.executor);
        }
    }
    names.into_iter().map(|name| choose("executor", name, Runner::all(), |runner| runner.name())).collect()
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
    let name = |tool: &Tool| {
        let speedup = format!("{} {}", tool.version, tool.git_revision.as_deref().unwrap_or("(no revision)"));
        tool.program.as_ref().map_or_else(|| speedup.clone(), |program| format!("{speedup} in {program}"))
    };
    if *recorded == own {
        return Ok(());
    }
    Err(format!("was measured by speedup {}, this is {}; start a new run", name(recorded), name(&own)))
}

/// The hosts of this job, which must be like those of the record, in their order.
fn same_hosts(recorded: &HostsRecord) -> Result<OverHosts, String> {
    let over = OverHosts::of_this_job(recorded.fill, recorded.workers_per_host)?;
    let (before, now) = (&recorded.hosts, &over.record().hosts);
    if before.len() != now.len() {
        return Err(format!("was measured with {} hosts, and this job has {}", before.len(), now.len()));
    }
    for (index, (before, now)) in before.iter().zip(now).enumerate() {
        let on = |reason| format!("host {}: {reason}", index + 1);
        if before.build != now.build {
            return Err(on("was measured with another build of the program; start a new run".to_string()));
        }
        same(&before.environment, &now.environment).map_err(on)?;
    }
    Ok(over)
}

fn same_machine(recorded: &Environment) -> Result<(), String> {
    same(recorded, &environment::gather())
}

/// Whether a machine is like the one that was described.
fn same(recorded: &Environment, own: &Environment) -> Result<(), String> {
    let same = [
        ("processor", recorded.cpu_model == own.cpu_model),
        ("number of CPUs to use", recorded.cpus_available == own.cpus_available),
        ("kernel", recorded.kernel == own.kernel),
        ("affinity", recorded.affinity == own.affinity),
        ("CPU quota", recorded.cgroup_quota == own.cgroup_quota),
        ("governor", recorded.governor == own.governor),
        ("boost setting", recorded.boost == own.boost),
        ("host", recorded.host == own.host),
        ("compiler", recorded.rustc == own.rustc),
    ];
    match same.into_iter().find(|(_, same)| !same) {
        Some((what, _)) => Err(format!("was measured with another {what}; start a new run")),
        None => Ok(()),
    }
}

impl Study {
    /// Takes over what a record of the same settings says of the past.
    fn adopt(&mut self, record: &RunRecord) -> Result<(), String> {
        self.resume_at(elapsed_ns(record));
        measure::adopt_digests(self, &record.plan.workloads)
    }
}
