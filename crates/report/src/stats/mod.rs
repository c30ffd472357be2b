//! Numbers in, numbers out: no clock, no file, no knowledge of what is measured.
//!
//! [`summary`] describes a set of values; [`interval`] has the shape of an estimate with its
//! uncertainty, which [`bootstrap`] gives to any statistic of whole rounds, [`fieller`] to ratios
//! of means, [`trimmed`] to pairs of which some are disturbed, and [`order`] to medians.

pub mod bootstrap;
pub mod fieller;
pub mod interval;
pub mod order;
pub mod summary;
pub mod trimmed;

mod bca;
#[cfg(test)]
mod coverage;
mod quantile;
mod resample;

pub use interval::{Interval, Quantity};
pub(crate) use quantile::student_95;
pub use summary::{Summary, median};
