//! A study under way: it executes cases, checks their results, and keeps what that takes.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::choice::WorkloadChoice;
use super::clock::RunClock;
use super::execute::{Measured, Pool};
use super::pinning::on_first;
use super::prepared::Studied;
use super::{Plan, RunConfig, Runner, ceiling, triad};
use crate::workload::Execution;
use speedup_executor::{ExecutorKind, registry};
use speedup_machine::limits::make_room_for_files;
use speedup_machine::machine;
use speedup_machine::placement::Placement;
use speedup_report::record::{
    BASELINE, Case, CeilingLoad, CeilingSample, Design, HOSTS, PoolMode, WorkloadRecord,
};

/// Files that are open besides the connections of a batch: those of the pools, of the run, and of the program.
const FILES: u64 = 400;

/// A configuration, laid out and ready to measure.
pub struct Study {
    config: RunConfig,
    plan: Plan,
    design: Design,
    /// Per workload, its batch with what the serial baseline has given.
    pub(super) batches: Vec<Box<dyn Studied>>,
    /// Executions so far.
    executions: u32,
    /// Per workload, nanoseconds of the last serial execution.
    serial_ns: Vec<u64>,
    /// The pools of a warm study, by case.
    warm: BTreeMap<usize, Pool>,
    clock: RunClock,
}

impl Study {
    /// Lays out a configuration. The run begins now.
    #[must_use]
    pub fn new(config: RunConfig, design: Design) -> Self {
        let study = |choice: &WorkloadChoice| Arc::clone(&choice.prepared).study();
        Self {
            plan: Plan::new(&config, design),
            batches: config.workloads.iter().map(study).collect(),
            serial_ns: vec![0; config.workloads.len()],
            config,
            design,
            executions: 0,
            warm: BTreeMap::new(),
            clock: RunClock::resumed_at(0),
        }
    }

    /// A study of nothing but those of its cases that `keep` says, and of their workloads.
    #[must_use]
    pub fn only(self, keep: &dyn Fn(&Case) -> bool) -> Self {
        let Self { mut config, mut plan, design, .. } = self;
        plan.cases.retain(keep);
        config.workloads.retain(|choice| plan.cases.iter().any(|case| case.workload == choice.name()));
        Self { plan, ..Self::new(config, design) }
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

    /// Executes a case once. If its workload's results are not known yet, a batch whose jobs could end their process
    /// is first tried in another; and if it is not the serial baseline itself, that is executed first, untimed.
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
        let baseline = wanted.executor == BASELINE;
        room_for(&self.config.workloads[workload])?;
        if !self.batches[workload].is_known() {
            self.batches[workload].probe()?;
        }
        if !baseline && !self.batches[workload].is_known() {
            let pool = Pool::Cold { kind: kind(BASELINE), workers: 1, pin: None };
            self.on_pool(workload, &pool, true)?;
        }
        let mut measured = if wanted.executor == Runner::Async.name() {
            let number = self.number();
            self.batches[workload].in_one_thread(wanted.workers, self.config.pool, number)?
        } else {
            let pool = self.pool(case, workload)?;
            let measured = self.on_pool(workload, &pool, baseline)?;
            // A pool that gave an error is not kept.
            if pool.is_warm() {
                self.warm.insert(case, pool);
            }
            measured
        };
        if baseline {
            self.serial_ns[workload] = measured.wall_ns;
        }
        measured.start_ns = self.clock.of(measured.start_ns);
        Ok(measured)
    }

    fn on_pool(&mut self, workload: usize, pool: &Pool, baseline: bool) -> Result<Measured, String> {
        let execution = Execution { number: self.number(), baseline };
        let alone = self.config.pin.as_ref().filter(|_| baseline);
        let batch = &mut self.batches[workload];
        on_first(alone, || batch.on_pool(pool, execution))
    }

    fn number(&mut self) -> u32 {
        self.executions += 1;
        self.executions - 1
    }

