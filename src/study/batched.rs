//! The batch of a workload, with its types: jobs and outputs go to workers and back as what they are, and are compared
//! as what they are.

use std::sync::Arc;

use super::asynchronous;
use super::execute::{Batch, Measured, Pool, Start, execute, with_machine};
use super::hosts::{OverHosts, StartOver};
use super::pools;
use super::prepared::{Prepared, Studied};
use super::setting::Setting;
use super::task::{WorkloadJob, set_up, set_up_worker};
use crate::workload::{Digest, Execution, Fault, Parameter, Repeated, Workload};
use speedup_executor::{Error, Executor, ExecutorKind};
use speedup_report::record::{Pinned, PoolMode, Waits};

/// A workload of some type, set up, with its jobs.
pub(super) struct Batched<W: Workload> {
    pub(super) setting: Arc<Setting>,
    pub(super) workload: Arc<W>,
    pub(super) jobs: Vec<W::Job>,
    parameters: Vec<(String, String)>,
}

impl<W: Workload> Batched<W> {
    pub(super) fn new(setting: Arc<Setting>, prototype: &W) -> Result<Self, Fault> {
        let mut workload = setting.configured(prototype)?;
        let value = |parameter: &Parameter<'_>| (parameter.name().to_string(), parameter.value());
        let parameters = workload.parameters().iter().map(value).collect();
        let workload = set_up(workload)?;
        let jobs = workload.jobs();
        Ok(Self { setting, workload, jobs, parameters })
    }

    /// A job as a task that may stay in this process.
    pub(super) fn task(&self, job: W::Job) -> WorkloadJob<W> {
        WorkloadJob::at_hand(Arc::clone(&self.setting), Arc::clone(&self.workload), job)
    }

    /// A job in a message.
    pub(super) fn name(&self, job: usize) -> String {
        let described = self.jobs.get(job).and_then(|job| self.workload.describe(job));
        described.map_or_else(|| format!("job {job}"), |described| format!("job {job} ({described})"))
    }

    fn start(&self, kind: &'static dyn ExecutorKind, workers: usize, pin: Option<Pinned>) -> Start {
        pools::start((&self.setting, &self.workload), kind, workers, pin)
    }

    /// Runs the batch job by job in its own process, unless no job could end it. What else can go wrong is for
    /// the serial baseline to find.
    ///
    /// # Errors
    ///
    /// One line on the job that has ended the process, and how.
    fn probe(&self) -> Result<(), String> {
        if !self.workload.may_end_process() {
            return Ok(());
        }
        let processes = speedup_executor::registry::find("processes");
        let Some(pool) = processes.and_then(|kind| self.start(kind, 1, None)().ok()) else { return Ok(()) };
        let execution = Execution { number: 0, baseline: false };
        let Ok(jobs) = self.workload.execution(execution, &self.jobs) else { return Ok(()) };
        for (index, job) in jobs.into_iter().enumerate() {
            let result = pool.submit(self.task(job)).and_then(|future| future.take(None));
            let exit = match result {
                Ok(_) => continue,
                Err(Error::BrokenPool { exit, .. }) => exit,
                Err(_) => break,
            };
            let name = self.name(index);
            return Err(format!(
                "{name} ended its process, which {exit}; a job must return or panic to be measured: run it by itself \
                 to see why it does not"
            ));
        }
        self.workload.executed();
        Ok(())
    }
}

impl<W: Workload> Prepared for Batched<W> {
    fn weights(&self) -> Vec<usize> {
        self.jobs.iter().map(|job| self.workload.weight(job)).collect()
    }

    fn sets_up(&self) -> bool {
        self.workload.set_up().is_some() || self.workload.set_up_worker().is_some()
    }

    fn waits(&self) -> Option<Waits> {
        let waiting = self.workload.waiting()?;
        Some(Waits { jobs: waiting.jobs().to_string(), on: waiting.on().to_string() })
    }

    fn parameters(&self) -> &[(String, String)] {
        &self.parameters
    }

    fn repeated(&self, lane: usize) -> Result<Repeated<'_>, Fault> {
        set_up_worker(&*self.workload)?;
        self.workload.repeated(lane, &self.jobs)
    }

    fn study(self: Arc<Self>) -> Box<dyn Studied> {
        Box::new(Study { of: self, reference: None, digests: Digests::Unknown, set_up: false })
    }
}

/// The batch with what its serial baseline has given.
struct Study<W: Workload> {
    of: Arc<Batched<W>>,
    /// The outputs of the first serial execution of this part of the run.
    reference: Option<Vec<W::Output>>,
    digests: Digests,
    /// Whether this thread has been set up as a worker.
    set_up: bool,
}

