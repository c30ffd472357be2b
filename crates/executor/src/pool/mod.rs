//! What pools are made of.
//!
//! * [`builder`], [`policy`]: what a caller chooses
//! * [`queue`]: between those who submit and the workers
//! * [`lanes`]: one thread per worker around one queue, as thread and process pools have them
//! * [`life`]: when workers started and ended
//! * [`initializer`]: what a worker does first

pub(super) mod builder;
pub(super) mod initializer;
pub(super) mod lanes;
pub(super) mod life;
pub(super) mod policy;
pub(super) mod queue;
