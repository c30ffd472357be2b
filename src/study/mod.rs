//! Joins executors and workloads: what to measure, in which order, and the measuring itself.
//!
//! * [`config`]: settings as given, and as resolved against what there is; `parse` reads their texts
//! * [`plan`]: the cases and the order in which they run
//! * [`job`]: a job of a workload as a task that times itself
//! * [`measure`]: one timed execution of one case, checked against the serial baseline
//! * [`rounds`]: the whole run, round by round, kept on disk as it grows
//! * [`environment`]: the machine and the build, for the record
//! * [`progress`]: the bar on the terminal

pub mod config;
pub mod environment;
pub mod job;
pub mod measure;
mod parse;
pub mod plan;
pub mod progress;
pub mod rounds;

pub use config::{ConfigError, RunConfig, RunRequest};
pub use job::{init, set_workloads};
pub use measure::{Measured, Study};
pub use plan::Plan;
