//! The commands of the program; the arguments of each stand in its own file. A program for workloads of one's own has
//! some of them, under its own name.

use clap::{Arg, CommandFactory, Parser, Subcommand};

use super::batch::BatchArgs;
use super::braces;
use super::command::CommandArgs;
use super::compare::CompareArgs;
use super::completions::CompletionsArgs;
use super::demo::Demo;
use super::doctor::DoctorArgs;
use super::flags::FlagsArgs;
use super::history::HistoryArgs;
use super::import::ImportArgs;
use super::man::ManArgs;
use super::predict::PredictArgs;
use super::report::ReportArgs;
use super::run::RunArgs;
use super::schema::SchemaArgs;
use super::selftest::{InjectArgs, SelftestArgs};
use super::serve::ServeArgs;
use super::tool::Tool;
use crate::program::SPEEDUP;
use crate::settings::reader::by;

/// How much faster do N workers finish a batch of CPU-bound tasks, threads or processes?
#[derive(Debug, Parser)]
#[command(name = "speedup", version = env!("SPEEDUP_VERSION"), max_term_width = 100)]
#[command(arg_required_else_help = true)]
pub(super) struct Cli {
    #[command(subcommand)]
    pub(super) command: Command,
}

#[derive(Debug, Subcommand)]
#[expect(clippy::enum_variant_names, reason = "a subcommand is called command")]
pub(super) enum Command {
    /// Measure workloads over executors and numbers of workers
    Run(Box<RunArgs>),
    /// Measure a program that exists, with a knob for its number of workers
    Command(Box<CommandArgs>),
    /// Measure one command for each of many inputs, N at a time
    Batch(Box<BatchArgs>),
    /// Print saved runs as tables, Markdown, CSV or JSON, or draw their charts
    Report(ReportArgs),
    /// Compare saved runs: which cases became slower, and which loss grew?
    Compare(Box<CompareArgs>),
    /// Print all runs of one batch, a line a run, or draw them over time
    History(HistoryArgs),
    /// Predict from a saved run: more workers, another order, a warm pool
    Predict(PredictArgs),
    /// Make a record of times that hyperfine, GNU parallel or others have measured
    Import(ImportArgs),
    /// Download country flags sequentially, with threads, with processes or asynchronously
    Flags(FlagsArgs),
    /// Serve country flags: at once, late, or with deliberate faults
    Serve(ServeArgs),
    /// Print the JSON Schema of run.json, or of what 'compare --format json' prints
    Schema(SchemaArgs),
    /// Check that losses are attributed correctly: inject known faults and see where they are found
    Selftest(SelftestArgs),
    /// Be the program at fault of a self-test
    #[command(hide = true)]
    Inject(InjectArgs),
    /// Report what would spoil a measurement on this machine, and what to do about it
    Doctor(DoctorArgs),
    /// List workloads, kernels, executors, styles and report formats
    List,
    /// Show futures, map and crashing workers in action, as in chapter 17 of Fluent Python
    #[command(subcommand)]
    Demo(Demo),
    /// Print a completion script for a shell
    Completions(CompletionsArgs),
    /// Print the manual page, or write those of all commands into a folder
    Man(ManArgs),
}

/// The commands that a program for workloads of one's own has.
const OWN: [&str; 9] =
    ["run", "report", "compare", "history", "predict", "doctor", "list", "completions", "man"];

/// Options that only workloads over arrays have, and one that is about the book.
const OF_ARRAYS: [&str; 4] = ["kernel", "data", "passes", "scale"];
const OF_THE_BOOK: &str = "book";

