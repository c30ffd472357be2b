//! How much faster do N workers, threads or processes, finish a batch of CPU-bound tasks, and where
//! does the missing speedup go?
//!
//! `speedup` runs a fixed batch of jobs over executors and numbers of workers, records every sample,
//! and reports times, factors and speedups with intervals, and an exact account of every
//! worker-second that is missing, as tables, charts and a page. It grew out of chapter 17 of *Fluent
//! Python* (1st edition) and its Table 17-1.
//!
//! # The way data flows
//!
//! ```text
//! arguments → RunConfig → Plan → Study::measure(executor, workload) → Samples → RunRecord
//!                                                         RunRecord → Analysis → report
//! ```
//!
//! One way only. A stage never reaches back, and only [`cli`] sees them all.
//!
//! # The rooms
//!
//! | module | what it does | what it knows |
//! |---|---|---|
//! | [`sys`] | clocks, signals, the machine; the only unsafe code | nothing |
//! | [`executor`] | `concurrent.futures`: tasks, futures, pools | `sys` |
//! | [`flags`] | country flags over HTTP: a server with faults, clients in five styles | `executor`, `sys` |
//! | [`workload`] | what is computed: RC4, SHA-256; or waited for: flags | nothing; its flags `flags` |
//! | [`record`] | the saved form of a run: plain data, JSON, files | nothing |
//! | [`study`] | what to measure, in which order, and the measuring | the above |
//! | [`stats`] | numbers in, numbers out | nothing |
//! | [`analysis`] | estimates from a record | `record`, `stats` |
//! | [`report`] | tables and charts from an analysis | `analysis`, `record` |
//! | [`cli`] | the command line | all |
//!
//! # What holds throughout
//!
//! 1. [`stats`], [`analysis`] and [`study::plan`] do no I/O and read no clock.
//! 2. Only [`study`], the task wrapper in [`study::job`] that runs inside a worker, the pools, for
//!    the lives of their workers, the clients of [`flags`], and the probe in [`sys`] time anything;
//!    and whoever waits with a timeout reads a clock for that.
//! 3. Only [`cli`] writes to standard output; progress and errors go to standard error.
//! 4. Workers time themselves; the parent checks every result against the serial baseline.
//! 5. A failure is a record in the file, not a lost line. Raw samples are never thrown away.
//!
//! # A workload of your own
//!
//! Implement [`Workload`](workload::Workload) and hand it to the command line; you get the sweep,
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

/// Compiles the examples of the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

pub mod analysis;
pub mod cli;
pub mod executor;
pub mod flags;
pub mod record;
pub mod report;
pub mod stats;
pub mod study;
pub mod sys;
pub mod workload;