    /// Measures what the machine can do without a queue, in every way and with every number of threads that a
    /// workload has, but no more than there are CPUs: beyond these the machine has nothing to add. Jobs that wait have
    /// no such ceiling.
    pub(super) fn ceilings(
        &self,
        (round, warmup): (u32, bool),
        go_on: &dyn Fn() -> bool,
        keep: &mut dyn FnMut(CeilingSample),
    ) -> Result<(), String> {
        let cpus = machine::cpus_available();
        let computing = || {
            self.config
                .workloads
                .iter()
                .zip(&self.serial_ns)
                .filter(|(choice, _)| choice.prepared.waits().is_none())
        };
        for (way, plan) in self.config.ceilings.iter().enumerate() {
            let mut measure = |workload: String, workers: &[usize], make: &ceiling::Make<'_>, window| {
                for &workers in workers.iter().filter(|workers| **workers <= cpus) {
                    if !go_on() {
                        break;
                    }
                    let lanes = ceiling::measure(make, (workers, &plan.pin.cpus), window)?;
                    keep(CeilingSample { workload: workload.clone(), way, round, warmup, host: None, lanes });
                }
                Ok::<_, String>(())
            };
            match plan.load {
                CeilingLoad::Workload => {
                    for (choice, serial_ns) in computing() {
                        let work = |lane, _| choice.prepared.repeated(lane);
                        measure(choice.name(), &choice.workers, &work, ceiling::window(*serial_ns))?;
                    }
                }
                CeilingLoad::Triad { array_bytes, .. } => {
                    let workers: BTreeSet<usize> =
                        computing().flat_map(|(choice, _)| choice.workers.clone()).collect();
                    let workers: Vec<usize> = workers.into_iter().collect();
                    let work = |_, threads| triad::repeated(array_bytes, threads);
                    measure(String::new(), &workers, &work, ceiling::LONGEST)?;
                }
            }
        }
        Ok(())
    }

    /// The same of each host, with as many threads as it has workers in some case. `keep` gets them.
    pub(super) fn ceilings_over_hosts(
        &self,
        (round, warmup): (u32, bool),
        go_on: &dyn Fn() -> bool,
        keep: &mut dyn FnMut(CeilingSample),
    ) -> Result<(), String> {
        let Some(over) = &self.config.hosts else { return Ok(()) };
        // CPUs that are listed are those of this machine.
        let order = self.config.ceilings.first().and_then(|way| way.pin.order).unwrap_or(Placement::Cores);
        let setting = (self.config.seed, self.config.scale, order);
        for (choice, serial_ns) in self.config.workloads.iter().zip(&self.serial_ns) {
            for (host, lanes) in over.ceilings(choice, setting, ceiling::window(*serial_ns), go_on)? {
                let (workload, host) = (choice.name(), Some(host));
                keep(CeilingSample { workload, way: 0, round, warmup, host, lanes });
            }
        }
        Ok(())
    }

    fn workload(&self, name: &str) -> usize {
        let position = |choice: &WorkloadChoice| choice.name() == name;
        self.config.workloads.iter().position(position).expect("the plan has only chosen workloads")
    }

    /// How the case gets its pool: started for each execution, or kept from the one before.
    fn pool(&mut self, case: usize, workload: usize) -> Result<Pool, String> {
        if let Some(pool) = self.warm.remove(&case) {
            return Ok(pool);
        }
        let wanted = &self.plan.cases[case];
        if wanted.executor == HOSTS {
            let over = self.config.hosts.clone().ok_or("the run has no hosts besides this machine")?;
            let start = self.batches[workload].start_over(&over, wanted.workers);
            return match self.config.pool {
                PoolMode::Cold => Ok(Pool::Over(over, start)),
                PoolMode::Warm => {
                    start().map(|pool| Pool::WarmOver(over, pool)).map_err(|error| error.to_string())
                }
            };
        }
        let (kind, workers) = (kind(&wanted.executor), wanted.workers);
        let (sets_up, pin) = (self.config.workloads[workload].prepared.sets_up(), &self.config.pin);
        let start = |batch: &dyn Studied| batch.start(kind, workers, pin.clone());
        match self.config.pool {
            PoolMode::Cold if sets_up => Ok(Pool::Made(start(&*self.batches[workload]))),
            PoolMode::Cold => Ok(Pool::Cold { kind, workers, pin: pin.clone() }),
            PoolMode::Warm if wanted.executor == BASELINE => Ok(Pool::Cold { kind, workers, pin: None }),
            PoolMode::Warm => {
                start(&*self.batches[workload])().map(Pool::Warm).map_err(|error| error.to_string())
            }
        }
    }
}

/// Makes room for a connection of every worker, where jobs wait for some.
fn room_for(choice: &WorkloadChoice) -> Result<(), String> {
    if choice.prepared.waits().is_none() {
        return Ok(());
    }
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
        if study.config.workloads[index].prepared.weights() != recorded.sizes {
            return Err(format!("has another batch of {}; start a new run", recorded.name));
        }
        study.batches[index].adopt(&recorded.digests);
    }
    Ok(())
}
