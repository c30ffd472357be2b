//! Ctrl-C as a flag that can be looked at, and the names of signals.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use signal_hook::consts::{SIGINT, SIGTERM, SIGXFSZ};

/// Exit status of a program that the user stopped, by the shell's convention: 128 + SIGINT.
pub const EXIT_INTERRUPTED: u8 = 130;

/// Whether the user asked the program to stop.
#[derive(Debug, Clone, Default)]
pub struct Interrupt(Arc<AtomicBool>);

impl Interrupt {
    /// Catches SIGINT and SIGTERM from now on. The first one sets the flag; a second one ends
    /// the program at once.
    ///
    /// # Errors
    ///
    /// Where the handlers cannot be installed.
    pub fn install() -> io::Result<Self> {
        let flag = Arc::new(AtomicBool::new(false));
        for signal in [SIGINT, SIGTERM] {
            // The order matters: the exit must look at the flag before the same signal sets it.
            signal_hook::flag::register_conditional_shutdown(
                signal,
                i32::from(EXIT_INTERRUPTED),
                Arc::clone(&flag),
            )?;
            signal_hook::flag::register(signal, Arc::clone(&flag))?;
        }
        Ok(Self(flag))
    }

    /// Whether a signal has come.
    #[must_use]
    pub fn requested(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    /// The flag itself, for those who look at it while they wait for something else.
    #[must_use]
    pub fn flag(&self) -> &AtomicBool {
        &self.0
    }
}

/// Makes errors of the signals that stand for one: a write beyond `ulimit -f` fails then, and is told and
/// cleaned up after as any other, in place of ending the program. That of a closed pipe is ignored in Rust
/// programs anyway.
///
/// The signal is caught and not ignored, so that programs that are started have it as it was.
///
/// # Errors
///
/// Where the handler cannot be installed.
pub fn limits_are_errors() -> io::Result<()> {
    signal_hook::flag::register(SIGXFSZ, Arc::default()).map(drop)
}

/// The number of a signal by its usual name.
#[must_use]
pub fn number(wanted: &str) -> Option<i32> {
    (1..=64).find(|&signal| name(signal) == Some(wanted))
}

/// The usual name of a signal, such as `SIGKILL`.
#[must_use]
pub fn name(signal: i32) -> Option<&'static str> {
    signal_hook::low_level::signal_name(signal)
}
