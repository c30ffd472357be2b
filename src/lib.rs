//! How much faster do N workers (threads, processes, hosts) finish work that can run in parallel, and
//! where does the missing speedup go?
//!
//! `speedup` runs a fixed batch of jobs over executors and numbers of workers, records every sample,
//! and reports times, factors and speedups with intervals, and an exact account of every
//! worker-second that is missing, as tables, charts and a page. The idea comes from chapter 17 of *Fluent
//! Python* (1st edition) and its Table 17-1.
//!
//! This crate is the tool. The libraries below it are re-exported: [`executor`], [`flags`], [`machine`],
//! and of the report [`record`], [`stats`], [`analysis`] and [`render`].
//!
//! # The way data flows
//!
//! ```text
//! arguments → RunRequest → RunConfig → Plan → Study::measure(executor, workload) → Samples → RunRecord
//!                                                         RunRecord → Analysis → report
//! ```
//!
//! One way only. A stage never reaches back, and only [`cli`] sees them all.
//!
//! # Your own workload
//!
//! Implement [`Workload`](workload::Workload) and hand it to the command line. You get the sweep,
//! the record and the reports over it:
//!
//! ```no_run
//! use std::process::ExitCode;
//!
//! use speedup::workload::{Digest, Fault, Kernel, Scale, Workload};
//!
//! struct Sum;
//!
//! impl Workload for Sum {
//!     fn name(&self) -> &'static str { "sum" }
//!     fn label(&self) -> &'static str { "Sum" }
//!     fn summary(&self) -> &'static str { "add up 8 arrays of 4 MiB" }
//!     fn sizes(&self, scale: Scale) -> Vec<usize> { vec![scale.apply(4 << 20); 8] }
//!     fn default_passes(&self) -> u32 { 100 }
//!
//!     fn compute(&self, _: &Kernel, array: &mut [u8], passes: u32) -> Result<Digest, Fault> {
//!         let sum = (0..passes).fold(0_u64, |sum, _| {
//!             sum + std::hint::black_box(&*array).iter().map(|&byte| u64::from(byte)).sum::<u64>()
//!         });
//!         Ok(format!("{sum:x}"))
//!     }
//! }
//!
//! fn main() -> ExitCode {
//!     speedup::cli::main(&[&Sum])
//! }
//! ```

#[cfg(not(unix))]
compile_error!("speedup needs a Unix system so far: its process pool talks over Unix sockets");

/// Compiles the examples of the pages.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
#[doc = include_str!("../docs/data.md")]
#[doc = include_str!("../docs/executors.md")]
struct Pages;

pub use speedup_executor as executor;
pub use speedup_flags as flags;
pub use speedup_machine as machine;
pub use speedup_report::{analysis, record, render, stats, view};

pub mod cli;
pub mod import;
pub mod settings;
pub mod study;
pub mod workload;
