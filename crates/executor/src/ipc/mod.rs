//! What processes of a pool talk through: shared memory, and a socket that wakes, passes files, and tells the end.
//!
//! Everything here is a thin, safe form of something the system offers. Nothing here knows tasks.

pub(crate) mod arena;
pub(crate) mod buffer;
pub(crate) mod channel;
pub(crate) mod doorbell;
pub(crate) mod mailbox;
pub(crate) mod memory;
pub(crate) mod origin;
pub(crate) mod process;
pub(crate) mod sealed;
