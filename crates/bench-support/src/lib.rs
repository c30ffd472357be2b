//! What the benches of `speedup` share: different ways to do the same work, measured in turn.

pub mod bench;
pub mod model;
pub mod peer;
pub mod render;

pub use bench::{Bench, Contest, Reading, measure, process_cpu_s};
pub use model::{Against, Limit, Unit};
