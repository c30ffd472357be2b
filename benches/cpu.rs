//! Table 17-1 by criterion: RC4 and SHA-256 over serial, threads and processes.
//!
//! Ends with the book's table, and with a new folder in `results/` that holds the record, tables
//! and charts of the samples that criterion used. Settings come from the environment, see
//! [`support::request`].

mod support;

use std::process::ExitCode;
use std::time::Duration;

use speedup::study;
use speedup::workload::{Scale, WORKLOADS};
use speedup_machine::machine;
use speedup_report::record::Case;

fn main() -> ExitCode {
    // Worker processes are this program too: they must not get as far as criterion's arguments.
    study::init(WORKLOADS);
    support::request("bench-cpu")
        .map_or_else(|code| code, |request| support::suite(&request, measurement_time))
}

/// Time for the ten samples of a case: enough for two executions in each where the serial batch
/// takes a second, so that the whole suite stays within minutes whatever the processor.
fn measurement_time(case: &Case, scale: Scale) -> Duration {
    let serial = match scale {
        Scale::Book => Duration::from_secs(15),
        Scale::Tiny => Duration::from_millis(150),
    };
    serial / case.workers.min(machine::cpus_available()) as u32
}
