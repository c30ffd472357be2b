//! A run of the batch, kept as a record of speedup: by its own pools, or by a peer's.
//!
//! The serial baseline is speedup's in either case, and so are the jobs, which time themselves; a peer
//! only hands them out.

use std::process::ExitCode;

use speedup::cli::complain;
use speedup::machine::clock::monotonic_ns;
use speedup::machine::environment::conditions_after;
use speedup::machine::root::Root;
use speedup::machine::{machine, pressure, probe};
use speedup::record::store::write_whole;
use speedup::record::{Design, Failure, MachineState, Probe, RunRecord, Status, Stop, WorkerSpan};
use speedup::study::choice::WorkloadChoice;
use speedup::study::setting::Setting;
use speedup::study::task::BatchJob;
use speedup::study::{Measured, Study, Workloads};
use speedup::workload::array::{ArrayJob, Passed};
use speedup::workload::{Digest, Job};

use crate::conduct;
use crate::pools::Pool;
use crate::settings::Settings;

/// The executor that stands for a peer's while the run is laid out.
const STAND_IN: &str = "threads";

/// Who measures, where that is not speedup.
pub struct Peer {
    /// Name and version.
    pub program: String,
    /// What else a reader must know.
    pub note: String,
    /// Its pool; without one, speedup's executors run what else is the peer's.
    pub pool: Option<&'static dyn Pool>,
}

/// Runs the batch as asked for, and says how that went.
#[must_use]
pub fn main(workloads: Workloads, peer: Option<Peer>, mut settings: Settings) -> ExitCode {
    if peer.as_ref().is_some_and(|peer| peer.pool.is_some()) {
        settings.request.executor = STAND_IN.parse().ok();
    }
    let run = Run::begin(workloads, peer, &settings).and_then(|run| run.go_on(&settings));
    match run {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(message) => {
            complain(&message);
            ExitCode::FAILURE
        }
    }
}

struct Run<'a> {
    study: Study,
    record: RunRecord,
    pool: Option<&'static dyn Pool>,
    settings: &'a Settings,
}

impl<'a> Run<'a> {
    fn begin(workloads: Workloads, peer: Option<Peer>, settings: &'a Settings) -> Result<Self, String> {
        let config = settings.request.resolve(&settings.limits, workloads, machine::cpus_available());
        let study = Study::new(config.map_err(|error| format!("--{error}"))?, Design::InterleavedRounds);
        let mut record = study.new_record();
        record.plan.turns.clone_from(&settings.turns);
        let mut pool = None;
        if let Some(peer) = peer {
            record.tool.peer = Some(peer.program);
            record.environment.note = Some(peer.note);
            pool = peer.pool;
        }
        if let Some(pool) = pool {
            for case in record.plan.cases.iter_mut().filter(|case| case.executor == STAND_IN) {
                case.executor = pool.name().to_string();
            }
        }
        std::fs::create_dir_all(&settings.folder)
            .map_err(|error| format!("--folder {}: {error}", settings.folder.display()))?;
        let run = Self { study, record, pool, settings };
        run.save()?;
        Ok(run)
    }

    fn save(&self) -> Result<(), String> {
        let path = self.settings.folder.join("run.json");
        write_whole(&path, &self.record.to_json()).map_err(|error| error.to_string())
    }

    /// Whether nothing failed.
    fn go_on(mut self, settings: &Settings) -> Result<bool, String> {
        conduct::hold(settings.conducted, settings.rounds, |number, warmup| self.round(number, warmup))?;
        let held = |round| self.record.samples.iter().any(|sample| sample.round == round && !sample.warmup);
        self.record.status = if !self.record.failures.is_empty() {
            Status::Failed
        } else if (0..settings.rounds).all(held) {
            Status::Complete
        } else {
            Status::Interrupted
        };
        let complete = self.record.status == Status::Complete;
        self.record.stop = complete.then_some(Stop::Rounds);
        let others = Err("it took turns with the other programs of a comparison".to_string());
        self.record.conditions.after = Some(conditions_after(&others));
        self.save()?;
        Ok(complete)
    }

