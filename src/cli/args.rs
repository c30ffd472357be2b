//! The command line as clap parses it. Values stay text here; they are resolved in `study::config`.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use super::batch::BatchArgs;
use super::command::CommandArgs;
use super::compare::CompareArgs;
use super::demo::args::Demo;
use super::flags::FlagsArgs;
use super::import::ImportArgs;
use super::serve::ServeArgs;
use crate::study::RunRequest;

/// How much faster do N workers finish a batch of CPU-bound tasks, threads or processes?
#[derive(Debug, Parser)]
#[command(name = "speedup", version, max_term_width = 100)]
pub(super) struct Cli {
    #[command(subcommand)]
    pub(super) command: Command,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Measure: workloads over executors over numbers of workers
    Run(Box<RunArgs>),
    /// Measure a program that exists, with a knob for its number of workers
    Command(Box<CommandArgs>),
    /// Measure one command for each of many inputs, N at a time
    Batch(Box<BatchArgs>),
    /// Print saved runs as tables, Markdown, CSV or JSON, or draw their charts
    Report(ReportArgs),
    /// Compare two saved runs: has a case become slower, and which loss moved?
    Compare(CompareArgs),
    /// Make a record of times that hyperfine, GNU parallel or others have measured
    Import(ImportArgs),
    /// Download country flags sequentially, with threads, with processes or async
    Flags(FlagsArgs),
    /// Serve country flags: at once, late, or with faults on purpose
    Serve(ServeArgs),
    /// Print the JSON Schema of run.json
    Schema,
    /// Prove that losses are attributed rightly: inject known faults and see where they are found
    Selftest(SelftestArgs),
    /// Say what would spoil a measurement on this machine, and what to do about it
    Doctor(DoctorArgs),
    /// List workloads, executors and report formats
    List,
    /// Show futures, map and crashing workers in action, as in chapter 17 of Fluent Python
    #[command(subcommand)]
    Demo(Demo),
    /// Print a completion script for a shell
    #[command(
        after_help = "Example:\n  speedup completions bash > ~/.local/share/bash-completion/completions/speedup"
    )]
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  speedup run
  speedup run --workers 1..8 --executor threads,processes,rayon --name laptop
  speedup run --workload rc4 --passes rc4=200 --rounds 20
  speedup run --executor threads,processes --precision 0.5% --max-time 10m
  speedup run --workload flags,flags-local --rounds 10
  speedup run --resume results/2026-11-22-laptop --max-time 5m
  speedup run --scale tiny --rounds 2 --out /tmp/try

Each round runs the serial baseline twice and every case once, in a random order; one round before
them warms up. The run ends when every speedup is known to --precision, or at --rounds or
--max-time, by default 100 rounds or 2 minutes. The record, tables, charts and report.html go to a
new folder OUT/DATE-NAME; the record is there after every round.

