//! The batch of speedup through other programs' pools and kernels, for records that are drawn next to
//! speedup's own. A crate apart, so that no peer is a dependency of the tool.
//!
//! * [`settings`]: the arguments of a program that runs the batch
//! * [`batch`]: the rounds of a run, kept as a record; [`conduct`] holds one whenever told to
//! * [`pools`]: the batch through a peer's pool

pub mod batch;
pub mod conduct;
#[cfg(feature = "openssl")]
pub mod openssl;
pub mod pools;
pub mod settings;
