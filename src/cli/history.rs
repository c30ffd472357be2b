//! `speedup history`: all runs of one batch, a line a run.

use std::path::{Path, PathBuf};

use clap::{Args, ValueHint};

use super::{ExitError, complain, print, shown};
use crate::settings::reader::{Reader, one_of};
use speedup_report::analysis::history::{History, is_of_batch};
use speedup_report::record::RunRecord;
use speedup_report::render::chart;
use speedup_report::render::history::{FORMATS, Render};

#[derive(Debug, Args)]
#[command(after_help = concat!(
    "Examples:\n",
    "  speedup history results\n",
    "  speedup history results --charts /tmp/charts\n",
    "  speedup history results --format csv > otava.csv\n",
    "  speedup history results --like results/2026-11-22-laptop --format bencher > latest.json\n",
    "\n",
    "A history is of one batch: the same workloads, sizes, passes, pool and design; runs of other batches ",
    "and what is no run are left out. Times of another machine are marked. Which change is more than ",
    "noise is for programs that look for change points: csv is what Apache Otava reads, bencher what ",
    "'bencher run --adapter json' takes.",
))]
pub(super) struct HistoryArgs {
    /// The folder that holds the folders of runs
    #[arg(value_name = "DIR", value_hint = ValueHint::DirPath)]
    folder: PathBuf,
    /// Run of the batch that the history is of [default: the latest run]
    #[arg(long, value_name = "RUN", value_hint = ValueHint::AnyPath)]
    like: Option<PathBuf>,
    /// Format of the output: table, markdown, csv or bencher
    #[arg(
        long, value_name = "FORMAT", default_value = "table", value_parser = formats(),
        hide_possible_values = true
    )]
    format: (&'static str, Render),
    /// Draw the history into this folder, as history.svg and history.png
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    charts: Option<PathBuf>,
}

/// The form in which every run has to have every figure.
const WIDE: &str = "csv";

fn formats() -> Reader<(&'static str, Render)> {
    one_of("format", FORMATS.iter().map(|&(name, summary, render)| (name, summary, (name, render))))
}

pub(super) fn history(args: &HistoryArgs) -> Result<(), ExitError> {
    let like = args.like.as_deref().map(RunRecord::read).transpose()?;
    let records = records(&args.folder)?;
    let latest = || records.iter().max_by(|one, other| one.created.cmp(&other.created)).cloned();
    let none = || ExitError::Failure(format!("{}: there is no run in it", shown(&args.folder)));
    let like = like.or_else(latest).ok_or_else(none)?;
    let history = History::of(&like, &records);
    if history.runs.is_empty() {
        let message = "--like: no run there is of the same batch";
        return Err(ExitError::Failure(format!("{}: {message}", shown(&args.folder))));
    }
    if let Some(folder) = &args.charts {
        std::fs::create_dir_all(folder)
            .map_err(|error| ExitError::Failure(format!("--charts '{}': {error}", folder.display())))?;
        chart::write_history(folder, &history).map_err(ExitError::because)?;
    }
    let others = records.iter().filter(|record| !is_of_batch(&like, record)).count();
    if others > 0 {
        let runs = if others == 1 { "run of another batch is" } else { "runs of other batches are" };
        complain(&format!("{others} {runs} left out; --like RUN chooses a batch"));
    }
    let part = history.runs.len() - history.whole().count();
    if args.format.0 == WIDE && part > 0 {
        complain(&format!("{part} of {} runs lack a case and are no line of the CSV", history.runs.len()));
    }
    print(&(args.format.1)(&history))
}

/// The runs in the folders of a folder. A link, as that to the latest, leads to one that is there already.
fn records(folder: &Path) -> Result<Vec<RunRecord>, ExitError> {
    let failed = |error| ExitError::Failure(format!("{}: {error}", folder.display()));
    let mut paths: Vec<PathBuf> = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        if !path.is_symlink() && path.join("run.json").is_file() {
            paths.push(path);
        }
    }
    paths.sort();
    let mut records = Vec::new();
    for path in paths {
        match RunRecord::read(&path) {
            Ok(record) => records.push(record),
            // One that cannot be read does not hide the others.
            Err(error) => complain(&format!("{error}; it is left out")),
        }
    }
    Ok(records)
}
