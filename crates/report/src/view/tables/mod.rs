//! The tables of a run: what stands in them, not how it is laid out.
//!
//! * `cases`: Table 17-1 of *Fluent Python*, speedups with intervals and limits, work that waits
//! * `losses`: where the missing speedup went, executors side by side and case by case
//! * `cpus`: on which CPUs tasks ran
//! * `pop`: the same under the names of the POP metrics
//! * `laws`: the fitted laws of scaling
//! * `programs`: programs measured from outside
//! * `engines`: runs of one batch, engine by engine

mod cases;
mod cpus;
mod engines;
mod laws;
mod losses;
mod pop;
mod programs;

pub use cases::KARP_FLATT;
pub(super) use cases::{book, speedups, waiting};
pub(super) use cpus::cpus;
pub use cpus::ran_on;
pub use engines::{engine_name, engines};
pub use laws::laws;
pub(super) use laws::peak;
pub use losses::{account, by_host};
pub(super) use losses::{hosts, losses};
pub(super) use pop::pop;
pub(super) use programs::{counts, plane, program, program_losses};
