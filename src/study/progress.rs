//! The bar on the terminal. It is drawn only between samples, so that it takes no time from one.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// Whether to show progress. It appears only where standard error is a terminal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verbosity {
    /// Show a bar.
    Normal,
    /// Show nothing.
    Quiet,
}

/// Progress of a run, in samples.
#[derive(Debug)]
pub struct Progress(ProgressBar);

impl Progress {
    /// A bar over that many samples.
    ///
    /// # Panics
    ///
    /// Never: the template is a constant that a test renders.
    #[must_use]
    pub fn new(samples: usize, verbosity: Verbosity) -> Self {
        let target = match verbosity {
            Verbosity::Normal => ProgressDrawTarget::stderr(),
            Verbosity::Quiet => ProgressDrawTarget::hidden(),
        };
        let bar = ProgressBar::with_draw_target(Some(samples as u64), target);
        let template = "{bar:30} {pos}/{len} samples, {eta} left: {wide_msg}";
        bar.set_style(ProgressStyle::with_template(template).expect("a valid template"));
        Self(bar)
    }

    /// Says what is measured next.
    pub fn announce(&self, what: &str) {
        self.0.set_message(what.to_string());
    }

    /// Counts a sample.
    pub fn advance(&self) {
        self.0.inc(1);
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
        let progress = Progress::new(2, Verbosity::Quiet);
        progress.announce("rc4 serial");
        progress.advance();
        progress.finish();
        assert!(progress.0.is_finished());
    }
}
