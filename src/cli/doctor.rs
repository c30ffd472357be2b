//! `speedup doctor`: what would spoil a measurement on this machine, and what to do about it.

use std::io::{self, IsTerminal, Write};
use std::path::{Path, PathBuf};

use clap::{Args, ValueHint};

use super::{ExitError, print, shown};
use crate::study::{AnyWorkload, diagnostics};
use speedup_machine::capture::{Captured, capture};
use speedup_machine::root::Root;
use speedup_report::analysis::doctor::{Diagnosis, diagnose};
use speedup_report::record::checkup::Facts;
use speedup_report::record::store::write_whole;
use speedup_report::render;

#[derive(Debug, Args)]
#[command(after_help = concat!(
    "Examples:\n",
    "  speedup doctor\n",
    "  speedup doctor --json | jq -r '.diagnosis.findings[].what'\n",
    "  speedup doctor --capture machine.tar   # for a bug report\n",
    "  tar xf machine.tar -C folder && speedup doctor --root folder\n",
    "\n",
    "Takes about three seconds. It reads what the system reports, probes the clock and the issue width of ",
    "each CPU, and times one piece of work against itself. The exit code is 0 even with warnings.",
))]
pub(super) struct DoctorArgs {
    /// Print findings and facts as JSON
    #[arg(long)]
    json: bool,
    /// Look at the machine whose proc and sys are in this folder, in place of this one
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    root: Option<PathBuf>,
    /// Write the files in which this machine describes itself into a tar archive, without what tells whose it is
    #[arg(long, value_name = "FILE", conflicts_with_all = ["json", "root"], value_hint = ValueHint::FilePath)]
    capture: Option<PathBuf>,
}

/// What the program prints for programs.
#[derive(serde::Serialize)]
struct Report<'a> {
    diagnosis: &'a Diagnosis,
    facts: &'a Facts,
}

pub(super) fn doctor(args: &DoctorArgs, workloads: &[&dyn AnyWorkload]) -> Result<(), ExitError> {
    if let Some(file) = &args.capture {
        return write_capture(file);
    }
    let facts = match &args.root {
        Some(folder) => look_at(folder)?,
        None => look(workloads),
    };
    let diagnosis = diagnose(&facts);
    if args.json {
        let report = Report { diagnosis: &diagnosis, facts: &facts };
        let json = serde_json::to_string_pretty(&report)
            .map_err(|error| ExitError::Failure(format!("cannot write the diagnosis as JSON: {error}")))?;
        return print(&(json + "\n"));
    }
    print(&render::doctor::text(&facts, &diagnosis))
}

fn look(workloads: &[&dyn AnyWorkload]) -> Facts {
    if io::stderr().is_terminal() {
        // Otherwise the silence looks like a hang.
        let _ = writeln!(io::stderr(), "looking at this machine for about three seconds …");
    }
    diagnostics::look(workloads)
}

/// The machine whose files are in a folder, which must hold at least its CPUs.
fn look_at(folder: &Path) -> Result<Facts, ExitError> {
    let facts = diagnostics::look_at(&Root::at(folder), folder);
    if facts.allowed_cpus.is_empty() {
        let shown = shown(folder);
        return Err(ExitError::Failure(format!(
            "--root '{shown}': no CPUs are described there; it must hold the folders proc and sys of a machine"
        )));
    }
    Ok(facts)
}

fn write_capture(file: &Path) -> Result<(), ExitError> {
    let archive = archive(&capture(&Root::default())).map_err(ExitError::because)?;
    write_whole(file, &archive).map_err(ExitError::because)?;
    print(&format!("Saved in {}\n", shown(file)))
}

fn archive(files: &[Captured]) -> io::Result<Vec<u8>> {
    let mut archive = tar::Builder::new(Vec::new());
    for file in files {
        let mut header = tar::Header::new_gnu();
        header.set_size(file.bytes.len() as u64);
        header.set_mode(0o644);
        archive.append_data(&mut header, &file.path, file.bytes.as_slice())?;
    }
    archive.into_inner()
}
