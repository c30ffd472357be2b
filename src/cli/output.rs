//! Where a run goes, and what is printed of it: options that every measuring command has.

use std::path::{Path, PathBuf};

use clap::{Args, ValueHint};

use super::report::{Form, some_formats};
use super::screen::screen;
use super::{ExitError, complain, print, print_fitted, shown};
use crate::settings::reader::{Reader, one_of, text};
use crate::settings::values::BaselineName;
use crate::study::Run;
use crate::study::progress::Verbosity;
use speedup_report::analysis::Analysis;
use speedup_report::record::place::{self, Place};
use speedup_report::record::{ReadError, RunRecord, Status};
use speedup_report::render::files;

/// What a run prints in, the default first: the forms that a terminal or a pipe can take.
const PRINTED: [&str; 4] = ["table", "markdown", "csv", "json"];

/// Where a run goes, and what is printed of it.
#[derive(Debug, Args)]
#[command(next_help_heading = "Output")]
pub(super) struct OutputArgs {
    /// Keep the run in this very folder and not in a new one; refused if it holds a run already
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath, conflicts_with_all = ["out", "resume"])]
    into: Option<PathBuf>,
    /// Let the run take the place of the one that --into holds
    #[arg(long, requires = "into")]
    overwrite: bool,
    /// Keep the complete run as OUT/baselines/NAME too, in place of the one of that name, for 'speedup
    /// compare --baseline NAME'
    #[arg(long, value_name = "NAME", allow_hyphen_values = true, value_parser = text::<BaselineName>())]
    save_baseline: Option<BaselineName>,
    /// Format of what is printed: table, markdown, csv or json
    #[arg(
        long, value_name = "FORMAT", default_value = PRINTED[0], value_parser = some_formats(&PRINTED),
        hide_possible_values = true
    )]
    format: Form,
    /// Progress on standard error: a bar on a terminal (bar), or a JSON object a line (json)
    #[arg(
        long, value_name = "bar|json", default_value = "bar", value_parser = ways_to_tell(),
        hide_possible_values = true, conflicts_with = "quiet"
    )]
    progress: Verbosity,
    /// Show no progress, and print the folder of the run in place of a table
    #[arg(long, short, conflicts_with = "verbose")]
    quiet: bool,
    /// Print the accounts, the laws of scaling, and how well it was measured, too
    #[arg(long, short)]
    verbose: bool,
}

pub(super) fn ways_to_tell() -> Reader<Verbosity> {
    let bar = ("bar", "a bar, where standard error is a terminal", Verbosity::Normal);
    one_of("way to show progress called", [bar, ("json", "a JSON object a line", Verbosity::Json)])
}

impl OutputArgs {
    pub(super) fn verbosity(&self) -> Verbosity {
        if self.quiet { Verbosity::Quiet } else { self.progress }
    }

    /// Where a new run is to be kept.
    pub(super) fn place(&self, out: &Path) -> Result<Place, ExitError> {
        let Some(path) = &self.into else { return Ok(Place::Dated(out.to_path_buf())) };
        let usage = |problem: &str| ExitError::Usage(format!("--into '{}': {problem}", path.display()));
        let stale = self.overwrite.then(files::names);
        if path.join("run.json").symlink_metadata().is_ok() {
            if stale.is_none() {
                return Err(usage("it holds a run already; --overwrite replaces it"));
            }
            if let Err(ReadError::NotARun { .. }) = RunRecord::read(path) {
                return Err(usage("its run.json is no run of speedup, and is not replaced"));
            }
        }
        Ok(Place::Exact { path: path.clone(), stale })
    }

    /// Lets the link `latest` lead to a new run, and keeps a complete run as a baseline. `out` holds the baselines.
    pub(super) fn keep(&self, run: &Run, out: &Path, resumed: bool) -> Result<(), ExitError> {
        // Where it is no link, or the file system has none, the run is there all the same.
        if self.into.is_none()
            && !resumed
            && let Err(error) = place::point_latest(run.folder.path())
        {
            complain(&error.to_string());
        }
        let Some(name) = &self.save_baseline else { return Ok(()) };
        if run.record.status != Status::Complete {
            complain(&format!(
                "--save-baseline {name}: the run is not complete, the baseline stays as it was"
            ));
            return Ok(());
        }
        place::save_baseline(out, &name.to_string(), &run.record)?;
        Ok(())
    }

    /// Prints what a run comes to. What is for programs stands alone on standard output.
    pub(super) fn print(&self, runs: &[Analysis], folder: &Path) -> Result<(), ExitError> {
        let is_table = self.format.0.name() == PRINTED[0];
        if is_table && self.quiet {
            return print(&format!("{}\n", shown(folder)));
        }
        let text = self.format.0.render_on(runs, screen(self.verbose));
        if is_table {
            print_fitted(&text)?;
            return print(&format!("\nSaved in {}\n", shown(folder)));
        }
        print(&text)?;
        complain(&format!("saved in {}", shown(folder)));
        Ok(())
    }
}
