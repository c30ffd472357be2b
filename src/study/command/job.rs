//! One command of a batch as a task: its own process, which times itself by its parent's eyes.

use std::ffi::OsString;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::program::{Program, shell};
use super::session::{connect, judge};
use super::template::{Counts, Given, Kind, Template};
use crate::study::job::JobReport;
use crate::workload::Digest;
use speedup_executor::{Task, current_worker};
use speedup_machine::clock::monotonic_ns;
use speedup_machine::signal::Interrupt;
use speedup_observe::{Execution, Options, Output, Runner, Source, Spec, Wanted};
use speedup_report::record::{COMMAND, CommandRecord, Inputs, JobProcess, Output as Wished, Text};

/// What all jobs of an execution have in common.
pub(super) struct Shared {
    /// The command to put the input into; absent where each input is a command.
    program: Option<Program>,
    inputs: Vec<OsString>,
    env: Vec<(OsString, OsString)>,
    /// The CPUs that each may use; all if there are none.
    cpus: Vec<usize>,
    input: Option<Text>,
    output: Wished,
    /// Where each job's output is kept until all have ended.
    scratch: Option<PathBuf>,
    timeout: Option<Duration>,
    ignore_failure: bool,
    interrupt: Interrupt,
    /// Runners that no job has at the moment. Each is a process, so they are kept over the executions.
    runners: Arc<Mutex<Vec<Runner>>>,
    /// The first failure, after which no further job begins.
    failure: Mutex<Option<String>>,
}

impl Shared {
    /// What the jobs of executions with so many workers have in common.
    ///
    /// # Errors
    ///
    /// In a sentence, what of the command cannot be.
    pub(super) fn of(
        record: &CommandRecord,
        (env, workers): (&[(Text, Template)], usize),
        scratch: Option<PathBuf>,
        interrupt: Interrupt,
        runners: Arc<Mutex<Vec<Runner>>>,
    ) -> Result<Self, String> {
        let program = match &record.batch {
            Some(Inputs::Each(_)) => {
                Some(Program::parse(&record.words, record.shell, Kind::Input)?.with_input()?)
            }
            _ => None,
        };
        let inputs = record.batch.as_ref().map(Inputs::texts).unwrap_or_default();
        Ok(Self {
            program,
            inputs: inputs.iter().map(Text::to_os).collect(),
            env: env
                .iter()
                .map(|(name, value)| (name.to_os(), value.for_counts(Counts::of(COMMAND, workers))))
                .collect(),
            cpus: Vec::new(),
            input: record.input.clone(),
            output: record.output.clone(),
            scratch,
            timeout: record.timeout_s.map(Duration::from_secs_f64),
            ignore_failure: record.ignore_failure,
            interrupt,
            runners,
            failure: Mutex::new(None),
        })
    }

    /// The same, with jobs that may use these CPUs only.
    pub(super) fn kept_to(self, cpus: Vec<usize>) -> Self {
        Self { cpus, ..self }
    }

    /// Why a job failed, the first that did.
    pub(super) fn failure(&self) -> Option<String> {
        self.failure.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The command line of a job.
    pub(super) fn line(&self, index: usize) -> OsString {
        self.program
            .as_ref()
            .map_or_else(|| self.inputs[index].clone(), |program| program.line(self.given(index)))
    }

    fn given(&self, index: usize) -> Given<'_> {
        Given { input: &self.inputs[index], number: index + 1 }
    }

    fn spec(&self, index: usize) -> Spec {
        let mut spec = match &self.program {
            Some(program) => program.for_input(self.given(index)),
            None => shell(self.inputs[index].clone()),
        };
        spec.env.clone_from(&self.env);
        spec.cpus.clone_from(&self.cpus);
        spec.timeout = self.timeout;
        connect(&mut spec, self.input.as_ref(), &self.output);
        if let Some(scratch) = &self.scratch {
            spec.stdout = Output::File(kept_at(scratch, index));
        }
        spec
    }

    fn execute(&self, index: usize) -> Result<Execution, String> {
        let spec = self.spec(index);
        let idle = self.runners.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let mut runner = idle.map_or_else(Runner::new, Ok).map_err(|error| error.to_string())?;
        let options = Options {
            source: Wanted::Only(Source::Usage),
            interrupt: Some(self.interrupt.flag()),
            ..Options::default()
        };
        let execution = runner.run(&spec, &options);
        self.runners.lock().unwrap_or_else(PoisonError::into_inner).push(runner);
        let execution = execution.map_err(|error| error.to_string())?;
        judge(&execution, &spec, self.ignore_failure)?;
        Ok(execution)
    }

    /// Runs a job unless another has failed.
    fn run(&self, index: usize) -> Result<Execution, String> {
        if self.interrupt.requested() || self.failure().is_some() {
            return Err("not begun".to_string());
        }
        self.execute(index).map_err(|how| {
            let problem = match self.program {
                Some(_) => format!("input '{}': {how}", self.inputs[index].display()),
                None => format!("'{}': {how}", self.inputs[index].display()),
            };
            let mut failure = self.failure.lock().unwrap_or_else(PoisonError::into_inner);
            failure.get_or_insert_with(|| problem.clone());
            problem
        })
    }
}

/// Where the output of a job is kept.
pub(super) fn kept_at(scratch: &std::path::Path, index: usize) -> PathBuf {
    scratch.join(index.to_string())
}

/// A job on its way to a worker. It stays in its process, as all its jobs have much in common.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct CommandJob {
    pub(super) index: usize,
    #[serde(skip)]
    pub(super) shared: Option<Arc<Shared>>,
}

impl Task for CommandJob {
    const NAME: &'static str = "speedup.command";
    type Output = JobReport<Digest>;

    fn run(self) -> JobReport<Digest> {
        let came_ns = monotonic_ns();
        let executed = match &self.shared {
            Some(shared) => shared.run(self.index),
            None => Err("a command does not leave its process".to_string()),
        };
        match executed {
            Ok(execution) => report(&execution),
            Err(problem) => JobReport { result: Err(problem), ..nothing(came_ns) },
        }
    }
}

/// What was seen of the process, from when it was let go to when it had ended. What it took to make it lies
/// before that, and is the executor's.
fn report(execution: &Execution) -> JobReport<Digest> {
    let usage = &execution.usage;
    JobReport {
        generated_ns: execution.begin_ns,
        end_ns: execution.end_ns,
        cpu_ns: execution.cpu_ns,
        queue_ns: execution.run_delay_ns.clone().ok(),
        switches: Some((usage.voluntary_switches, usage.involuntary_switches)),
        faults: Some((usage.minor_faults, usage.major_faults)),
        process: Some(JobProcess::of(execution)),
        result: Ok(execution.stdout.as_ref().map(|stdout| stdout.xxh3.clone()).unwrap_or_default()),
        ..nothing(execution.begin_ns)
    }
}

fn nothing(begin_ns: u64) -> JobReport<Digest> {
    JobReport {
        worker: current_worker(),
        begin_ns,
        generated_ns: begin_ns,
        end_ns: begin_ns,
        cpu_ns: 0,
        queue_ns: None,
        switches: None,
        faults: None,
        counts: None,
        clock_hz: None,
        cpus: None,
        process: None,
        result: Ok(Digest::new()),
    }
}
