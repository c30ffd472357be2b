//! `speedup import`: times that were measured elsewhere, as a record with tables and charts.

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};

use super::screen::screen;
use super::{ExitError, print, print_fitted, shown};
use crate::import::{self, Reading};
use crate::settings::reader::text;
use crate::settings::values::{MAX_WORKERS, RunName};
use speedup_report::analysis::Analysis;
use speedup_report::record::RunFolder;
use speedup_report::render::{FORMATS, files};

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  hyperfine -P threads 1 8 'xz -T{threads} -kc f' --export-json xz.json
  speedup import hyperfine xz.json
  speedup import gnu-parallel one.log four.log --workers 1,4
  speedup import csv times.csv

A CSV file has a line for each execution: workers, seconds and, where there are several programs, a label. \
One worker is the baseline. The record, tables and charts go to a new folder OUT/DATE-NAME; report and \
compare read them as any others. What such files do not tell, as CPU time, is not in it.")]
pub(super) struct ImportArgs {
    /// Form of the files
    #[arg(value_enum)]
    form: Form,
    /// The files; several only of gnu-parallel, one for each execution of the batch
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Numbers of workers, in the order of hyperfine's results or of the job logs [default: hyperfine's
    /// parameter; the most jobs at a time]
    #[arg(long, value_name = "N,…", value_delimiter = ',', value_parser = clap::value_parser!(u32).range(1..=MAX_WORKERS as i64))]
    workers: Option<Vec<u32>>,
    /// The parameter of hyperfine's that is the number of workers
    #[arg(long, value_name = "NAME")]
    parameter: Option<String>,
    /// Folder for the folders of runs
    #[arg(long, value_name = "DIR", default_value = "results")]
    out: PathBuf,
    /// Name of the run, part of its folder's name [default: the file's]
    #[arg(long, value_name = "NAME", value_parser = text::<RunName>())]
    name: Option<RunName>,
}

/// Forms of files.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum Form {
    Hyperfine,
    GnuParallel,
    Csv,
}

pub(super) fn import(args: &ImportArgs) -> Result<(), ExitError> {
    let form = match args.form {
        Form::Hyperfine => import::Form::Hyperfine,
        Form::GnuParallel => import::Form::GnuParallel,
        Form::Csv => import::Form::Csv,
    };
    if args.parameter.is_some() && form != import::Form::Hyperfine {
        return Err(ExitError::Usage("--parameter goes with hyperfine alone".to_string()));
    }
    if args.workers.is_some() && form == import::Form::Csv {
        return Err(ExitError::Usage("--workers: a CSV file says them itself".to_string()));
    }
    let reading = Reading {
        workers: args.workers.as_ref().map(|counts| counts.iter().map(|&count| count as usize).collect()),
        parameter: args.parameter.clone(),
        name: args.name.as_ref().map(ToString::to_string),
    };
    let paths: Vec<&Path> = args.files.iter().map(PathBuf::as_path).collect();
    let record = import::import(form, &paths, &reading).map_err(ExitError::Failure)?;
    let failed = |error: &dyn std::fmt::Display| ExitError::Failure(error.to_string());
    let folder = RunFolder::create(&args.out, &record).map_err(|error| failed(&error))?;
    let runs = [Analysis::of(&record)];
    files::write_all(folder.path(), &runs).map_err(|error| failed(&error))?;
    print_fitted(&FORMATS[0].render_on(&runs, screen(false)))?;
    print(&format!("\nSaved in {}\n", shown(folder.path())))
}
