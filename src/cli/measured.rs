//! Options that every command which measures programs has.

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

use super::Failed;
use crate::study::RunRequest;
use crate::study::config::{default_workers, parse_workers};
use crate::study::stopping::StopRule;
use speedup_machine::machine;
use speedup_report::record::{Check, CommandRecord, Hooks, Output, Text};

/// How often, how long and where to.
#[derive(Debug, Args)]
pub(super) struct Measuring {
    /// Numbers of workers: N, A..B or a list; 1 is always added [default: 1 to the CPUs that this process may
    /// use]
    #[arg(long, value_name = "N|A..B|LIST", allow_hyphen_values = true)]
    pub(super) workers: Option<String>,
    /// The most rounds to count
    #[arg(long, visible_alias = "runs", value_name = "N", allow_hyphen_values = true)]
    pub(super) rounds: Option<String>,
    /// Stop when the half-width of every speedup's 95 % interval is at most this share of it
    /// [default: 1%]
    #[arg(long, value_name = "SHARE", allow_hyphen_values = true)]
    pub(super) precision: Option<String>,
    /// Begin no further round that would end later than this, such as 60s or 5m
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    pub(super) max_time: Option<String>,
    /// Rounds that warm up before those that count
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub(super) warmup: u32,
    /// Seed of the order of cases [default: 17]
    #[arg(long, value_name = "N", allow_hyphen_values = true)]
    pub(super) seed: Option<String>,
    /// Folder for the folders of runs [default: results]
    #[arg(long, value_name = "DIR")]
    pub(super) out: Option<String>,
    /// Name of the run, part of its folder's name [default: the label]
    #[arg(long, value_name = "NAME", allow_hyphen_values = true)]
    pub(super) name: Option<String>,
    /// Show no progress bar
    #[arg(long, short)]
    pub(super) quiet: bool,
}

/// What all programs of a run are given.
#[derive(Debug, Args)]
pub(super) struct Given {
    /// Head of the columns [default: the program's name]
    #[arg(long, value_name = "TEXT")]
    pub(super) label: Option<String>,
    /// Run no shell: the command is split into words as a shell would, and nothing else is special
    #[arg(long = "shell", short = 'N', value_name = "none", num_args = 0..=1, default_missing_value = "none", require_equals = true)]
    pub(super) shell: Option<Shell>,
    /// Set a variable; may be given several times
    #[arg(long, value_name = "NAME=VALUE")]
    pub(super) env: Vec<OsString>,
    /// Run this once before everything
    #[arg(long, value_name = "COMMAND")]
    setup: Option<String>,
    /// Run this before each execution, outside its time
    #[arg(long, short, value_name = "COMMAND")]
    prepare: Option<String>,
    /// Run this after each execution, outside its time
    #[arg(long, value_name = "COMMAND")]
    conclude: Option<String>,
    /// Run this once after everything
    #[arg(long, value_name = "COMMAND")]
    cleanup: Option<String>,
    /// Check each execution: by a command that must succeed after it, or by 'stdout', which must be that of
    /// the baseline
    #[arg(long, value_name = "COMMAND|stdout")]
    check: Option<String>,
    /// Let other exit codes than 0 count as success
    #[arg(long, short)]
    ignore_failure: bool,
    /// File that is its standard input [default: none]
    #[arg(long, value_name = "FILE")]
    input: Option<OsString>,
    /// Where its standard output goes: null, pipe, inherit or a file [default: null]
    #[arg(long, value_name = "WHERE", value_parser = where_to)]
    output: Option<Output>,
    /// End an execution that takes longer than this, such as 60s; it has failed then
    #[arg(long, value_name = "TIME", value_parser = time)]
    timeout: Option<Duration>,
}

/// Which shell runs a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum Shell {
    /// None.
    None,
    /// `/bin/sh`.
    Sh,
}

impl Measuring {
    /// The numbers of workers.
    pub(super) fn workers(&self) -> Result<Vec<usize>, Failed> {
        let Some(text) = &self.workers else { return Ok(default_workers(machine::cpus_available())) };
        parse_workers(text).map_err(|problem| Failed::Usage(format!("--workers '{text}': {problem}")))
    }

    /// The settings that a run of any kind has.
    pub(super) fn request(&self) -> RunRequest {
        RunRequest {
            rounds: self.rounds.clone(),
            precision: self.precision.clone(),
            max_time: self.max_time.clone(),
            seed: self.seed.clone(),
            name: self.name.clone(),
            ..RunRequest::default()
        }
    }

    /// When to stop.
    pub(super) fn stop(&self) -> Result<StopRule, Failed> {
        self.request().stop_rule().map_err(|error| Failed::Usage(format!("--{error}")))
    }

    /// Where the folders of runs are.
    pub(super) fn out(&self) -> PathBuf {
        PathBuf::from(self.out.as_deref().unwrap_or("results"))
    }
}

impl Given {
    /// What a record says of it.
    pub(super) fn record(&self, warmup: u32) -> CommandRecord {
        let check = |text: &String| match text.as_str() {
            "stdout" => Check::Stdout,
            command => Check::Command(command.to_string()),
        };
        CommandRecord {
            warmup,
            hooks: Hooks {
                setup: self.setup.clone(),
                prepare: self.prepare.clone(),
                conclude: self.conclude.clone(),
                cleanup: self.cleanup.clone(),
            },
            check: self.check.as_ref().map(check),
            ignore_failure: self.ignore_failure,
            input: self.input.as_ref().map(Text::from),
            output: self.output.clone().unwrap_or_default(),
            timeout_s: self.timeout.map(|time| time.as_secs_f64()),
            ..CommandRecord::default()
        }
    }
}

fn where_to(text: &str) -> Result<Output, String> {
    match text {
        "" => Err("must be null, pipe, inherit or a file".to_string()),
        "null" => Ok(Output::Null),
        "pipe" => Ok(Output::Pipe),
        "inherit" => Ok(Output::Inherit),
        file => Ok(Output::File(Text::from(file))),
    }
}

fn time(text: &str) -> Result<Duration, String> {
    crate::study::config::parse_time(text)
}
