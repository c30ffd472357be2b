//! A program with a knob for its number of workers, as what a run measures.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use super::hooks::Hooks;
use super::program::Program;
use super::request::CommandConfig;
use super::session::{Session, connect, judge, kind_of, template};
use super::template::{Counts, Kind, Template};
use crate::study::clock::RunClock;
use crate::study::describe::{Head, new_record};
use crate::study::execute::with_machine;
use crate::study::stopping::StopRule;
use crate::study::{Measured, Plan, Subject};
use speedup_machine::signal::Interrupt;
use speedup_observe::{Execution, Spec};
use speedup_report::record::{
    Axes, BASELINE, COMMAND, Case, Check, Data, Design, Outside, PoolMode, RunRecord, Text, WorkloadRecord,
};

/// A program under measurement.
pub struct Knob {
    config: CommandConfig,
    plan: Plan,
    clock: RunClock,
    program: Program,
    serial: Option<Program>,
    env: Vec<(Text, Template)>,
    hooks: Hooks,
    session: Session,
}

impl Knob {
    /// Lays out a run of `config`, which has gone on for `before_ns` already. It goes on now.
    ///
    /// # Errors
    ///
    /// In a sentence, what of the command cannot be, or that the system refuses another process.
    pub fn new(config: CommandConfig, interrupt: Interrupt, before_ns: u64) -> Result<Self, String> {
        let record = &config.record;
        let serial = (!record.serial.is_empty())
            .then(|| Program::parse(&record.serial, record.shell, Kind::Fixed))
            .transpose()?;
        let kind = kind_of(record);
        let env = record
            .env
            .iter()
            .map(|(name, value)| Ok((name.clone(), template(&format!("env {name}="), value, kind)?)));
        Ok(Self {
            plan: Plan::of(cases(&config), config.seed),
            clock: RunClock::resumed_at(before_ns),
            program: Program::parse(&record.words, record.shell, kind)?,
            serial,
            env: env.collect::<Result<_, String>>()?,
            hooks: Hooks::of(record)?,
            session: Session::new(interrupt)?,
            config,
        })
    }

    /// XXH3 of the output that executions are checked against, once it is known.
    pub(in crate::study) fn expected(&mut self) -> &mut Option<String> {
        &mut self.config.record.stdout
    }

    /// What to run for a case.
    fn spec(&self, executor: &str, counts: Counts) -> Spec {
        let program = self.serial.as_ref().filter(|_| executor == BASELINE).unwrap_or(&self.program);
        let record = &self.config.record;
        let mut spec = program.for_counts(counts);
        spec.env = self.env.iter().map(|(name, value)| (name.to_os(), value.for_counts(counts))).collect();
        connect(&mut spec, record.input.as_ref(), &record.output);
        spec.timeout = record.timeout_s.map(Duration::from_secs_f64);
        spec.cpus = self.config.cpus(counts.workers);
        spec
    }

    /// One execution and what belongs to it.
    fn execute(&mut self, executor: &str, workers: usize) -> Result<Measured, String> {
        let counts = Counts::of(executor, workers);
        self.hooks.before(&mut self.session, counts)?;
        let spec = self.spec(executor, counts);
        let (mut measured, execution) = with_machine(|| {
            let execution = self.session.watched(&spec)?;
            let times = (self.clock.of(execution.begin_ns), execution.wall_ns());
            Ok((Measured::of_tasks(times, Vec::new(), Vec::new()), execution))
        })?;
        judge(&execution, &spec, self.config.record.ignore_failure)?;
        self.check(&execution)?;
        self.hooks.after(&mut self.session, counts)?;
        measured.outside = Some(Box::new(Outside::of(&execution)));
        Ok(measured)
    }

    fn check(&mut self, execution: &Execution) -> Result<(), String> {
        let wanted = self.config.record.check == Some(Check::Stdout);
        let Some(stdout) = execution.stdout.as_ref().filter(|_| wanted) else { return Ok(()) };
        let expected = self.config.record.stdout.get_or_insert_with(|| stdout.xxh3.clone());
        if *expected == stdout.xxh3 {
            return Ok(());
        }
        Err(format!(
            "--check stdout: its output of {} bytes is not that of the baseline (XXH3 {} instead of {expected})",
            stdout.bytes, stdout.xxh3
        ))
    }
}

/// The baseline, twice where its second arm is wanted, then every number of workers; one worker only where something
/// else is the baseline.
fn cases(config: &CommandConfig) -> Vec<Case> {
    let case = |executor: &str, workers, again| Case {
        workload: config.label.clone(),
        executor: executor.to_string(),
        workers,
        again,
    };
    let arms: &[bool] = if config.both_arms { &[false, true] } else { &[false] };
    let baseline = arms.iter().map(|&again| case(BASELINE, 1, again));
    let one = if config.record.serial.is_empty() { 2 } else { 1 };
    let all: Vec<(String, usize)> = match &config.record.grid {
        None => config.workers.iter().map(|&workers| (COMMAND.to_string(), workers)).collect(),
        Some(axes) => {
            let pairs = axes.processes.iter().flat_map(|&p| axes.threads.iter().map(move |&t| (p, t)));
            pairs.map(|(processes, threads)| (Axes::executor(processes), processes * threads)).collect()
        }
    };
    let many = all.iter().filter(|(_, workers)| *workers >= one);
    baseline.chain(many.map(|(executor, workers)| case(executor, *workers, false))).collect()
}

impl Subject for Knob {
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
        record.plan.workloads = vec![describe(&self.config, Vec::new(), Vec::new())];
    }

    fn warmups(&self) -> u32 {
        self.config.record.warmup
    }

    fn set_up(&mut self) -> Result<(), String> {
        self.hooks.set_up(&mut self.session)?;
        // A run that is taken up again goes on with what it has taken off so far.
        if self.config.subtract_shell && self.config.record.shell_start.is_none() {
            self.config.record.shell_start = Some(self.session.shell_start()?);
        }
        Ok(())
    }

    fn clean_up(&mut self) -> Result<(), String> {
        self.hooks.clean_up(&mut self.session)
    }

    fn measure(&mut self, case: usize) -> Result<Measured, String> {
        let Case { executor, workers, .. } = self.plan.cases[case].clone();
        let record = &self.config.record;
        if record.check == Some(Check::Stdout) && record.stdout.is_none() && executor != BASELINE {
            // What all others are checked against has to be the baseline's.
            self.execute(BASELINE, 1)?;
        }
        self.execute(&executor, workers)
    }
}

/// What a record says of a command.
pub(super) fn describe(config: &CommandConfig, sizes: Vec<usize>, digests: Vec<String>) -> WorkloadRecord {
    WorkloadRecord {
        name: config.label.clone(),
        label: config.label.clone(),
        workload: config.label.clone(),
        kernel: COMMAND.to_string(),
        backend: None,
        waits: None,
        command: Some(Box::new(config.record.clone())),
        parameters: BTreeMap::new(),
        data: Data::default(),
        passes: 1,
        sizes,
        digests,
    }
}
