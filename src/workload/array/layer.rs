//! Array workloads as workloads.

use std::sync::{Arc, Mutex, PoisonError};

use serde::{Deserialize, Serialize};

use super::passed::{Answer, Array, Passed, compute};
use super::served::{self, Served, Server};
use super::{ArrayWorkload, Job, Kernel, Scale, Site};
use crate::workload::waiting::{Place, Running};
use crate::workload::{Digest, Execution, Fault, Repeated, Waiting, Workload};
use speedup_report::record::Data;

/// Passes before the next look at the clock of a ceiling: what a kernel that takes two of them together needs to do
/// what it does in a job.
const AT_ONCE: u32 = 2;

/// An array workload with the settings of a run.
pub struct Arrays {
    /// What computes.
    pub workload: &'static dyn ArrayWorkload,
    /// Which of its kernels.
    pub kernel: &'static Kernel,
    /// How arrays reach the workers.
    pub data: Data,
    /// Times that each job computes over its array.
    pub passes: u32,
    /// Sizes of the arrays.
    pub scale: Scale,
    /// Seed of the arrays.
    pub seed: u64,
    /// What the process that has the batch keeps between its executions.
    kept: Mutex<Kept>,
}

#[derive(Default)]
struct Kept {
    /// What the tasks carry, once it has been needed.
    passed: Option<Vec<Passed>>,
    server: Option<Server>,
    /// Where the jobs of the execution under way find the server.
    site: Option<Site>,
}

/// A job over an array, on its way to a worker.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ArrayJob {
    /// Name of the kernel.
    pub kernel: String,
    /// The job.
    pub job: Job,
    /// Its array, or what it takes to get it.
    pub array: Passed,
    /// Times that it computes over its array.
    pub passes: u32,
}

impl Arrays {
    /// A workload with its default settings.
    #[must_use]
    pub fn new(workload: &'static dyn ArrayWorkload) -> Self {
        Self {
            workload,
            kernel: workload.default_kernel(),
            data: Data::default(),
            passes: workload.default_passes(),
            scale: Scale::default(),
            seed: 0,
            kept: Mutex::default(),
        }
    }

    fn kept(&self) -> std::sync::MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn of_kernel(&self, name: &str) -> Result<&'static Kernel, Fault> {
        self.workload.kernel(name).ok_or_else(|| {
            Fault(format!("kernel \"{name}\" of {} is not known in this process", self.workload.name()))
        })
    }
}

/// Settings go along, what is kept does not.
impl Clone for Arrays {
    fn clone(&self) -> Self {
        Self { kept: Mutex::default(), ..*self }
    }
}

impl Workload for Arrays {
    type Job = ArrayJob;
    type Output = Answer;

    fn name(&self) -> &str {
        self.workload.name()
    }

    fn label(&self) -> &str {
        self.workload.label()
    }

    fn summary(&self) -> &str {
        self.workload.summary()
    }

    fn selection(&self) -> crate::workload::Selection {
        self.workload.selection()
    }

    fn seed(&mut self, seed: u64) {
        self.seed = seed;
    }

    fn jobs(&self) -> Vec<ArrayJob> {
        let sizes = self.workload.sizes(self.scale).into_iter().enumerate();
        let job = |(index, size)| ArrayJob {
            kernel: self.kernel.name.to_string(),
            job: Job { seed: self.seed, index, size, site: None },
            array: Passed::Generate,
            passes: self.passes,
        };
        sizes.map(job).collect()
    }

    fn weight(&self, job: &ArrayJob) -> usize {
        job.job.size
    }

    fn run(&self, job: ArrayJob) -> Result<Answer, Fault> {
        self.run_in_parts(job, &mut || {})
    }

    fn waiting(&self) -> Option<Waiting<Self>> {
        let served = self.workload.served()?;
        let place = |arrays: &Arc<Self>| -> Box<dyn Place<Self>> {
            Box::new(AtServer { arrays: Arc::clone(arrays), place: None })
        };
        let waiting = Waiting::with_places(served.jobs(), served.waits_for(self.scale), place);
        Some(waiting.workers(served.default_workers().iter().copied()))
    }

