//! Facts about the machine a program runs on, and what its threads and processes use of it.
//!
//! Everything here is a thin, safe form of something the system offers, with a stated answer where it
//! does not offer it. Nothing here knows tasks, workers or records.

pub mod affinity;
pub mod available;
pub mod capture;
pub mod cgroup;
pub mod clock;
pub mod counters;
pub mod environment;
mod files;
pub mod kinds;
pub mod known;
pub mod limits;
pub mod machine;
pub mod model;
pub mod neighbours;
pub mod placement;
pub mod power;
pub mod pressure;
pub mod probe;
pub mod root;
pub mod signal;
pub mod topology;
pub mod usage;
pub mod virtualisation;