Exit codes: 0 success, 1 failure, 2 usage, 130 interrupted (what was measured is kept).")]
pub(super) struct RunArgs {
    /// Workloads, separated by commas; see 'speedup list' [default: all but those that are only run where named]
    #[arg(long, value_name = "NAME,…")]
    workload: Option<String>,
    /// Executors, separated by commas [default: threads,processes, and async if all workloads wait]
    #[arg(long, value_name = "NAME,…")]
    executor: Option<String>,
    /// Numbers of workers, up to 1024: N, A..B or a list; 1 is always added [default: 1 to the CPUs
    /// that this process may use; of workloads that wait up to 1000]
    #[arg(long, value_name = "N|A..B|LIST", allow_hyphen_values = true)]
    workers: Option<String>,
    /// The most rounds to count
    #[arg(long, visible_alias = "runs", value_name = "N", allow_hyphen_values = true)]
    rounds: Option<String>,
    /// Stop when the half-width of every speedup's 95 % interval is at most this share of it
    /// [default: 1%]
    #[arg(long, value_name = "SHARE", allow_hyphen_values = true)]
    precision: Option<String>,
    /// Begin no further round that would end later than this, such as 60s or 5m
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    max_time: Option<String>,
    /// Start and end a pool within each timing (cold), or start it once and keep it (warm)
    /// [default: cold]
    #[arg(long, value_name = "cold|warm")]
    pool: Option<String>,
    /// Go on with the run in this folder, with new limits if --rounds, --precision or --max-time are
    /// given, which count the whole run; of the other options only --book and --quiet go with it
    #[arg(
        long,
        value_name = "DIR",
        conflicts_with_all = ["workload", "executor", "workers", "pool", "kernel", "data", "passes", "seed", "scale", "out", "name"]
    )]
    pub(super) resume: Option<PathBuf>,
    /// Kernels that compute, by workload, such as rc4=tuned; of a single workload, the kernel alone
    /// [default: the first of each in 'speedup list']
    #[arg(long, value_name = "NAME=KERNEL,…")]
    kernel: Option<String>,
    /// How arrays reach workers, each way with a serial baseline of its own: made by the worker
    /// (generate), sent with the task (copy), or in shared memory (shared) [default: generate]
    #[arg(long, value_name = "WAY,…")]
    data: Option<String>,
    /// Times that a job computes over its array, by workload [default: see 'speedup list']
    #[arg(long, value_name = "NAME=N,…")]
    passes: Option<String>,
    /// Seed of the arrays and of the order of cases [default: 17]
    #[arg(long, value_name = "N", allow_hyphen_values = true)]
    seed: Option<String>,
    /// Array sizes: book, or tiny for quick tests [default: book]
    #[arg(long, value_name = "SCALE")]
    scale: Option<String>,
    /// Folder for the folders of runs [default: results]
    #[arg(long, value_name = "DIR")]
    out: Option<String>,
    /// Name of the run, part of its folder's name [default: run]
    #[arg(long, value_name = "NAME", allow_hyphen_values = true)]
    name: Option<String>,
    /// Print and draw the table of Fluent Python beside the run
    #[arg(long)]
    pub(super) book: bool,
    /// Show no progress bar
    #[arg(long, short)]
    pub(super) quiet: bool,
}

impl RunArgs {
    pub(super) fn request(&self) -> RunRequest {
        RunRequest {
            workload: self.workload.clone(),
            executor: self.executor.clone(),
            workers: self.workers.clone(),
            rounds: self.rounds.clone(),
            precision: self.precision.clone(),
            max_time: self.max_time.clone(),
            pool: self.pool.clone(),
            kernel: self.kernel.clone(),
            data: self.data.clone(),
            passes: self.passes.clone(),
            seed: self.seed.clone(),
            scale: self.scale.clone(),
            out: self.out.clone(),
            name: self.name.clone(),
        }
    }
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  speedup report results/2026-11-22-demo
  speedup report results/2026-11-22-demo --format csv > demo.csv
  speedup report results/2026-11-22-demo --book --charts /tmp/charts
  speedup report ours theirs --engines --charts /tmp/charts")]
pub(super) struct ReportArgs {
    /// Folders of runs, or their run.json files
    #[arg(required = true, value_name = "DIR|FILE")]
    pub(super) runs: Vec<PathBuf>,
    /// Form of the output; see 'speedup list'
    #[arg(long, value_name = "FORMAT", default_value = "table")]
    pub(super) format: String,
    /// Add the table of Fluent Python as one more run
    #[arg(long)]
    pub(super) book: bool,
    /// Print only how the runs compare on the batches that the first has in common with them, by
    /// program and kernel; as table or markdown
    #[arg(long)]
    pub(super) engines: bool,
    /// Draw the charts of the first run into this folder, the others beside it
    #[arg(long, value_name = "DIR")]
    pub(super) charts: Option<PathBuf>,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Each fault is something done wrong on purpose whose cost is known: workers that sleep, a job that is
too large, a hog on the worker's CPU. It counts as found if the loss that it is grew most, and by the
injected amount.

Exit codes: 0 every fault was found where it is, 1 some were not, 2 usage, 130 interrupted.")]
pub(super) struct SelftestArgs {
    /// Rounds of every fault
    #[arg(long, value_name = "N", default_value = "10", allow_hyphen_values = true)]
    pub(super) rounds: String,
    /// Executors, separated by commas
    #[arg(long, value_name = "NAME,…", default_value = "threads,processes")]
    pub(super) executor: String,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  speedup doctor
  speedup doctor --json | jq -r '.diagnosis.findings[].what'

Looks for about three seconds: at what the system tells, at the clock and the issue width of each CPU,
and at how far one piece of work differs from itself. Exit code 0, also with warnings.")]
pub(super) struct DoctorArgs {
    /// Print findings and facts as JSON
    #[arg(long)]
    pub(super) json: bool,
}
