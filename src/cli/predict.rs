//! `speedup predict`: what would be with more workers, another order or another pool, from a kept run or a job log.

use std::path::{Path, PathBuf};

use clap::{Args, ValueHint};

use super::run::OUT;
use super::screen::screen;
use super::{ExitError, print, print_fitted};
use crate::import;
use crate::settings::reader::{Reader, one_of, text};
use crate::settings::values::WorkerCounts;
use speedup_report::analysis::predict::predict as of_record;
use speedup_report::record::RunRecord;
use speedup_report::record::place::LATEST;
use speedup_report::render::chart;
use speedup_report::render::predict::{FORMATS, Render};

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  speedup predict latest
  speedup predict results/2026-11-22-laptop --workers 8,16,32
  speedup predict results/2026-11-22-laptop --format json > what-if.json
  speedup predict --joblog jobs.log --workers 16

The times of the tasks are replayed through the costs that were measured: the start and the end of workers, the \
hand-over of tasks, and what the CPUs share. Beyond the CPUs of the machine there are two answers: for the machine \
itself, and a range for one with a CPU for each worker. Each measured number of workers is also predicted from the \
smaller ones, so that you see how well it works. What cannot be predicted says why.")]
pub(super) struct PredictArgs {
    /// Folder of a run, or its run.json file; 'latest' is the latest run in results
    #[arg(
        value_name = "DIR|FILE", value_hint = ValueHint::AnyPath, required_unless_present = "joblog",
        conflicts_with = "joblog"
    )]
    run: Option<PathBuf>,
    /// Predict from a job log of GNU parallel's or of 'speedup batch'; several are executions of one batch
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    joblog: Vec<PathBuf>,
    /// Numbers of workers to predict, up to 1024: N, A..B or a list [default: twice and four times the most
    /// that were measured with a CPU each]
    #[arg(
        long, value_name = "N|A..B|LIST", allow_hyphen_values = true, value_parser = text::<WorkerCounts>()
    )]
    workers: Option<WorkerCounts>,
    /// Format of the output: table, markdown, csv or json
    #[arg(
        long, value_name = "FORMAT", default_value = "table", value_parser = formats(),
        hide_possible_values = true
    )]
    format: (&'static str, Render),
    /// Draw what was measured and predicted into this folder, as predict.svg and predict.png, and as
    /// predict-io of work that waits
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    charts: Option<PathBuf>,
}

fn formats() -> Reader<(&'static str, Render)> {
    one_of("format", FORMATS.iter().map(|&(name, summary, render)| (name, summary, (name, render))))
}

pub(super) fn predict(args: &PredictArgs) -> Result<(), ExitError> {
    let record = record(args)?;
    let workers = args.workers.as_ref().map_or(&[][..], |counts| counts);
    let prediction = of_record(&record, workers);
    if prediction.forecasts.is_empty() {
        let name = &prediction.name;
        let problem =
            "no case of it has both samples and a serial baseline, so that nothing can be predicted";
        return Err(ExitError::Failure(format!("{name}: {problem}")));
    }
    if let Some(folder) = &args.charts {
        std::fs::create_dir_all(folder)
            .map_err(|error| ExitError::Failure(format!("--charts '{}': {error}", folder.display())))?;
        chart::write_prediction(folder, &prediction).map_err(ExitError::because)?;
    }
    let (name, render) = args.format;
    let text = render(&prediction, screen(false));
    // Only sentences may be wrapped.
    if name == FORMATS[0].0 { print_fitted(&text) } else { print(&text) }
}

fn record(args: &PredictArgs) -> Result<RunRecord, ExitError> {
    let Some(run) = &args.run else {
        let files: Vec<&Path> = args.joblog.iter().map(PathBuf::as_path).collect();
        return import::of_joblogs(&files)
            .map_err(|problem| ExitError::Failure(format!("--joblog {problem}")));
    };
    let latest = Path::new(OUT).join(LATEST);
    let run = if run.as_os_str() == LATEST && !run.exists() { &latest } else { run };
    Ok(RunRecord::read(run)?)
}
