//! Running programs: one, or one after another.

#[cfg(target_os = "linux")]
use crate::linux as system;
#[cfg(not(target_os = "linux"))]
use crate::portable as system;

use crate::{Error, Execution, Options, Spec};

/// Runs programs one after another, on one worker; each leaves nothing behind when the next one begins.
///
/// On Linux it holds a small supervisor process, which is the parent of all it runs; making one costs a
/// fork of the application, about a millisecond, so that a worker with many short jobs should keep it.
/// The thread that makes a runner may end before it; the supervisor minds only the whole application.
pub struct Runner(system::Runner);

impl Runner {
    /// A runner with nothing to do yet.
    ///
    /// # Errors
    ///
    /// If the system refuses another process.
    pub fn new() -> Result<Self, Error> {
        system::Runner::new().map(Self)
    }

    /// Runs one program and waits for its end. What it has started and left is killed then, and counted in
    /// [`Tree::killed`](crate::Tree::killed).
    ///
    /// # Errors
    ///
    /// If it cannot be run as it is specified, or not be watched as it is wanted. What it does wrong is no
    /// error.
    pub fn run(&mut self, spec: &Spec, options: &Options<'_>) -> Result<Execution, Error> {
        self.0.run(spec, options)
    }
}

/// Runs one program and waits for its end, with a [`Runner`] for it alone.
///
/// # Errors
///
/// As [`Runner::run`].
pub fn run(spec: &Spec, options: &Options<'_>) -> Result<Execution, Error> {
    Runner::new()?.run(spec, options)
}
