//! Downloads of flags by criterion: serial, threads, processes and async.
//!
//! Twenty flags from a server with a delay, and the throughput of all codes from one without. Ends with
//! the tables of work that waits, and with a new folder in `results/` that holds the record, tables and
//! charts of the samples that criterion used. Settings come from the environment, see
//! [`support::request`].

mod support;

use std::process::ExitCode;
use std::time::Duration;

use speedup::settings::RunRequest;
use speedup::study;
use speedup::workload::flags::{DELAY, LOCAL};
use speedup::workload::{ArrayWorkload, Scale, WORKLOADS};
use speedup_report::record::Case;

fn main() -> ExitCode {
    // Worker processes are this program too, and so is the server.
    study::init(WORKLOADS);
    let request = match support::request("bench-io") {
        Ok(request) => request,
        Err(code) => return code,
    };
    let both = || format!("{},{}", DELAY.name(), LOCAL.name()).parse().ok();
    let workload = request.workload.clone().or_else(both);
    support::suite(&RunRequest { workload, ..request }, measurement_time)
}

/// Time for the ten samples of a case: enough for an execution in each, or several where nothing delays it.
fn measurement_time(case: &Case, scale: Scale) -> Duration {
    if case.workload == LOCAL.name() {
        return Duration::from_secs(1);
    }
    let serial = match scale {
        Scale::Book => Duration::from_secs(12),
        Scale::Tiny => Duration::from_millis(600),
    };
    serial / case.workers.min(12) as u32
}
