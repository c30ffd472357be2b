//! `speedup doctor`: what would spoil a measurement on this machine, and what to do about it.

use std::io::{self, IsTerminal, Write};

use super::args::DoctorArgs;
use super::{Failed, print};
use crate::study::checkup;
use crate::workload::Workload;
use speedup_report::analysis::doctor::{Diagnosis, diagnose};
use speedup_report::record::checkup::Facts;
use speedup_report::render;

/// What the program prints for programs.
#[derive(serde::Serialize)]
struct Report<'a> {
    diagnosis: &'a Diagnosis,
    facts: &'a Facts,
}

pub(super) fn doctor(args: &DoctorArgs, workloads: &[&dyn Workload]) -> Result<(), Failed> {
    if io::stderr().is_terminal() {
        // Only so that nobody takes the silence for a hang.
        let _ = writeln!(io::stderr(), "looking at this machine for about three seconds …");
    }
    let facts = checkup::look(workloads);
    let diagnosis = diagnose(&facts);
    if args.json {
        let report = Report { diagnosis: &diagnosis, facts: &facts };
        let json = serde_json::to_string_pretty(&report)
            .map_err(|error| Failed::Failure(format!("cannot write the diagnosis as JSON: {error}")))?;
        return print(&(json + "\n"));
    }
    print(&render::doctor::text(&facts, &diagnosis))
}
