//! The commands of the program; the arguments of each stand in its own file.

use clap::{Parser, Subcommand};

use super::batch::BatchArgs;
use super::command::CommandArgs;
use super::compare::CompareArgs;
use super::completions::CompletionsArgs;
use super::demo::Demo;
use super::doctor::DoctorArgs;
use super::flags::FlagsArgs;
use super::import::ImportArgs;
use super::man::ManArgs;
use super::report::ReportArgs;
use super::run::RunArgs;
use super::selftest::{InjectArgs, SelftestArgs};
use super::serve::ServeArgs;

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
    /// Compare two saved runs: which cases became slower, and which loss grew?
    Compare(CompareArgs),
    /// Make a record of times that hyperfine, GNU parallel or others have measured
    Import(ImportArgs),
    /// Download country flags sequentially, with threads, with processes or asynchronously
    Flags(FlagsArgs),
    /// Serve country flags: at once, late, or with deliberate faults
    Serve(ServeArgs),
    /// Print the JSON Schema of run.json
    Schema,
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
