//! Table 17-1 by criterion: RC4 and SHA-256 over serial, threads and processes.
//!
//! Ends with the book's table, and with a new folder in `results/` that holds the record, tables
//! and charts of the samples that criterion analyses. Settings come from the environment, see
//! [`support::request`].

mod support;

use std::process::ExitCode;

use speedup::study;
use speedup::workload::WORKLOADS;

fn main() -> ExitCode {
    // Worker processes are this program too: they must not get as far as criterion's arguments.
    study::init(WORKLOADS);
    support::request("bench-cpu").map_or_else(|code| code, |request| support::suite(&request))
}
