//! The workloads of a program, with their types forgotten.

use std::any::Any;
use std::sync::{Arc, OnceLock};

use super::pinning;
use super::prepared::{Batched, Prepared};
use super::task::{self, Setting};
use crate::workload::array::Arrays;
use crate::workload::{ArrayWorkload, Fault, Kernel, Scale, Selection, Workload};
use speedup_executor::task::TaskEntry;
use speedup_executor::worker;
use speedup_flags::beside;
use speedup_report::record::Data;

static WORKLOADS: OnceLock<Workloads> = OnceLock::new();

/// The workloads of a program, in their order.
pub type Workloads = &'static [&'static dyn AnyWorkload];

/// A workload of any type: what there is to know of it before a run, and how to prepare it for one.
pub trait AnyWorkload: Send + Sync {
    /// Name on the command line and in records.
    fn name(&self) -> &str;

    /// Head of its columns in tables.
    fn label(&self) -> &str;

    /// What it computes, in a few words.
    fn summary(&self) -> &str;

    /// Whether it is run where the user names none.
    fn selection(&self) -> Selection;

    /// Numbers of workers where its jobs wait and the user does not say; nothing where they compute.
    fn waiting(&self) -> Option<Vec<usize>>;

    /// Its parameters with their defaults.
    fn parameters(&self) -> Vec<Declared>;

    /// Checks a value of one of its parameters.
    ///
    /// # Errors
    ///
    /// What is wrong with it, by the parameter's type.
    fn check(&self, parameter: &str, value: &str) -> Result<(), String>;

    /// The array workload that it is, if it is one.
    fn array(&self) -> Option<&'static dyn ArrayWorkload>;

    /// Makes it ready for runs with these settings: set up in this process, and with its jobs.
    ///
    /// # Errors
    ///
    /// [`Fault`] if it cannot be set up.
    fn prepare(&self, setting: &Arc<Setting>, arrays: &OfArrays) -> Result<Arc<dyn Prepared>, Fault>;

    /// The tasks of its type, for [`worker::init`].
    fn tasks(&self) -> [TaskEntry; 2];

    /// What runs make clones of.
    fn prototype(&self) -> &dyn Any;
}

/// A parameter as a workload declares it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Declared {
    /// Its name, without hyphens in front.
    pub name: &'static str,
    /// What it is, in a few words.
    pub summary: &'static str,
    /// Its value in the prototype.
    pub default: String,
}

/// Settings that only array workloads have.
#[derive(Debug, Clone, Copy)]
pub struct OfArrays {
    /// Which kernel computes.
    pub kernel: &'static Kernel,
    /// How arrays reach the workers.
    pub data: Data,
    /// Times that each job computes over its array.
    pub passes: u32,
    /// Sizes of the arrays.
    pub scale: Scale,
}

/// A workload with jobs of its own type.
pub(crate) struct Registered<W>(pub(crate) W);

impl<W: Workload> AnyWorkload for Registered<W> {
    fn name(&self) -> &str {
        self.0.name()
    }

    fn label(&self) -> &str {
        self.0.label()
    }

    fn summary(&self) -> &str {
        self.0.summary()
    }

    fn selection(&self) -> Selection {
        self.0.selection()
    }

    fn waiting(&self) -> Option<Vec<usize>> {
        self.0.waiting().map(|waiting| waiting.default_workers().to_vec())
    }

    fn parameters(&self) -> Vec<Declared> {
        let mut workload = self.0.clone();
        let parameters = workload.parameters();
        let declared = parameters.iter().map(|parameter| Declared {
            name: parameter.name(),
            summary: parameter.summary(),
            default: parameter.value(),
        });
        declared.collect()
    }

    fn check(&self, parameter: &str, value: &str) -> Result<(), String> {
        let mut workload = self.0.clone();
        let mut parameters = workload.parameters();
        let parameter = parameters.iter_mut().find(|other| other.name() == parameter);
        parameter.map_or(Ok(()), |parameter| parameter.set(value))
    }

