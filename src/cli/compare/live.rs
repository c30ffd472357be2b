//! `speedup compare --live`: two builds measured in the same rounds.

use std::ffi::OsString;
use std::num::NonZeroU32;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::{Args, ValueHint};

use super::CompareArgs;
use super::sides::{Given, Sides};
use crate::cli::exit::watch_for_ctrl_c;
use crate::cli::output::ways_to_tell;
use crate::cli::run::OUT;
use crate::cli::{ExitError, complain, complain_of_build};
use crate::settings::Limits;
use crate::settings::reader::{duration, text, whole};
use crate::settings::request::MAX_TIME;
use crate::settings::values::{Precision, RoundLimit, RunName, Seed, Threshold, WorkerCounts};
use crate::study::command::request::{program_of, run_name};
use crate::study::command::{CommandConfig, CommandRequest};
use crate::study::config::{DEFAULT_SEED, default_workers};
use crate::study::live::{
    ARMS, Arms, End, Folder, Invocations, Live, LiveConfig, LiveWatch, programs, tools,
};
use crate::study::progress::Verbosity;
use crate::study::stopping::StopRule;
use speedup_machine::machine;
use speedup_machine::signal::Interrupt;
use speedup_report::analysis::compare::widest_live;
use speedup_report::record::{RunRecord, Text};

/// How two builds are measured.
#[derive(Debug, Args)]
#[group(requires = "live")]
#[command(next_help_heading = "Live")]
pub(super) struct LiveArgs {
    /// Numbers of workers of commands with {n}, up to 1024: N, A..B or a list; 1 is always added [default: 1
    /// to the number of CPUs available to this process]
    #[arg(long, value_name = "N|A..B|LIST", allow_hyphen_values = true, value_parser = text::<WorkerCounts>())]
    workers: Option<WorkerCounts>,
    /// Stop after this many rounds [default: 100, if --max-time is not given either]
    #[arg(long, value_name = "N", allow_hyphen_values = true, value_parser = text::<RoundLimit>())]
    rounds: Option<RoundLimit>,
    /// Stop before exceeding this time, such as 60s or 5m [default: 2m, if --rounds is not given either]
    #[arg(
        long, value_name = "TIME", allow_hyphen_values = true,
        value_parser = duration(MAX_TIME.0..=MAX_TIME.1)
    )]
    max_time: Option<Duration>,
    /// Stop when the half-width of every ratio's 95 % interval is at most this share of it [default: half of
    /// --threshold]
    #[arg(long, value_name = "SHARE", allow_hyphen_values = true, value_parser = text::<Precision>())]
    precision: Option<Precision>,
    /// Rounds that each process of a program on this library measures before a fresh one takes over, after
    /// one that warms up [default: 3]
    #[arg(long, value_name = "N", allow_hyphen_values = true, value_parser = whole(1..=1000_u32))]
    invocation_rounds: Option<u32>,
    /// Rounds of commands that warm up before those that count [default: 1]
    #[arg(long, value_name = "N", allow_hyphen_values = true, value_parser = whole(0..=1000_u32))]
    warmup: Option<u32>,
    /// Seed of the order within rounds [default: 17]
    #[arg(long, value_name = "N", allow_hyphen_values = true, value_parser = text::<Seed>())]
    seed: Option<Seed>,
    /// Name of the comparison, part of its folder's name [default: compare]
    #[arg(long, value_name = "NAME", allow_hyphen_values = true, value_parser = text::<RunName>())]
    name: Option<RunName>,
    /// Keep the comparison in this very folder and not in a new one; refused if it holds one already
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath, conflicts_with = "out")]
    into: Option<PathBuf>,
    /// Progress on standard error: a bar on a terminal (bar), or a JSON object a line (json) [default: bar]
    #[arg(
        long, value_name = "bar|json", value_parser = ways_to_tell(), hide_possible_values = true,
        conflicts_with = "quiet"
    )]
    progress: Option<Verbosity>,
    /// Show no progress
    #[arg(long, short)]
    quiet: bool,
}

/// Rounds of a process, where the user does not say: with the one that warms up, a quarter of the time is lost.
const INVOCATION_ROUNDS: u32 = 3;

