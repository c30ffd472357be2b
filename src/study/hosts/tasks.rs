//! What is asked of a host, by a thread in its agent.

use std::sync::{Arc, LazyLock, Mutex, PoisonError};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::study::choice::{Wanted, WorkloadChoice, kernel};
use crate::study::look::Look;
use crate::study::prepared::Prepared;
use crate::study::registry::workloads;
use crate::study::setting::Setting;
use crate::study::{ceiling, environment};
use crate::workload::Scale;
use speedup_executor::Task;
use speedup_executor::task::TaskEntry;
use speedup_machine::placement::Placement;
use speedup_report::record::{CeilingLane, Data, Environment};
use speedup_values::choose;

/// The tasks, for [`worker::init`](speedup_executor::worker::init).
pub static TASKS: [TaskEntry; 3] =
    [TaskEntry::of::<Describe>(), TaskEntry::of::<LookAt>(), TaskEntry::of::<Ceiling>()];

/// What the machine is.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Describe;

impl Task for Describe {
    const NAME: &'static str = "speedup.host";
    type Output = Environment;

    fn run(self) -> Environment {
        environment::gather()
    }
}

/// What the machine does around an execution.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub(super) enum LookAt {
    Before,
    After,
}

impl Task for LookAt {
    const NAME: &'static str = "speedup.look";
    type Output = Look;

    fn run(self) -> Look {
        match self {
            Self::Before => Look::before(),
            Self::After => Look::after(),
        }
    }
}

/// What the machine can do for a workload with so many threads and no queue.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Ceiling {
    of: Work,
    /// In which its threads get CPUs.
    order: Placement,
    workers: usize,
    window_ns: u64,
}

/// A workload as it was chosen.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Work {
    setting: Setting,
    kernel: String,
    data: Data,
    passes: u32,
    scale: String,
}

impl Ceiling {
    pub(super) fn of(
        choice: &WorkloadChoice,
        (seed, scale, order): (u64, Scale, Placement),
        (workers, window): (usize, Duration),
    ) -> Self {
        let (workload, parameters) =
            (choice.workload.name().to_string(), choice.prepared.parameters().to_vec());
        let of = Work {
            setting: Setting { workload, seed, parameters },
            kernel: choice.kernel.name.to_string(),
            data: choice.data,
            passes: choice.passes,
            scale: scale.name().to_string(),
        };
        Self { of, order, workers, window_ns: window.as_nanos() as u64 }
    }
}

impl Work {
    /// The workload made ready as it is where the run is, once.
    fn prepared(&self) -> Result<Arc<dyn Prepared>, String> {
        static KNOWN: Mutex<Vec<(Work, Arc<dyn Prepared>)>> = Mutex::new(Vec::new());
        let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, prepared)) = known.iter().find(|(other, _)| other == self) {
            return Ok(Arc::clone(prepared));
        }
        let Setting { workload, seed, parameters } = self.setting.clone();
        let workload = choose("workload", &workload, workloads().iter().copied(), |of| of.name())?;
        let wanted = Wanted {
            kernel: kernel(workload, &self.kernel)?,
            data: self.data,
            passes: self.passes,
            scale: choose("scale", &self.scale, [Scale::Book, Scale::Tiny], |scale| scale.name())?,
            seed,
            parameters,
            workers: Vec::new(),
        };
        let prepared =
            wanted.prepare(workload).map_err(|problem| format!("{} {problem}", workload.name()))?;
        known.push((self.clone(), Arc::clone(&prepared.prepared)));
        Ok(prepared.prepared)
    }
}

impl Task for Ceiling {
    const NAME: &'static str = "speedup.ceiling";
    type Output = Result<Vec<CeilingLane>, String>;

    fn run(self) -> Self::Output {
        /// A system lists its CPUs in many files.
        static ORDERS: LazyLock<[(Placement, Vec<usize>); 3]> =
            LazyLock::new(|| Placement::ALL.map(|order| (order, order.of_this_machine())));
        let prepared = self.of.prepared()?;
        let (_, cpus) =
            ORDERS.iter().find(|(order, _)| *order == self.order).ok_or("no such order of CPUs")?;
        let work = |lane, _| prepared.repeated(lane);
        ceiling::measure(&work, (self.workers, cpus), Duration::from_nanos(self.window_ns))
    }
}
