//! The saved form of a run: plain data and JSON, nothing computed.
//!
//! A [`RunRecord`] holds everything that a report needs: the machine, the plan and every raw
//! sample. Estimates are not kept here; [`analysis`](crate::analysis) derives them anew from the
//! file, so that a better estimator also improves old runs.
//!
//! * [`schema`]: the record itself and the reading of it, with refusals in words
//! * `check`: what the types of a record cannot promise; `plain`: texts that are safe to print
//! * [`json_schema`]: the same shape for other programs, as a JSON Schema
//! * [`sample`]: one timed execution of one case
//! * [`environment`]: the machine and the build that ran; each fact is [`Known`] or says why not
//! * [`checkup`]: what `speedup doctor` finds on a machine
//! * [`store`]: the folder of a run and files written whole or not at all
//! * [`book`]: the published table of *Fluent Python*, as a record

pub mod book;
mod check;
pub mod checkup;
pub mod environment;
pub mod json_schema;
mod known;
mod layout;
mod plain;
pub mod sample;
pub mod schema;
pub mod store;

pub use environment::{Around, Cache, ClockRange, Conditions, Environment, Harness, Host, Quota};
pub use known::Known;
pub use sample::{
    CeilingLane, CeilingSample, Counts, Failure, MachineState, Probe, Sample, TaskSpan, WorkerSpan,
};
pub use schema::{
    BASELINE, Case, Data, Design, PlanRecord, PoolMode, PublishedCase, ReadError, RunRecord, SCHEMA_VERSION,
    Status, Stop, Tool, Waits, WorkloadRecord,
};
pub use store::{RunFolder, StoreError};
