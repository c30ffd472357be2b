//! The saved form of a run: plain data and JSON, nothing computed.
//!
//! A [`RunRecord`] holds everything that a report needs: the machine, the plan and every raw
//! sample. Estimates are not kept here; [`analysis`](crate::analysis) derives them anew from the
//! file, so that a better estimator also improves old runs.
//!
//! * [`schema`]: the record itself; [`read`]: the reading of it, with refusals in words
//! * `check`: what the types of a record cannot promise; [`plain`]: texts that are safe to print; [`input`]: files
//!   read to a limit
//! * [`json_schema`]: the same shape for other programs, as a JSON Schema
//! * [`hosts`]: workers on several hosts
//! * [`sample`]: one timed execution of one case
//! * [`command`]: the command of a run; [`outside`]: what was seen of one execution of it
//! * [`checkup`]: what `speedup doctor` finds on a machine
//! * [`store`]: the folder of a run and files written whole or not at all; [`place`]: where that folder is
//! * [`book`]: the published table of *Fluent Python*, as a record

pub mod book;
pub mod ceiling;
mod check;
pub mod checkup;
pub mod command;
pub mod hosts;
pub mod input;
pub mod json_schema;
mod layout;
pub mod outside;
pub mod pin;
pub mod place;
pub mod plain;
pub mod read;
pub mod sample;
pub mod schema;
pub mod store;

// The machine describes itself; a record keeps that as it is.
pub use speedup_machine::cgroup::{Quota, Weight};
pub use speedup_machine::counters::Counts;
pub use speedup_machine::environment::{Around, Conditions, Environment, Harness};
pub use speedup_machine::kinds::CpuKind;
pub use speedup_machine::known::Known;
pub use speedup_machine::neighbours::{Others, Program};
pub use speedup_machine::placement::Placement;
pub use speedup_machine::power::ClockRange;
pub use speedup_machine::probe::Probe;
pub use speedup_machine::topology::Cache;
pub use speedup_machine::virtualisation::Host;

pub use ceiling::{CeilingLane, CeilingLoad, CeilingPlan, CeilingSample};
pub use command::{Axes, Check, CommandRecord, Cpus, Hooks, Inputs, Output, ShellStart, Text};
pub use hosts::{Fill, HostRecord, HostSpan, HostsRecord, Trip};
pub use outside::{Course, Digested, Ended, JobProcess, Occupied, Outside};
pub use pin::Pinned;
pub use read::ReadError;
pub use sample::{Failure, MachineState, Sample, TaskSpan, WorkerSpan};
pub use schema::{
    BASELINE, COMMAND, Case, Data, Design, HOSTS, OLDEST_SCHEMA, PlanRecord, PoolMode, PublishedCase,
    RunRecord, SCHEMA_VERSION, Status, Stop, Tool, Waits, WorkloadRecord,
};
pub use store::{RunFolder, StoreError};