    /// Every case once; one that has failed before is left out.
    fn round(&mut self, round: u32, warmup: bool) -> Result<Vec<String>, String> {
        let order = self.study.plan().order(round, warmup);
        self.record.plan.order.push(order.clone());
        self.record.plan.warmup_rounds += u32::from(warmup);
        let mut failures = Vec::new();
        for case in order {
            if self.record.failures.iter().any(|failure| failure.case == case) {
                continue;
            }
            match self.measure(case) {
                Ok(measured) => self.record.samples.push(measured.into_sample(case, round, warmup)),
                Err(message) => {
                    failures.push(format!("{}: {message}", self.record.plan.cases[case]));
                    self.record.failures.push(Failure { case, round, warmup, message });
                }
            }
            self.study.describe_workloads(&mut self.record);
        }
        self.save()?;
        Ok(failures)
    }

    fn measure(&mut self, case: usize) -> Result<Measured, String> {
        let planned = &self.record.plan.cases[case];
        let Some(pool) = self.pool.filter(|pool| pool.name() == planned.executor) else {
            return self.study.measure(case);
        };
        let config = self.study.config();
        let choice = config.workloads.iter().find(|choice| choice.name() == planned.workload);
        let choice = choice.ok_or("the plan has another workload")?;
        let recorded = self.record.workload(&planned.workload).ok_or("the plan has another workload")?;
        let jobs = jobs(choice, &recorded.sizes, config.seed);
        let start_ns = self.study.elapsed_ns();
        let (measured, digests) = execute(pool, planned.workers, jobs)?;
        if digests.len() != recorded.sizes.len() {
            return Err(format!("{} of {} jobs gave a result", digests.len(), recorded.sizes.len()));
        }
        if recorded.digests.is_empty() {
            return Err("there is no serial baseline to check it against".to_string());
        }
        if let Some(job) = (0..digests.len()).find(|&job| recorded.digests.get(job) != Some(&digests[job])) {
            return Err(format!("job {job} gave another result than the serial baseline"));
        }
        Ok(Measured { start_ns, ..measured })
    }
}

fn jobs(choice: &WorkloadChoice, sizes: &[usize], seed: u64) -> Vec<BatchJob> {
    let setting = Setting::of(choice.workload.name());
    let job = |(index, &size): (usize, &usize)| {
        let (kernel, job) = (choice.kernel.name.to_string(), Job { seed, index, size, site: None });
        let job = ArrayJob { kernel, job, array: Passed::Generate, passes: choice.passes };
        BatchJob::new(setting.clone(), job)
    };
    sizes.iter().enumerate().map(job).collect()
}

/// One execution by a peer's pool, as speedup measures its own.
fn execute(pool: &dyn Pool, workers: usize, jobs: Vec<BatchJob>) -> Result<(Measured, Vec<Digest>), String> {
    let root = Root::default();
    let load = pressure::load(&root).ok();
    let before = probe::probe().map(recorded);
    let stolen_ns = pressure::steal_ns(&root).ok();
    let mut submitted = Vec::with_capacity(jobs.len());
    let start = monotonic_ns();
    let ran = pool.run(workers, &mut jobs.into_iter().inspect(|_| submitted.push(monotonic_ns())))?;
    let wall_ns = monotonic_ns() - start;
    let steal_ns = stolen_ns.and_then(|before| Some(pressure::steal_ns(&root).ok()?.saturating_sub(before)));
    let machine = MachineState {
        steal_ns,
        throttled_ns: None,
        suspended_ns: None,
        load,
        before,
        after: probe::probe().map(recorded),
    };

    let since = |time: u64| time.saturating_sub(start);
    let life = |life: &WorkerSpan| WorkerSpan {
        worker: life.worker,
        spawned_ns: since(life.spawned_ns),
        ready_ns: since(life.ready_ns),
        ended_ns: since(life.ended_ns),
    };
    let mut tasks = Vec::with_capacity(ran.reports.len());
    let mut digests = Vec::with_capacity(ran.reports.len());
    for (job, (worker, report)) in ran.reports.into_iter().enumerate() {
        tasks.push(report.span(job, worker, submitted[job], start));
        digests.push(report.result.map_err(|fault| format!("job {job}: {fault}"))?.digest);
    }
    let workers = ran.lives.iter().map(life).collect();
    Ok((
        Measured { start_ns: start, wall_ns, workers, tasks, machine, hosts: Vec::new(), outside: None },
        digests,
    ))
}

fn recorded(probe: probe::Probe) -> Probe {
    Probe { clock_hz: probe.clock_hz, width: probe.width }
}
