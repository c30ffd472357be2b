//! Joins executors and workloads: what to measure, in which order, and the measuring itself.
//!
//! * [`choice`]: a workload of a run with its settings; [`config`] and `checks`: settings, resolved against the workloads, executors and CPUs that are there
//! * [`plan`]: the cases and the order in which they run
//! * [`registry`]: the workloads of a program, with their types forgotten; [`prepared`]: made ready for runs
//! * `registered`, `batched`: the same with their types; [`setting`]: by what each process makes the same workload
//! * [`task`]: a job of a workload as a task; [`job`]: how it times itself
//! * [`pinning`]: workers of pools that stay on their CPUs
//! * [`execute`]: one timed execution of a batch on a pool; [`pools`]: how pools are started for a batch
//! * [`hosts`]: workers on other hosts; `look`: what a machine does around an execution
//! * `asynchronous`: the same by one thread, for jobs that wait; [`runner`]: pools and that, by name
//! * [`measure`]: a study under way: executions of its cases, checked against the serial baseline
//! * `ceiling`: what the hardware does where nothing is handed out
//! * [`stopping`]: when a run has measured enough
//! * [`command`]: programs that exist, measured from outside
//! * [`live`]: two of them, or two builds of a program, in the same rounds
//! * [`subject`]: what a run measures, as the rounds see it
//! * [`rounds`]: the whole run, round by round, kept on disk as it grows; `resume` takes one up again
//! * [`selftest`]: executions with faults on purpose
//! * [`diagnostics`]: a look at the machine before anything is measured
//! * [`environment`]: the machine and the build, for the record; [`describe`] writes its head
//! * [`progress`]: the bar on the terminal, or lines of JSON

mod asynchronous;
mod batched;
mod ceiling;
mod checks;
pub mod choice;
mod clock;
pub mod command;
pub mod config;
pub mod describe;
pub mod diagnostics;
pub mod environment;
pub mod execute;
mod focus;
pub mod hosts;
pub mod job;
pub mod live;
mod look;
pub mod measure;
pub mod pinning;
pub mod plan;
pub mod pools;
pub mod prepared;
pub mod progress;
mod registered;
pub mod registry;
pub mod resume;
pub mod rounds;
pub mod runner;
pub mod selftest;
pub mod setting;
pub mod stopping;
pub mod subject;
pub mod task;
mod triad;

pub use crate::settings::{Limits, RunRequest};
pub use config::RunConfig;
pub use execute::Measured;
pub use hosts::OverHosts;
pub use measure::Study;
pub use plan::Plan;
pub(crate) use registered::{Registered, of_array};
pub use registered::{init, of_arrays};
pub use registry::{AnyWorkload, Workloads, set_workloads, workloads};
pub use rounds::Run;
pub use runner::Runner;
pub use subject::Subject;
