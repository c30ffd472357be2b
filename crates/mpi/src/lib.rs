//! The contract of [`speedup_executor`] over MPI: the same tasks on the workers of several hosts.
//!
//! A launcher such as `mpirun` or `srun` starts one process, a *rank*, on each host, and one more. [`init`] makes every
//! rank but 0 an *agent*, with a pool of worker processes on its host, and returns on rank 0, where the program goes on
//! and [`MpiPoolExecutor`] is a pool of all their workers:
//!
//! ```no_run
//! use serde::{Deserialize, Serialize};
//! use speedup_executor::{Error, Executor, Task, TaskEntry};
//! use speedup_mpi::MpiPoolExecutor;
//!
//! #[derive(Serialize, Deserialize)]
//! struct Square(u64);
//!
//! impl Task for Square {
//!     const NAME: &'static str = "square";
//!     type Output = u64;
//!
//!     fn run(self) -> u64 {
//!         self.0 * self.0
//!     }
//! }
//!
//! static TASKS: &[TaskEntry] = &[TaskEntry::of::<Square>()];
//!
//! fn main() -> Result<(), Error> {
//!     speedup_mpi::init(TASKS); // an agent does not come back from here
//!
//!     let executor = MpiPoolExecutor::builder().workers_per_host(4).build()?;
//!     let squares = executor.map((1..=4).map(Square)).collect::<Result<Vec<_>, _>>()?;
//!     assert_eq!(squares, [1, 4, 9, 16]);
//!     Ok(())
//! }
//! ```
//!
//! `docs/mpi.md` says how such a program is started, and what to expect of it.
//!
//! # Why one rank a host
//!
//! A rank that waits in an MPI call keeps its CPU busy: in 2 s of waiting it burns 2 s of CPU time. A rank for each
//! worker would take from the workers what they are to have. Only rank 0 and the agents talk over MPI, each in one
//! thread of its own, which sleeps where nothing happens; between an agent and its workers nothing has changed.
//!
//! # The binding
//!
//! `ferrompi` 0.7, behind the feature `mpi`. It needs a C compiler and `mpicc` or `pkg-config`, which every MPI
//! installation has; errors come back as results, so that a host that is lost is an event and not the end of the
//! program. `mpi` (rsmpi) 0.8 needs libclang besides, to make its bindings when it is built, and did not build on a
//! machine with MPI alone; it has no error handlers, and asserts.
//!
//! Without the feature the crate is the protocol alone, over threads of one program: that is how most of it is tested,
//! and a workspace with it builds where there is no MPI.

// The files: `executor`: what users see; `pool`: the queue on rank 0, and what lies at which host; `hub`: rank 0's
// thread for messages; `agent`: a host's end; `message`: what they say; `transport`: what that goes over, `mpi`
// and `local` being two of them; `waiting`: how their threads sleep; `launch`: how ranks come to be what they are;
// `times`: when all that was, for those who measure.

mod agent;
mod executor;
mod hub;
mod launch;
mod local;
mod message;
#[cfg(feature = "mpi")]
mod mpi;
mod pool;
#[doc(hidden)]
pub mod testing;
mod times;
mod transport;
mod waiting;

pub use executor::{Builder, HOST_TIMEOUT, MpiPoolExecutor, Placement};
pub use hub::HostInfo;
pub use launch::{init, is_launched};
#[doc(hidden)]
pub use local::Faults;
pub use times::{HostClock, HostTimes, Hosts, Trip, WorkTrip};
