//! The contract of [`speedup_executor`] over MPI: the same tasks on the workers of several hosts.

mod agent;
mod bytes;
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
mod transport;
mod waiting;

pub use executor::{Builder, HOST_TIMEOUT, MpiPoolExecutor, Placement};
pub use hub::HostInfo;
pub use launch::{init, is_launched};
#[doc(hidden)]
pub use local::Faults;
