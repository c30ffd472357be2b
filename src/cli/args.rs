//! The command line as clap parses it. Values stay text here; they are resolved in `study::config`.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use super::demo::args::Demo;
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
    Run(RunArgs),
    /// Print saved runs as tables, Markdown, CSV or JSON, or draw their charts
    Report(ReportArgs),
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
  speedup run --workload rc4 --passes rc4=200 --runs 20
  speedup run --scale tiny --runs 2 --out /tmp/try

Each round runs the serial baseline and every case once, in a random order; one round before them
warms up. The record, tables and charts go to a new folder OUT/DATE-NAME.

Exit codes: 0 success, 1 failure, 2 usage, 130 interrupted (what was measured is kept).")]
pub(super) struct RunArgs {
    /// Workloads, separated by commas [default: all]
    #[arg(long, value_name = "NAME,…")]
    workload: Option<String>,
    /// Executors, separated by commas [default: threads,processes]
    #[arg(long, value_name = "NAME,…")]
    executor: Option<String>,
    /// Numbers of workers, up to 1024: N, A..B or a list; 1 is always added [default: 1 to the CPUs
    /// that this process may use]
    #[arg(long, value_name = "N|A..B|LIST", allow_hyphen_values = true)]
    workers: Option<String>,
    /// Counted runs per case [default: 10]
    #[arg(long, value_name = "N", allow_hyphen_values = true)]
    runs: Option<String>,
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
            runs: self.runs.clone(),
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
  speedup report results/2026-11-22-demo --book --charts /tmp/charts")]
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
    /// Draw the charts of the first run into this folder, the others beside it
    #[arg(long, value_name = "DIR")]
    pub(super) charts: Option<PathBuf>,
}
