//! Settings as they are given: each declared once, with its type, its help and its name.
//!
//! This is the first of two stages. [`RunRequest`] and [`Limits`] hold what a command line, or the
//! environment of a bench ([`mod@env`]), says: typed values, but not yet looked at together. The second
//! stage, [`RunRequest::resolve`], holds them against the workloads and CPUs that are there, and gives
//! the [`RunConfig`](crate::study::RunConfig) of a run.
//!
//! * [`values`]: the types of settings, as they are read and printed
//! * [`reader`]: how the command line reads them, and what a shell can complete
//! * [`request`]: the settings of a run
//! * [`pin`]: to which CPUs workers are kept
//! * [`mod@env`]: the same from the environment
//! * [`error`]: what is said of a setting that cannot be used

pub mod env;
pub mod error;
pub mod pin;
pub mod reader;
pub mod request;
pub mod values;

pub use error::SettingError;
pub use pin::Pin;
pub use request::{Limits, RunRequest};
