//! `speedup report`: tables and charts from saved runs alone.

use std::fmt;
use std::path::{Path, PathBuf};

use clap::{Args, ValueHint};

use super::screen::screen;
use super::{ExitError, print, print_fitted};
use crate::settings::reader::{Reader, one_of};
use speedup_report::analysis::Analysis;
use speedup_report::record::{RunRecord, book};
use speedup_report::render::{FORMATS, Format, files, markdown, table};

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  speedup report results/2026-11-22-demo
  speedup report results/2026-11-22-demo --format csv > demo.csv
  speedup report results/2026-11-22-demo --book --charts /tmp/charts
  speedup report ours theirs --engines --charts /tmp/charts")]
pub(super) struct ReportArgs {
    /// Folders of runs, or their run.json files
    #[arg(required = true, value_name = "DIR|FILE", value_hint = ValueHint::AnyPath)]
    runs: Vec<PathBuf>,
    /// Format of the output; see 'speedup list'
    #[arg(
        long, value_name = "FORMAT", default_value = "table", value_parser = formats(),
        hide_possible_values = true
    )]
    format: Form,
    /// Add the table of Fluent Python as one more run
    #[arg(long)]
    book: bool,
    /// Also print the accounts, the laws of scaling, and how well it was measured
    #[arg(long, short)]
    verbose: bool,
    /// Print only how the runs compare on the batches that the first has in common with them, by
    /// program and kernel; as table or markdown
    #[arg(long)]
    engines: bool,
    /// Draw the charts of the first run, with the other runs for comparison, into this folder
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    charts: Option<PathBuf>,
}

/// A format of the registry.
#[derive(Clone, Copy)]
pub(super) struct Form(pub(super) &'static dyn Format);

impl fmt::Debug for Form {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.name())
    }
}

fn formats() -> Reader<Form> {
    one_of("format", FORMATS.iter().map(|format| (format.name(), format.summary(), Form(*format))))
}

/// The formats of these names alone.
pub(super) fn some_formats(names: &[&str]) -> Reader<Form> {
    let some = FORMATS.iter().filter(|format| names.contains(&format.name()));
    one_of("format", some.map(|format| (format.name(), format.summary(), Form(*format))))
}

type Render = fn(&[Analysis]) -> String;

pub(super) fn report(args: &ReportArgs) -> Result<(), ExitError> {
    let engines = args.engines.then(|| engines(args.format.0.name())).transpose()?;
    let mut runs = Vec::new();
    for path in &args.runs {
        runs.push(Analysis::of(&RunRecord::read(path)?));
    }
    if args.book {
        runs.push(Analysis::of(&book::record()));
    }
    if let Some(folder) = &args.charts {
        draw(folder, &runs)?;
    }
    let Some(engines) = engines else {
        let text = args.format.0.render_on(&runs, screen(args.verbose));
        // Only sentences may be wrapped.
        return if args.format.0.name() == FORMATS[0].name() { print_fitted(&text) } else { print(&text) };
    };
    let text = engines(&runs);
    if text.is_empty() {
        let message = "--engines: the first run has no batch in common with another engine's";
        return Err(ExitError::Failure(message.to_string()));
    }
    print(&text)
}

/// How to print the comparison of engines.
fn engines(format: &str) -> Result<Render, ExitError> {
    match format {
        "table" => Ok(table::engines),
        "markdown" => Ok(markdown::engines),
        other => {
            Err(ExitError::Usage(format!("--engines: there is no {other} of them; use table or markdown")))
        }
    }
}

fn draw(folder: &Path, runs: &[Analysis]) -> Result<(), ExitError> {
    std::fs::create_dir_all(folder)
        .map_err(|error| ExitError::Failure(format!("--charts '{}': {error}", folder.display())))?;
    files::write_charts(folder, runs).map_err(ExitError::because)
}
