//! The machine and the build behind a run, as plain data.
//!
//! [`study`](crate::study) fills it in; a figure that the system does not give is absent.

use serde::{Deserialize, Serialize};

/// What ran the samples.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Environment {
    /// Model name of the processor.
    pub cpu_model: Option<String>,
    /// Processors that the kernel has online.
    pub cpus_online: Option<usize>,
    /// CPUs that this process may use, after affinity and cgroup quota.
    pub cpus_available: Option<usize>,
    /// CPUs in this process's affinity mask, as a list of ranges.
    pub affinity: Option<String>,
    /// CPU bandwidth of the control group, in CPUs; absent where unlimited or unknown.
    pub cgroup_cpus: Option<f64>,
    /// Operating system and processor architecture that the program was built for.
    pub platform: String,
    /// Kernel name and release.
    pub kernel: Option<String>,
    /// Total memory in bytes.
    pub memory_bytes: Option<u64>,
    /// Compiler that built the program.
    pub rustc: String,
    /// Optimisation level of the build.
    pub opt_level: String,
    /// Processor features that the compiler was allowed to use everywhere.
    pub target_features: Vec<String>,
    /// Processor features found at run time that the kernels here can make use of.
    pub cpu_features: Vec<String>,
    /// What a record from elsewhere says of its machine and runtime.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

impl Environment {
    /// The machine in a few words, for titles: processor, then CPUs available of those online.
    #[must_use]
    pub fn summary(&self) -> String {
        let model = self.cpu_model.as_deref().unwrap_or("unknown processor");
        match (self.cpus_available, self.cpus_online) {
            (Some(available), Some(online)) if available != online => {
                format!("{model}, {available} of {online} CPUs")
            }
            (Some(1), _) => format!("{model}, 1 CPU"),
            (Some(available), _) => format!("{model}, {available} CPUs"),
            (None, _) => model.to_string(),
        }
    }
}
