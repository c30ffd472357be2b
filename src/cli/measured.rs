//! Options that every command which measures programs has.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::{Args, ValueHint};

use super::ExitError;
use super::output::OutputArgs;
use super::run::{How, OUT};
use crate::settings::pin::pins;
use crate::settings::reader::{Reader, by, duration, one_of, text};
use crate::settings::values::{RunName, Seed, WorkerCounts};
use crate::settings::{Limits, Pin};
use crate::study::config::default_workers;
use speedup_machine::machine;
use speedup_machine::placement::Placement;
use speedup_report::record::{Check, CommandRecord, Cpus, Hooks, Output, Pinned, Text};

/// How often, how long and where to.
#[derive(Debug, Args)]
pub(super) struct Measuring {
    /// Numbers of workers, up to 1024: N, A..B or a list; 1 is always added [default: 1 to the number of
    /// CPUs available to this process]
    #[arg(
        long, value_name = "N|A..B|LIST", allow_hyphen_values = true, value_parser = text::<WorkerCounts>(),
        help_heading = "What to measure"
    )]
    workers: Option<WorkerCounts>,
    /// Seed of the order of cases [default: 17]
    #[arg(
        long, value_name = "N", allow_hyphen_values = true, value_parser = text::<Seed>(),
        help_heading = "What to measure"
    )]
    pub(super) seed: Option<Seed>,
    #[command(flatten)]
    pub(super) limits: Limits,
    /// Rounds that warm up before those that count
    #[arg(long, value_name = "N", default_value_t = 1, help_heading = "When to stop")]
    pub(super) warmup: u32,
    /// Folder in which each run gets its own folder [default: results]
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath, help_heading = "Output")]
    out: Option<PathBuf>,
    /// Name of the run, part of its folder's name [default: the label]
    #[arg(
        long, value_name = "NAME", allow_hyphen_values = true, value_parser = text::<RunName>(),
        help_heading = "Output"
    )]
    pub(super) name: Option<RunName>,
    #[command(flatten)]
    pub(super) output: OutputArgs,
}

/// What all programs of a run are given.
#[derive(Debug, Default, PartialEq, Args)]
#[command(next_help_heading = "The program")]
pub(super) struct Given {
    /// Name of the program in tables [default: the first word of the command]
    #[arg(long, value_name = "TEXT")]
    pub(super) label: Option<String>,
    /// Run no shell: the command is split into words as a shell would, and nothing else is special
    #[arg(short = 'N')]
    no_shell: bool,
    /// The shell that runs the command: sh, or none, which is the same as -N [default: sh]
    #[arg(long, value_name = "sh|none", value_parser = shells(), hide_possible_values = true)]
    shell: Option<bool>,
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
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    input: Option<OsString>,
    /// Where its standard output goes: null, pipe, inherit or a file [default: null]
    #[arg(long, value_name = "WHERE", value_parser = by(where_to))]
    output: Option<Output>,
    /// End an execution that takes longer than this, such as 60s; it has failed then
    #[arg(long, value_name = "TIME", value_parser = duration(TIMEOUT.0..=TIMEOUT.1))]
    timeout: Option<Duration>,
}

/// Which CPUs programs may use.
#[derive(Debug, Args)]
#[command(next_help_heading = "The program")]
pub(super) struct Placing {
    /// CPUs that N workers may use: all, or N of them (follow), as on a machine with N CPUs [default: all,
    /// or follow with --pin]
    #[arg(long, value_name = "all|follow", value_parser = counts_of_cpus(), hide_possible_values = true)]
    cpus: Option<Cpus>,
    /// Which N CPUs, as the first N in this order: hardware threads of a core one after another (compact),
    /// one per core first with memory nodes in turn (scatter) or node by node (cores), or as listed, such as
    /// 0,2,4-7 [default: none, or cores with --cpus follow]
    #[arg(
        long, value_name = "none|compact|scatter|cores|LIST", allow_hyphen_values = true,
        value_parser = pins(), hide_possible_values = true
    )]
    pin: Option<Pin>,
}

fn counts_of_cpus() -> Reader<Cpus> {
    one_of(
        "choice of CPUs",
        [("all", "all that there are", Cpus::All), ("follow", "as many as workers", Cpus::Follow)],
    )
}

impl Placing {
    /// Whether N workers have N CPUs, and which.
    pub(super) fn resolve(&self) -> Result<(Cpus, Option<Pinned>), ExitError> {
        let pin = match (self.cpus, &self.pin) {
            (Some(Cpus::All), Some(pin)) if *pin != Pin::None => {
                let problem = "keeps N workers to N CPUs, which contradicts --cpus all";
                return Err(ExitError::Usage(format!("--pin {pin}: {problem}")));
            }
            (Some(Cpus::Follow), Some(Pin::None)) => {
                let problem = "keeps no program to its CPUs, which contradicts --cpus follow";
                return Err(ExitError::Usage(format!("--pin none: {problem}")));
            }
            (Some(Cpus::Follow), None) => &Pin::Order(Placement::Cores),
            (_, None) => &Pin::None,
            (_, Some(pin)) => pin,
        };
        let pinned =
            pin.resolve().map_err(|problem| ExitError::Usage(format!("--pin '{pin}': {problem}")))?;
        Ok((if pinned.is_some() { Cpus::Follow } else { Cpus::All }, pinned))
    }
}

/// Limits of `--timeout`.
const TIMEOUT: (Duration, Duration) = (Duration::from_millis(1), Duration::from_secs(100 * 24 * 3600));

/// Whether there is a shell.
fn shells() -> Reader<bool> {
    one_of("shell", [("sh", "/bin/sh", true), ("none", "no shell", false)])
}

impl Measuring {
    /// The numbers of workers, ascending, 1 among them.
    pub(super) fn workers(&self) -> Vec<usize> {
        let default = || default_workers(machine::cpus_available());
        self.workers.as_ref().map_or_else(default, WorkerCounts::with_one)
    }

    /// How a run of programs is carried out.
    pub(super) fn how<'a>(
        &'a self,
        command: &'static str,
        out: &'a Path,
        resumed: Option<&'a Path>,
    ) -> How<'a> {
        How { command, output: &self.output, out, resumed, book: false, discard: true }
    }

    /// Where the folders of runs are.
    pub(super) fn out(&self) -> PathBuf {
        self.out.clone().unwrap_or_else(|| PathBuf::from(OUT))
    }
}

impl Given {
    /// Whether nothing is given.
    pub(super) fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Whether no shell is to run.
    pub(super) fn no_shell(&self) -> bool {
        self.no_shell || self.shell == Some(false)
    }

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
