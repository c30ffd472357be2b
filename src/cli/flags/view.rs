//! What the user sees while flags arrive.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::Form;
use crate::cli::{ExitError, print};
use speedup_flags::client::outcome::{Outcome, Status};
use speedup_flags::client::report;

/// What the user sees while flags arrive.
pub(super) struct View {
    form: Form,
    bar: ProgressBar,
    errors: usize,
    /// Why the first flag failed that did.
    first: Option<String>,
    /// Kept for JSON only.
    outcomes: Vec<Outcome>,
    /// What kept a line from being printed.
    failed: Option<ExitError>,
}

impl View {
    pub(super) fn new(form: Form, flags: usize) -> Self {
        // It is drawn only where standard error is a terminal.
        let target =
            if form == Form::Report { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
        let bar = ProgressBar::with_draw_target(Some(flags as u64), target);
        bar.set_style(bar_style());
        if form == Form::Report {
            // So that it is there before the first flag is.
            bar.tick();
        }
        Self { form, bar, errors: 0, first: None, outcomes: Vec::new(), failed: None }
    }

    pub(super) fn show(&mut self, outcome: &Outcome) {
        if let Status::Failed(reason) = &outcome.download.status {
            self.first.get_or_insert_with(|| format!("{}: {reason}", outcome.cc));
        }
        let text = match self.form {
            Form::Report => {
                if matches!(outcome.download.status, Status::Failed(_)) {
                    self.errors += 1;
                    self.bar.set_message(format!(", {}", report::counted(self.errors, "error")));
                }
                self.bar.inc(1);
                None
            }
            Form::Verbose => report::line(outcome),
            Form::Plain => {
                matches!(outcome.download.status, Status::Downloaded(_)).then(|| format!("{} ", outcome.cc))
            }
            Form::Json => {
                self.outcomes.push(outcome.clone());
                None
            }
        };
        if let Some(Err(failed)) = text.map(|text| print(&text)) {
            self.failed.get_or_insert(failed);
        }
    }

    /// Takes the bar away and gives the outcomes by code, and why the first flag failed that did.
    pub(super) fn finish(mut self) -> Result<(Vec<Outcome>, Option<String>), ExitError> {
        self.bar.finish_and_clear();
        self.outcomes.sort_by_key(|outcome| outcome.cc);
        self.failed.map_or(Ok((self.outcomes, self.first)), Err)
    }
}

fn bar_style() -> ProgressStyle {
    ProgressStyle::with_template("{bar:30} {pos}/{len}{msg}, ETA {eta}").expect("a valid template")
}

#[cfg(test)]
mod tests {
    use super::*;
    use speedup_flags::client::outcome::Download;
    use speedup_flags::codes::ALL;

    #[test]
    fn the_bar_counts_flags_and_errors() {
        let mut view = View::new(Form::Report, 3);
        for status in [Status::Downloaded(1), Status::Failed("x".to_string())] {
            let download = Download { status, attempts: 1, worker: 0, begin_ns: 0, end_ns: 1, cpu_ns: 0 };
            view.show(&Outcome { cc: ALL[0], download });
        }
        assert_eq!((view.bar.position(), view.bar.message().as_str()), (2, ", 1 error"));
        let (outcomes, first) = view.finish().unwrap();
        assert_eq!((outcomes.len(), first.unwrap()), (0, format!("{}: x", ALL[0])));
    }
}
