//! A workload of a run with its settings, set up.

use std::sync::Arc;

use super::prepared::Prepared;
use super::registry::{AnyWorkload, OfArrays};
use super::setting::Setting;
use crate::workload::{Kernel, Scale};
use speedup_report::record::Data;
use speedup_values::suggest;

/// A workload and how it is run. Each has its own serial baseline.
#[derive(Clone)]
pub struct WorkloadChoice {
    /// The workload.
    pub workload: &'static dyn AnyWorkload,
    /// The same with the settings of this run, set up.
    pub prepared: Arc<dyn Prepared>,
    /// Which of its kernels computes.
    pub kernel: &'static Kernel,
    /// How its arrays reach the workers.
    pub data: Data,
    /// Times that each job computes over its array.
    pub passes: u32,
    /// Numbers of workers, ascending, 1 among them.
    pub workers: Vec<usize>,
}

impl WorkloadChoice {
    /// Its name in the plan: the workload's, with how data is passed where that is not the default.
    #[must_use]
    pub fn name(&self) -> String {
        format!("{}{}", self.workload.name(), self.by())
    }

    /// Head of its columns: the workload's, with the kernel and how data is passed where those are
    /// not the defaults.
    #[must_use]
    pub fn label(&self) -> String {
        let kernel = if self.kernel == default_kernel(self.workload) {
            String::new()
        } else {
            format!(" ({})", self.kernel.name)
        };
        format!("{}{kernel}{}", self.workload.label(), self.by())
    }

    fn by(&self) -> String {
        if self.data == Data::default() { String::new() } else { format!(" {}", self.data.name()) }
    }
}

/// How a workload is to be run.
pub(super) struct Wanted {
    pub(super) kernel: &'static Kernel,
    pub(super) data: Data,
    pub(super) passes: u32,
    pub(super) scale: Scale,
    pub(super) seed: u64,
    pub(super) parameters: Vec<(String, String)>,
    pub(super) workers: Vec<usize>,
}

impl Wanted {
    /// The workload made ready for it; the error goes on from its name.
    pub(super) fn prepare(self, workload: &'static dyn AnyWorkload) -> Result<WorkloadChoice, String> {
        let Self { kernel, data, passes, scale, seed, parameters, workers } = self;
        let setting = Arc::new(Setting { workload: workload.name().to_string(), seed, parameters });
        let prepared = workload.prepare(&setting, &OfArrays { kernel, data, passes, scale });
        let prepared = prepared.map_err(|fault| format!("cannot be set up: {fault}"))?;
        if prepared.weights().is_empty() {
            return Err("has no jobs, so that there is nothing to measure".to_string());
        }
        Ok(WorkloadChoice { workload, prepared, kernel, data, passes, workers })
    }
}

/// The kernel where the user does not say.
pub(super) fn default_kernel(workload: &dyn AnyWorkload) -> &'static Kernel {
    workload.array().map_or(&Kernel::ONLY, |array| array.default_kernel())
}

/// The kernel of that name; the error tells which ones the workload has.
pub(super) fn kernel(workload: &'static dyn AnyWorkload, name: &str) -> Result<&'static Kernel, String> {
    let kernels = workload.array().map_or(&[Kernel::ONLY][..], |array| array.kernels());
    let names = || kernels.iter().map(|kernel| kernel.name).collect::<Vec<_>>();
    kernels.iter().find(|kernel| kernel.name == name).ok_or_else(|| {
        let hint = suggest(name, names()).map(|close| format!("; did you mean {close}?"));
        let names = names().join(", ");
        format!("{} has no kernel {name}; it has {names}{}", workload.name(), hint.unwrap_or_default())
    })
}