/// Options of `run` that a comparison sets, or that say nothing of what is measured.
const NOT_FOR_RUN: [&str; 18] = [
    "--into",
    "--out",
    "--overwrite",
    "--rounds",
    "--runs",
    "--precision",
    "--max-time",
    "--resume",
    "--save-baseline",
    "--name",
    "--format",
    "--progress",
    "--quiet",
    "-q",
    "--verbose",
    "-v",
    "--book",
    "--help",
];

/// What a live comparison comes to.
pub(super) struct Done {
    /// The runs of the arms.
    pub(super) sides: Sides,
    /// Where they are.
    pub(super) live: Kept,
}

/// Where a live comparison is kept.
pub(super) struct Kept {
    /// Its folder.
    pub(super) folder: PathBuf,
    /// Whether the user stopped it.
    pub(super) interrupted: bool,
}

/// Measures both sides.
pub(super) fn live(args: &CompareArgs) -> Result<Done, ExitError> {
    let [old, new] = &args.runs[..] else {
        let problem = "<RUN>: --live compares two commands, or two programs on this library, OLD and NEW";
        return Err(ExitError::Usage(problem.to_string()));
    };
    let interrupt = watch_for_ctrl_c()?;
    let stop = args.live_args.stop(args.threshold);
    let arms = if args.arguments.is_empty() {
        commands(args, [old, new], stop, &interrupt)?
    } else {
        binaries(args, [old, new], &interrupt)?
    };
    if args.arguments.is_empty() {
        // What is measured is another program; how it is watched costs more here.
        complain_of_build();
    }
    let mut live = Live::begin(args.config(stop)?, arms)?;
    let watch = LiveWatch {
        verbosity: args.live_args.verbosity(),
        interrupt: &interrupt,
        widest: widest_live,
        tell: complain,
    };
    let end = live.go_on(&watch)?;
    live.warnings.iter().for_each(|warning| complain(warning));
    let measured = |records: &[&RunRecord; 3]| {
        records.iter().all(|record| record.samples.iter().any(|sample| !sample.warmup))
    };
    let records = live.records().filter(measured).map(|records| records.map(Clone::clone));
    let folder = live.folder().to_path_buf();
    match (records, end) {
        (Some(records), end @ (End::Complete(_) | End::Interrupted)) => {
            Ok(done(records, Kept { folder, interrupted: end == End::Interrupted }))
        }
        (Some(_), End::Failed(message)) => {
            let kept = format!("the rounds before are kept in {}", folder.display());
            Err(ExitError::Failure(format!("{message}; {kept}")))
        }
        (None, end) => {
            live.discard();
            Err(match end {
                End::Failed(message) => ExitError::Failure(message),
                End::Interrupted => ExitError::Interrupted(
                    "interrupted before the first round was whole; nothing is kept".into(),
                ),
                End::Complete(_) => ExitError::Failure("nothing was measured".to_string()),
            })
        }
    }
}

fn done([old, new, again]: [RunRecord; 3], live: Kept) -> Done {
    let given = |name: &str, record: RunRecord| Given { path: live.folder.join(name), record };
    let sides = Sides {
        a: vec![given(ARMS[0], old)],
        b: vec![given(ARMS[1], new)],
        again: Some(given(ARMS[2], again)),
    };
    Done { sides, live }
}

impl LiveArgs {
    fn stop(&self, threshold: Threshold) -> StopRule {
        let half = Precision(threshold.0 / 2.0);
        let precision = Some(self.precision.unwrap_or(half));
        StopRule::of(&Limits { rounds: self.rounds, max_time: self.max_time, precision })
    }

    fn verbosity(&self) -> Verbosity {
        if self.quiet { Verbosity::Quiet } else { self.progress.unwrap_or(Verbosity::Normal) }
    }
}

impl CompareArgs {
    fn config(&self, stop: StopRule) -> Result<LiveConfig, ExitError> {
        let args = &self.live_args;
        let place = match &args.into {
            Some(path) if ARMS.iter().any(|arm| path.join(arm).symlink_metadata().is_ok()) => {
                let problem = "it holds a comparison already";
                return Err(ExitError::Usage(format!("--into '{}': {problem}", path.display())));
            }
            Some(path) => Folder::Exact(path.clone()),
            None => Folder::Dated(self.out.clone().unwrap_or_else(|| PathBuf::from(OUT))),
        };
        Ok(LiveConfig {
            name: args.name.as_ref().map_or_else(|| "compare".to_string(), ToString::to_string),
            stop,
            seed: args.seed.map_or(DEFAULT_SEED, |Seed(seed)| seed),
            warmups: args.warmup.unwrap_or(1),
            place,
        })
    }
}

