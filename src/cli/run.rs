//! `speedup run`: measure, keep, report.

use std::path::Path;

use super::args::RunArgs;
use super::{Failed, complain, print};
use crate::study::progress::Verbosity;
use crate::study::resume::{self, ResumeError};
use crate::study::rounds::Watch;
use crate::study::{ConfigError, Run, Study};
use crate::workload::Workload;
use speedup_machine::machine;
use speedup_machine::signal::Interrupt;
use speedup_report::analysis::{self, Analysis};
use speedup_report::record::{Design, RunRecord, Status, book};
use speedup_report::render::{FORMATS, files};

pub(super) fn run(args: &RunArgs, workloads: &'static [&'static dyn Workload]) -> Result<(), Failed> {
    let interrupt = super::interrupt()?;
    let run = begin(args, workloads)?;
    if cfg!(debug_assertions) {
        complain("unoptimised build, its times mean little; use --release");
    }
    carry_out(run, &interrupt, How { command: "run", quiet: args.quiet, book: args.book, discard: false })
}

/// How a run is carried out and told.
pub(super) struct How {
    /// The subcommand, which also takes it up again.
    pub(super) command: &'static str,
    /// Whether it shows no progress.
    pub(super) quiet: bool,
    /// Whether the book's table stands beside it.
    pub(super) book: bool,
    /// Whether a run whose first execution fails leaves nothing but one line.
    pub(super) discard: bool,
}

/// Measures, keeps and tells a run.
pub(super) fn carry_out(mut run: Run, interrupt: &Interrupt, how: How) -> Result<(), Failed> {
    let verbosity = if how.quiet { Verbosity::Quiet } else { Verbosity::Normal };
    let watch = Watch { verbosity, interrupt, widest: analysis::widest };
    let before = run.record.samples.len();
    run.go_on(&watch).map_err(|error| Failed::Failure(error.to_string()))?;
    if run.record.samples.is_empty()
        && let Some(failure) = run.record.failures.last().filter(|_| how.discard)
    {
        // Nothing was measured, so that there is nothing to keep.
        let message = failure.message.clone();
        run.folder.discard();
        return Err(Failed::Failure(message));
    }
    run.warnings.iter().for_each(|warning| complain(warning));
    if run.record.samples.len() == before && run.record.status == Status::Complete {
        complain("the run was complete; --rounds, --precision or --max-time make it go on");
    }

    let mut runs = vec![Analysis::of(&run.record)];
    if how.book {
        runs.push(Analysis::of(&book::record()));
    }
    // The files first: whoever reads the output may be gone.
    let folder = run.folder.path();
    files::write_all(folder, &runs).map_err(|error| Failed::Failure(error.to_string()))?;
    print(&FORMATS[0].render(&runs))?;
    print(&format!("\nSaved in {}\n", folder.display()))?;
    outcome(&run.record, folder, how.command)
}

/// A new run, or the one to be taken up again.
fn begin(args: &RunArgs, workloads: &'static [&'static dyn Workload]) -> Result<Run, Failed> {
    let usage = |error: ConfigError| Failed::Usage(format!("--{error}"));
    let cpus = machine::cpus_available();
    let Some(path) = &args.resume else {
        let config = args.request().resolve(workloads, cpus).map_err(usage)?;
        let study = Study::new(config, Design::InterleavedRounds);
        return Run::begin(Box::new(study)).map_err(|error| Failed::Failure(error.to_string()));
    };
    resume::open(path, &args.request(), workloads, cpus).map_err(|error| match error {
        ResumeError::Config(error) => usage(error),
        error => Failed::Failure(format!("--resume {error}")),
    })
}

/// A run that did not come to its end is no success, though its record and tables are kept.
fn outcome(record: &RunRecord, folder: &Path, command: &str) -> Result<(), Failed> {
    match (record.status, record.fatal_failure()) {
        (Status::Interrupted, _) => {
            let folder = folder.display();
            Err(Failed::Interrupted(format!(
                "interrupted; what was measured is kept, and 'speedup {command} --resume {folder}' goes on"
            )))
        }
        (_, Some(failure)) => Err(Failed::Failure(failure)),
        _ => Ok(()),
    }
}
