//! `src/system.rs`, with a clock and CPUs of the model.

pub mod affinity;
pub mod clock;

pub use speedup_machine::{machine, signal};
