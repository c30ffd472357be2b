//! `speedup doctor`: what would spoil a measurement on this machine, and what to do about it.

use std::io::{self, IsTerminal, Write};

use clap::Args;

use super::{ExitError, print};
use crate::study::{AnyWorkload, diagnostics};
use speedup_report::analysis::doctor::{Diagnosis, diagnose};
use speedup_report::record::checkup::Facts;
use speedup_report::render;

#[derive(Debug, Args)]
#[command(after_help = concat!(
    "Examples:\n",
    "  speedup doctor\n",
    "  speedup doctor --json | jq -r '.diagnosis.findings[].what'\n",
    "\n",
    "Takes about three seconds. It reads what the system reports, probes the clock and the issue width of ",
    "each CPU, and times one piece of work against itself. The exit code is 0 even with warnings.",
))]
pub(super) struct DoctorArgs {
    /// Print findings and facts as JSON
    #[arg(long)]
    json: bool,
}

/// What the program prints for programs.
#[derive(serde::Serialize)]
struct Report<'a> {
    diagnosis: &'a Diagnosis,
    facts: &'a Facts,
}

pub(super) fn doctor(args: &DoctorArgs, workloads: &[&dyn AnyWorkload]) -> Result<(), ExitError> {
    if io::stderr().is_terminal() {
        // Otherwise the silence looks like a hang.
        let _ = writeln!(io::stderr(), "looking at this machine for about three seconds …");
    }
    let facts = diagnostics::look(workloads);
    let diagnosis = diagnose(&facts);
    if args.json {
        let report = Report { diagnosis: &diagnosis, facts: &facts };
        let json = serde_json::to_string_pretty(&report)
            .map_err(|error| ExitError::Failure(format!("cannot write the diagnosis as JSON: {error}")))?;
        return print(&(json + "\n"));
    }
    print(&render::doctor::text(&facts, &diagnosis))
}
