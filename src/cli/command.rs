//! `speedup command`: a program with a knob for its number of workers, measured from outside.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::Args;

use super::ExitError;
use super::exit::watch_for_ctrl_c;
use super::measured::{Given, Measuring, Placing};
use super::run::carry_out;
use crate::settings::reader::text;
use crate::settings::values::{GridCounts, Seed};
use crate::study::command::request::run_name;
use crate::study::command::{Again, CommandConfig, CommandRequest, Knob};
use crate::study::config::DEFAULT_SEED;
use crate::study::resume::ResumeError;
use crate::study::stopping::StopRule;
use crate::study::{Run, Subject};
use speedup_machine::signal::Interrupt;
use speedup_report::record::{CommandRecord, Pinned, Text};

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  speedup command 'xz -T{n} -kc corpus.tar >/dev/null'
  speedup command --env OMP_NUM_THREADS={n} --workers 1,2,4 ./stencil 2000
  speedup command --setup ./configure --prepare 'make clean' 'make -j{n}'
  speedup command --serial 'gzip -kc corpus.tar' 'pigz -p {n} -kc corpus.tar'
  speedup command --grid 1,2x1..4 'mpirun -n {p} env OMP_NUM_THREADS={t} ./a'
  speedup command --check stdout --cpus follow -- sort --parallel={n} words

{n} stands for the number of workers, in COMMAND, --env, --prepare, --conclude and --check; {workers} and \
{threads} are the same. One COMMAND text is run by /bin/sh; several words are a program and its arguments. \
Each round runs the baseline twice and every number of workers once, in a random order. The account comes \
from the kernel's own records, not from the program. Whatever the program leaves running is ended.

Exit codes: 0 success, 1 failure, 2 usage, 130 interrupted (what was measured is kept).")]
pub(super) struct CommandArgs {
    /// The command, with {n} where its number of workers goes
    #[arg(value_name = "COMMAND", required_unless_present = "resume")]
    words: Vec<OsString>,
    /// The best serial program, as the baseline [default: the command with one worker]
    #[arg(long, value_name = "COMMAND")]
    serial: Option<OsString>,
    /// Measure how long the shell takes to start, and take that off each execution
    #[arg(long)]
    subtract_shell: bool,
    /// Instead of --workers, every pair of these numbers of processes, which are {p} in the command, and of
    /// threads of each, which are {t}: such as 1,2x1..4; the baseline is one of both
    #[arg(
        long, value_name = "PxT", conflicts_with = "workers", value_parser = text::<GridCounts>(),
        help_heading = "What to measure"
    )]
    grid: Option<GridCounts>,
    /// Go on with the run in this folder, with new limits if --rounds, --precision or --max-time are given,
    /// which count the whole run
    #[arg(long, value_name = "DIR", conflicts_with_all = ANEW)]
    resume: Option<PathBuf>,
    #[command(flatten)]
    measuring: Measuring,
    #[command(flatten)]
    given: Given,
    #[command(flatten)]
    placing: Placing,
}

/// What only a new run can have.
const ANEW: [&str; 11] = [
    "words",
    "serial",
    "subtract_shell",
    "grid",
    "workers",
    "seed",
    "warmup",
    "out",
    "name",
    "Given",
    "Placing",
];

pub(super) fn command(args: &CommandArgs) -> Result<(), ExitError> {
    let interrupt = watch_for_ctrl_c()?;
    let run = match &args.resume {
        None => {
            let subject = new(args, &interrupt)?;
            Run::begin_in(subject, &args.measuring.output.place(&args.measuring.out())?)?
        }
        Some(path) => {
            let again = Again::open(path, &args.measuring.limits).map_err(resume_failed)?;
            let knob = Knob::new(again.config.clone(), interrupt.clone(), again.before_ns());
            again.with(Box::new(knob.map_err(ExitError::Failure)?)).map_err(resume_failed)?
        }
    };
    carry_out(run, &interrupt, &args.measuring.how("command", &args.measuring.out(), args.resume.as_deref()))
}

#[expect(clippy::needless_pass_by_value, reason = "it is handed to map_err")]
pub(super) fn resume_failed(error: ResumeError) -> ExitError {
    ExitError::Failure(format!("--resume {error}"))
}

fn new(args: &CommandArgs, interrupt: &Interrupt) -> Result<Box<dyn Subject>, ExitError> {
    let workers = args.grid.as_ref().map_or_else(|| args.measuring.workers(), GridCounts::workers);
    if workers == [1] && args.serial.is_none() {
        return Err(ExitError::Usage("--workers: one worker alone has nothing to be compared with".into()));
    }
    let (cpus, pin) = args.placing.resolve()?;
    let request = CommandRequest {
        words: args.words.iter().map(Text::from).collect(),
        serial: args.serial.as_ref().map(Text::from),
        no_shell: args.given.no_shell(),
        env: args.given.env.iter().map(Text::from).collect(),
        record: CommandRecord {
            cpus,
            grid: args.grid.clone().map(|GridCounts(axes)| axes),
            ..args.given.record(args.measuring.warmup)
        },
        label: args.given.label.clone(),
        alone: false,
    };
    let (record, label) = request.resolve().map_err(ExitError::Usage)?;
    if args.subtract_shell && !record.shell {
        let problem = "--subtract-shell: no shell runs the command, so that there is nothing to take off";
        return Err(ExitError::Usage(problem.to_string()));
    }
    let config = CommandConfig {
        subtract_shell: args.subtract_shell,
        ..config(&args.measuring, (record, pin), label, workers)
    };
    Ok(Box::new(Knob::new(config, interrupt.clone(), 0).map_err(ExitError::Failure)?))
}

/// The command with when to stop and where to keep it.
pub(super) fn config(
    measuring: &Measuring,
    (record, pin): (CommandRecord, Option<Pinned>),
    label: String,
    workers: Vec<usize>,
) -> CommandConfig {
    CommandConfig {
        name: measuring.name.as_ref().map_or_else(|| run_name(&label), ToString::to_string),
        seed: measuring.seed.map_or(DEFAULT_SEED, |Seed(seed)| seed),
        stop: StopRule::of(&measuring.limits),
        out: measuring.out(),
        record,
        pin,
        subtract_shell: false,
        both_arms: true,
        label,
        workers,
    }
}
