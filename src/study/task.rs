//! A job of a workload as a task, and what a worker does before its first.
//!
//! There is one task type for each workload type, so that jobs and outputs travel as what they are: nothing is boxed
//! or encoded on its way to a thread. A process finds the workload by its name among those that the program has
//! registered, and sets its own clone of it up once.

use std::any::Any;
use std::sync::{Arc, Mutex, PoisonError};

use serde::{Deserialize, Serialize};

use super::job::{JobReport, timed};
use super::setting::Setting;
use super::{pinning, registry};
use crate::workload::{Fault, Workload, array};
use speedup_executor::Task;
use speedup_executor::task::TaskEntry;

/// Sets a workload up in this process.
pub(super) fn set_up<W: Workload>(mut workload: W) -> Result<Arc<W>, Fault> {
    if let Some(set_up) = workload.set_up() {
        set_up(&mut workload)?;
    }
    Ok(Arc::new(workload))
}

/// One job of a batch, on its way to a worker.
#[derive(Clone, Serialize, Deserialize)]
#[serde(bound = "")]
pub struct WorkloadJob<W: Workload> {
    #[serde(with = "shared")]
    setting: Arc<Setting>,
    /// The workload, as long as the job stays in this process.
    #[serde(skip)]
    here: Option<Arc<W>>,
    job: W::Job,
}

/// A job over an array.
pub type BatchJob = WorkloadJob<array::Arrays>;

impl<W: Workload> WorkloadJob<W> {
    /// A job of the workload that this program has registered under the setting's name.
    #[must_use]
    pub fn new(setting: Arc<Setting>, job: W::Job) -> Self {
        Self { setting, here: None, job }
    }

    /// The same of a workload that is at hand.
    pub(super) fn at_hand(setting: Arc<Setting>, workload: Arc<W>, job: W::Job) -> Self {
        Self { setting, here: Some(workload), job }
    }
}

impl<W: Workload> Task for WorkloadJob<W> {
    const NAME: &'static str = "speedup.job";
    type Output = JobReport<W::Output>;

    fn run(self) -> Self::Output {
        timed(|ready| {
            let Self { setting, here, job } = self;
            let workload = here.map_or_else(|| in_this_process(&setting), Ok);
            let output = workload.and_then(|workload| workload.run_in_parts(job, ready));
            output.map_err(|fault| fault.to_string())
        })
    }
}

/// What every worker of a pool does before its first job, where the workload has to be set up.
#[derive(Clone, Serialize, Deserialize)]
#[serde(bound = "")]
pub(super) struct WorkerSetUp<W: Workload> {
    #[serde(with = "shared")]
    pub(super) setting: Arc<Setting>,
    /// The CPUs to which the workers are kept, none if they are not.
    pub(super) cpus: Vec<usize>,
    #[serde(skip)]
    pub(super) here: Option<Arc<W>>,
}

impl<W: Workload> Task for WorkerSetUp<W> {
    const NAME: &'static str = "speedup.set_up";
    type Output = ();

    /// # Panics
    ///
    /// If it cannot be set up: so a pool learns of it.
    fn run(self) {
        pinning::stay(&self.cpus);
        let workload = self.here.map_or_else(|| in_this_process::<W>(&self.setting), Ok);
        let done = workload.and_then(|workload| set_up_worker(&*workload));
        done.unwrap_or_else(|fault| panic!("{} cannot be set up: {fault}", self.setting.workload));
    }
}

/// Sets this thread up as a worker.
pub(super) fn set_up_worker<W: Workload>(workload: &W) -> Result<(), Fault> {
    workload.set_up_worker().map_or(Ok(()), |set_up| set_up(workload))
}

/// The tasks of a workload type.
pub(super) fn entries<W: Workload>() -> [TaskEntry; 2] {
    [TaskEntry::of::<WorkloadJob<W>>(), TaskEntry::of::<WorkerSetUp<W>>()]
}

/// The workload of a setting in a process that only has its name, set up when it is first asked for.
fn in_this_process<W: Workload>(setting: &Setting) -> Result<Arc<W>, Fault> {
    static KNOWN: Mutex<Vec<(Setting, Arc<dyn Any + Send + Sync>)>> = Mutex::new(Vec::new());
    // Held while it is set up, so that two threads do not do the same.
    let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some((_, workload)) = known.iter().find(|(other, _)| other == setting) {
        return Arc::clone(workload).downcast().map_err(|_| registry::other_type(&setting.workload));
    }
    let workload = set_up(setting.configured(registry::prototype::<W>(&setting.workload)?)?)?;
    known.push((setting.clone(), Arc::<W>::clone(&workload)));
    Ok(workload)
}

/// A shared value, written as the value is.
mod shared {
    use std::sync::Arc;

    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    pub(super) fn serialize<T: Serialize, S: Serializer>(value: &Arc<T>, to: S) -> Result<S::Ok, S::Error> {
        T::serialize(value, to)
    }

    pub(super) fn deserialize<'de, T: Deserialize<'de>, D: Deserializer<'de>>(
        from: D,
    ) -> Result<Arc<T>, D::Error> {
        T::deserialize(from).map(Arc::new)
    }
}
