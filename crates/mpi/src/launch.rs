//! How the ranks of a job come to be what they are.

use std::sync::Arc;

use speedup_executor::{Error, TaskEntry, worker};

use crate::hub::Hub;

/// Registers the tasks that workers can run, makes this process a worker if a pool has started it as one, and
/// makes it an agent if an MPI launcher has started it with another rank than 0: neither returns then. On rank 0, and
/// where no launcher has started the program, it returns.
///
/// Must be the first thing in `main`, in place of [`worker::init`].
pub fn init(tasks: &'static [TaskEntry]) {
    worker::init(tasks);
    #[cfg(feature = "mpi")]
    crate::mpi::join();
}

/// Whether an MPI launcher has started this program, and it is built with MPI.
#[must_use]
pub fn is_launched() -> bool {
    cfg!(feature = "mpi") && LAUNCHERS.iter().any(|variable| std::env::var_os(variable).is_some())
}

/// What launchers set: Open MPI's and MPICH's `mpirun`, and `srun` with PMI 2 or `PMIx`.
const LAUNCHERS: [&str; 4] = ["OMPI_COMM_WORLD_RANK", "PMI_RANK", "PMIX_RANK", "MPI_LOCALRANKID"];

/// This program's end of the job.
pub(crate) fn hub() -> Result<Arc<Hub>, Error> {
    #[cfg(feature = "mpi")]
    return crate::mpi::hub();
    #[cfg(not(feature = "mpi"))]
    Err(Error::NotInitialised {
        reason: "this program was built without MPI: build it with the cargo feature mpi".to_string(),
    })
}
