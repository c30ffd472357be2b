//! The command line: parse, dispatch, and errors as one line and an exit code.
//!
//! One file per subcommand. This is the only module that sees all the others, and the only one that
//! writes to standard output.

mod args;
mod batch;
mod command;
mod compare;
mod completions;
mod demo;
mod doctor;
mod flags;
mod import;
mod list;
mod report;
mod measured;
mod run;
mod selftest;
mod serve;

use std::ffi::OsString;
use std::io::{self, Write};
use std::process::ExitCode;

use clap::Parser;

use self::args::{Cli, Command};
use crate::study;
use crate::study::job::BatchJob;
use crate::study::selftest as selftest_tasks;
use crate::workload::Workload;
use speedup_executor::task::TaskEntry;
use speedup_executor::worker;
use speedup_flags::{beside, client};
use speedup_machine::signal::{EXIT_INTERRUPTED, Interrupt};
use speedup_report::record::json_schema::JSON_SCHEMA;

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

/// Why the program ends without success.
enum Failed {
    /// The command line cannot be used: exit 2.
    Usage(String),
    /// Something went wrong: exit 1.
    Failure(String),
    /// The user stopped it: exit 130.
    Interrupted(String),
    /// Two runs cannot be compared: exit 3.
    NotComparable(String),
    /// A comparison, as printed, ends with this exit code: nothing more to say.
    Verdict(u8),
}

/// Runs the program over the given workloads. It must be called first thing in `main`: a process
/// that a pool has started becomes a worker here and does not return.
///
/// Exit codes: 0 success, 1 failure, 2 usage, 130 interrupted; a comparison has its own.
#[must_use]
pub fn main(workloads: &'static [&'static dyn Workload]) -> ExitCode {
    study::set_workloads(workloads);
    worker::init(TASKS);
    match dispatch(std::env::args_os(), workloads) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failed) => {
            let (code, message) = match failed {
                Failed::Verdict(code) => return ExitCode::from(code),
                Failed::NotComparable(message) => (3, message),
                Failed::Failure(message) => (1, message),
                Failed::Usage(message) => (2, message),
                Failed::Interrupted(message) => (EXIT_INTERRUPTED, message),
            };
            complain(&message);
            ExitCode::from(code)
        }
    }
}

/// Watches for Ctrl-C.
fn interrupt() -> Result<Interrupt, Failed> {
    Interrupt::install().map_err(|error| Failed::Failure(format!("cannot watch for Ctrl-C: {error}")))
}

fn dispatch(
    arguments: impl Iterator<Item = OsString>,
    workloads: &'static [&'static dyn Workload],
) -> Result<(), Failed> {
    let (arguments, inputs) = batch::part(arguments.collect());
    let cli = match Cli::try_parse_from(arguments) {
        Ok(cli) => cli,
        // `--help` and `--version` arrive here too.
        Err(error) if !error.use_stderr() => return print(&error.to_string()),
        Err(error) => return Err(Failed::Usage(one_line(&error))),
    };
    match cli.command {
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
        Command::Completions { shell } => completions::completions(shell),
    }
}

/// Writes a message to standard error, on one line whatever the user's own words hold.
pub fn complain(message: &str) {
    let mut line = String::from("speedup: ");
    for character in message.chars() {
        if character.is_control() {
            line.extend(character.escape_default());
        } else {
            line.push(character);
        }
    }
    // Where standard error is gone, the exit code is all that can be said.
    let _ = writeln!(io::stderr(), "{line}");
}

/// Writes to standard output. A reader that has seen enough is no error.
fn print(text: &str) -> Result<(), Failed> {
    let mut stdout = io::stdout().lock();
    match stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(Failed::Failure(format!("cannot write to standard output: {error}")))
        }
        _ => Ok(()),
    }
}

/// What to say of a missing command, of which clap says nothing but the help.
fn missing(help: &str) -> String {
    let (what, command) = if help.contains("Usage: speedup demo") {
        ("a demonstration is missing: map, futures or crash".to_string(), "speedup demo")
    } else {
        let commands =
            "run, command, batch, report, import, compare, flags, serve, doctor, selftest, list, schema, demo or completions";
        (format!("a command is missing: {commands}"), "speedup")
    };
    format!("{what}; see '{command} --help'")
}

/// Clap explains over several lines; the first part says what is wrong, the rest is usage.
fn one_line(error: &clap::Error) -> String {
    let text = error.to_string();
    let explanation = text.lines().take_while(|line| !line.starts_with("Usage:"));
    let parts: Vec<&str> = explanation.map(str::trim).filter(|line| !line.is_empty()).collect();
    if error.kind() == clap::error::ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand {
        return missing(&text);
    }
    let parts = parts.join("; ").replace(":; ", ": ");
    let parts = parts.trim_start_matches("error: ").trim_end_matches("; For more information, try '--help'.");
    format!("{parts}; see '--help'")
}