/// Two commands.
fn commands(
    args: &CompareArgs,
    words: [&PathBuf; 2],
    stop: StopRule,
    interrupt: &Interrupt,
) -> Result<Arms, ExitError> {
    if args.live_args.invocation_rounds.is_some() {
        let problem = "--invocation-rounds: each execution of a command is a process; it is for programs on this \
                       library, whose options of 'run' stand after '--'";
        return Err(ExitError::Usage(problem.to_string()));
    }
    let given = &args.given;
    let words = words.map(Text::from);
    let [old, new] = words.each_ref().map(|text| program_of(std::slice::from_ref(text), true));
    // The cases of both sides have the same names, by which they find each other.
    let label = given.label.clone().unwrap_or_else(|| if old == new { old } else { "command".to_string() });
    let resolve = |text: &Text, alone: bool| {
        let request = CommandRequest {
            words: vec![text.clone()],
            serial: None,
            no_shell: given.no_shell(),
            env: given.env.iter().map(Text::from).collect(),
            record: given.record(args.live_args.warmup.unwrap_or(1)),
            label: Some(label.clone()),
            alone,
        };
        request.resolve()
    };
    let workers = args.live_args.workers.as_ref();
    // Without a place for their number there is one worker, whatever the program makes of it.
    let alone = workers.is_none_or(|counts| counts[..] == [1])
        && words.iter().all(|text| resolve(text, false).is_err());
    let workers = match workers {
        _ if alone => vec![1],
        None => default_workers(machine::cpus_available()),
        Some(counts) => counts.with_one(),
    };
    let config = |name: &str, text: &Text| -> Result<CommandConfig, ExitError> {
        let (record, label) =
            resolve(text, alone).map_err(|problem| ExitError::Usage(format!("{name}: {problem}")))?;
        Ok(CommandConfig {
            name: run_name(name),
            seed: args.live_args.seed.map_or(DEFAULT_SEED, |Seed(seed)| seed),
            stop,
            out: PathBuf::new(),
            record,
            pin: None,
            subtract_shell: false,
            both_arms: false,
            label,
            workers: workers.clone(),
        })
    };
    let [old, new] = &words;
    programs(&config("OLD", old)?, &config("NEW", new)?, interrupt).map_err(ExitError::Failure)
}

/// Two programs that measure by themselves.
fn binaries(args: &CompareArgs, paths: [&PathBuf; 2], interrupt: &Interrupt) -> Result<Arms, ExitError> {
    let live = &args.live_args;
    if live.workers.is_some() || live.warmup.is_some() || !args.given.is_empty() {
        let problem = "--workers, --warmup and the options of the program are for commands; for programs on this \
                       library, options of 'run' stand after '--'";
        return Err(ExitError::Usage(problem.to_string()));
    }
    let arguments = match &args.arguments[..] {
        [first, rest @ ..] if first == "run" => rest,
        all => all,
    };
    if let Some(option) = arguments.iter().find(|argument| is_set_here(argument)) {
        let problem = "is not for the runs of a comparison, which has options of its own before '--'";
        return Err(ExitError::Usage(format!("{}: {problem}", option.display())));
    }
    let rounds = live.invocation_rounds.unwrap_or(INVOCATION_ROUNDS);
    let of = |path: &Path| Invocations {
        program: path.into(),
        arguments: arguments.to_vec(),
        rounds: NonZeroU32::new(rounds).unwrap_or(NonZeroU32::MIN),
    };
    let [old, new] = paths;
    tools(&of(old), &of(new), interrupt).map_err(ExitError::Failure)
}

/// Whether an argument is an option that a comparison sets.
fn is_set_here(argument: &OsString) -> bool {
    let text = argument.to_string_lossy();
    let name = text.split('=').next().unwrap_or_default();
    NOT_FOR_RUN.contains(&name)
}
