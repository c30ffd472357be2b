//! The bar on the terminal. It is drawn only between executions, so that it takes no time from a sample.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// Whether to show progress. It appears only where standard error is a terminal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verbosity {
    /// Show a bar.
    Normal,
    /// Show nothing.
    Quiet,
}

/// Steps of a whole bar.
const STEPS: u64 = 1000;

/// Progress of a run towards its limits.
#[derive(Debug)]
pub struct Progress(ProgressBar);

impl Progress {
    /// An empty bar.
    ///
    /// # Panics
    ///
    /// Never: the template is a constant that a test renders.
    #[must_use]
    pub fn new(verbosity: Verbosity) -> Self {
        let target = match verbosity {
            Verbosity::Normal => ProgressDrawTarget::stderr(),
            Verbosity::Quiet => ProgressDrawTarget::hidden(),
        };
        let bar = ProgressBar::with_draw_target(Some(STEPS), target);
        bar.set_style(ProgressStyle::with_template("{bar:30} {wide_msg}").expect("a valid template"));
        Self(bar)
    }

    /// Shows how far the run has come, from 0 to 1, and what is going on.
    pub fn show(&self, share: f64, what: String) {
        self.0.set_message(what);
        self.0.set_position((share * STEPS as f64) as u64);
        self.0.tick();
    }

    /// Lets something else be printed where the bar is.
    pub fn pause(&self, print: impl FnOnce()) {
        self.0.suspend(print);
    }

    /// Takes the bar away.
    pub fn finish(&self) {
        self.0.finish_and_clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quiet_bar_goes_through_its_life() {
        let progress = Progress::new(Verbosity::Quiet);
        progress.show(0.5, "round 3".to_string());
        assert_eq!(progress.0.position(), 500);
        progress.finish();
        assert!(progress.0.is_finished());
    }
}
