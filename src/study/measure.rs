//! A study under way: it executes cases, checks their results, and keeps what that takes.

use std::collections::BTreeMap;

use super::array::Passed;
use super::config::WorkloadChoice;
use super::execute::{Batch, Measured, Pool, Results, execute};
use super::job::BatchJob;
use super::{Plan, RunConfig, ceiling};
use crate::executor::{Executor, ExecutorKind, registry};
use crate::record::{BASELINE, CeilingSample, Design, PoolMode, WorkloadRecord};
use crate::sys::clock::monotonic_ns;
use crate::sys::machine;
use crate::workload::{Digest, Job};

/// A configuration, laid out and ready to measure.
pub struct Study {
    config: RunConfig,
    plan: Plan,
    design: Design,
    /// Per workload, the digests of the first serial execution.
    pub(super) references: Vec<Option<Vec<Digest>>>,
    /// Per workload, hashes of the arrays that came back from the first serial execution of this part
    /// of the run.
    returned: Vec<Option<Vec<Option<u64>>>>,
    /// Per workload, what the tasks carry.
    arrays: Vec<Option<Vec<Passed>>>,
    /// Per workload, nanoseconds of the last serial execution.
    serial_ns: Vec<u64>,
    /// The pools of a warm study, by case.
    warm: BTreeMap<usize, Box<dyn Executor>>,
    /// When this part of the run began, on the monotonic clock.
    began_ns: u64,
    /// Nanoseconds of the run before that.
    before_ns: u64,
}