    fn array(&self) -> Option<&'static dyn ArrayWorkload> {
        None
    }

    fn prepare(&self, setting: &Arc<Setting>, _: &OfArrays) -> Result<Arc<dyn Prepared>, Fault> {
        Ok(Arc::new(Batched::new(Arc::clone(setting), &self.0)?))
    }

    fn tasks(&self) -> [TaskEntry; 2] {
        task::entries::<W>()
    }

    fn prototype(&self) -> &dyn Any {
        &self.0
    }
}

/// A workload over arrays, which has settings of its own.
struct OverArrays(Registered<Arrays>);

impl AnyWorkload for OverArrays {
    fn name(&self) -> &str {
        self.0.name()
    }

    fn label(&self) -> &str {
        self.0.label()
    }

    fn summary(&self) -> &str {
        self.0.summary()
    }

    fn selection(&self) -> Selection {
        self.0.selection()
    }

    fn waiting(&self) -> Option<Vec<usize>> {
        self.0.waiting()
    }

    fn parameters(&self) -> Vec<Declared> {
        Vec::new()
    }

    fn check(&self, parameter: &str, value: &str) -> Result<(), String> {
        self.0.check(parameter, value)
    }

    fn array(&self) -> Option<&'static dyn ArrayWorkload> {
        Some(self.0.0.workload)
    }

    fn prepare(&self, setting: &Arc<Setting>, chosen: &OfArrays) -> Result<Arc<dyn Prepared>, Fault> {
        let mut arrays = self.0.0.clone();
        (arrays.kernel, arrays.data) = (chosen.kernel, chosen.data);
        (arrays.passes, arrays.scale) = (chosen.passes, chosen.scale);
        Ok(Arc::new(Batched::new(Arc::clone(setting), &arrays)?))
    }

    fn tasks(&self) -> [TaskEntry; 2] {
        self.0.tasks()
    }

    fn prototype(&self) -> &dyn Any {
        self.0.prototype()
    }
}

/// Array workloads as workloads of a program. They stay for as long as it runs.
#[must_use]
pub fn of_arrays(workloads: &[&'static dyn ArrayWorkload]) -> Workloads {
    let registered = |&workload: &&'static dyn ArrayWorkload| of_array(workload);
    workloads.iter().map(registered).collect::<Vec<_>>().leak()
}

/// An array workload as one of a program's.
pub(crate) fn of_array(workload: &'static dyn ArrayWorkload) -> &'static dyn AnyWorkload {
    Box::leak(Box::new(OverArrays(Registered(Arrays::new(workload)))))
}

/// Makes array workloads known to this process and, if it was started as a worker, becomes one and does not return.
/// Must be the first thing in `main`; the first call counts. [`Tool`](crate::Tool) does the same for workloads of any
/// kind.
pub fn init(workloads: &[&'static dyn ArrayWorkload]) {
    static TASKS: OnceLock<Vec<TaskEntry>> = OnceLock::new();
    set_workloads(of_arrays(workloads));
    let tasks = || [&task::entries::<Arrays>()[..], &beside::TASKS[..1], &pinning::TASKS[..]].concat();
    worker::init(TASKS.get_or_init(tasks));
}

/// Makes workloads known to this process; the first call counts.
pub fn set_workloads(workloads: Workloads) {
    WORKLOADS.get_or_init(|| workloads);
}

/// The workloads that this process knows.
#[must_use]
pub fn workloads() -> Workloads {
    WORKLOADS.get().copied().unwrap_or_default()
}

/// The prototype of that name.
pub(super) fn prototype<W: Workload>(name: &str) -> Result<&'static W, Fault> {
    let workload = workloads().iter().find(|workload| workload.name() == name);
    let workload =
        workload.ok_or_else(|| Fault(format!("workload \"{name}\" is not known in this process")))?;
    workload.prototype().downcast_ref().ok_or_else(|| other_type(name))
}

/// That two parts of a program mean different workloads by one name.
pub(super) fn other_type(workload: &str) -> Fault {
    Fault(format!("workload \"{workload}\" is of another type in this process"))
}
