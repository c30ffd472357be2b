//! Estimates from a saved run: a pure function of a [`RunRecord`](crate::record::RunRecord).
//!
//! No clock and no file: the same record gives the same [`Analysis`] anywhere, so that a report
//! can be made again from the file alone.

pub mod speedup;

pub use speedup::{Analysis, Cell, Estimate, ExecutorTable, Row, WorkloadColumn};
