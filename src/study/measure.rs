//! One timed execution of one case, checked against the serial baseline.

use std::time::SystemTime;

use super::job::{BatchJob, JobReport};
use super::{Plan, RunConfig, environment, plan};
use crate::executor::{CancelFutures, Error, Executor, ExecutorKind, Wait, registry};
use crate::record::{
    BASELINE, Design, MachineState, PlanRecord, PoolMode, RunRecord, SCHEMA_VERSION, Sample, Status,
    TaskSpan, Tool, WorkerSpan, WorkloadRecord,
};
use crate::sys::clock::monotonic_ns;
use crate::workload::{Digest, Job};

/// A configuration, laid out and ready to measure.
pub struct Study {
    config: RunConfig,
    plan: Plan,
    /// Per workload, the digests of the first serial execution.
    references: Vec<Option<Vec<Digest>>>,
}

/// One execution: everything of a [`Sample`] but its place in the run.
#[derive(Debug, Clone, PartialEq)]
pub struct Measured {
    /// Nanoseconds from before the pool was started to after it was joined.
    pub wall_ns: u64,
    /// The workers' lives.
    pub workers: Vec<WorkerSpan>,
    /// The tasks' times.
    pub tasks: Vec<TaskSpan>,
}

impl Measured {
    /// Gives the execution its place in the run.
    #[must_use]
    pub fn into_sample(self, case: usize, round: u32, warmup: bool) -> Sample {
        Sample {
            case,
            round,
            warmup,
            start_ns: 0,
            wall_ns: self.wall_ns,
            workers: self.workers,
            tasks: self.tasks,
            machine: MachineState::default(),
        }
    }
}

impl Study {
    /// Lays out a configuration.
    #[must_use]
    pub fn new(config: RunConfig) -> Self {
        let references = vec![None; config.workloads.len()];
        Self { plan: Plan::new(&config), config, references }
    }

    /// The settings.
    #[must_use]
    pub fn config(&self) -> &RunConfig {
        &self.config
    }

    /// The cases and rounds.
    #[must_use]
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// Executes a case once. If its workload's results are not known yet and it is not the serial
    /// baseline itself, that is executed first, untimed.
    ///
    /// # Errors
    ///
    /// One line on what went wrong: a pool that did not start or broke, a job that failed, a
    /// result other than the serial baseline's.
    ///
    /// # Panics
    ///
    /// If the plan has no case of that index.
    pub fn measure(&mut self, case: usize) -> Result<Measured, String> {
        let case = &self.plan.cases[case];
        let position = |choice: &super::config::WorkloadChoice| choice.workload.name() == case.workload;
        let workload =
            self.config.workloads.iter().position(position).expect("the plan has only chosen workloads");
        if case.executor != BASELINE && self.references[workload].is_none() {
            let (_, digests) = execute(kind(BASELINE), 1, self.batch(workload))?;
            self.references[workload] = Some(digests);
        }
        let (measured, digests) = execute(kind(&case.executor), case.workers, self.batch(workload))?;
        let expected = self.references[workload].get_or_insert_with(|| digests.clone());
        if let Some(job) = (0..expected.len()).find(|&job| digests[job] != expected[job]) {
            return Err(format!(
                "job {job} gave {}, but the serial baseline gave {}",
                digests[job], expected[job]
            ));
        }
        Ok(measured)
    }

    fn batch(&self, workload: usize) -> Vec<BatchJob> {
        let choice = &self.config.workloads[workload];
        let sizes = choice.workload.sizes(self.config.scale).into_iter().enumerate();
        sizes
            .map(|(index, size)| BatchJob {
                workload: choice.workload.name().to_string(),
                job: Job { seed: self.config.seed, index, size },
                passes: choice.passes,
            })
            .collect()
    }

