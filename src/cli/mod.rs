//! The command line: parse, dispatch, and errors as one line and an exit code.
//!
//! One file per subcommand, with its arguments; [`exit`] has the exit codes, `usage` puts the errors of
//! clap into the form of all others. This is the only module that sees all the others, and the only one
//! that writes to standard output.

mod args;
mod batch;
mod command;
mod compare;
mod completions;
mod demo;
mod doctor;
pub mod exit;
mod flags;
mod import;
mod list;
mod man;
mod measured;
mod report;
mod run;
mod selftest;
mod serve;
mod usage;

use std::ffi::OsString;
use std::io::{self, Write};
use std::path::Path;
use std::process::ExitCode;

use clap::error::ErrorKind;
use clap::{CommandFactory, FromArgMatches};

use self::args::{Cli, Command};
pub use self::exit::ExitError;
use self::exit::Verdict;
use crate::study;
use crate::study::job::BatchJob;
use crate::study::selftest as selftest_tasks;
use crate::workload::Workload;
use speedup_executor::task::TaskEntry;
use speedup_executor::worker;
use speedup_flags::{beside, client};
use speedup_machine::signal::limits_are_errors;
use speedup_report::record::json_schema::JSON_SCHEMA;
use speedup_report::record::plain::plain;

/// What worker processes of this program can run.
static TASKS: &[TaskEntry] = &[
    TaskEntry::of::<BatchJob>(),
    selftest_tasks::TASKS[0],
    selftest_tasks::TASKS[1],
    demo::TASKS[0],
    demo::TASKS[1],
    client::TASKS[0],
    client::TASKS[1],
    beside::TASKS[0],
];

/// Runs the program over the given workloads. It must be called first thing in `main`: a process
/// that a pool has started becomes a worker here and does not return.
///
/// Its exit code is 0, or that of an [`ExitError`].
#[must_use]
pub fn main(workloads: &'static [&'static dyn Workload]) -> ExitCode {
    // Before anything is written, by this process or by one that becomes a worker. Without the handler, a
    // limit on files ends the program, and nothing else is lost.
    let _ = limits_are_errors();
    study::set_workloads(workloads);
    worker::init(TASKS);
    let done = parse(std::env::args_os()).and_then(|command| dispatch(command, workloads));
    done.map_or_else(|error| error.report(), |()| ExitCode::SUCCESS)
}

/// Reads the command line; the inputs of a batch stand apart from it. Where it asks for help or the version, that is printed and the program ends.
fn parse(arguments: impl Iterator<Item = OsString>) -> Result<(Command, Option<Vec<OsString>>), ExitError> {
    let mut command = Cli::command();
    let (arguments, inputs) = batch::part(arguments.collect());
    let matches = command.try_get_matches_from_mut(&arguments);
    match matches.and_then(|matches| Cli::from_arg_matches(&matches)) {
        Ok(cli) => Ok((cli.command, inputs)),
        Err(error) if !error.use_stderr() => {
            print(&error.to_string())?;
            std::process::exit(0);
        }
        // A bare "speedup" is a question for help, though a script that comes to it has a mistake.
        Err(error) if error.kind() == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => {
            let _ = write!(io::stderr(), "{error}");
            Err(ExitError::Said(Verdict::Usage))
        }
        Err(error) => Err(ExitError::Usage(usage::line(&error, &command, &arguments))),
    }
}

fn dispatch(
    (command, inputs): (Command, Option<Vec<OsString>>),
    workloads: &'static [&'static dyn Workload],
) -> Result<(), ExitError> {
    match command {
        Command::Run(args) => run::run(&args, workloads),
        Command::Command(args) => command::command(&args),
        Command::Batch(args) => batch::batch(&args, inputs),
        Command::Report(args) => report::report(&args),
        Command::Compare(args) => compare::compare(&args),
        Command::Import(args) => import::import(&args),
        Command::Schema => print(JSON_SCHEMA),
        Command::Selftest(args) => selftest::selftest(&args),
        Command::Doctor(args) => doctor::doctor(&args, workloads),
        Command::List => list::list(workloads),
        Command::Flags(args) => flags::flags(&args),
        Command::Serve(args) => serve::serve(&args),
        Command::Demo(demo) => demo::demo(&demo),
        Command::Completions(args) => completions::completions(&args, workloads),
        Command::Man(args) => man::man(&args),
    }
}

/// Writes a message to standard error, on one line whatever the user's own words hold.
pub fn complain(message: &str) {
    // Where standard error is gone, the exit code is all that can be said.
    let _ = writeln!(io::stderr(), "speedup: {}", plain(message));
}

/// A path as it may be printed: no name of a folder commands a terminal.
fn shown(path: &Path) -> String {
    plain(&path.display().to_string())
}

/// Writes to standard output. A reader that has seen enough is no error.
fn print(text: &str) -> Result<(), ExitError> {
    let mut stdout = io::stdout().lock();
    match stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(ExitError::Failure(format!("cannot write to standard output: {error}")))
        }
        _ => Ok(()),
    }
}
