//! What pools are made of.
//!
//! * [`builder`], [`policy`]: what a caller chooses
//! * [`shell`]: what all of them have in common; [`door`]: whether work is taken
//! * [`queue`]: the queue of a pool of threads
//! * [`life`]: when workers started and ended
//! * [`initializer`]: what a worker does first

pub(super) mod builder;
pub(super) mod door;
pub(super) mod initializer;
pub(super) mod life;
pub(super) mod policy;
pub(super) mod queue;
pub(super) mod shell;
