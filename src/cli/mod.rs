//! The command line: parse, dispatch, and errors as one line and an exit code.
//!
//! One file per subcommand, with its arguments; [`exit`] has the exit codes, `usage` puts the errors of
//! clap into the form of all others. This is the only module that sees all the others, and the only one
//! that writes to standard output.

mod args;
mod batch;
mod braces;
mod command;
mod compare;
mod completions;
mod demo;
mod doctor;
pub mod exit;
mod flags;
mod history;
mod import;
mod list;
mod man;
mod measured;
mod output;
mod predict;
mod report;
mod run;
mod schema;
mod screen;
mod selftest;
mod serve;
mod start;
mod tool;
mod usage;

use std::ffi::OsString;
use std::io::{self, Write};
use std::path::Path;

use clap::FromArgMatches;
use clap::error::ErrorKind;

use self::args::{Cli, Command};
pub use self::exit::ExitError;
use self::exit::Verdict;
pub use self::tool::Tool;
use crate::program;
use speedup_report::record::plain::plain;
use speedup_report::render::prose::fitted;

/// Reads the command line; the inputs of a batch stand apart from it. Where it asks for help or the version, that is
/// printed and the program ends.
fn parse(
    tool: &'static Tool,
    arguments: impl IntoIterator<Item = OsString>,
) -> Result<(Command, Option<Vec<OsString>>), ExitError> {
    let mut command = args::command(tool);
    let (arguments, inputs) = batch::part(arguments.into_iter().collect());
    let matches = command.try_get_matches_from_mut(&arguments);
    match matches.and_then(|matches| Ok((Cli::from_arg_matches(&matches)?, matches))) {
        Ok((mut cli, matches)) => {
            if let (Command::Run(run), Some(matches)) = (&mut cli.command, matches.subcommand_matches("run"))
            {
                run.take_parameters(tool, matches);
            }
            Ok((cli.command, inputs))
        }
        Err(error) if !error.use_stderr() => {
            print(&braces::printable(&error.to_string()))?;
            std::process::exit(0);
        }
        // A bare program is a question for help, though a script that comes to it has a mistake.
        Err(error) if error.kind() == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => {
            let _ = write!(io::stderr(), "{}", braces::printable(&error.to_string()));
            Err(ExitError::Said(Verdict::Usage))
        }
        Err(error) => Err(ExitError::Usage(usage::line(&error, &command, &arguments))),
    }
}

fn dispatch(
    (command, inputs): (Command, Option<Vec<OsString>>),
    tool: &'static Tool,
) -> Result<(), ExitError> {
    let workloads = tool.workloads();
    match command {
        Command::Run(args) => run::run(&args, workloads),
        Command::Command(args) => command::command(&args),
        Command::Batch(args) => batch::batch(&args, inputs),
        Command::Report(args) => report::report(&args),
        Command::Compare(args) => compare::compare(&args),
        Command::Import(args) => import::import(&args),
        Command::Schema(args) => schema::schema(&args),
        Command::History(args) => history::history(&args),
        Command::Predict(args) => predict::predict(&args),
        Command::Selftest(args) => selftest::selftest(&args),
        Command::Inject(args) => selftest::inject(&args),
        Command::Doctor(args) => doctor::doctor(&args, workloads),
        Command::List => list::list(tool),
        Command::Flags(args) => flags::flags(&args),
        Command::Serve(args) => serve::serve(&args),
        Command::Demo(demo) => demo::demo(&demo),
        Command::Completions(args) => completions::completions(&args, tool, self::args::command(tool)),
        Command::Man(args) => man::man(&args, self::args::command(tool)),
    }
}

/// Writes a message to standard error, on one line whatever the user's own words hold.
pub fn complain(message: &str) {
    // Where standard error is gone, the exit code is all that can be said.
    let _ =
        writeln!(io::stderr(), "{}: {}", program::name(), plain(&args::renamed(message, program::name())));
}

/// Says so where this program was built without optimisation.
fn complain_of_build() {
    if cfg!(debug_assertions) {
        complain("unoptimised build, its times mean little; use --release");
    }
}

/// A path as it may be printed: no name of a folder commands a terminal.
fn shown(path: &Path) -> String {
    plain(&path.display().to_string())
}

/// Writes a report to standard output, with its sentences wrapped where that is a terminal.
fn print_fitted(text: &str) -> Result<(), ExitError> {
    match screen::width() {
        Some(width) => print(&fitted(text, width)),
        None => print(text),
    }
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
