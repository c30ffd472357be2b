//! A study under way: it executes cases, checks their results, and keeps what that takes.

use std::collections::BTreeMap;

use super::array::Passed;
use super::clock::RunClock;
use super::config::WorkloadChoice;
use super::execute::{Batch, Measured, Pool, Results, execute, with_machine};
use super::job::BatchJob;
use super::pinning::{on_first, start};
use super::{Plan, RunConfig, Runner, asynchronous, ceiling};
use crate::workload::waiting::Server;
use crate::workload::{Digest, Job, Site};
use speedup_executor::{Executor, ExecutorKind, registry};
use speedup_machine::limits::make_room_for_files;
use speedup_machine::machine;
use speedup_machine::placement::Placement;
use speedup_report::record::{BASELINE, CeilingSample, Design, PoolMode, WorkloadRecord};

/// Files that are open beside the connections of a batch: those of the pools, of the run, and of the program.
const FILES: u64 = 400;

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
    /// Per workload, the server that its jobs wait for.
    servers: Vec<Option<Server>>,
    /// Executions that have had a server.
    executions: u32,
    /// Per workload, nanoseconds of the last serial execution.
    serial_ns: Vec<u64>,
    /// The pools of a warm study, by case.
    warm: BTreeMap<usize, Box<dyn Executor>>,
    clock: RunClock,
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
            servers: (0..workloads).map(|_| None).collect(),
            executions: 0,
            serial_ns: vec![0; workloads],
            warm: BTreeMap::new(),
            clock: RunClock::resumed_at(0),
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
        self.clock.elapsed_ns()
    }

    /// Takes up a run that has gone on for so long already.
    pub(super) fn resume_at(&mut self, elapsed_ns: u64) {
        self.clock = RunClock::resumed_at(elapsed_ns);
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
            let pool = Pool::Cold { kind: kind(BASELINE), workers: 1, pin: None };
            let (_, results) = self.on_pool(workload, BASELINE, &pool)?;
            self.check(workload, &results)?;
        }
        let (mut measured, results) = if wanted.executor == Runner::Async.name() {
            self.in_one_thread(workload, wanted.workers)?
        } else {
            let pool = self.pool(case)?;
            let executed = self.on_pool(workload, &wanted.executor, &pool)?;
            // A pool that gave an error is not kept.
            if let Pool::Warm(pool) = pool {
                self.warm.insert(case, pool);
            }
            executed
        };
        self.check(workload, &results)?;
        if wanted.executor == BASELINE {
            self.serial_ns[workload] = measured.wall_ns;
        }
        measured.start_ns = self.clock.of(measured.start_ns);
        Ok(measured)
    }

    fn on_pool(
        &mut self,
        workload: usize,
        executor: &str,
        pool: &Pool,
    ) -> Result<(Measured, Results), String> {
        let site = self.site(workload)?;
        let batch = Batch::of(self.jobs(workload, executor, site)?.into_iter());
        let alone = self.config.pin.as_ref().filter(|_| executor == BASELINE);
        let executed = on_first(alone, || execute(pool, batch));
        self.rest(workload, site);
        executed
    }

    fn in_one_thread(&mut self, workload: usize, places: usize) -> Result<(Measured, Results), String> {
        let site = self.site(workload)?;
        let choice = &self.config.workloads[workload];
        let (implementation, kernel) = (choice.workload, choice.kernel);
        let served = implementation.waiting().zip(site);
        let served = served.ok_or_else(|| format!("the jobs of {} do not wait", implementation.name()))?;
        let jobs = self.jobs(workload, Runner::Async.name(), site)?;
        let work = asynchronous::Work { workload: implementation, kernel, jobs };
        with_machine(|| asynchronous::execute(work, served, places, self.config.pool))
    }

    /// The server that the jobs of a workload wait for, with the number of the next execution; nothing where
    /// they compute. It is started for the first of them, and stays.
    fn site(&mut self, workload: usize) -> Result<Option<Site>, String> {
        let choice = &self.config.workloads[workload];
        let Some(waiting) = choice.workload.waiting() else { return Ok(None) };
        let server = &mut self.servers[workload];
        if server.is_none() {
            room_for(choice)?;
            let started = waiting.serve(self.config.scale);
            *server = Some(started.map_err(|fault| format!("{}: {fault}", choice.workload.name()))?);
        }
        let site = |server: &Server| Site { addr: server.addr, execution: self.executions };
        let site = server.as_ref().map(site);
        self.executions += 1;
        Ok(site)
    }

    /// What an execution has left in this process is not to be there in the next one.
    fn rest(&self, workload: usize, site: Option<Site>) {
        if let Some((waiting, site)) = self.config.workloads[workload].workload.waiting().zip(site) {
            waiting.rest(site);
        }
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
    /// than there are CPUs, beyond which the machine has nothing to add. Jobs that wait have no such ceiling.
    pub(super) fn ceilings(&self) -> Vec<(usize, usize)> {
        let cpus = machine::cpus_available();
        let computing = self.config.workloads.iter().enumerate();
        let computing = computing.filter(|(_, choice)| choice.workload.waiting().is_none());
        let counts = |choice: &WorkloadChoice| choice.workers.clone().into_iter();
        computing
            .flat_map(|(index, choice)| counts(choice).map(move |workers| (index, workers)))
            .filter(|(_, workers)| *workers <= cpus)
            .collect()
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
        let job = Job { seed: self.config.seed, index: 0, size, site: None };
        let window = ceiling::window(self.serial_ns[workload]);
        let pinned = self.config.pin.as_ref().map(|pin| pin.cpus.clone());
        let cpus = pinned.unwrap_or_else(|| Placement::Cores.of_this_machine());
        let lanes = ceiling::measure(choice, job, (workers, &cpus), window)?;
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
            return Ok(Pool::Cold { kind, workers, pin: self.config.pin.clone() });
        }
        if let Some(pool) = self.warm.remove(&case) {
            return Ok(Pool::Warm(pool));
        }
        start(kind, workers, self.config.pin.as_ref()).map(Pool::Warm).map_err(|error| error.to_string())
    }

    /// The batch as tasks. What they carry is made once, when it is first needed.
    fn jobs(&mut self, workload: usize, executor: &str, site: Option<Site>) -> Result<Vec<BatchJob>, String> {
        let choice = &self.config.workloads[workload];
        let sizes = choice.workload.sizes(self.config.scale).into_iter().enumerate();
        let seed = self.config.seed;
        let jobs: Vec<Job> = sizes.map(|(index, size)| Job { seed, index, size, site }).collect();
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
        Ok(jobs.into_iter().zip(passed).map(task).collect())
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

/// Sees to it that every worker can have a connection.
fn room_for(choice: &WorkloadChoice) -> Result<(), String> {
    let most = choice.workers.last().copied().unwrap_or(1) as u64;
    let room = make_room_for_files(2 * most + FILES);
    if room < most + FILES {
        return Err(format!(
            "{} with {most} workers needs {} open files, and the system allows {room}; see 'ulimit -n', or lower --workers",
            choice.workload.name(),
            most + FILES
        ));
    }
    Ok(())
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
