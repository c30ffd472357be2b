//! Workloads of some type as members of the registry.

use std::any::Any;
use std::sync::{Arc, OnceLock};

use super::batched::Batched;
use super::prepared::Prepared;
use super::registry::{AnyWorkload, Declared, OfArrays, Workloads, set_workloads};
use super::setting::Setting;
use super::{hosts, pinning, task};
use crate::workload::array::Arrays;
use crate::workload::{ArrayWorkload, Fault, Selection, Workload};
use speedup_executor::task::TaskEntry;
use speedup_executor::worker;
use speedup_flags::server_process;

/// A workload of some type.
pub(crate) struct Registered<W> {
    prototype: W,
    /// The array workload that it is, if it is one.
    array: Option<&'static dyn ArrayWorkload>,
    /// The prototype with the settings that only array workloads have.
    with: fn(&W, &OfArrays) -> W,
}

impl<W: Workload> Registered<W> {
    /// One with jobs of its own type.
    pub(crate) fn new(prototype: W) -> Self {
        Self { prototype, array: None, with: |prototype, _| prototype.clone() }
    }
}

impl<W: Workload> AnyWorkload for Registered<W> {
    fn name(&self) -> &str {
        self.prototype.name()
    }

    fn label(&self) -> &str {
        self.prototype.label()
    }

    fn summary(&self) -> &str {
        self.prototype.summary()
    }

    fn selection(&self) -> Selection {
        self.prototype.selection()
    }

    fn waiting(&self) -> Option<Vec<usize>> {
        self.prototype.waiting().map(|waiting| waiting.default_workers().to_vec())
    }

    fn parameters(&self) -> Vec<Declared> {
        let mut workload = self.prototype.clone();
        let parameters = workload.parameters();
        let declared = parameters.iter().map(|parameter| Declared {
            name: parameter.name(),
            summary: parameter.summary(),
            default: parameter.value(),
        });
        declared.collect()
    }

    fn check(&self, parameter: &str, value: &str) -> Result<(), String> {
        let mut workload = self.prototype.clone();
        let mut parameters = workload.parameters();
        let parameter = parameters.iter_mut().find(|other| other.name() == parameter);
        parameter.map_or(Ok(()), |parameter| parameter.set(value))
    }

    fn array(&self) -> Option<&'static dyn ArrayWorkload> {
        self.array
    }

    fn prepare(&self, setting: &Arc<Setting>, arrays: &OfArrays) -> Result<Arc<dyn Prepared>, Fault> {
        Ok(Arc::new(Batched::new(Arc::clone(setting), &(self.with)(&self.prototype, arrays))?))
    }

    fn tasks(&self) -> [TaskEntry; 2] {
        task::entries::<W>()
    }

    fn prototype(&self) -> &dyn Any {
        &self.prototype
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
    Box::leak(Box::new(Registered {
        prototype: Arrays::new(workload),
        array: Some(workload),
        with: |prototype, chosen| {
            let mut arrays = prototype.clone();
            (arrays.kernel, arrays.data) = (chosen.kernel, chosen.data);
            (arrays.passes, arrays.scale) = (chosen.passes, chosen.scale);
            arrays
        },
    }))
}

/// Makes array workloads known to this process and, if it was started as a worker, becomes one and does not return.
/// Must be the first thing in `main`; the first call counts. [`Tool`](crate::Tool) does the same for workloads of any
/// kind.
pub fn init(workloads: &[&'static dyn ArrayWorkload]) {
    static TASKS: OnceLock<Vec<TaskEntry>> = OnceLock::new();
    set_workloads(of_arrays(workloads));
    let tasks = || {
        let arrays = task::entries::<Arrays>();
        [&arrays[..], &server_process::TASKS[..1], &pinning::TASKS[..], &hosts::TASKS[..]].concat()
    };
    worker::init(TASKS.get_or_init(tasks));
}