impl Study {
    /// Lays out a configuration. The run begins now.
    #[must_use]
    pub fn new(config: RunConfig, design: Design) -> Self {
        let workloads = config.workloads.len();
        Self {
            plan: Plan::new(&config, design),
            config,
            design,
            references: vec![None; workloads],
            returned: vec![None; workloads],
            arrays: vec![None; workloads],
            serial_ns: vec![0; workloads],
            warm: BTreeMap::new(),
            began_ns: monotonic_ns(),
            before_ns: 0,
        }
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

    /// How its samples follow each other in time.
    #[must_use]
    pub fn design(&self) -> Design {
        self.design
    }

    /// Nanoseconds that the run has gone on for, without those between a stop and a resumption.
    #[must_use]
    pub fn elapsed_ns(&self) -> u64 {
        self.run_ns(monotonic_ns())
    }

    /// A time on the monotonic clock as one of the run.
    fn run_ns(&self, monotonic_ns: u64) -> u64 {
        self.before_ns.saturating_add(monotonic_ns.saturating_sub(self.began_ns))
    }

    /// Takes up a run that has gone on for so long already.
    pub(super) fn resume_at(&mut self, elapsed_ns: u64) {
        (self.began_ns, self.before_ns) = (monotonic_ns(), elapsed_ns);
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
        let wanted = self.plan.cases[case].clone();
        let workload = self.workload(&wanted.workload);
        if wanted.executor != BASELINE && self.references[workload].is_none() {
            let pool = Pool::Cold { kind: kind(BASELINE), workers: 1 };
            let (_, results) = execute(&pool, self.batch(workload, BASELINE)?)?;
            self.check(workload, &results)?;
        }
        let batch = self.batch(workload, &wanted.executor)?;
        let pool = self.pool(case)?;
        let (mut measured, results) = execute(&pool, batch)?;
        // A pool that gave an error is not kept.
        if let Pool::Warm(pool) = pool {
            self.warm.insert(case, pool);
        }
        self.check(workload, &results)?;
        if wanted.executor == BASELINE {
            self.serial_ns[workload] = measured.wall_ns;
        }
        measured.start_ns = self.run_ns(measured.start_ns);
        Ok(measured)
    }

    /// Checks results against those of the serial baseline, or takes them for those where there are none
    /// yet.
    fn check(&mut self, workload: usize, results: &Results) -> Result<(), String> {
        let expected = self.references[workload].get_or_insert_with(|| results.digests.clone());
        differing(expected, &results.digests)?;
        let expected = self.returned[workload].get_or_insert_with(|| results.arrays.clone());
        if expected == &results.arrays {
            return Ok(());
        }
        let job = (0..expected.len()).find(|&job| results.arrays[job] != expected[job]).unwrap_or(0);
        Err(format!("job {job} gave back another array than the serial baseline"))
    }

    /// The ceilings to measure in a round, as workloads by index with numbers of threads: no more
    /// than there are CPUs, beyond which the machine has nothing to add.
    pub(super) fn ceilings(&self) -> Vec<(usize, usize)> {
        let cpus = machine::cpus_available();
        let counts = || self.config.workers.iter().copied().filter(|&workers| workers <= cpus);
        (0..self.config.workloads.len()).flat_map(|index| counts().map(move |count| (index, count))).collect()
    }

    /// Measures what the machine can do for a workload with that many threads and no queue.
    pub(super) fn ceiling(
        &self,
        workload: usize,
        (round, warmup): (u32, bool),
        workers: usize,
    ) -> Result<CeilingSample, String> {
        let choice = &self.config.workloads[workload];
        let size = choice.workload.sizes(self.config.scale).into_iter().max().unwrap_or(0);
        let job = Job { seed: self.config.seed, index: 0, size };
        let window = ceiling::window(self.serial_ns[workload]);
        let lanes = ceiling::measure(choice, job, workers, window)?;
        Ok(CeilingSample { workload: choice.name(), round, warmup, lanes })
    }

    fn workload(&self, name: &str) -> usize {
        let position = |choice: &WorkloadChoice| choice.name() == name;
        self.config.workloads.iter().position(position).expect("the plan has only chosen workloads")
    }

    /// How the case gets its pool: started for each execution, or kept from the one before.
    fn pool(&mut self, case: usize) -> Result<Pool, String> {
        let wanted = &self.plan.cases[case];
        let (kind, workers) = (kind(&wanted.executor), wanted.workers);
        if self.config.pool == PoolMode::Cold || wanted.executor == BASELINE {
            return Ok(Pool::Cold { kind, workers });
        }
        if let Some(pool) = self.warm.remove(&case) {
            return Ok(Pool::Warm(pool));
        }
        kind.start(workers).map(Pool::Warm).map_err(|error| error.to_string())
    }

    /// The batch as tasks. What they carry is made once, when it is first needed.
    fn batch(&mut self, workload: usize, executor: &str) -> Result<Batch<BatchJob>, String> {
        let choice = &self.config.workloads[workload];
        let sizes = choice.workload.sizes(self.config.scale).into_iter().enumerate();
        let seed = self.config.seed;
        let jobs: Vec<Job> = sizes.map(|(index, size)| Job { seed, index, size }).collect();
        if self.arrays[workload].is_none() {
            let made = jobs.iter().map(|&job| Passed::of(choice.workload, job, choice.data));
            self.arrays[workload] = Some(made.collect::<Result<_, _>>()?);
        }
        let passed = self.arrays[workload].iter().flatten().cloned();
        let task = |(job, array): (Job, Passed)| BatchJob {
            workload: choice.workload.name().to_string(),
            kernel: choice.kernel.name.to_string(),
            job,
            array: if executor == BASELINE { array.at_home() } else { array },
            passes: choice.passes,
        };
        Ok(Batch::of(jobs.into_iter().zip(passed).map(task)))
    }
}

/// An error for the first digest that is not the one expected.
fn differing(expected: &[Digest], digests: &[Digest]) -> Result<(), String> {
    match (0..expected.len()).find(|&job| digests[job] != expected[job]) {
        None => Ok(()),
        Some(job) => {
            Err(format!("job {job} gave {}, but the serial baseline gave {}", digests[job], expected[job]))
        }
    }
}

fn kind(name: &str) -> &'static dyn ExecutorKind {
    registry::find(name).expect("the plan has only registered executors")
}

/// Takes over the digests that an earlier part of the run found, against which all further results
/// are checked.
pub(super) fn adopt_digests(study: &mut Study, recorded: &[WorkloadRecord]) -> Result<(), String> {
    for (index, recorded) in recorded.iter().enumerate() {
        if study.config.workloads[index].workload.sizes(study.config.scale) != recorded.sizes {
            return Err(format!("has another batch of {}; start a new run", recorded.name));
        }
        study.references[index] = (!recorded.digests.is_empty()).then(|| recorded.digests.clone());
    }
    Ok(())
}
