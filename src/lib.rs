//! How much faster do N workers (threads, processes, hosts) finish work that can run in parallel, and
//! where does the missing speedup go?
//!
//! `speedup` runs a fixed batch of jobs over executors and numbers of workers, records every sample,
//! and reports times, factors and speedups with intervals, and an exact account of every
//! worker-second that is missing, as tables, charts and a page. The idea comes from chapter 17 of *Fluent
//! Python* (1st edition) and its Table 17-1.
//!
//! This crate is the tool. The libraries below it are re-exported: [`executor`], [`flags`], [`machine`],
//! [`mpi`], and of the report [`record`], [`stats`], [`analysis`] and [`render`].
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
//! Implement [`Workload`](workload::Workload) and hand it to a [`Tool`]: a program of your own, with the sweep, the
//! record and the reports over it. `cargo run --release -- run` measures it.
//!
//! ```no_run
//! use speedup::Tool;
//! use speedup::workload::{Fault, Workload};
//!
//! #[derive(Clone)]
//! struct Collatz;
//!
//! impl Workload for Collatz {
//!     type Job = u64;
//!     type Output = u64;
//!     fn name(&self) -> &str { "collatz" }
//!     fn jobs(&self) -> Vec<u64> { (1..=40).map(|part| part * 100_000).collect() }
//!     fn run(&self, end: u64) -> Result<u64, Fault> {
//!         let steps = |n: u64| (0..).scan(n, |n, _| { *n = if *n % 2 == 0 { *n / 2 } else { *n * 3 + 1 }; Some(*n) });
//!         Ok((end - 100_000 + 1..=end).map(|n| steps(n).take_while(|n| *n > 1).count() as u64).sum())
//!     }
//! }
//!
//! fn main() -> std::process::ExitCode {
//!     Tool::new("collatz").workload(Collatz).main()
//! }
//! ```
//!
//! [`workload`] says what else a workload can have: parameters, set-up, a tolerance, jobs that wait. `docs/workload.md`
//! is the guide, and `examples/` has two programs.

#[cfg(not(unix))]
compile_error!("speedup needs a Unix system so far: its process pool talks over Unix sockets");

/// Compiles the examples of the pages.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
#[doc = include_str!("../docs/data.md")]
#[doc = include_str!("../docs/executors.md")]
#[doc = include_str!("../docs/workload.md")]
struct Pages;

pub use speedup_executor as executor;
pub use speedup_flags as flags;
pub use speedup_machine as machine;
pub use speedup_mpi as mpi;
pub use speedup_report::{analysis, record, render, stats, view};

pub mod cli;
pub mod import;
mod program;
pub mod settings;
pub mod study;
pub mod workload;

pub use cli::Tool;