/// The command line of a program.
pub(super) fn command(tool: &'static Tool) -> clap::Command {
    let whole = Cli::command().mut_subcommands(braces::guard);
    if tool.whole {
        return whole;
    }
    let about = tool.about.clone().unwrap_or_else(|| {
        let names: Vec<_> = tool.workloads.iter().map(|workload| workload.name()).collect();
        format!(
            "How much faster do N workers finish {}, and where does the missing speedup go?",
            names.join(", ")
        )
    });
    let version = tool.version.as_ref().map_or_else(String::new, |version| format!("{version} "));
    let version = String::leak(format!("{version}on {SPEEDUP} {}", env!("SPEEDUP_VERSION")));
    let own = whole.get_subcommands().filter(|command| OWN.contains(&command.get_name()));
    clap::Command::new(&*tool.name)
        .bin_name(&*tool.name)
        .version(&*version)
        .about(about)
        .max_term_width(100)
        .subcommand_required(true)
        .arg_required_else_help(true)
        .subcommands(own.cloned().map(|command| own_command(command, tool)))
}

/// A command of a program for workloads of one's own.
fn own_command(command: clap::Command, tool: &'static Tool) -> clap::Command {
    let name = &tool.name;
    let arrays = tool.workloads.iter().any(|workload| workload.array().is_some());
    let mut command = command.mut_args(|arg| {
        let id = arg.get_id().as_str();
        let hidden = id == OF_THE_BOOK || !arrays && OF_ARRAYS.contains(&id);
        let help = arg.get_help().map(ToString::to_string);
        let help = help.map(|help| renamed(&help, name));
        let arg = if hidden { arg.hide(true) } else { arg };
        match help {
            Some(help) => arg.help(help),
            None => arg,
        }
    });
    if command.get_name() == "list" {
        command = command.about("List workloads, parameters, executors and report formats");
    }
    if command.get_name() == "run" {
        let pool = "Start and stop a pool within each timing (cold), or start it once and keep it (warm) \
                    [default: cold; warm where a workload has to be set up]";
        command = command.mut_arg("pool", |arg| arg.help(pool)).after_help(super::run::own_examples(tool));
        command = command.args(parameters(tool));
    } else if let Some(text) = command.get_after_help().map(ToString::to_string) {
        let text: Vec<&str> = text.lines().filter(|line| !line.contains("--book")).collect();
        command = command.after_help(renamed(&text.join("\n"), name));
    }
    command
}

/// The parameters of a program's workloads, each once, as options.
fn parameters(tool: &'static Tool) -> Vec<Arg> {
    let mut args: Vec<Arg> = Vec::new();
    for workload in &tool.workloads {
        for parameter in workload.parameters() {
            if args.iter().any(|arg| arg.get_id() == parameter.name) {
                continue;
            }
            let reader = by(move |text: &str| {
                // Whether it is one of the type's values is for the workloads to say that have it.
                let having = tool.workloads.iter().filter(|workload| {
                    workload.parameters().iter().any(|other| other.name == parameter.name)
                });
                having
                    .map(|workload| workload.check(parameter.name, text))
                    .collect::<Result<Vec<()>, _>>()?;
                Ok(text.to_string())
            });
            args.push(
                Arg::new(parameter.name)
                    .long(parameter.name)
                    .value_name("VALUE")
                    .help(format!("{} [default: {}]", parameter.summary, parameter.default))
                    .help_heading("Parameters")
                    .allow_hyphen_values(true)
                    .conflicts_with("resume")
                    .value_parser(reader),
            );
        }
    }
    args
}

/// The options that `run` has in any program.
pub(super) fn reserved() -> Vec<String> {
    let whole = Cli::command();
    let run = whole.find_subcommand("run");
    let args = run.into_iter().flat_map(clap::Command::get_arguments);
    let names = args.flat_map(|arg| arg.get_long_and_visible_aliases().unwrap_or_default());
    names.chain(["help", "version"]).map(ToString::to_string).collect()
}

/// A text in which commands of `speedup` are those of another program, as far as that has them.
pub(super) fn renamed(text: &str, name: &str) -> String {
    if name == SPEEDUP {
        return text.to_string();
    }
    let text = text.replace("completions/speedup", &format!("completions/{name}"));
    OWN.iter().fold(text, |text, command| {
        let text = text.replace(&format!("'speedup {command}"), &format!("'{name} {command}"));
        text.replace(&format!("  speedup {command}"), &format!("  {name} {command}"))
    })
}
