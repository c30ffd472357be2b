//! `speedup run`: measure, keep, report.

use super::args::RunArgs;
use super::{Failed, complain, print};
use crate::analysis::Analysis;
use crate::record::{RunRecord, Status, book};
use crate::report::{FORMATS, files};
use crate::study::progress::Verbosity;
use crate::study::{Study, rounds};
use crate::sys::machine;
use crate::sys::signal::Interrupt;
use crate::workload::Workload;

pub(super) fn run(args: &RunArgs, workloads: &'static [&'static dyn Workload]) -> Result<(), Failed> {
    let config = args.request().resolve(workloads, machine::cpus_available());
    let config = config.map_err(|error| Failed::Usage(format!("--{error}")))?;
    let interrupt =
        Interrupt::install().map_err(|error| Failed::Failure(format!("cannot watch for Ctrl-C: {error}")))?;
    if cfg!(debug_assertions) {
        complain("unoptimised build, its times mean little; use --release");
    }
    let verbosity = if args.quiet { Verbosity::Quiet } else { Verbosity::Normal };
    let mut study = Study::new(config);
    let (folder, record) =
        rounds::run(&mut study, verbosity, &interrupt).map_err(|error| Failed::Failure(error.to_string()))?;

    let mut runs = vec![Analysis::of(&record)];
    if args.book {
        runs.push(Analysis::of(&book::record()));
    }
    print(&FORMATS[0].render(&runs))?;
    files::write_all(folder.path(), &runs).map_err(|error| Failed::Failure(error.to_string()))?;
    print(&format!("\nSaved in {}\n", folder.path().display()))?;
    outcome(&record)
}

/// A run that did not come to its end is no success, though its record and tables are kept.
fn outcome(record: &RunRecord) -> Result<(), Failed> {
    match (record.status, record.first_failure()) {
        (Status::Interrupted, _) => {
            Err(Failed::Interrupted("interrupted; what was measured is kept".to_string()))
        }
        (_, Some(failure)) => Err(Failed::Failure(failure)),
        _ => Ok(()),
    }
}
