//! Describes the machine and the build for the record.

use crate::record::Environment;
use crate::sys::machine;

/// What this process runs on, as far as the system tells.
#[must_use]
pub fn gather() -> Environment {
    let features = env!("SPEEDUP_TARGET_FEATURES").split(',').filter(|feature| !feature.is_empty());
    Environment {
        cpu_model: machine::cpu_model(),
        cpus_online: machine::cpus_online(),
        cpus_available: Some(machine::cpus_available()),
        affinity: machine::affinity(),
        cgroup_cpus: machine::cgroup_cpus(),
        platform: format!("{}-{}", std::env::consts::ARCH, std::env::consts::OS),
        kernel: machine::kernel(),
        memory_bytes: machine::memory_bytes(),
        rustc: env!("SPEEDUP_RUSTC_VERSION").to_string(),
        opt_level: env!("SPEEDUP_OPT_LEVEL").to_string(),
        target_features: features.map(str::to_string).collect(),
        cpu_features: machine::cpu_features(),
        note: None,
    }
}
