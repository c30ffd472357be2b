//! How far a run has come: a bar on the terminal, or a line of JSON for each step. Both are written only between
//! executions, so that they take no time from a sample.

use std::cell::Cell;
use std::io::{self, Write};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde::Serialize;

use speedup_report::record::{Status, Stop};

/// How to show progress.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verbosity {
    /// Show a bar, where standard error is a terminal.
    Normal,
    /// Write a JSON object a line to standard error, see [`Step`].
    Json,
    /// Show nothing.
    Quiet,
}

/// Steps of a whole bar.
const STEPS: u64 = 1000;

/// Lines of JSON follow each other no faster, unless the phase changes.
const PAUSE: Duration = Duration::from_millis(100);

/// What a run does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Phase {
    /// What has to be done before the first execution.
    Setup,
    /// A round that does not count.
    WarmUp,
    /// A round that counts.
    Measure,
    /// Nothing any more.
    End,
}

/// Where a run is: what a line of JSON says.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Step<'a> {
    /// What it does.
    pub phase: Phase,
    /// The case that comes next, such as `rc4 threads/2`.
    pub case: Option<&'a str>,
    /// The round, counted from 1, of those that count; at the end how many there are.
    pub round: u32,
    /// The most rounds.
    pub rounds: u32,
    /// Seconds that the run has gone on for.
    pub elapsed_s: f64,
    /// Seconds that it goes on for at most; null while that is not known.
    pub eta_s: Option<f64>,
    /// The widest half-width of a speedup's 95 % interval, as a share of the speedup; null while there is none.
    pub widest: Option<f64>,
    /// The half-width at which the run ends; 0 is never.
    pub goal: f64,
    /// How the run ended; at the end alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<Status>,
    /// Why it ended; at the end of a complete run alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stop: Option<Stop>,
}

/// Progress of a run towards its limits.
#[derive(Debug)]
pub struct Progress {
    bar: ProgressBar,
    json: bool,
    /// The last line of JSON.
    last: Cell<Option<(Phase, Instant)>>,
}

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
            Verbosity::Json | Verbosity::Quiet => ProgressDrawTarget::hidden(),
        };
        let bar = ProgressBar::with_draw_target(Some(STEPS), target);
        bar.set_style(ProgressStyle::with_template("{bar:30} {wide_msg}").expect("a valid template"));
        Self { bar, json: verbosity == Verbosity::Json, last: Cell::new(None) }
    }

    /// Shows how far the run has come, from 0 to 1, and what is going on.
    pub fn show(&self, share: f64, what: String) {
        self.bar.set_message(what);
        self.bar.set_position((share * STEPS as f64) as u64);
        self.bar.tick();
    }

    /// Writes a line of JSON, if that is asked for and the last one was not a moment ago.
    ///
    /// # Panics
    ///
    /// Never: a step has only JSON types.
    pub fn tell(&self, step: &Step<'_>) {
        let now = Instant::now();
        let soon = |(phase, at): (Phase, Instant)| phase == step.phase && now.duration_since(at) < PAUSE;
        if !self.json || self.last.get().is_some_and(soon) {
            return;
        }
        self.last.set(Some((step.phase, now)));
        let line = serde_json::to_string(step).expect("a step has only JSON types") + "\n";
        // Whoever reads may be gone; the run goes on.
        let _ = io::stderr().lock().write_all(line.as_bytes());
    }

    /// Lets something else be printed where the bar is.
    pub fn pause(&self, print: impl FnOnce()) {
        self.bar.suspend(print);
    }

    /// Takes the bar away.
    pub fn finish(&self) {
        self.bar.finish_and_clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quiet_bar_goes_through_its_life() {
        let progress = Progress::new(Verbosity::Quiet);
        progress.show(0.5, "round 3".to_string());
        assert_eq!(progress.bar.position(), 500);
        progress.finish();
        assert!(progress.bar.is_finished());
    }

    #[test]
    fn only_the_last_step_says_how_it_ended() {
        let step = Step {
            phase: Phase::WarmUp,
            case: Some("rc4 threads/2"),
            round: 1,
            rounds: 9,
            elapsed_s: 1.5,
            eta_s: None,
            widest: None,
            goal: 0.01,
            status: None,
            stop: None,
        };
        let line = serde_json::to_string(&step).unwrap();
        let expected = r#"{"phase":"warm-up","case":"rc4 threads/2","round":1,"rounds":9,"elapsed_s":1.5,"#;
        assert_eq!(line, format!("{expected}\"eta_s\":null,\"widest\":null,\"goal\":0.01}}"));
        let end = Step { status: Some(Status::Complete), stop: Some(Stop::Time), case: None, ..step };
        let line = serde_json::to_string(&end).unwrap();
        assert!(line.ends_with(r#""status":"complete","stop":"time"}"#), "{line}");
    }
}
