//! The machine and this build, for the record.

use speedup_machine::environment::{self, Build, Environment};

/// What this process runs on, as far as the system and the build script tell. Takes some milliseconds.
#[must_use]
pub fn gather() -> Environment {
    environment::gather(&Build {
        rustc: env!("SPEEDUP_RUSTC_VERSION"),
        opt_level: env!("SPEEDUP_OPT_LEVEL"),
        target_features: env!("SPEEDUP_TARGET_FEATURES"),
    })
}
