//! Estimates from a saved run: a pure function of a [`RunRecord`](crate::record::RunRecord).
//!
//! No clock and no file: the same record gives the same [`Analysis`] anywhere, so that a report
//! can be made again from the file alone.

mod accounting;
pub mod attribution;
pub mod bounds;
mod cells;
mod crossover;
mod effort;
mod laws;
mod limits;
pub mod model;
mod rounds;
pub mod scaling;
mod speedup;
mod timeline;

pub use speedup::widest;

pub use model::{
    Account, Analysis, Bound, Ceiling, Cell, Crossover, Effort, Estimate, ExecutorTable, Lane, Law, Loss,
    LossPart, LossRow, NoisyRound, RoundPoint, Row, Scaling, Segment, State, Timeline, WorkloadColumn,
};