/// The digests of serial executions.
enum Digests {
    Unknown,
    /// Every serial execution so far gave these.
    Same(Vec<Digest>),
    /// Outputs are as good as each other without being the same, or have no digest.
    Differing,
}

impl<W: Workload> Study<W> {
    fn jobs(&self, execution: Execution) -> Result<Vec<W::Job>, String> {
        self.of.workload.execution(execution, &self.of.jobs).map_err(|fault| fault.to_string())
    }

    /// Makes this thread a worker, once.
    fn set_up_here(&mut self) -> Result<(), String> {
        if !self.set_up {
            set_up_worker(&*self.of.workload).map_err(|fault| fault.to_string())?;
            self.set_up = true;
        }
        Ok(())
    }

    /// Checks outputs against those of the serial baseline, or takes them for those where there are none yet.
    fn check(&mut self, outputs: Vec<W::Output>, baseline: bool) -> Result<(), String> {
        if outputs.len() != self.of.jobs.len() {
            return Err(format!("{} of {} jobs gave a result", outputs.len(), self.of.jobs.len()));
        }
        if let Some(expected) = &self.reference {
            for (job, (expected, found)) in expected.iter().zip(&outputs).enumerate() {
                if let Some(difference) = self.of.workload.difference(expected, found) {
                    return Err(format!("{} {difference}", self.of.name(job)));
                }
            }
        }
        if baseline {
            self.digest(&outputs)?;
        }
        self.reference.get_or_insert(outputs);
        Ok(())
    }

    /// Compares the digests of a serial execution with those of the one before. The first of this part of the run
    /// must have those of the parts before it.
    fn digest(&mut self, outputs: &[W::Output]) -> Result<(), String> {
        if matches!(self.digests, Digests::Differing) {
            return Ok(());
        }
        let digests =
            outputs.iter().map(|output| self.of.workload.digest(output)).collect::<Option<Vec<_>>>();
        self.digests = match (std::mem::replace(&mut self.digests, Digests::Differing), digests) {
            (Digests::Unknown, Some(digests)) => Digests::Same(digests),
            (Digests::Same(known), Some(digests)) if known == digests => Digests::Same(known),
            (Digests::Same(known), Some(digests)) if self.reference.is_none() => {
                let job = (0..known.len()).find(|&job| known[job] != digests[job]).unwrap_or(0);
                let (name, known, digest) = (self.of.name(job), &known[job], &digests[job]);
                return Err(format!("{name} gave {digest}, but the serial baseline gave {known}"));
            }
            _ => Digests::Differing,
        };
        Ok(())
    }
}

impl<W: Workload> Studied for Study<W> {
    fn is_known(&self) -> bool {
        self.reference.is_some()
    }

    fn digests(&self) -> &[Digest] {
        match &self.digests {
            Digests::Same(digests) => digests,
            Digests::Unknown | Digests::Differing => &[],
        }
    }

    fn adopt(&mut self, digests: &[Digest]) {
        if digests.len() == self.of.jobs.len() {
            self.digests = Digests::Same(digests.to_vec());
        }
    }

    fn start(&self, kind: &'static dyn ExecutorKind, workers: usize, pin: Option<Pinned>) -> Start {
        self.of.start(kind, workers, pin)
    }

    fn start_over(&self, over: &OverHosts, workers: usize) -> StartOver {
        pools::start_over((&self.of.setting, &self.of.workload), over, workers)
    }

    fn on_pool(&mut self, pool: &Pool, execution: Execution) -> Result<Measured, String> {
        // A pool that is made for the occasion sets its workers up, and the serial one does it here.
        if execution.baseline && !matches!(pool, Pool::Made(_)) {
            self.set_up_here()?;
        }
        let jobs = self.jobs(execution)?;
        let executed = execute(pool, Batch::of(jobs.into_iter().map(|job| self.of.task(job))));
        self.of.workload.executed();
        let (measured, outputs) = executed?;
        self.check(outputs, execution.baseline)?;
        Ok(measured)
    }

    fn in_one_thread(&mut self, places: usize, pool: PoolMode, number: u32) -> Result<Measured, String> {
        let name = self.of.workload.name();
        let waiting = self.of.workload.waiting();
        let waiting = waiting.ok_or_else(|| format!("the jobs of {name} do not wait"))?;
        if pool == PoolMode::Warm {
            self.set_up_here()?;
        }
        let jobs = self.jobs(Execution { number, baseline: false })?;
        let work = asynchronous::Work { workload: Arc::clone(&self.of.workload), waiting, jobs };
        let executed = with_machine(|| asynchronous::execute(work, places, pool));
        self.of.workload.executed();
        let (measured, outputs) = executed?;
        self.check(outputs, false)?;
        Ok(measured)
    }

    fn probe(&self) -> Result<(), String> {
        self.of.probe()
    }
}
