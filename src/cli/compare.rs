//! `speedup compare`: two saved runs, a verdict, and an exit code for scripts.

use std::path::{Path, PathBuf};

use clap::{Args, ValueHint};

use super::exit::Verdict;
use super::{ExitError, print};
use crate::settings::reader::{Reader, one_of, text};
use crate::settings::values::Threshold;
use speedup_report::analysis::compare::{self, Outcome};
use speedup_report::record::read::ReadError;
use speedup_report::record::{RunRecord, SCHEMA_VERSION};
use speedup_report::render::comparison::{FORMATS, Render};

#[derive(Debug, Args)]
#[command(after_help = concat!(
    "Examples:\n",
    "  speedup compare results/2026-11-22-main results/2026-11-22-branch\n",
    "  speedup compare before after --threshold 5% --format markdown\n",
    "\n",
    "A case is a regression if the whole interval of B / A, widened by the drift of the machine that the ",
    "runs themselves show, lies above 1 + threshold. There is no regression if every interval, as ",
    "measured, ends below that; anything else is inconclusive. Machines drift by more than a run can ",
    "show: alternate the runs (A, B, A, B), and compare A with A too.\n",
    "\n",
    "Exit codes: 0 no regression; 1 regression; 2 usage error, or a file that cannot be used; 3 not ",
    "comparable (different batch, machine, pool, design or schema version); 4 inconclusive.",
))]
pub(super) struct CompareArgs {
    /// The run before: its folder, or its run.json
    #[arg(value_hint = ValueHint::AnyPath)]
    a: PathBuf,
    /// The run after
    #[arg(value_hint = ValueHint::AnyPath)]
    b: PathBuf,
    /// Change up to which a case counts as unchanged, such as 2% or 0.02
    #[arg(
        long, value_name = "SHARE", default_value = "2%", allow_hyphen_values = true,
        value_parser = text::<Threshold>()
    )]
    threshold: Threshold,
    /// Compare runs even if their batches or machines differ
    #[arg(long)]
    force: bool,
    /// Format of the output: table, markdown or json
    #[arg(
        long, value_name = "FORMAT", default_value = "table", value_parser = formats(),
        hide_possible_values = true
    )]
    format: Render,
}

fn formats() -> Reader<Render> {
    one_of("format", FORMATS.iter().map(|&(name, render)| (name, "", render)))
}

/// Unlike elsewhere, exit code 1 is a verdict here: a failure is 2, as with `diff`.
pub(super) fn compare(args: &CompareArgs) -> Result<(), ExitError> {
    let (a, b) = (read(&args.a)?, read(&args.b)?);
    let differences = compare::differences(&a, &b);
    let names = || format!("{} and {}", args.a.display(), args.b.display());
    if !args.force && !differences.is_empty() {
        let differences: Vec<String> = differences.iter().map(ToString::to_string).collect();
        return Err(ExitError::NotComparable(format!(
            "{} are not comparable: {}; --force compares them anyway",
            names(),
            differences.join("; ")
        )));
    }
    let comparison = compare::compare(&a, &b, args.threshold.0);
    if comparison.cases().next().is_none() {
        return Err(ExitError::NotComparable(format!("{} have measured no case in common", names())));
    }
    print(&(args.format)(&comparison))
        .map_err(|error| ExitError::Usage(error.message().unwrap_or_default().to_string()))?;
    match comparison.outcome {
        Outcome::NoRegression => Ok(()),
        Outcome::Regression => Err(ExitError::Said(Verdict::Regression)),
        Outcome::Inconclusive => Err(ExitError::Said(Verdict::Inconclusive)),
    }
}

fn read(path: &Path) -> Result<RunRecord, ExitError> {
    RunRecord::read(path).map_err(|error| match error {
        ReadError::Version { path, found } => ExitError::NotComparable(format!(
            "{}: schema version {found}, but this speedup compares version {SCHEMA_VERSION}",
            path.display()
        )),
        other => ExitError::Usage(other.to_string()),
    })
}
