//! Many commands, some at a time, as what a run measures.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use super::hooks::Hooks;
use super::job::{CommandJob, Shared};
use super::joblog;
use super::knob::describe;
use super::outputs::Outputs;
use super::request::CommandConfig;
use super::session::{Session, template};
use super::template::{Counts, Kind, Template};
use crate::study::clock::RunClock;
use crate::study::describe::{Head, new_record};
use crate::study::execute::{Batch, Pool, execute};
use crate::study::stopping::StopRule;
use crate::study::{Measured, Plan, Subject};
use speedup_executor::{ExecutorKind, registry};
use speedup_machine::signal::Interrupt;
use speedup_observe::Runner;
use speedup_report::record::{BASELINE, COMMAND, Case, Check, Design, Inputs, PoolMode, RunRecord, Text};

/// A batch of commands under measurement.
pub struct CommandBatch {
    config: CommandConfig,
    plan: Plan,
    clock: RunClock,
    env: Vec<(Text, Template)>,
    hooks: Hooks,
    session: Session,
    interrupt: Interrupt,
    runners: Arc<Mutex<Vec<Runner>>>,
    outputs: Option<Outputs>,
    joblog: Option<PathBuf>,
    /// Digests of the outputs of the first serial execution, where outputs are checked.
    digests: Vec<String>,
}

impl CommandBatch {
    /// Lays out a run of `config`, which has gone on for `before_ns` already and found these digests. It goes
    /// on now. What became of each job goes into a log, if there is one.
    ///
    /// # Errors
    ///
    /// In a sentence, what of the command cannot be, or that the system refuses another process.
    pub fn new(
        config: CommandConfig,
        interrupt: Interrupt,
        (before_ns, digests): (u64, Vec<String>),
        joblog: Option<PathBuf>,
    ) -> Result<Self, String> {
        let env = config.record.env.iter().map(|(name, value)| {
            Ok((name.clone(), template(&format!("env {name}="), value, Kind::Workers)?))
        });
        let batch = Self {
            plan: Plan::of(cases(&config), config.seed),
            clock: RunClock::resumed_at(before_ns),
            env: env.collect::<Result<_, String>>()?,
            hooks: Hooks::of(&config.record)?,
            session: Session::new(interrupt.clone())?,
            interrupt,
            runners: Arc::default(),
            outputs: Outputs::of(&config.record)?,
            joblog,
            digests,
            config,
        };
        // What is wrong with the texts is better known now.
        batch.shared(1)?;
        Ok(batch)
    }

    fn jobs(&self) -> usize {
        self.config.record.batch.as_ref().map_or(0, |inputs| inputs.texts().len())
    }

    fn shared(&self, workers: usize) -> Result<Arc<Shared>, String> {
        let scratch = self.outputs.as_ref().map(|outputs| outputs.scratch().to_path_buf());
        let (interrupt, runners) = (self.interrupt.clone(), Arc::clone(&self.runners));
        let shared = Shared::of(&self.config.record, (&self.env, workers), scratch, interrupt, runners)?;
        Ok(Arc::new(shared.kept_to(self.config.cpus(workers))))
    }

    /// One execution and what belongs to it.
    fn execute(&mut self, executor: &str, workers: usize) -> Result<Measured, String> {
        self.hooks.before(&mut self.session, Counts::of(executor, workers))?;
        let shared = self.shared(workers)?;
        let kind = if executor == BASELINE { BASELINE } else { "threads" };
        let pool = Pool::Cold { kind: kind_of(kind), workers, pin: None };
        let job = |index| CommandJob { index, shared: Some(Arc::clone(&shared)) };
        let executed = execute(&pool, Batch::of((0..self.jobs()).map(job)));
        // The first that failed is the cause of all others.
        let (mut measured, results) = executed.map_err(|error| shared.failure().unwrap_or(error))?;
        if let Some(path) = &self.joblog {
            joblog::write(path, &measured, &shared)?;
        }
        if let Some(outputs) = &self.outputs {
            outputs.pass_on(&measured.tasks)?;
        }
        self.check(&results)?;
        self.hooks.after(&mut self.session, Counts::of(executor, workers))?;
        measured.start_ns = self.clock.of(measured.start_ns);
        Ok(measured)
    }

    fn check(&mut self, digests: &[String]) -> Result<(), String> {
        if self.config.record.check != Some(Check::Stdout) {
            return Ok(());
        }
        if self.digests.is_empty() {
            self.digests = digests.to_vec();
        }
        match (0..digests.len()).find(|&job| self.digests[job] != digests[job]) {
            None => Ok(()),
            Some(job) => {
                let inputs = self.config.record.batch.as_ref().map(Inputs::texts).unwrap_or_default();
                Err(format!(
                    "--check stdout: the output of input '{}' is not that of the baseline",
                    inputs[job]
                ))
            }
        }
    }
}

/// The baseline twice, then every number of workers.
fn cases(config: &CommandConfig) -> Vec<Case> {
    let case = |executor: &str, workers, again| Case {
        workload: config.label.clone(),
        executor: executor.to_string(),
        workers,
        again,
    };
    let baseline = [false, true].map(|again| case(BASELINE, 1, again));
    baseline.into_iter().chain(config.workers.iter().map(|&workers| case(COMMAND, workers, false))).collect()
}

fn kind_of(name: &str) -> &'static dyn ExecutorKind {
    registry::find(name).expect("serial and threads are registered")
}

impl Subject for CommandBatch {
    fn plan(&self) -> &Plan {
        &self.plan
    }

    fn stop(&self) -> StopRule {
        self.config.stop
    }

    fn out(&self) -> &Path {
        &self.config.out
    }

    fn elapsed_ns(&self) -> u64 {
        self.clock.elapsed_ns()
    }

    fn new_record(&self) -> RunRecord {
        let mut record = new_record(&Head {
            name: &self.config.name,
            design: Design::InterleavedRounds,
            stop: self.config.stop,
            pool: PoolMode::Cold,
            pin: self.config.pin.as_ref(),
            seed: self.config.seed,
            scale: "given",
            plan: &self.plan,
        });
        self.describe(&mut record);
        record
    }

    fn describe(&self, record: &mut RunRecord) {
        record.plan.workloads = vec![describe(&self.config, vec![0; self.jobs()], self.digests.clone())];
    }

    fn warmups(&self) -> u32 {
        self.config.record.warmup
    }

    fn set_up(&mut self) -> Result<(), String> {
        self.hooks.set_up(&mut self.session)
    }

    fn clean_up(&mut self) -> Result<(), String> {
        self.hooks.clean_up(&mut self.session)
    }

    fn measure(&mut self, case: usize) -> Result<Measured, String> {
        let Case { executor, workers, .. } = self.plan.cases[case].clone();
        let check = self.config.record.check == Some(Check::Stdout);
        if check && self.digests.is_empty() && executor != BASELINE {
            // What all others are checked against has to be the baseline's.
            self.execute(BASELINE, 1)?;
        }
        self.execute(&executor, workers)
    }
}
