//! The operating system: the only place where unsafe code is allowed.
//!
//! Everything here is a thin, safe form of something the system offers, with a stated answer
//! where it does not offer it. Nothing here knows tasks, workers or records.

#![allow(unsafe_code)]

pub mod affinity;
pub mod available;
pub mod buffer;
pub mod cgroup;
pub mod channel;
pub mod clock;
pub mod counters;
pub mod doorbell;
mod files;
pub mod limits;
pub mod machine;
pub mod mailbox;
pub mod memory;
pub mod peer;
pub mod power;
pub mod pressure;
pub mod probe;
pub mod process;
pub(crate) mod sealed;
pub mod signal;
pub mod topology;
pub mod usage;
pub mod virtualisation;
