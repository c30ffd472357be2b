//! The executors by name.

use super::kind::ExecutorKind;
use super::{process, rayon, serial, thread};

/// Every executor. A new one is one file and one line here.
pub static EXECUTORS: &[&dyn ExecutorKind] = &[&serial::Kind, &thread::Kind, &process::Kind, &rayon::Kind];

/// The executor of that name.
#[must_use]
pub fn find(name: &str) -> Option<&'static dyn ExecutorKind> {
    EXECUTORS.iter().copied().find(|kind| kind.name() == name)
}