    fn may_end_process(&self) -> bool {
        self.workload.may_end_process()
    }

    /// Each execution has its own number at the server, and arrays that the parent passes on. Those are made once,
    /// when they are first needed, and the server is started then.
    fn execution(&self, execution: Execution, jobs: &[ArrayJob]) -> Result<Vec<ArrayJob>, Fault> {
        let mut kept = self.kept();
        if let Some(served) = self.workload.served() {
            if kept.server.is_none() {
                let started = served.serve(self.scale);
                kept.server = Some(started.map_err(|fault| Fault(format!("{}: {fault}", self.name())))?);
            }
            let site = |server: &Server| Site { addr: server.addr, execution: execution.number };
            kept.site = kept.server.as_ref().map(site);
        }
        let site = kept.site;
        if kept.passed.is_none() && self.data != Data::Generate {
            let made = jobs.iter().map(|job| Passed::of(self.workload, job.job, self.data).map_err(Fault));
            kept.passed = Some(made.collect::<Result<_, _>>()?);
        }
        let array = |index: usize| match &kept.passed {
            Some(passed) if execution.baseline => passed[index].clone().at_home(),
            Some(passed) => passed[index].clone(),
            None => Passed::Generate,
        };
        let job = |(index, job): (usize, &ArrayJob)| ArrayJob {
            array: array(index),
            job: Job { site, ..job.job },
            ..job.clone()
        };
        Ok(jobs.iter().enumerate().map(job).collect())
    }

    fn executed(&self) {
        let site = self.kept().site.take();
        if let Some((served, site)) = self.workload.served().zip(site) {
            served.rest(site);
        }
    }

    fn run_in_parts(&self, job: ArrayJob, ready: &mut dyn FnMut()) -> Result<Answer, Fault> {
        let kernel = self.of_kernel(&job.kernel)?;
        let ArrayJob { job, array, passes, .. } = job;
        compute(self.workload, kernel, || array.take(self.workload, job), passes, ready)
    }

    /// Passes over the largest array, another one in each lane, which is made beforehand.
    fn repeated<'a>(&'a self, lane: usize, jobs: &[ArrayJob]) -> Result<Repeated<'a>, Fault> {
        let size = jobs.iter().map(|job| job.job.size).max().unwrap_or(0);
        let job = Job { seed: self.seed, index: lane, size, site: None };
        let passed = Passed::of(self.workload, job, self.data).map_err(Fault)?;
        let mut array = passed.at_home().take(self.workload, job)?;
        Ok(Box::new(move || {
            array.compute(self.workload, self.kernel, AT_ONCE)?;
            Ok(AT_ONCE.into())
        }))
    }

    fn difference(&self, expected: &Answer, found: &Answer) -> Option<String> {
        if expected.digest != found.digest {
            let (expected, found) = (&expected.digest, &found.digest);
            return Some(format!("gave {found}, but the serial baseline gave {expected}"));
        }
        (expected.array != found.array)
            .then(|| "gave back another array than the serial baseline".to_string())
    }

    fn digest(&self, output: &Answer) -> Option<Digest> {
        Some(output.digest.clone())
    }
}

/// A place whose jobs get their arrays from a server. The workload has its part there from the first job on.
struct AtServer {
    arrays: Arc<Arrays>,
    place: Option<Box<dyn served::Place>>,
}

impl Place<Arrays> for AtServer {
    fn run<'a>(&'a mut self, job: ArrayJob, ready: &'a mut (dyn FnMut() + Send)) -> Running<'a, Answer> {
        Box::pin(async move {
            let kernel = self.arrays.of_kernel(&job.kernel)?;
            let workload = self.arrays.workload;
            let served: Option<(&dyn Served, Site)> = workload.served().zip(job.job.site);
            let (served, site) =
                served.ok_or_else(|| Fault(format!("{} has no server to ask", workload.name())))?;
            let place = self.place.get_or_insert_with(|| served.place(site));
            let mut array = Array::Own(place.generate(job.job).await?);
            ready();
            let digest = array.compute(workload, kernel, job.passes)?;
            Ok(array.answer(workload, digest))
        })
    }
}
