//! The executors by name.

use super::kind::ExecutorKind;
#[cfg(feature = "rayon")]
use super::rayon;
use super::{process, serial, thread};

/// Every executor. A new one is one file and one line here.
pub static EXECUTORS: &[&dyn ExecutorKind] = &[
    &serial::Kind,
    &thread::Kind,
    &process::Kind,
    #[cfg(feature = "rayon")]
    &rayon::Kind,
];

/// The executor of that name.
#[must_use]
pub fn find(name: &str) -> Option<&'static dyn ExecutorKind> {
    EXECUTORS.iter().copied().find(|kind| kind.name() == name)
}