    /// A record of this study with no samples yet. It begins now.
    #[must_use]
    pub fn new_record(&self, design: Design) -> RunRecord {
        let revision = env!("SPEEDUP_GIT_REVISION");
        let order = match design {
            Design::InterleavedRounds => self.plan.rounds.iter().map(|round| round.order.clone()).collect(),
            Design::CaseByCase | Design::Published => Vec::new(),
        };
        let now = jiff::Timestamp::try_from(SystemTime::now()).unwrap_or_default();
        let mut record = RunRecord {
            schema_version: SCHEMA_VERSION,
            tool: Tool {
                name: "speedup".to_string(),
                version: env!("CARGO_PKG_VERSION").to_string(),
                git_revision: (!revision.is_empty()).then(|| revision.to_string()),
            },
            name: self.config.name.clone(),
            created: now.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
            design,
            status: Status::Running,
            environment: environment::gather(),
            plan: PlanRecord {
                seed: self.config.seed,
                runs: self.config.runs,
                precision: None,
                max_time_s: None,
                pool: PoolMode::Cold,
                warmup_rounds: if design == Design::InterleavedRounds { plan::WARMUP_ROUNDS } else { 0 },
                scale: self.config.scale.name().to_string(),
                workloads: Vec::new(),
                cases: self.plan.cases.clone(),
                order,
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
        let describe =
            |(choice, digests): (&super::config::WorkloadChoice, &Option<Vec<Digest>>)| WorkloadRecord {
                name: choice.workload.name().to_string(),
                label: choice.workload.label().to_string(),
                passes: choice.passes,
                sizes: choice.workload.sizes(self.config.scale),
                digests: digests.clone().unwrap_or_default(),
            };
        record.plan.workloads = self.config.workloads.iter().zip(&self.references).map(describe).collect();
    }
}

fn kind(name: &str) -> &'static dyn ExecutorKind {
    registry::find(name).expect("the plan has only registered executors")
}

/// Runs a batch: pool start, every job, results back, pool joined.
fn execute(
    kind: &dyn ExecutorKind,
    workers: usize,
    batch: Vec<BatchJob>,
) -> Result<(Measured, Vec<Digest>), String> {
    let mut submitted = Vec::with_capacity(batch.len());
    let start = monotonic_ns();
    let pool = kind.start(workers).map_err(|error| error.to_string())?;
    let stamped = batch.into_iter().inspect(|_| submitted.push(monotonic_ns()));
    let reports = pool.map(stamped);
    // Shutting down lets every job finish. To wait for the results one by one first would wake
    // this thread a dozen times, on a CPU that the workers need.
    pool.shutdown(Wait::Yes, CancelFutures::No);
    let reports: Vec<Result<JobReport, Error>> = reports.collect();
    let wall_ns = monotonic_ns() - start;

    let since = |time: u64| time.saturating_sub(start);
    let mut tasks = Vec::with_capacity(reports.len());
    let mut digests = Vec::with_capacity(reports.len());
    for (job, report) in reports.into_iter().enumerate() {
        let report = report.map_err(|error| in_job(job, &error))?;
        digests.push(report.digest.map_err(|fault| format!("job {job}: {fault}"))?);
        tasks.push(TaskSpan {
            job,
            worker: report.worker,
            submitted_ns: since(submitted[job]),
            begin_ns: since(report.begin_ns),
            end_ns: since(report.end_ns),
            cpu_ns: report.cpu_ns,
            queue_ns: None,
            voluntary_switches: None,
            involuntary_switches: None,
            minor_faults: None,
            major_faults: None,
            counts: None,
            clock_hz: None,
            generate_ns: report.generated_ns - report.begin_ns,
            compute_ns: report.end_ns - report.generated_ns,
        });
    }
    let workers = (pool.worker_lives().into_iter())
        .map(|life| WorkerSpan {
            worker: life.worker,
            spawned_ns: since(life.spawned_ns),
            ready_ns: since(life.ready_ns),
            ended_ns: since(life.ended_ns),
        })
        .collect();
    Ok((Measured { wall_ns, workers, tasks }, digests))
}

/// A broken pool is no fault of the job in whose place the error came back.
fn in_job(job: usize, error: &Error) -> String {
    match error {
        Error::BrokenPool { .. } | Error::Spawn { .. } => error.to_string(),
        _ => format!("job {job}: {error}"),
    }
}
