//! The workloads of a program, with their types forgotten.

use std::any::Any;
use std::sync::{Arc, OnceLock};

use super::prepared::Prepared;
use super::setting::Setting;
use crate::workload::{ArrayWorkload, Fault, Kernel, Scale, Selection, Workload};
use speedup_executor::task::TaskEntry;
use speedup_report::record::Data;

static WORKLOADS: OnceLock<Workloads> = OnceLock::new();

/// The workloads of a program, in their order.
pub type Workloads = &'static [&'static dyn AnyWorkload];

/// A workload of any type: what is known of it before a run, and how to prepare it for one.
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

    /// The tasks of its type, for [`worker::init`](speedup_executor::worker::init).
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
