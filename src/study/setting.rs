//! The settings by which each process makes the same workload.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::workload::{Fault, Workload};

/// What a process has to know of a workload to have the same one as its parent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Setting {
    /// Name of the workload.
    pub workload: String,
    /// Seed of the run.
    pub seed: u64,
    /// Parameters that were given, as names and values.
    pub parameters: Vec<(String, String)>,
}

impl Setting {
    /// That of a workload with nothing given.
    #[must_use]
    pub fn of(workload: &str) -> Arc<Self> {
        Arc::new(Self { workload: workload.to_string(), seed: 0, parameters: Vec::new() })
    }

    /// A clone of a prototype with these settings.
    pub(super) fn configured<W: Workload>(&self, prototype: &W) -> Result<W, Fault> {
        let mut workload = prototype.clone();
        for (name, value) in &self.parameters {
            let mut parameters = workload.parameters();
            let parameter = parameters.iter_mut().find(|parameter| parameter.name() == name);
            let parameter = parameter.ok_or_else(|| Fault(format!("there is no parameter {name}")))?;
            parameter.set(value).map_err(|problem| Fault(format!("{name} '{value}': {problem}")))?;
        }
        workload.seed(self.seed);
        Ok(workload)
    }
}
