//! Downloads of flags by criterion: serial, threads, processes and async.
//!
//! Twenty flags from a server with a delay, and the throughput of all codes from one without. Ends with
//! the tables of work that waits, and with a new folder in `results/` that holds the record, tables and
//! charts of the samples that criterion analyses. Settings come from the environment, see
//! [`support::request`].

mod support;

use std::process::ExitCode;

use speedup::settings::RunRequest;
use speedup::study;
use speedup::workload::flags::{DELAY, LOCAL};
use speedup::workload::{ArrayWorkload, WORKLOADS};

fn main() -> ExitCode {
    // Worker processes are this program too, and so is the server.
    study::init(WORKLOADS);
    let request = match support::request("bench-io") {
        Ok(request) => request,
        Err(code) => return code,
    };
    let both = || format!("{},{}", DELAY.name(), LOCAL.name()).parse().ok();
    let workload = request.workload.clone().or_else(both);
    support::suite(&RunRequest { workload, ..request })
}
